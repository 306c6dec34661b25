import importlib.util
import sys
if importlib.util.find_spec("orjson") is not None:
    import orjson
else:
    import json
if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli
if sys.version_info < (3, 8):
    import importlib_metadata
else:
    from importlib import metadata
