"""requests.get("https://in-a-docstring.example/")

>>> open("x", "w")
"""
# os.setuid(0); subprocess.run(["x"])
import requests
import subprocess

TEXT = 'requests.get("https://in-a-string.example/")'
HELP = "open('x', 'w')"


def open(path, mode):
    return path


def connect():
    return None


class Session:
    def get(self, url):
        return url


open("own", "w")
session = Session()
session.get("https://own.example/")
connect()
print(subprocess.PIPE, requests.codes.ok)
