# SPDX-License-Identifier: Apache-2.0
"""Debian's archive for another architecture, with a package of its backports by pin."""

import os
import subprocess

import beside_mmdebstrap as beside
import harness
from harness import NETWORK, UNSUPPORTED, Skip, contains, equal

ARCH = "amd64" if os.uname().machine == "aarch64" else "arm64"
# Small, and mostly in backports; the first that is.
PACKAGES = ("logsave", "curl", "git", "tmux")


def test_arm64_and_backports_by_pin(t):  # root
	suite = beside.codename()
	backports = f"{suite}-backports"
	options = ("--arch", ARCH, "--suite", f"{suite},{backports}")
	t.host_settings()
	updated = t.sbx("update", *options, archive=False, timeout=600)
	if updated.status == NETWORK and backports in updated.err:
		raise Skip(f"the machine's archive has no {backports}")
	updated.ok()

	def resolve(name, *pin):
		lock = t.sbx("resolve", "--packages", f"{name},hello", "--json", *pin, *options, archive=False).json()
		equal({p["architecture"] for p in lock["packages"]} - {"all", ARCH}, set(), "architectures")
		return {p["name"]: p for p in lock["packages"]}

	for name in PACKAGES:
		pin = ("--pin", f"/^(lib)?{name}/ release n={backports} 990")
		plain, pinned = resolve(name), resolve(name, *pin)
		if pinned[name]["origin"].startswith(backports):
			break
	else:
		raise Skip(f"{backports} has none of {', '.join(PACKAGES)}")
	equal([n for n, p in plain.items() if p["origin"].startswith(backports)], [], "of backports without a pin")
	contains(pinned[name]["version"], "~bpo")
	t.sbx("build", "--packages", name, *options, archive=False).fails(UNSUPPORTED, ARCH)
	id = t.sbx("build", "--packages", f"{name},hello", "--skip-script", "*", *pin, *options, archive=False,
		   timeout=900).id
	root = t.template(id)
	with open(os.path.join(root, "usr/bin/hello"), "rb") as file:
		machine = {b"\x3e\0": "amd64", b"\xb7\0": "arm64"}.get(file.read(20)[18:])
	equal(machine, ARCH, "what the program is for")
	verified = subprocess.run(["dpkg", f"--root={root}", "--verify"], capture_output=True, text=True)
	equal(verified.stdout + verified.stderr, "", "dpkg --verify")


if __name__ == "__main__":
	harness.main(globals())
