from .inner import x
