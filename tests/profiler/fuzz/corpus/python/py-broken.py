import before
def broken(:
    import inside
x = = 3
import after
class (
from last import thing
