# SPDX-License-Identifier: Apache-2.0
"""A template of the host's real archive: apt works in it; it equals what mmdebstrap makes."""

import os
import tempfile

import beside_mmdebstrap as beside
import harness
from debfile import Package
from harness import Skip


# What one does on a system after installing it, and what is left of it.
INSIDE = """set -e
cd /srv
apt-mark showmanual | tr '\\n' ' '; echo
dpkg --audit; dpkg --verify; dpkg --configure -a; apt-get check -qq; apt-get -s autoremove -qq
apt-get install -qq -y --no-install-recommends ./late_1.0_all.deb
late; dpkg --verify late
apt-get install -qq -y ./late_2.0_all.deb
late; apt-mark showmanual | grep -c late
apt-get remove -qq -y late; dpkg -l late | tail -1; ls /etc/late.conf
apt-get purge -qq -y late; test ! -e /etc/late.conf
apt-get remove -qq -y python3-requests; apt-get autoremove -qq -y; test ! -e /usr/bin/python3
dpkg --audit; dpkg --verify; dpkg --configure -a; apt-get check -qq
echo still there: $(dpkg-query -W -f '${Package}\\n' fontconfig openssh-client dpkg apt)
"""


def apt_works_inside(t, id, packages):
	for version in ("1.0", "2.0"):
		package = Package("late", version, Depends="python3-requests")
		package.conffile("etc/late.conf", f"late {version}\n")
		package.program("usr/bin/late", f"echo late {version}\n")
		t.file(f"debs/late_{version}_all.deb", package.build())
	out = t.shell(id, INSIDE, options=("--profile", "build", "--ro-bind", f"{t.tmp}/debs:/srv")).ok().out
	asked_for = " ".join(sorted(packages.split(",")))
	harness.contains(out, f"^{asked_for} $", "^late 1.0$", "^late 2.0$", "^1$", "^rc  late +2.0",
			 "^still there: apt dpkg fontconfig openssh-client$")


def test_equals_mmdebstraps_and_apt_works_inside(t):  # root
	if not beside.debian_sources(beside.codename()):
		raise Skip("apt has no indexes of Debian; `apt-get update` fetches them")
	t.host_archive()
	built = t.sbx("build", "--packages", beside.PACKAGES, archive=False, timeout=900)
	ours = t.template(built.id)
	apt_works_inside(t, built.id, beside.PACKAGES)
	# And where most of it is another template's.
	more = beside.PACKAGES + ",bc"
	id = t.sbx("build", "--packages", more, archive=False, timeout=900).id
	harness.equal(t.sbx("show", id, "--json", archive=False).json()["base"], built.id, "base")
	apt_works_inside(t, id, more)
	lock = t.sbx("resolve", "--packages", beside.PACKAGES, "--json", archive=False).json()
	names = [f"{p['name']}={p['version']}" for p in lock["packages"]]
	with tempfile.TemporaryDirectory(prefix="sbx-mm-") as folder:
		theirs = beside.make_theirs(t.run, folder, beside.codename(), names)
		found = beside.compare(ours, theirs)
		assert not found, f"{len(found)} differences (ours / dpkg's):\n" + "\n".join(found[:80])


if __name__ == "__main__":
	harness.main(globals())
