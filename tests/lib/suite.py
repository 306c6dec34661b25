# SPDX-License-Identifier: Apache-2.0
"""A suite beside the tests' own, served on its own, not signed: one of newer versions, or of another
architecture."""

import copy
import datetime
import functools
import os

import archive
import packages
from server import Server


@functools.cache
def archives_own():
	return {p.name: p for p in packages.all_packages()}


def renewed(name, version):
	"""A package of the tests' archive in another version."""
	made = copy.deepcopy(archives_own()[name])
	made.version = made.fields["Version"] = version
	return made


class Suite:
	"""`fields` stand before those that every Release file has."""

	def __init__(self, t, name, fields="", arch=None):
		self.folder, self.name = os.path.join(t.tmp, name), f"{t.suite}-{name}"
		self.fields, self.arch = fields, arch or packages.architecture()
		os.makedirs(self.folder)
		self.server = Server(self.folder)
		self.options = ("--mirror", f"[trusted=yes] {self.server.uri} {self.name} main")

	def publish(self, *made):
		"""These packages, and no others."""
		files = archive.indexes(made, archive.pool(self.folder, made), self.arch)
		for name, data in files.items():
			archive.write(f"{self.folder}/dists/{self.name}/{name}", data)
		now = datetime.datetime.now(datetime.timezone.utc)
		text = archive.release(self.name, files, now, 30, self.arch)
		archive.write(f"{self.folder}/dists/{self.name}/Release", self.fields.encode() + text)
