# SPDX-License-Identifier: Apache-2.0
"""
Make a small signed Debian archive in a folder:

	pool/...		the packages
	dists/<suite>/		one suite per case; all have the same packages
	keyring.gpg		the keys that the suites are to be verified with
	other-keyring.gpg	a keyring without the key that signed them

Suites: `testing-sbx` is sound; `expired` has a Valid-Until in the past, `bad-signature` was changed
after it was signed, `unsigned` has no signature, `unknown-key` was signed with a key of no keyring,
`expired-key` with a key that is no longer valid.
"""

import datetime
import gzip
import hashlib
import lzma
import os
import shutil
import subprocess
import tempfile

from packages import all_packages, architecture

SUITE = "testing-sbx"
BROKEN_SUITES = ("expired", "bad-signature", "unsigned", "unknown-key", "expired-key")


class Keys:
	"""Throw-away keys in a GnuPG home of their own (short, since sockets live in it)."""

	def __init__(self):
		self.home = tempfile.mkdtemp(prefix="sbxgpg")
		os.chmod(self.home, 0o700)
		self.main = self.generate("main", "never")
		self.unknown = self.generate("unknown", "never")
		self.old = self.generate("old", "30d", "--faked-system-time", "20200101T000000!")

	def gpg(self, *args, **kwargs):
		command = ["gpg", "--homedir", self.home, "--batch", "--yes", "--quiet", "--no-tty",
			   "--pinentry-mode", "loopback", "--passphrase", "", *args]
		return subprocess.run(command, check=True, capture_output=True, **kwargs).stdout

	def generate(self, name, expire, *options):
		user = f"sbx tests {name} <{name}@example.invalid>"
		self.gpg(*options, "--quick-generate-key", user, "ed25519", "sign", expire)
		return f"{name}@example.invalid"

	def clearsign(self, text, key):
		options = ["--faked-system-time", "20200110T000000!"] if key == self.old else []
		return self.gpg(*options, "--local-user", key, "--clearsign", input=text)

	def export(self, *keys):
		return self.gpg("--export", *keys)

	def close(self):
		subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], capture_output=True)
		shutil.rmtree(self.home, ignore_errors=True)


def write(path, data):
	os.makedirs(os.path.dirname(path), exist_ok=True)
	with open(path, "wb") as f:
		f.write(data)


def stanza(package, deb):
	text = package.control_text()
	digest = hashlib.sha256(deb).hexdigest()
	extra = f"Filename: {package.pool_path()}\nSize: {len(deb)}\nSHA256: {digest}\n"
	before, _, description = text.partition("Description:")
	return before + extra + "Description:" + description


def contents(packages, arch):
	lines = {}
	for package in packages:
		if package.arch == arch:
			for path, where in package.contents():
				lines.setdefault(path, []).append(where)
	return "".join(f"{path:<60} {','.join(lines[path])}\n" for path in sorted(lines)).encode()


def pool(folder, packages):
	"""Write the .debs; path below the folder -> bytes."""
	debs = {p.pool_path(): p.build() for p in packages}
	for path, deb in debs.items():
		write(f"{folder}/{path}", deb)
	return debs


def indexes(packages, debs, arch):
	"""Path below dists/<suite>/ -> bytes."""
	text = "\n".join(stanza(p, debs[p.pool_path()]) for p in packages).encode()
	files = {f"main/binary-{arch}/Packages": text}
	files[f"main/binary-{arch}/Packages.xz"] = lzma.compress(text, preset=1)
	files[f"main/binary-{arch}/Packages.gz"] = gzip.compress(text, mtime=0)
	for a in (arch, "all"):
		raw = contents(packages, a)
		files[f"main/Contents-{a}"] = raw
		files[f"main/Contents-{a}.gz"] = gzip.compress(raw, mtime=0)
	return files


def release(suite, files, date, valid_days, arch):
	form = "%a, %d %b %Y %H:%M:%S UTC"
	until = date + datetime.timedelta(days=valid_days)
	lines = ["Origin: sbx-tests", "Label: sbx-tests", f"Suite: {suite}", f"Codename: {suite}",
		 f"Date: {date.strftime(form)}", f"Valid-Until: {until.strftime(form)}",
		 "Acquire-By-Hash: yes", "No-Support-for-Architecture-all: Packages",
		 f"Architectures: all {arch}", "Components: main",
		 "Description: throw-away archive of the tests", "SHA256:"]
	lines += [f" {hashlib.sha256(data).hexdigest()} {len(data):8} {path}"
		  for path, data in sorted(files.items())]
	return ("\n".join(lines) + "\n").encode()


def publish(folder, suite, files, keys, date=None):
	"""Write one suite's dists folder, signed (or not) as its name says."""
	date = date or datetime.datetime.now(datetime.timezone.utc)
	valid = 30
	if suite == "expired":
		date, valid = date - datetime.timedelta(days=60), 7
	text = release(suite, files, date, valid, architecture())
	key = {"unknown-key": keys.unknown, "expired-key": keys.old}.get(suite, keys.main)
	root = f"{folder}/dists/{suite}"
	shutil.rmtree(root, ignore_errors=True)
	for path, data in files.items():
		if "." in os.path.basename(path):  # as Debian does: only compressed ones are there
			write(f"{root}/{path}", data)
			digest = hashlib.sha256(data).hexdigest()
			write(f"{root}/{os.path.dirname(path)}/by-hash/SHA256/{digest}", data)
	write(f"{root}/Release", text)
	if suite == "unsigned":
		return
	signed = keys.clearsign(text, key)
	if suite == "bad-signature":
		signed = signed.replace(b"Label: sbx-tests", b"Label: sbx-fakes")
	write(f"{root}/InRelease", signed)


def make(folder, change=None):
	"""
	The whole archive. `change(packages)` may edit the list before it is written; what is in the
	pool already is written again only when it differs.
	"""
	packages = all_packages()
	if change:
		change(packages)
	packages.sort(key=lambda p: p.name)
	debs = pool(folder, packages)
	files = indexes(packages, debs, architecture())
	keys = Keys()
	try:
		for suite in (SUITE,) + BROKEN_SUITES:
			publish(folder, suite, files, keys)
		# A second state of the sound suite: one package newer, signed an hour later.
		later = [p for p in packages if not p.name.startswith("hostile-")]
		hello = next(p for p in later if p.name == "hello")
		hello.version = hello.fields["Version"] = "2.2-1"
		debs.update(pool(folder, [hello]))
		now = datetime.datetime.now(datetime.timezone.utc)
		publish(f"{folder}/later", SUITE, indexes(later, debs, architecture()), keys,
			now + datetime.timedelta(seconds=1))
		write(f"{folder}/keyring.gpg", keys.export(keys.main, keys.old))
		write(f"{folder}/other-keyring.gpg", keys.export(keys.unknown))
	finally:
		keys.close()
	return packages
