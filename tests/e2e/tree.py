# SPDX-License-Identifier: Apache-2.0
"""A template's tree equals what dpkg itself makes of the same packages."""

import os
import re
import shutil
import tempfile

import harness
from harness import Skip
from trees import describe, differences

PACKAGES = "hello,diverter,shapes,scripted,note-second,python3-polite"

# Paths that may differ, with the reason.
ALLOWED = [
	(r"(dev|proc|sys|run)(/.*)?", "mounted by whoever starts the sandbox"),
	(r"etc/(resolv\.conf|hostname|hosts|apt(/.*)?)", "mmdebstrap copies them from the host"),
	(r"var/(lib|cache|log)/apt(/.*)?|var/lib/apt", "apt's own files: apt is not in the template"),
	(r"var/log/(dpkg|alternatives|bootstrap)\.log|var/log", "logs carry the time"),
	(r"var/lib/dpkg/(status|available|diversions|statoverride|triggers/.*)(-old)?",
	 "compared line by line below; backups are dpkg's business"),
	(r"var/lib/dpkg/(lock.*|cmethopt|methods(/.*)?|updates|parts)", "dpkg's own while it runs"),
	(r"var/lib/dpkg/alternatives/[^/]*", "compared by what update-alternatives says"),
	(r"var/lib/dpkg/info/(format|.*\.list)", "compared as sets of lines below"),
	(r"var/cache/ldconfig(/.*)?", "ldconfig's timing cache"),
	(r"etc/ld\.so\.cache", "compared by what ldconfig -p says"),
	(r".*/__pycache__(/.*)?", "compiled once per package, with checksums instead of times"),
	(r"var/lib/note-keeper/triggered", "how often triggers are batched is dpkg's choice"),
	(r"var/lib/scripted/environment", "dpkg's own version is in it"),
	(r"tmp/.*", "temporary"),
	(r"\.", ""),
]


def allowed(line):
	path = line.partition(": ")[0]
	return any(re.fullmatch(pattern, path) for pattern, _ in ALLOWED)


def lines_of(root, path):
	try:
		with open(os.path.join(root, path), encoding="utf-8") as f:
			return sorted(line.strip() for line in f if line.strip())
	except FileNotFoundError:
		return []


def stanzas(root):
	with open(os.path.join(root, "var/lib/dpkg/status"), encoding="utf-8") as f:
		parts = f.read().strip().split("\n\n")
	return {re.search(r"^Package: (.*)$", p, re.M)[1]: sorted(p.splitlines()) for p in parts}


def test_equals_dpkgs(t):  # root
	if not shutil.which("mmdebstrap"):
		raise Skip("mmdebstrap is not installed")
	ours = t.template(t.build(PACKAGES))
	with tempfile.TemporaryDirectory(prefix="sbx-mm-") as folder:
		os.chmod(folder, 0o755)  # apt verifies as a user of its own
		theirs = os.path.join(folder, "root")
		keyring = shutil.copy(t.keyring, folder)
		links = 'mkdir -p "$1/usr"; for d in bin sbin lib lib64; do ' \
			'mkdir -p "$1/usr/$d"; ln -s "usr/$d" "$1/$d"; done'
		t.run("mmdebstrap", "--variant=custom", "--mode=root", f"--setup-hook={links}",
		      "--include=?essential", f"--include={PACKAGES}", t.suite, theirs,
		      f"deb [signed-by={keyring}] {t.server.uri} {t.suite} main",
		      env={"TMPDIR": folder}).ok()
		found = [d for d in differences(describe(ours), describe(theirs)) if not allowed(d)]
		assert not found, f"{len(found)} differences (ours / dpkg's):\n" + "\n".join(found[:40])
		mine, dpkgs = stanzas(ours), stanzas(theirs)
		for name in sorted(set(mine) | set(dpkgs)):
			harness.equal(mine.get(name), dpkgs.get(name), f"status stanza of {name}")
		for name in ("diversions", "statoverride", "triggers/File"):
			path = "var/lib/dpkg/" + name
			harness.equal(lines_of(ours, path), lines_of(theirs, path), name)
		info = os.path.join(ours, "var/lib/dpkg/info")
		for name in sorted(n for n in os.listdir(info) if n.endswith(".list")):
			path = "var/lib/dpkg/info/" + name
			harness.equal(lines_of(ours, path), lines_of(theirs, path), name)


if __name__ == "__main__":
	harness.main(globals())
