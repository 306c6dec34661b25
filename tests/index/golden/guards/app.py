try:
    import ujson as fast
except ImportError:
    import json as fast  # there anyway: nothing to install

try:
    import nowhere_shipped
except ImportError:
    import simplejson  # one of the two is needed, only this one exists

try:
    import yaml
    import numpy
except ImportError:
    yaml = numpy = None

try:
    import ruamel.yaml
except ImportError:
    ruamel = None
try:
    from PIL import Image
except ImportError:
    Image = None
if True:
    try:
        import nowhere_a
        import nowhere_b
    except ImportError:
        # both of them come from one package
        import gi
        import numpy
