#!/usr/bin/env python3
import os, sys as system
import a.b as c, d.e
from f.g import h as i, j
from k import (
    l,
    m as n,
)
from o import *
import p; import q
import r . s
from t \
    import u
