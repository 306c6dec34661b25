# SPDX-License-Identifier: Apache-2.0
"""A template of the host's real archive equals what mmdebstrap makes of the same packages."""

import os
import re
import shutil
import subprocess
import tempfile

import harness
from harness import Skip
from trees import compare_with_dpkgs

PACKAGES = "apt,ca-certificates,fontconfig,openssh-client,python3-requests,vim-tiny"
MERGED_USR = 'for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d"; ln -s "usr/$d" "$1/$d"; done'
ALSO_ALLOWED = [
	(r"etc/(passwd|group|shadow|gshadow|subuid|subgid)-?", "the order of users, dates of passwords"),
	(r"etc/\.pwd\.lock", "an empty lock that editing /etc/passwd leaves behind"),
	(r"usr/local/share/fonts", "made if base-files was configured before fontconfig-config"),
	(r"etc/machine-id|var/lib/dbus/machine-id", "must differ from machine to machine"),
	(r"var/cache/fontconfig(/.*)?", "named after times of folders"),
	(r"var/cache/debconf/.*", "times and passwords of questions"),
]


def debian_sources():
	"""The host's sources of Debian itself, as one-line sources."""
	form = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)|$(ORIGIN)"
	out = subprocess.run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
			     capture_output=True, text=True).stdout
	lines = []
	for line in dict.fromkeys(out.splitlines()):
		uri, release, component, signed_by, origin = line.split("|")
		if origin == "Debian":
			option = f"[signed-by={signed_by}] " if signed_by.startswith("/") else ""
			lines.append(f"deb {option}{uri} {release} {component}")
	return lines


def codename():
	with open("/etc/os-release", encoding="utf-8") as f:
		return re.search(r"^VERSION_CODENAME=(\w+)", f.read(), re.M)[1]


def test_equals_mmdebstraps(t):  # root
	sources = debian_sources()
	if not sources:
		raise Skip("apt has no indexes of Debian; `apt-get update` fetches them")
	for name in ("APT_CONFIG", "no_proxy"):
		del t.env[name]
	t.env.update({k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")})
	t.sbx("update", archive=False).ok()
	ours = t.template(t.sbx("build", "--packages", PACKAGES, archive=False, timeout=900).id)
	harness.equal(t.run("chroot", ours, "dpkg", "--audit").ok().out, "", "dpkg --audit")
	lock = t.sbx("resolve", "--packages", PACKAGES, "--json", archive=False).json()
	names = ",".join(f"{p['name']}={p['version']}" for p in lock["packages"])
	with tempfile.TemporaryDirectory(prefix="sbx-mm-") as folder:
		os.chmod(folder, 0o755)
		theirs = os.path.join(folder, "root")
		t.run("mmdebstrap", "--variant=custom", "--mode=root", f"--setup-hook={MERGED_USR}",
		      f"--include={names}", codename(), theirs, *sources,
		      env={"TMPDIR": folder}, timeout=900).ok()
		found = compare_with_dpkgs(ours, theirs, ALSO_ALLOWED)
		assert not found, f"{len(found)} differences (ours / dpkg's):\n" + "\n".join(found[:80])


if __name__ == "__main__":
	harness.main(globals())
