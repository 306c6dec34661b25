# SPDX-License-Identifier: Apache-2.0
"""Describe and compare folder trees: types, modes, owners, link targets, contents, hard links."""

import hashlib
import os
import stat


def describe(root, owners=True):
	"""path -> (type, mode, uid, gid, target or digest, first other name of a hard-linked file)."""
	found, first_name = {}, {}
	for folder, folders, files in os.walk(root):
		folders.sort()
		for name in sorted(folders + files):
			path = os.path.join(folder, name)
			info = os.lstat(path)
			relative = os.path.relpath(path, root)
			kind, what, link = stat.S_IFMT(info.st_mode), "", ""
			if stat.S_ISLNK(info.st_mode):
				what = os.readlink(path)
			elif stat.S_ISREG(info.st_mode):
				with open(path, "rb") as f:
					what = hashlib.sha256(f.read()).hexdigest()
				link = first_name.setdefault((info.st_dev, info.st_ino), relative)
			mode = 0 if stat.S_ISLNK(info.st_mode) else stat.S_IMODE(info.st_mode)
			owner = (info.st_uid, info.st_gid) if owners else ()
			found[relative] = (kind, oct(mode), *owner, what, link if link != relative else "")
	return found


def differences(a, b):
	"""One line a path that differs."""
	out = []
	for path in sorted(set(a) | set(b)):
		if a.get(path) != b.get(path):
			out.append(f"{path}: {a.get(path, 'missing')} / {b.get(path, 'missing')}")
	return out
