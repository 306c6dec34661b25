# SPDX-License-Identifier: Apache-2.0
"""dpkg's rules, each with a package made for it (docs/architecture.md, "Building a template")."""

import os
import re
import resource

import harness
from debfile import Package
from harness import ARCHIVE, SCRIPT, UNSATISFIABLE, USAGE, contains, equal


def lines(result):
	return result.ok().out.splitlines()


def read(path):
	with open(path, encoding="utf-8") as file:
		return file.read()


def test_pre_depends_are_configured_before_the_preinst(t):
	id = t.build("pre-then")
	equal(lines(t.shell(id, "cat /var/lib/order-log")), ["pre-first ready", "pre-then ready"], "order")


def test_what_is_depended_on_is_configured_first(t):
	t.build("needs-order")


def test_a_folder_stays_where_another_package_has_a_link(t):
	id = t.build("has-link")
	equal(lines(t.shell(id, "cd /usr/share; cat folder/one elsewhere/two; ls folder; dpkg --verify")),
	      ["1", "2", "one"], "content")


def test_a_package_is_unpacked_through_the_link_of_another(t):
	id = t.build("through-link")
	equal(os.readlink(os.path.join(t.template(id), "usr/share/door")), "room", "the link")
	equal(lines(t.shell(id, "cat /usr/share/room/three /usr/share/door/two; dpkg --verify")), ["3", "2"],
	      "content")


def test_a_file_sets_off_a_trigger_by_being_there(t):
	id = t.build("note-first")
	equal(lines(t.shell(id, "cat /var/lib/note-keeper/triggered /var/lib/note-keeper/index")),
	      ["/usr/share/sbx-notes", "first"], "trigger, and what was there")


def test_replaces_holds_for_the_versions_that_it_names(t):
	t.update()
	t.sbx("build", "--packages", "takes-later").fails(
		ARCHIVE, "/usr/share/hello-tool/words", "takes-later 1.0", "hello-tool 1.0", "neither Replaces")


def test_a_package_sets_off_a_trigger_by_being_there(t):
	id = t.build("activates-trigger")
	contains(t.shell(id, "cat /var/lib/note-keeper/triggered").ok().out, "^sbx-named$")


def test_a_cycle_of_dependencies_is_configured(t):
	id = t.build("cycle-a")
	equal(sorted(lines(t.shell(id, "cat /var/lib/cycle-log"))), ["a", "b", "c"], "configured")
	equal(lines(t.shell(id, "dpkg --audit")), [], "dpkg --audit")


def test_triggers_run_to_a_fixed_point(t):
	id = t.build("chain-2")
	equal(lines(t.shell(id, "cat /var/lib/chain-log")), ["0", "1", "2"], "triggers that ran")


def test_triggers_without_end_are_an_error(t):
	t.update()
	t.sbx("build", "--packages", "endless-trigger").fails(SCRIPT, "endless-trigger", "without end",
										"nothing was committed", "--skip-script")


def test_links_of_a_merged_usr_may_be_shipped(t):
	"""As base-files of trixie does; packages that still have files in /bin go through them."""
	id = t.build("merged-links,old-style")
	root = t.template(id)
	for name in ("bin", "sbin", "lib"):
		equal(os.readlink(os.path.join(root, name)), "usr/" + name, name)
	equal(lines(t.inside(id, "/bin/old-style")), ["old"], "output")
	contains(t.shell(id, "dpkg -S /bin").ok().out, "merged-links.*: /bin$")
	equal(lines(t.shell(id, "dpkg --verify old-style merged-links")), [], "dpkg --verify")


def test_dpkg_goes_on_inside(t):
	"""What dpkg would do to a normal system it does to a template."""
	id = t.build("hello,scripted")
	script = """dpkg --configure -a && dpkg --audit &&
dpkg --remove hello >/dev/null && ! test -e /usr/bin/hello && dpkg -s scripted | grep ^Status"""
	out = t.inside(id, "/bin/sh", "-c", script).ok().out
	contains(out, "^Status: install ok installed$")


def test_diversions_of_the_base_hold_beside_those_of_others(t):
	id = t.build("base-diverter,diverter")
	contains(t.shell(id, "dpkg-divert --list").ok().out, "by libc-bin$", "by base-diverter$", "by diverter$")
	shown = t.shell(id, """cat /usr/share/libc-bin/diverted /usr/share/libc-bin/diverted.distrib
cat /usr/share/base-files/registry /usr/share/base-files/registry.distrib""")
	equal(lines(shown), ["libc-bin's own", "another's", "the diverter's", "shipped"], "content")
	equal(lines(t.shell(id, "dpkg --verify base-files base-diverter libc-bin")), [], "dpkg --verify")


def test_only_what_was_asked_for_is_manual(t):
	"""What `apt-mark showmanual` goes by."""
	root = t.template(t.build("hello,scripted"))
	states, packages = ([re.findall(r"^Package: (.*)$", stanza, re.M)[0]
			     for stanza in read(os.path.join(root, path)).strip().split("\n\n")]
			    for path in ("var/lib/apt/extended_states", "var/lib/dpkg/status"))
	equal(sorted(set(packages) - set(states)), ["hello", "scripted"], "manual")
	assert "base-files" in states and set(states) < set(packages), states


def test_dpkg_installs_upgrades_and_removes_inside(t):
	"""With conffiles, a trigger of the template's packages, and a file that was diverted."""
	for version in ("1.0", "2.0"):
		package = Package("late", version, Depends="hello, note-keeper")
		package.conffile("etc/late.conf", f"late {version}\n").file("usr/share/sbx-notes/late", "")
		package.program("usr/bin/late", f"echo late {version}\n")
		t.file(f"late_{version}.deb", package.build())
	id = t.build("hello,note-keeper,scripted")
	script = """set -e
cd /srv
dpkg -i late_1.0.deb && late && cat /var/lib/note-keeper/index
dpkg -i late_2.0.deb && late && cat /etc/late.conf && dpkg --verify
dpkg -r late && dpkg -l late | tail -1 && ls /etc/late.conf && dpkg -P late && ! ls /etc/late.conf
dpkg --audit && dpkg --verify && dpkg -P hello && dpkg --configure -a && dpkg --audit"""
	out = t.shell(id, script, options=("--profile", "build", "--ro-bind", f"{t.tmp}:/srv")).ok().out
	contains(out, "^late 1.0$\nlate$", "^late 2.0$\nlate 2.0$", "^rc  late +2.0")


def test_file_capabilities_are_kept(t):  # root
	id = t.build("with-capability")
	path = os.path.join(t.template(id), "usr/bin/with-capability")
	value = os.getxattr(path, "security.capability")
	t.sbx("rm", id, archive=False).ok()
	equal(t.build("with-capability"), id, "id")
	equal(os.getxattr(path, "security.capability"), value, "the capability of a replayed script")


def test_without_any_script_packages_are_unpacked_and_dpkg_can_configure_them(t):
	id = t.build("scripted", "--skip-script", "*")
	root = t.template(id)
	assert not os.path.exists(os.path.join(root, "var/lib/scripted")), "a script ran"
	status = read(os.path.join(root, "var/lib/dpkg/status"))
	assert "ok installed" not in status and "install ok unpacked" in status, status[:400]
	assert t.build("scripted") != id, "the id of a configured one"


def test_a_package_that_conflicts_with_the_base(t):
	t.update()
	t.sbx("build", "--packages", "base-enemy").fails(UNSATISFIABLE, "base-enemy", "base-files")


def test_many_files(t):
	"""Within bounded memory; and over a site's limit they are refused."""
	t.update()
	t.sbx("build", "--packages", "many-files", env={"SBX_MAX_PACKAGE_FILES": "1000"}).fails(
		ARCHIVE, "many-files", "limit of files")
	id = t.build("many-files")
	folder = os.path.join(t.template(id), "usr/share/many-files")
	equal(sum(len(files) for _, _, files in os.walk(folder)), 3000, "files")
	peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
	assert peak < 400 * 1024 or "ASAN_OPTIONS" in t.env, f"a child took {peak} KiB"


def test_a_bomb_is_refused_unless_the_site_allows_it(t):
	t.update()
	t.sbx("build", "--packages", "bomb").fails(ARCHIVE, "bomb", "usr/share/bomb/zeros")
	equal(t.work_in_progress(), [], "tmp/")
	id = t.sbx("build", "--packages", "bomb", env={"SBX_MAX_PACKAGE_RATIO": "100000"}).id
	equal(os.path.getsize(os.path.join(t.template(id), "usr/share/bomb/zeros")), 80 << 20, "bytes")


def test_a_limit_that_is_no_number(t):
	t.update()
	t.sbx("build", "--packages", "hello", env={"SBX_MAX_PACKAGE_BYTES": "lots"}).fails(
		USAGE, "SBX_MAX_PACKAGE_BYTES", "lots")


def test_a_file_larger_than_what_is_kept_in_memory(t):
	id = t.build("large-file")
	with open(os.path.join(t.template(id), "usr/share/large-file/data"), "rb") as file:
		equal(file.read(), b"0123456789abcdef" * (40 * 65536), "content")
	t.sbx("build", "--packages", "large-file,hello", env={"SBX_MAX_PACKAGE_BYTES": "1000"}).ok()


def test_a_name_longer_than_a_file_system_allows(t):
	t.update()
	t.sbx("build", "--packages", "too-long").fails(ARCHIVE, "too-long", "255 bytes")
	t.fsck_clean()


def test_fields_of_a_control_file_cannot_forge_the_status(t):
	id = t.build("odd-fields")
	contains(t.shell(id, "dpkg -l odd-fields").ok().out, r"^ii +odd-fields")
	status = t.shell(id, "dpkg -s odd-fields").ok().out
	equal(status.count("Status:"), 1, f"Status fields in\n{status}")
	assert "/etc/shadow" not in status, status


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
