from ..helper import y
import from_inner
