# SPDX-License-Identifier: Apache-2.0
"""The archive's indexes that `sbx-build update` keeps in $SBX_ROOT/cache: packages, and examples."""

import gzip
import lzma
import os
import re
import subprocess

RELATIONS = ("Depends", "Pre-Depends", "Recommends", "Suggests", "Provides")
KEPT = RELATIONS + ("Package", "Source", "Size", "Section", "Essential")


def open_index(path):
	with open(path, "rb") as f:
		magic = f.read(6)
	if magic[:2] == b"\x1f\x8b":
		return gzip.open(path, "rb")
	return lzma.open(path, "rb") if magic == b"\xfd7zXZ\0" else open(path, "rb")


def read_packages(file):
	"""Package name -> its fields; of several versions the one read last."""
	package = {}
	for line in file:
		if line == b"\n":
			if package:
				yield package
			package = {}
		elif not line.startswith(b" "):
			key, _, value = line.decode(errors="replace").partition(":")
			if key in KEPT:
				package[key] = value.strip()
	if package:
		yield package


class Archive:
	"""`packages`: name -> fields. `examples`: package -> paths below usr/share/doc/*/examples."""

	def __init__(self, root):
		self.packages, self.examples, self.provided, self.siblings = {}, {}, {}, {}
		folder = os.path.join(root, "cache", "index")
		for name in sorted(os.listdir(folder)):
			path = os.path.join(folder, name)
			with open_index(path) as file:
				first = file.readline()
			if first.startswith(b"Package:"):
				with open_index(path) as file:
					for package in read_packages(file):
						self.packages[package["Package"]] = package
			elif not first.startswith(b"-----BEGIN"):
				self.read_contents(path)
		for name, package in self.packages.items():
			source = package.get("Source", name).split()[0]
			self.siblings.setdefault(source, set()).add(name)
			for group in names_in(package.get("Provides", "")):
				self.provided.setdefault(group[0], set()).add(name)

	def read_contents(self, path):
		# A tool of its own: 7 million lines take Python minutes.
		tool = subprocess.Popen(f"zcat -f <'{path}' | grep '^usr/share/doc/[^/]*/examples/'",
					shell=True, stdout=subprocess.PIPE)
		for line in tool.stdout:
			path, _, places = line.decode(errors="replace").rstrip("\n").rpartition(" ")
			if "," not in places:  # several packages with one path: nobody's example
				name = places.rpartition("/")[2]
				self.examples.setdefault(name, []).append(path.rstrip())
		tool.wait()

	def real(self, name):
		return {name} & self.packages.keys() | self.provided.get(name, set())

	def family(self, name):
		"""The package and those made from the same source: foo-doc's examples are foo's."""
		source = self.packages[name].get("Source", name).split()[0]
		return self.siblings[source]

	def related(self, name, *fields):
		for field in fields:
			for group in names_in(self.packages[name].get(field, "")):
				for alternative in group:
					yield from self.real(alternative)

	def closure(self, roots, *fields):
		"""The roots, what their fields name, and all that takes, through any alternative."""
		found, todo = set(), set(roots)
		for root in roots:
			todo |= set(self.related(root, *fields))
		while todo:
			name = todo.pop()
			found.add(name)
			todo |= set(self.related(name, "Depends", "Pre-Depends")) - found
		return found


def names_in(relation):
	"""Each group of alternatives of a relation field, as names."""
	for group in relation.split(","):
		names = [re.split(r"[\s(:\[]", part.strip(), maxsplit=1)[0] for part in group.split("|")]
		if names[0]:
			yield names
