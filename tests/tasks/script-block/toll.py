#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.9"
# dependencies = [
#   "simplejson>=3",
#   "rich",  # not used any more: humanize
# ]
# ///
"""Tolls of a day; `pip install flask` for the server that shows them."""
import decimal
import importlib

TOLLS = '[{"gate": "north", "toll": 2.10}, {"gate": "south", "toll": 3.40}]'


def read(text):
    # pip install orjson is faster
    codec = importlib.import_module("".join(["simple", "json"]))
    return codec.loads(text, use_decimal=True)


rows = read(TOLLS)
total = sum((row["toll"] for row in rows), decimal.Decimal(0))
assert total == decimal.Decimal("5.50")
from rich.text import Text

print(Text(f"{len(rows)} gates, {total}").plain)
