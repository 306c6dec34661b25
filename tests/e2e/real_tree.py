# SPDX-License-Identifier: Apache-2.0
"""A template of the host's real archive equals what mmdebstrap makes of the same packages."""

import os
import tempfile

import beside_mmdebstrap as beside
import harness
from harness import Skip


def test_equals_mmdebstraps(t):  # root
	if not beside.debian_sources(beside.codename()):
		raise Skip("apt has no indexes of Debian; `apt-get update` fetches them")
	t.host_archive()
	built = t.sbx("build", "--packages", beside.PACKAGES, archive=False, timeout=900)
	ours = t.template(built.id)
	harness.equal(t.run("chroot", ours, "dpkg", "--audit").ok().out, "", "dpkg --audit")
	lock = t.sbx("resolve", "--packages", beside.PACKAGES, "--json", archive=False).json()
	names = [f"{p['name']}={p['version']}" for p in lock["packages"]]
	with tempfile.TemporaryDirectory(prefix="sbx-mm-") as folder:
		theirs = beside.make_theirs(t.run, folder, beside.codename(), names)
		found = beside.compare(ours, theirs)
		assert not found, f"{len(found)} differences (ours / dpkg's):\n" + "\n".join(found[:80])


if __name__ == "__main__":
	harness.main(globals())
