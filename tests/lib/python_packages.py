# SPDX-License-Identifier: Apache-2.0
"""Debian's own python3, packed again from this host without what tests never import."""

import os
import re
import stat
import subprocess

from debfile import Package
from packages import C_LIBRARY, architecture, libraries

INFO = "/var/lib/dpkg/info"
LEAVE_OUT = re.compile(
	r"/(__pycache__|lib2to3|ensurepip|idlelib|tkinter|turtledemo|test|pydoc_data|distutils|sqlite3|"
	r"curses|wsgiref|xmlrpc|asyncio|dbm|config-[^/]*|multiprocessing|unittest|html|venv)(/|$)|"
	r"^usr/share/(doc|man|lintian|pixmaps|applications|binfmts)/|/turtle\.py$")
FIELDS = ("Pre-Depends", "Depends", "Replaces", "Provides", "Multi-Arch", "Section")


def _query(package, field):
	out = subprocess.check_output(["dpkg-query", "-W", "-f", "${" + field + "}\n", package], text=True)
	return out.strip().splitlines()[0] if out.strip() else ""


def _keep_known(relations, known):
	"""A dependency field without what this archive does not have."""
	kept = [part.strip() for part in relations.split(",")
		if re.split(r"[ :(]", part.strip())[0] in known]
	return ", ".join(kept)


def _wanted(path):
	if LEAVE_OUT.search(path):
		return False
	if not path.endswith(".so"):
		return True
	small = {"libz.so.1", "libexpat.so.1", "libm.so.6", "libc.so.6"}
	loaded = libraries("/" + path)
	return all(C_LIBRARY.search(p) or name in small for name, p in loaded.items())


def repack(name, known):
	p = Package(name, _query(name, "Version"), _query(name, "Architecture"))
	for field in FIELDS:
		value = _query(name, field)
		if field in ("Pre-Depends", "Depends"):
			value = _keep_known(value, known)
		if value and not (field == "Replaces"):
			p.fields[field] = value
	for path in subprocess.check_output(["dpkg", "-L", name], text=True).splitlines():
		relative = path.lstrip("/")
		if not path.startswith("/") or path == "/." or not _wanted(relative):
			continue
		if not os.path.lexists(path):
			continue
		info = os.lstat(path)
		if stat.S_ISLNK(info.st_mode):
			p.symlink(relative, os.readlink(path))
		elif stat.S_ISDIR(info.st_mode):
			p.dir(relative, stat.S_IMODE(info.st_mode))
		else:
			p.host_file(path)
	for file in os.listdir(INFO):
		package, _, kind = file.rpartition(".")
		if package.partition(":")[0] != name:
			continue
		with open(f"{INFO}/{file}", encoding="utf-8") as f:
			text = f.read()
		if kind in ("preinst", "postinst", "prerm", "postrm"):
			p.script(kind, text)
		elif kind == "conffiles":
			p.conffiles = [line for line in text.splitlines() if line.lstrip("/") in p.entries]
		elif kind == "triggers":
			p.triggers = text.splitlines()
	return p


def modules():
	"""Two modules of ours as Debian ships them, byte-compiled by the usual snippet."""
	compile_it = 'if command -v py3compile >/dev/null 2>&1; then\n\tpy3compile -p NAME \nfi\n'
	greet = Package("python3-greet", "1.2-1", section="python", Depends="python3:any")
	greet.file("usr/lib/python3/dist-packages/greet/__init__.py",
		   '"""Greets."""\nfrom greet.words import WORD\n\n\ndef greet(name):\n'
		   '\treturn f"{WORD}, {name}!"\n')
	greet.file("usr/lib/python3/dist-packages/greet/words.py", 'WORD = "Hello"\n')
	polite = Package("python3-polite", "0.9-2", section="python",
			 Depends="python3-greet (>= 1.0), python3:any")
	polite.file("usr/lib/python3/dist-packages/polite.py",
		    'from greet import greet\n\n\ndef bow(name):\n\treturn greet(name) + " Pleased."\n')
	for package in (greet, polite):
		body = compile_it.replace("NAME", package.name)
		package.script("postinst", body)
		package.script("prerm", body.replace("py3compile", "py3clean"))
	return [greet, polite]


def python_packages():
	version = os.path.basename(os.path.realpath("/usr/bin/python3"))  # python3.11
	names = [f"{version}-minimal", f"lib{version}-minimal", f"lib{version}-stdlib", version,
		 "python3-minimal", "libpython3-stdlib", "python3"]
	known = set(names) | {"libc6", "dpkg"}
	made = [repack(name, known) for name in names]
	for package in made:
		if package.fields["Architecture"] == architecture():
			needs = package.fields.get("Depends", "")
			package.fields["Depends"] = ", ".join(filter(None, [needs, "libs-base"]))
	return made + modules()
