# SPDX-License-Identifier: Apache-2.0
"""
Names whose package everybody knows, asked of the host's own archive.

	real_names.py COMMAND...: COMMAND, with the path of a task put in for the argument TASK, prints
	its profile as JSON.
"""

import json
import os
import subprocess
import sys
import tempfile

MODULES = {
	"yaml": "python3-yaml", "PIL": "python3-pil", "PIL.ImageTk": "python3-pil.imagetk",
	"cv2": "python3-opencv", "bs4": "python3-bs4", "sklearn": "python3-sklearn",
	"dateutil": "python3-dateutil", "google.protobuf": "python3-protobuf",
	"serial": "python3-serial", "attr": "python3-attr", "tkinter": "python3-tk",
	"gi": "python3-gi", "gi.repository.Gtk": "gir1.2-gtk-3.0",
	"gi.repository.Json": "gir1.2-json-1.0", "zope.interface": "python3-zope.interface",
	"distutils.core": "python3-distutils", "lib2to3": "python3-lib2to3",
	"ensurepip": "python3-venv", "numpy": "python3-numpy", "pandas": "python3-pandas",
	"matplotlib.pyplot": "python3-matplotlib", "docutils.core": "python3-docutils",
	"simplejson": "python3-simplejson", "jinja2": "python3-jinja2", "six": "python3-six",
	"msgpack": "python3-msgpack", "slugify": "python3-slugify", "setuptools": "python3-setuptools",
	"pkg_resources": "python3-pkg-resources", "requests": "python3-requests",
	"PyQt5.QtSvg": "python3-pyqt5.qtsvg", "mpl_toolkits.mplot3d": "python3-matplotlib",
	"OpenSSL": "python3-openssl", "Cryptodome.Cipher.AES": "python3-pycryptodome",
	"MySQLdb": "python3-mysqldb", "psycopg2": "python3-psycopg2", "lxml.etree": "python3-lxml",
	"usb.core": "python3-usb", "dns.resolver": "python3-dnspython", "jwt": "python3-jwt",
}
STANDARD = ["json", "sqlite3", "ctypes", "sys", "time", "os.path", "xml.etree.ElementTree",
	    "asyncio", "distutils.version", "venv", "zoneinfo", "multiprocessing.pool"]
COMMANDS = {
	"jq": "jq", "ffmpeg": "ffmpeg", "git": "git", "convert": "imagemagick",
	"xmlstarlet": "xmlstarlet", "bc": "bc", "zip": "zip", "xz": "xz-utils",
	"envsubst": "gettext-base", "ps": "procps", "cc": "gcc", "gcc": "gcc", "make": "make",
	"nc": "netcat-openbsd", "python3": "python3", "curl": "curl", "sqlite3": "sqlite3",
	"rsync": "rsync", "dot": "graphviz", "pdftotext": "poppler-utils", "gs": "ghostscript",
	"ssh": "openssh-client", "dig": "bind9-dnsutils", "ip": "iproute2", "vim": "vim",
	"java": "default-jre-headless", "column": "bsdextrautils", "file": "file", "less": "less",
}
BASE = ["awk", "sed", "grep", "tar", "sort", "sh", "bash", "perl", "find", "gzip"]
NOBODY = ["no_such_module_anywhere", "google.no_such_part", "gi.repository.NoSuchLibrary"]


def profile(command, folder, name, text):
	path = os.path.join(folder, name)
	with open(path, "w", encoding="utf-8") as f:
		f.write(text)
	result = subprocess.run([path if word == "TASK" else word for word in command],
				stdout=subprocess.PIPE, check=False)
	return {need["name"]: need for need in json.loads(result.stdout)["needs"]}


def main():
	command = sys.argv[1:]
	with tempfile.TemporaryDirectory(prefix="sbx-names-") as folder:
		modules = profile(command, folder, "app.py", "".join(
			f"import {name}\n" for name in [*MODULES, *STANDARD, *NOBODY]))
		commands = profile(command, folder, "go.sh", "#!/bin/sh\n" + "".join(
			f"{name} x\n" for name in [*COMMANDS, *BASE]))
	wrong = []

	def expect(needs, name, field, value):
		# The name is as far as a file was found: xml.etree of xml.etree.x.
		need = next((needs[n] for n in (name, *(name.rsplit(".", i)[0] for i in (1, 2)))
			     if n in needs), None)
		got = need and need[field]
		if got != value:
			wrong.append(f"{name}: {field} {got}, expected {value}")

	for name, package in MODULES.items():
		expect(modules, name, "provider", package)
	for name in STANDARD:
		expect(modules, name, "status", "standard")
	for name in NOBODY:
		expect(modules, name, "status", "unresolved")
	for name, package in COMMANDS.items():
		expect(commands, name, "provider", package)
	for name in BASE:
		expect(commands, name, "status", "base")
	n = len(MODULES) + len(STANDARD) + len(NOBODY) + len(COMMANDS) + len(BASE)
	print("\n".join(wrong + [f"{n - len(wrong)} of {n} names as expected"]))
	return 1 if wrong else 0


if __name__ == "__main__":
	sys.exit(main())
