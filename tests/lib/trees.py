# SPDX-License-Identifier: Apache-2.0
"""Describe and compare folder trees: types, modes, owners, link targets, contents, hard links."""

import hashlib
import os
import re
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


# How a template may differ from a root that dpkg made: a path (regular expression) and the reason.
ALLOWED = [
	(r"(dev|proc|sys|run)(/.*)?", "filled by whoever starts the sandbox"),
	(r"tmp/.*|\.", "temporary; the root itself belongs to mmdebstrap's caller"),
	(r"etc/(resolv\.conf|hostname|hosts|fstab|apt(/.*)?)", "mmdebstrap writes them"),
	(r"var/(cache|log)/apt(/.*)?|var/lib/apt(/.*)?", "mmdebstrap ran apt, we did not"),
	(r"var/log/(dpkg|alternatives|bootstrap|fontconfig)\.log", "logs carry the time"),
	(r"var/lib/dpkg/(status|available|diversions|statoverride|triggers/.*)(-old)?",
	 "compared without regard to order; backups and locks are dpkg's business"),
	(r"var/lib/dpkg/(lock.*|cmethopt|methods(/.*)?|updates|parts)", "dpkg's own while it runs"),
	(r"var/lib/dpkg/info/(format|.*\.list)", "compared without regard to order"),
	(r"(etc/ld\.so\.cache|var/cache/ldconfig(/.*)?)", "in directory order; times of files"),
	(r".*/__pycache__(/.*)?", "compiled with checksums in place of times, once a package"),
]


def _lines(root, path):
	try:
		with open(os.path.join(root, path), encoding="utf-8") as f:
			return sorted(line.strip() for line in f if line.strip())
	except FileNotFoundError:
		return []


def _stanzas(root):
	with open(os.path.join(root, "var/lib/dpkg/status"), encoding="utf-8") as f:
		parts = f.read().strip().split("\n\n")
	return {re.search(r"^Package: (.*)$", p, re.M)[1]: sorted(p.splitlines()) for p in parts}


def _without_shared(ours, theirs):
	"""Files that are alike are one file in the store: only names that dpkg links count."""
	for path, what in ours.items():
		if path in theirs and not theirs[path][-1]:
			ours[path] = (*what[:-1], "")
		elif path in theirs and what[-1]:
			ours[path] = (*what[:-1], theirs[path][-1])
	return ours, theirs


def compare_with_dpkgs(ours, theirs, also_allowed=()):
	"""Differences between a template and the root that dpkg made, those that ALLOWED has left out."""
	allowed = [re.compile(pattern) for pattern, _ in [*ALLOWED, *also_allowed]]
	found = [line for line in differences(*_without_shared(describe(ours), describe(theirs)))
		 if not any(p.fullmatch(line.partition(": ")[0]) for p in allowed)]
	mine, dpkgs = _stanzas(ours), _stanzas(theirs)
	for name in sorted(set(mine) | set(dpkgs)):
		if mine.get(name) != dpkgs.get(name):
			odd = set(mine.get(name, ())) ^ set(dpkgs.get(name, ()))
			found.append(f"status of {name}: {sorted(odd)}")
	info = "var/lib/dpkg/info"
	lists = {f"{info}/{n}" for root in (ours, theirs) for n in os.listdir(os.path.join(root, info))
		 if n.endswith(".list")}
	for path in sorted(lists | {f"var/lib/dpkg/{n}" for n in ("diversions", "statoverride",
								  "triggers/File", "triggers/Unincorp")}):
		odd = set(_lines(ours, path)) ^ set(_lines(theirs, path))
		if odd:
			found.append(f"{path}: {sorted(odd)[:10]}")
	return found
