#!/usr/bin/env python3
"""import nowhere: a docstring is no import"""
import json, sys
from typing import TYPE_CHECKING

import pandas.io.excel as excel
from PIL import Image, ImageTk
from google.protobuf import struct_pb2
from ruamel.yaml import YAML

if TYPE_CHECKING:
    import numpy


def late(name):
    import importlib
    yaml = importlib.import_module("yaml")
    return importlib.import_module(name), yaml
