#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests<3",
#   "rich",  # "not-this"
# ]
#
# [tool.x]
# dependencies = ["nor-this"]
# ///
import requests
# /// script without an end
# dependencies = ["never"]
