"""Reads parcels with the codec that settings.ini names, and adds them up with the tool in it."""
import configparser
import importlib
import os
import subprocess

here = os.path.dirname(os.path.abspath(__file__))
settings = configparser.ConfigParser()
settings.read(os.path.join(here, "settings.ini"))
codec = importlib.import_module(settings["read"]["codec"])
with open(os.path.join(here, "parcels.json"), encoding="utf-8") as f:
    parcels = codec.load(f)
done = subprocess.run(settings["sum"]["tool"].split(), input=codec.dumps(parcels), text=True,
                      stdout=subprocess.PIPE, check=True)
assert int(done.stdout) == sum(p["grams"] for p in parcels)
print(len(parcels), "parcels,", done.stdout.strip(), "g")
