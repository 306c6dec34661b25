# SPDX-License-Identifier: Apache-2.0
"""
A virtual machine's files, as the archive that a kernel unpacks at its start (initramfs, cpio "newc"):
all of them root's, whoever makes it.
"""
import os
import re
import stat
import subprocess

LEFT_OUT = {"test", "tests", "idlelib", "lib2to3", "pydoc_data", "ensurepip", "tkinter", "distutils",
	    "turtledemo", "unittest", "dist-packages", "multiprocessing", "curses", "dbm", "sqlite3"}


class Initramfs:
	def __init__(self):
		self.entries = {}

	def _add(self, path, mode, data=b"", mtime=0, device=0):
		parent = os.path.dirname(path)
		if parent and parent not in self.entries:
			self.folder(parent)
		self.entries.setdefault(path, (mode, data, mtime, device))

	def folder(self, path, mode=0o755):
		self._add(path.strip("/"), stat.S_IFDIR | mode)

	def link(self, path, target):
		self._add(path.strip("/"), stat.S_IFLNK | 0o777, target.encode())

	def text(self, path, text, mode=0o644):
		self._add(path.strip("/"), stat.S_IFREG | mode, text.encode())

	def device(self, path, major, minor):
		self._add(path.strip("/"), stat.S_IFCHR | 0o600, device=(major, minor))

	def file(self, source, path=None):
		"""A file of this machine, at the same path when none is given."""
		with open(source, "rb") as f:
			st = os.fstat(f.fileno())
			# Compiled modules know their source by its time.
			self._add((path or source).strip("/"), stat.S_IFREG | st.st_mode & 0o777, f.read(),
				  int(st.st_mtime))

	def libraries_of(self, program):
		listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
		for library in re.findall(r"(/\S+)", listed.stdout):
			if os.path.isfile(library):
				self.file(library, resolved(library))

	def program(self, source, path=None):
		self.file(source, path or resolved(source))
		self.libraries_of(source)

	def tree(self, folder, path=None, left_out=()):
		for where, folders, names in os.walk(folder):
			folders[:] = [f for f in folders if f not in left_out]
			for name in names:
				source = os.path.join(where, name)
				target = (path or folder) + source[len(folder):]
				if os.path.islink(source):
					self.link(target, os.readlink(source))
					continue
				self.file(source, target)
				if ".so" in name:
					self.libraries_of(source)

	def python(self, modules):
		"""This machine's Python, its library, and modules that are not of it."""
		program = os.path.realpath("/usr/bin/python3")
		self.program(program)
		self.link("usr/bin/python3", os.path.basename(program))
		self.tree(f"/usr/lib/{os.path.basename(program)}", left_out=LEFT_OUT)
		code = f"import sys, {', '.join(modules)}; print(*(getattr(m, '__file__', None) for m in " \
		       "sys.modules.values()), sep='\\n')"
		listed = subprocess.run([program, "-c", code], capture_output=True, text=True, check=True)
		tops = {re.match(r"(/usr/.*?/dist-packages/[^/]+)", f)[1] for f in listed.stdout.split("\n")
			if "/dist-packages/" in f}
		for top in sorted(tops):
			if os.path.isdir(top):
				self.tree(top, left_out={"tests", "test"})
			else:
				self.file(top)

	def write(self, out):
		for inode, (path, (mode, data, mtime, device)) in enumerate(sorted(self.entries.items()), 1):
			write_entry(out, inode, path, mode, data, mtime, device or (0, 0))
		write_entry(out, 0, "TRAILER!!!", 0, b"", 0, (0, 0))


def resolved(path):
	"""With /lib and its like as they are once merged into /usr; the name itself stays."""
	return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def write_entry(out, inode, path, mode, data, mtime, device):
	name = path.encode() + b"\0"
	fields = (inode, mode, 0, 0, 1, mtime, len(data), 0, 0, *device, len(name), 0)
	out.write(b"070701" + b"".join(b"%08x" % f for f in fields) + name)
	out.write(b"\0" * (-(110 + len(name)) % 4) + data + b"\0" * (-len(data) % 4))
