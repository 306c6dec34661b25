#!/usr/bin/python3
# -*- coding: latin-1 -*-
# Noms français: 'import pandas' n'y est pas.
from unidecode import unidecode

names = ["Zoë", "Gaëlle", "François"]
plain = [unidecode(name) for name in names]
assert plain == ["Zoe", "Gaelle", "Francois"], plain
print(", ".join(plain))
