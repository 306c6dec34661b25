try:
    import first
except ImportError:
    import second
try:
    import third
except (ValueError, ModuleNotFoundError) as error:
    third = None
try:
    import fourth
except Exception:
    pass
try:
    import fifth
except:
    pass
try:
    import sixth
except ValueError:
    import seventh
import contextlib
from contextlib import suppress
with suppress(ImportError):
    import eighth
with contextlib.suppress(ModuleNotFoundError):
    import ninth
try:
    pass
except ImportError:
    pass
else:
    import tenth
finally:
    import eleventh
