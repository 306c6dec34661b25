import importlib
import importlib as il
from importlib import import_module
from importlib import import_module as load
importlib.import_module("one")
il.import_module('two.sub')
import_module("three")
load("four")
__import__("five")
loader = importlib.import_module
loader("six")
import_module(name="seven")
import_module(compute())
import_module("prefix_" + suffix)
import_module(f"plug_{name}")
import_module(".relative", package="pkg")
self.import_module("not_ours")
NAME = "eight"
import_module(NAME)
import_module(unknown)
for each in ("nine", "ten"):
    __import__(each)
importlib.util.find_spec("eleven")
