import sys
try:
    import serial
except ImportError:
    sys.exit("needs pyserial")
try:
    import yaml
except ImportError as error:
    print("no yaml")
    raise SystemExit(1)
try:
    import optional
except ImportError:
    optional = None
except Exception:
    raise
try:
    import numpy
except ImportError:
    raise
