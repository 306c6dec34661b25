# SPDX-License-Identifier: Apache-2.0
"""
kernel.py SUITE FOLDER: a Debian suite's cloud kernel in a folder, for a virtual machine to start.

The package comes from where the machine's own apt sources have theirs, checked by apt as ever, with
lists of our own in a working folder: nothing is installed. What stays is `vmlinuz`, the modules that
machine.py loads, in their order, and `release`. A folder that is complete is left as it is.
Exit status: 0, or 77 with a line why there is no kernel to be had.
"""
import glob
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile

# What is loaded, with what it depends on; what a kernel has built in has no file.
MODULES = ("loop", "overlay", "quota_v2", "xfs", "bfq")
IMAGE = "linux-image-cloud-amd64"
# An image is one package, or since Linux 7.1 three.
PARTS = re.compile(r"^ +(?:Pre)?Depends: (linux-(?:image|binary|modules)-\d\S*)$", re.M)


class Skip(Exception):
	pass


def run(command, **how):
	return subprocess.run(command, capture_output=True, text=True, check=False, **how)


def write_sources(work, suite):
	"""A source for the suite for each that the machine has of its own main archive."""
	listed = run(["apt-get", "indextargets", "--format",
		      "$(RELEASE)|$(COMPONENT)|$(REPO_URI)|$(SOURCESENTRY)", "Created-By: Packages"])
	with open("/etc/os-release", encoding="utf-8") as f:
		codename = re.search(r"^VERSION_CODENAME=(\S+)", f.read(), re.M)[1]
	lines = []
	for line in listed.stdout.splitlines():
		release, component, uri, place = line.split("|")
		if (release, component) != (codename, "main"):
			continue
		with open(place.rsplit(":", 1)[0], encoding="utf-8") as f:
			keyring = re.search(r"(?i)signed-by[:=]\s*(/[^]\s]+)", f.read())
		option = f"signed-by={keyring[1]}" if keyring else ""
		lines.append(f"deb [arch=amd64 {option}] {uri} {suite} main\n")
	if not lines:
		raise Skip(f"the machine's apt sources have nothing of {codename}")
	with open(f"{work}/sources.list", "w", encoding="utf-8") as f:
		f.writelines(sorted(set(lines)))


def apt(work, tool, *words):
	os.makedirs(f"{work}/lists/partial", exist_ok=True)
	os.makedirs(f"{work}/cache/archives/partial", exist_ok=True)
	with open(f"{work}/status", "a", encoding="utf-8"):
		pass
	options = {"Dir::Etc::SourceList": f"{work}/sources.list", "Dir::Etc::SourceParts": "/dev/null",
		   "Dir::Etc::Preferences": "/dev/null", "Dir::Etc::PreferencesParts": "/dev/null",
		   "Dir::State": work, "Dir::State::lists": f"{work}/lists", "Dir::Cache": f"{work}/cache",
		   "Dir::State::status": f"{work}/status", "Acquire::Languages": "none",
		   "Acquire::Retries": "3",
		   # Images for containers switch these off; without them each call costs two seconds.
		   "Dir::Cache::pkgcache": "pkgcache.bin", "Dir::Cache::srcpkgcache": "", "APT::Sandbox::User": "", "Debug::NoLocking": "true",
		   "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false"}
	done = run([tool, *(f"-o{k}={v}" for k, v in options.items()), *words], cwd=work)
	if done.returncode:
		raise Skip(f"{' '.join(words)}: {done.stderr.strip().splitlines()[-1:]}")
	return done.stdout


def fetch(work, suite):
	"""The suite's kernel, unpacked."""
	write_sources(work, suite)
	apt(work, "apt-get", "update")
	names, seen = [IMAGE], set()
	while names:
		name = names.pop()
		if name not in seen:
			seen.add(name)
			names += PARTS.findall(apt(work, "apt-cache", "depends", name))
	apt(work, "apt-get", "download", *sorted(seen))
	for package in glob.glob(f"{work}/*.deb"):
		subprocess.run(["dpkg-deb", "-x", package, f"{work}/tree"], check=True)


def load_order(folder):
	"""The modules' files, each behind what it depends on."""
	files = {os.path.basename(f).split(".")[0].replace("-", "_"): f
		 for f in glob.glob(f"{folder}/**/*.ko*", recursive=True)}
	order = {}

	def add(name):
		if name in order or name not in files:
			return
		with (lzma.open if files[name].endswith(".xz") else open)(files[name], "rb") as f:
			data = f.read()
		for needed in re.search(rb"\0depends=([^\0]*)\0", data)[1].decode().split(","):
			add(needed.replace("-", "_"))
		order[name] = data

	for name in MODULES:
		add(name)
	return order


def main():
	suite, folder = sys.argv[1:]
	if os.path.exists(f"{folder}/release"):
		return 0
	try:
		with tempfile.TemporaryDirectory(prefix="sbx-kernel-", dir="/var/tmp") as work:
			fetch(work, suite)
			image, = glob.glob(f"{work}/tree/**/vmlinuz*", recursive=True)
			release, = glob.glob(f"{work}/tree/**/modules/[0-9]*", recursive=True)
			shutil.rmtree(folder, ignore_errors=True)
			os.makedirs(folder)
			shutil.copy(image, f"{folder}/vmlinuz")
			for n, (name, data) in enumerate(load_order(f"{work}/tree").items()):
				with open(f"{folder}/{n:02}-{name}.ko", "wb") as f:
					f.write(data)
			with open(f"{folder}/release", "w", encoding="utf-8") as f:
				f.write(os.path.basename(release) + "\n")
	except Skip as why:
		print(f"SKIPPED: no kernel of {suite}: {why}")
		return 77
	return 0


if __name__ == "__main__":
	sys.exit(main())
