# SPDX-License-Identifier: Apache-2.0
"""Write .deb files (deb(5)) byte by byte, so that broken and hostile ones can be made as well."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import subprocess
import tarfile

EPOCH = 1700000000  # one time for everything, so that the same input gives the same bytes


def ar_member(name, data, size_field=None):
	"""One member of an ar archive; size_field lies about the size when given."""
	size = str(len(data) if size_field is None else size_field)
	header = f"{name:<16}{EPOCH:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}`\n".encode()
	return header + data + (b"\n" if len(data) % 2 else b"")


def compress(data, how):
	"""Returns (suffix, bytes) for one of dpkg's compressions."""
	if how == "none":
		return "", data
	if how == "gz":
		return ".gz", gzip.compress(data, 1, mtime=0)
	if how == "bz2":
		return ".bz2", bz2.compress(data, 1)
	if how == "zst":
		done = subprocess.run(["zstd", "-q", "-1", "-c"], input=data, check=True, stdout=-1)
		return ".zst", done.stdout
	return ".xz", lzma.compress(data, preset=0)


class Package:
	"""A package in the making. Paths are as in a Debian system, without the leading slash."""

	def __init__(self, name, version="1.0-1", arch="all", section="misc", compression="xz",
		     **fields):
		self.name, self.version, self.arch = name, version, arch
		self.compression = compression
		self.fields = {"Package": name, "Version": version, "Architecture": arch,
			       "Maintainer": "sbx tests <tests@example.invalid>",
			       "Section": section, "Priority": "optional"}
		for key, value in fields.items():
			self.fields[key.replace("_", "-")] = value
		self.fields.setdefault("Description", f"test package {name}\n It exists for tests.")
		self.entries = {}  # path -> (TarInfo, bytes)
		self.scripts, self.conffiles, self.triggers = {}, [], []
		self.controls = {}  # other control files: name -> text

	# What it ships -----------------------------------------------------------------------

	def _info(self, path, kind, mode, owner):
		info = tarfile.TarInfo("./" + path if path else "./")
		info.type, info.mode, info.mtime = kind, mode, EPOCH
		info.uid, info.gid = owner
		names = {0: "root", 8: "mail", 42: "shadow"}
		info.uname, info.gname = names.get(owner[0], ""), names.get(owner[1], "")
		return info

	def file(self, path, data, mode=0o644, owner=(0, 0)):
		data = data.encode() if isinstance(data, str) else data
		info = self._info(path, tarfile.REGTYPE, mode, owner)
		info.size = len(data)
		self.entries[path] = (info, data)
		return self

	def program(self, path, script, mode=0o755, owner=(0, 0)):
		return self.file(path, "#!/bin/sh\n" + script, mode, owner)

	def dir(self, path, mode=0o755, owner=(0, 0)):
		self.entries[path] = (self._info(path, tarfile.DIRTYPE, mode, owner), None)
		return self

	def symlink(self, path, target):
		info = self._info(path, tarfile.SYMTYPE, 0o777, (0, 0))
		info.linkname = target
		self.entries[path] = (info, None)
		return self

	def hardlink(self, path, existing):
		first = self.entries[existing][0]
		info = self._info(path, tarfile.LNKTYPE, first.mode, (first.uid, first.gid))
		info.linkname = "./" + existing
		self.entries[path] = (info, None)
		return self

	def host_file(self, source, path=None, mode=None):
		"""A copy of a file of this host, links followed."""
		with open(source, "rb") as f:
			data = f.read()
		mode = os.stat(source).st_mode & 0o7777 if mode is None else mode
		return self.file((path or source).lstrip("/"), data, mode)

	def conffile(self, path, data):
		self.conffiles.append("/" + path)
		return self.file(path, data)

	def script(self, name, body):
		"""A maintainer script; `body` starts with its own #! line or gets /bin/sh's."""
		self.scripts[name] = body if body.startswith("#!") else "#!/bin/sh\nset -e\n" + body
		return self

	def trigger(self, line):
		self.triggers.append(line)
		return self

	# What it becomes ----------------------------------------------------------------------

	def _with_parents(self):
		entries = dict(self.entries)
		for path in list(entries):
			while path:
				path = path.rpartition("/")[0]
				if path not in entries:
					entries[path] = (self._info(path, tarfile.DIRTYPE, 0o755, (0, 0)), None)
		# A hard link's first name has to come before it; otherwise dpkg's order: by name.
		return sorted(entries.items(), key=lambda e: (e[1][0].islnk(), e[0]))

	def data_tar(self):
		out = io.BytesIO()
		with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
			for _, (info, data) in self._with_parents():
				tar.addfile(info, io.BytesIO(data) if data is not None else None)
			self.add_raw(tar)
		return out.getvalue()

	def add_raw(self, tar):
		"""For hostile packages: put further members into the data tar."""

	def control_text(self):
		order = ["Package", "Source", "Version", "Architecture", "Essential"]
		keys = [k for k in order if k in self.fields]
		keys += [k for k in self.fields if k not in order and k != "Description"]
		fields = dict(self.fields)
		total = sum(len(d) for _, d in self.entries.values() if d) // 1024 + 1
		fields["Installed-Size"] = str(total)
		keys += ["Installed-Size", "Description"]
		return "".join(f"{k}: {fields[k]}\n" for k in dict.fromkeys(keys))

	def control_files(self):
		files = {"control": (self.control_text(), 0o644)}
		sums = "".join(f"{hashlib.md5(data).hexdigest()}  {path}\n"
			       for path, (_, data) in sorted(self.entries.items())
			       if data is not None and "/" + path not in self.conffiles)
		if sums:
			files["md5sums"] = (sums, 0o644)
		if self.conffiles:
			files["conffiles"] = ("".join(c + "\n" for c in self.conffiles), 0o644)
		if self.triggers:
			files["triggers"] = ("".join(t + "\n" for t in self.triggers), 0o644)
		for name, body in self.scripts.items():
			files[name] = (body, 0o755)
		files.update({name: (text, 0o644) for name, text in self.controls.items()})
		return files

	def control_tar(self):
		out = io.BytesIO()
		with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
			tar.addfile(self._info("", tarfile.DIRTYPE, 0o755, (0, 0)))
			for name, (text, mode) in self.control_files().items():
				info = self._info(name, tarfile.REGTYPE, mode, (0, 0))
				info.size = len(text.encode())
				tar.addfile(info, io.BytesIO(text.encode()))
		return out.getvalue()

	def build(self):
		"""The whole .deb. As Debian wants it, each says whose it is."""
		if not any(path.startswith("usr/share/doc/") for path in self.entries):
			self.file(f"usr/share/doc/{self.name}/copyright", "Made for tests; public domain.\n")
		return self.finish()

	def finish(self):
		suffix, control = compress(self.control_tar(), "gz" if self.compression == "gz" else "xz")
		data_suffix, data = compress(self.data_tar(), self.compression)
		return (b"!<arch>\n" + ar_member("debian-binary", b"2.0\n") +
			ar_member("control.tar" + suffix, control) +
			ar_member("data.tar" + data_suffix, data))

	# What the archive says about it -------------------------------------------------------

	def pool_path(self):
		version = self.version.partition(":")[2] or self.version
		return f"pool/main/{self.name[0]}/{self.name}/{self.name}_{version}_{self.arch}.deb"

	def contents(self):
		"""(path, "section/package") of everything but folders, as the Contents index has it."""
		where = f"{self.fields['Section']}/{self.name}"
		return [(path, where) for path, (info, _) in self.entries.items() if not info.isdir()]
