from __future__ import annotations
import typing
import typing as t
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import pandas
if typing.TYPE_CHECKING:
    import numpy
if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session
else:
    import runtime_only
if not TYPE_CHECKING:
    import at_run_time
else:
    import for_types
if False:
    import never
