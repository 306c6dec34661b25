# SPDX-License-Identifier: Apache-2.0
"""Suites beside the one: another architecture, and newer versions that a pin lets in."""

import os
import subprocess

import harness
import packages
from debfile import Package
from harness import NOT_FOUND, UNSATISFIABLE, UNSUPPORTED, contains, equal
from suite import Suite, renewed

FOREIGN = "amd64" if packages.architecture() == "arm64" else "arm64"


def foreign(t):
	"""A base and a program of another architecture: nothing of it can run here."""
	suite = Suite(t, "foreign", arch=FOREIGN)
	base = Package("base-files", "12.4", FOREIGN, Essential="yes", Pre_Depends="awk")
	base.conffile("etc/debian_version", "12.4\n").dir("var/lib/dpkg").dir("bin")
	awk = Package("mawk", "1.3", FOREIGN, Provides="awk", Depends="libc6").file("bin/mawk", "\x7fELF not of here")
	libc = Package("libc6", "2.36", FOREIGN, Multi_Arch="same")
	libc.file("lib/other-linux/libc.so.6", "\x7fELF not of here").trigger("activate-noawait sbx-foreign")
	tool = Package("tool", "1.0", FOREIGN, Depends="libc6 (>= 2.36), words", compression="zst")
	tool.file("usr/bin/tool", "\x7fELF not of here", 0o4755).conffile("etc/tool.conf", "key=value\n")
	tool.script("preinst", "exit 3\n").script("postinst", "exit 4\n").trigger("interest sbx-foreign")
	words = Package("words", "1.0").file("usr/share/words/words", "one\n").script("postinst", "exit 5\n")
	suite.publish(base, awk, libc, tool, words)
	suite.options += ("--suite", suite.name, "--arch", FOREIGN)
	t.sbx("update", *suite.options, archive=False).ok()
	return suite


def dpkg(t, root, *args):
	"""The host's own, which can look at a tree of any architecture."""
	return t.run("dpkg", f"--root={root}", *args).ok().out


def test_another_architecture_is_resolved_composed_and_unpacked(t):
	suite = foreign(t)
	lock = t.sbx("resolve", "--packages", "tool", "--json", *suite.options, archive=False).json()
	equal((lock["architecture"], {p["name"]: p["architecture"] for p in lock["packages"]}),
	      (FOREIGN, {"base-files": FOREIGN, "mawk": FOREIGN, "libc6": FOREIGN, "tool": FOREIGN,
			 "words": "all"}), "lock")
	t.sbx("build", "--packages", "tool", *suite.options, archive=False).fails(
		UNSUPPORTED, FOREIGN, r"--skip-script '\*'")
	id = t.sbx("build", "--packages", "tool", "--skip-script", "*", *suite.options, archive=False).id
	root = t.template(id)
	equal(os.readlink(os.path.join(root, "bin")), "usr/bin", "/bin")
	for path in ("usr/bin/mawk", "usr/lib/other-linux/libc.so.6", "usr/share/words/words",
		     f"var/lib/dpkg/info/libc6:{FOREIGN}.list", "var/lib/dpkg/info/tool.postinst"):
		assert os.path.isfile(os.path.join(root, path)), path
	if t.is_root:
		equal(os.lstat(os.path.join(root, "usr/bin/tool")).st_mode & 0o7777, 0o4755, "mode")
	with open(os.path.join(root, "var/lib/dpkg/arch"), encoding="utf-8") as file:
		equal(file.read(), FOREIGN + "\n", "dpkg's architecture")
	equal(dpkg(t, root, "--verify"), "", "dpkg --verify")
	states = subprocess.run(["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f",
				 "${Package} ${Architecture} ${db:Status-Abbrev}\\n"],
				capture_output=True, text=True, check=True).stdout.split("\n")
	equal(sorted(s.strip() for s in states if s),
	      sorted(f"{p['name']} {p['architecture']} iU" for p in lock["packages"]), "what dpkg says")
	t.fsck_clean()
	suite.server.close()


def test_no_package_of_another_architecture_beside_the_others(t):
	suite = foreign(t)
	t.sbx("resolve", "--packages", f"tool:{packages.architecture()}", *suite.options, archive=False).fails(
		NOT_FOUND, f"tool:{packages.architecture()}", FOREIGN)
	suite.server.close()


def test_a_pin_lets_newer_versions_in(t):
	"""As backports are: their versions are there to be asked for, and are not taken by themselves."""
	suite = Suite(t, "backports", "NotAutomatic: yes\nButAutomaticUpgrades: yes\n")
	newer = renewed("hello", "3.0-1~bpo1")
	newer.fields["Depends"] += ", greeting-en (>= 3.0~)"
	suite.publish(newer, renewed("greeting-en", "3.0~bpo1"), renewed("shapes", "3.0~bpo1"))
	t.sbx("update", *suite.options).ok()

	def chosen(*pins):
		options = [word for pin in pins for word in ("--pin", f"{pin} release n={suite.name} 990")]
		lock = t.sbx("resolve", "--packages", "hello,shapes", "--json", *options, *suite.options).json()
		return {p["name"]: p["version"] for p in lock["packages"] if p["origin"].startswith(suite.name)}

	equal(chosen(), {}, "of backports without a pin")
	t.sbx("resolve", "--packages", "hello", "--pin", f"hello release n={suite.name} 990",
	      *suite.options).fails(UNSATISFIABLE, "hello 3.0-1~bpo1", "greeting-en")
	equal(chosen("hello", "greeting-en"), {"hello": "3.0-1~bpo1", "greeting-en": "3.0~bpo1"}, "of backports")
	equal(chosen("*"), {"hello": "3.0-1~bpo1", "greeting-en": "3.0~bpo1", "shapes": "3.0~bpo1"}, "of backports")
	id = t.sbx("build", "--packages", "hello", "--pin", f"/^(hello|greeting-en)$/ release n={suite.name} 990",
		   *suite.options).id
	contains(t.shell(id, "dpkg-query -W hello greeting-en").ok().out, r"^hello\t3.0-1~bpo1$",
		 r"^greeting-en\t3.0~bpo1$")
	suite.server.close()


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
