import bom
import crlf
if x:
    import nested
