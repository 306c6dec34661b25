# SPDX-License-Identifier: Apache-2.0
"""Describe and compare folder trees: types, modes, owners, link targets, contents, hard links."""

import hashlib
import os
import re
import stat
import struct
import subprocess


def _capability(path):
	try:
		return " " + os.getxattr(path, "security.capability", follow_symlinks=False).hex()
	except OSError:
		return ""


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
				what += _capability(path)
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


def _lines(root, path):
	try:
		with open(os.path.join(root, path), encoding="utf-8") as f:
			return sorted(line.strip() for line in f if line.strip())
	except FileNotFoundError:
		return []


def _without_date(root, path):
	"""Lines of a shadow file without the day of the last change."""
	return [":".join(line.split(":")[:2] + line.split(":")[3:]) for line in _lines(root, path)]


def _libraries(root, path):
	out = subprocess.run(["ldconfig", "-p", "-C", os.path.join(root, path)],
			     capture_output=True, text=True).stdout
	return sorted(out.splitlines()[1:-1])


def _below_usr(root, path):
	"""Where a link leads, /lib being /usr/lib."""
	full = os.path.join(root, path)
	target = os.readlink(full) if os.path.islink(full) else ""
	return ["/usr" + target if target.startswith("/lib/") else target]


def _trusted(data, at, version):
	"""One entry of a keystore: what it says but for its date, and where the next one begins."""
	tag, n = struct.unpack_from(">IH", data, at)
	alias = data[at + 6:at + 6 + n].decode()
	at += 6 + n + 8
	if version == 2:
		at += 2 + struct.unpack_from(">H", data, at)[0]
	n = struct.unpack_from(">I", data, at)[0]
	return f"{tag} {alias} {hashlib.sha256(data[at + 4:at + 4 + n]).hexdigest()}", at + 4 + n


def _keystore(root, path):
	"""Java's certificates without the dates at which they were added, and the seal over these."""
	try:
		with open(os.path.join(root, path), "rb") as f:
			data = f.read()
	except FileNotFoundError:
		return []
	magic, version, n = struct.unpack_from(">III", data)
	if magic != 0xfeedfeed:
		return [hashlib.sha256(data).hexdigest()]
	entries, at = [], 12
	for _ in range(n):
		entry, at = _trusted(data, at, version)
		entries.append(entry)
	return sorted(entries)


def _is_there(root, path):
	return [path] if os.path.lexists(os.path.join(root, path)) else []


# Where a template may differ from a root that dpkg made: a path (regular expression), the reason, and
# what is compared instead, None: nothing. The first that fits counts. docs/fidelity.md tells more.
ALLOWED = [
	(r"(dev|proc|sys|run)(/.*)?", "filled by whoever starts the sandbox", None),
	(r"tmp/.*|\.", "temporary; the root itself belongs to mmdebstrap's caller", None),
	(r"etc/(resolv\.conf|hostname|hosts|fstab|apt(/.*)?)", "mmdebstrap writes them", None),
	(r"var/(cache|log)/apt(/.*)?|var/lib/apt(/.*)?", "mmdebstrap ran apt, we did not", None),
	(r"var/log/(dpkg|alternatives|bootstrap|fontconfig)\.log", "logs carry the time", None),
	(r"var/lib/dpkg/status(-old)?", "compared by stanzas", None),
	(r"var/lib/dpkg/info/.*\.list|var/lib/dpkg/(diversions|statoverride|triggers/(File|Unincorp))",
	 "in the order of unpacking", _lines),
	(r"var/lib/dpkg/(available|diversions|statoverride|triggers/.*)(-old)?",
	 "backups and locks are dpkg's business", None),
	(r"var/lib/dpkg/(lock.*|cmethopt|methods(/.*)?|updates|parts)", "dpkg's own while it runs", None),
	(r"var/lib/dpkg/info/format", "dpkg's own", None),
	(r"etc/ld\.so\.cache", "in directory order", _libraries),
	(r"var/cache/ldconfig(/.*)?", "times of files", None),
	(r"usr/share/python3(/debpython)?/__pycache__(/.*)?", "py3compile leaves them of itself", None),
	(r".*/__pycache__(/.*)?", "compiled with checksums in place of times", _is_there),
]


def status_stanzas(root):
	"""name -> sorted lines of each stanza of dpkg's status."""
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


def _compare_otherwise(ours, theirs, path, how):
	if not how:
		return []
	a, b = how(ours, path), how(theirs, path)
	odd = [f"only ours {line!r}" for line in a if line not in b] + \
		[f"only dpkg's {line!r}" for line in b if line not in a]
	return [f"{path}: {', '.join(odd[:10])}"] if odd else []


def compare_with_dpkgs(ours, theirs, also_allowed=()):
	"""Differences between a template and the root that dpkg made that the lists do not explain."""
	allowed = [(re.compile(pattern), how) for pattern, _, how in [*also_allowed, *ALLOWED]]
	found = []
	for line in differences(*_without_shared(describe(ours), describe(theirs))):
		path = line.partition(": ")[0]
		fits = [how for pattern, how in allowed if pattern.fullmatch(path)]
		found += _compare_otherwise(ours, theirs, path, fits[0]) if fits else [line]
	mine, dpkgs = status_stanzas(ours), status_stanzas(theirs)
	for name in sorted(set(mine) | set(dpkgs)):
		if mine.get(name) != dpkgs.get(name):
			odd = set(mine.get(name, ())) ^ set(dpkgs.get(name, ()))
			found.append(f"status of {name}: {sorted(odd)}")
	return found


UNORDERED, WITHOUT_DATE, BELOW_USR, KEYSTORE = _lines, _without_date, _below_usr, _keystore
