# SPDX-License-Identifier: Apache-2.0
"""A template beside the root that mmdebstrap makes of the same packages of Debian's archive.

Used by the test real.tree, for the host's suite, and by `ci/compare-tree` for any other.
"""

import os
import re
import subprocess

from trees import BELOW_USR, KEYSTORE, UNORDERED, WITHOUT_DATE, compare_with_dpkgs

PACKAGES = "apt,ca-certificates,fontconfig,iputils-ping,openssh-client,python3-requests,sudo,vim-tiny"
MERGED_USR = 'for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d"; ln -s "usr/$d" "$1/$d"; done'
ROLLING = ("sid", "unstable", "experimental")

# Beside what a tree of any archive may differ in (trees.ALLOWED).
ALLOWED = [
	(r"etc/(passwd|group|subuid|subgid|shells)", "in the order of configuring", UNORDERED),
	(r"etc/(shadow|gshadow)", "the same, and the day of the installation", WITHOUT_DATE),
	(r"etc/(passwd|group|shadow|gshadow|subuid|subgid)-", "backups", None),
	(r"etc/\.pwd\.lock", "an empty lock that editing /etc/passwd leaves behind", None),
	(r"etc/systemd/system/[^/]+\.wants/.*", "deb-systemd-helper names /lib or /usr/lib, "
	 "whichever is there at the time", BELOW_USR),
	(r"usr/local/share/fonts", "made if base-files was configured before fontconfig-config", None),
	(r"etc/machine-id|var/lib/dbus/machine-id", "must differ from machine to machine", None),
	(r"etc/ssl/certs/java/cacerts", "dates at which certificates were added", KEYSTORE),
	(r"var/cache/fontconfig(/.*)?", "named after times of folders", None),
	(r"usr/share/icons/hicolor/icon-theme.cache", "made if gtk-update-icon-cache was unpacked "
	 "before the triggers of hicolor-icon-theme ran", None),
	(r"var/cache/man(/.*)?", "mandb does not run; times of files", None),
	(r"var/cache/debconf/.*", "times and passwords of questions", None),
]


def codename():
	with open("/etc/os-release", encoding="utf-8") as f:
		return re.search(r"^VERSION_CODENAME=(\w+)", f.read(), re.M)[1]


def debian_sources(suite):
	"""The host's sources of Debian itself as one-line sources, with `suite` in place of its own."""
	form = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)|$(ORIGIN)"
	out = subprocess.run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
			     capture_output=True, text=True).stdout
	# mmdebstrap's apt does not read the machine's configuration.
	valid = subprocess.run(["apt-config", "shell", "v", "Acquire::Check-Valid-Until"],
			       capture_output=True, text=True).stdout.strip()[3:-1]
	lines = []
	for line in dict.fromkeys(out.splitlines()):
		uri, release, component, signed_by, origin = line.split("|")
		if origin != "Debian" or (suite in ROLLING and release != codename()):
			continue
		options = [f"signed-by={signed_by}"] if signed_by.startswith("/") else []
		options += ["check-valid-until=no"] * (valid == "false")
		option = f"[{' '.join(options)}] " if options else ""
		lines.append(f"deb {option}{uri} {release.replace(codename(), suite, 1)} {component}")
	return lines


def make_theirs(run, folder, suite, names=(), variant="custom"):
	"""Run mmdebstrap through `run(*command, env=, timeout=)`; returns the root below `folder`."""
	os.chmod(folder, 0o755)  # apt verifies as a user of its own
	theirs = os.path.join(folder, "root")
	chosen = [f"--variant={variant}"]
	if variant == "custom":
		chosen += [f"--setup-hook={MERGED_USR}", "--include=" + ",".join(names)]
	run("mmdebstrap", "--mode=root", "--skip=cleanup/apt/lists", *chosen, suite, theirs, *debian_sources(suite),
	    env={"TMPDIR": folder}, timeout=1800).ok()
	return theirs


def compare(ours, theirs):
	"""One line a difference that is not among those that are known and explained."""
	return compare_with_dpkgs(ours, theirs, ALLOWED)
