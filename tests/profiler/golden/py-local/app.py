import helper
from pkg import part
from pkg.deep import leaf
import pkg.other as other
import data
from . import sibling
import numpy
