# SPDX-License-Identifier: Apache-2.0
"""sbx-build build: the template is what dpkg would have made, and it works."""

import os
import stat

import harness
from harness import contains, equal

ALL = "hello,diverter,shapes,scripted,takes-over,note-second,python3-polite"


def lines(result):
	return result.ok().out.splitlines()


def test_dpkg_is_content(t):
	id = t.build(ALL)
	result = t.shell(id, "dpkg --audit; dpkg -l")
	first = result.ok().out.splitlines()[0]
	assert first.startswith("Desired="), f"dpkg --audit complained:\n{result}"
	lock = t.sbx("resolve", "--packages", ALL, "--json").json()
	listed = {tuple(line.split()[:3]) for line in result.out.splitlines() if line.startswith("ii")}
	equal({(name.partition(":")[0], version) for _, name, version in listed},
	      {(p["name"], p["version"]) for p in lock["packages"]}, "dpkg -l")


def test_dpkg_verify_finds_only_what_scripts_changed(t):
	id = t.build(ALL)
	equal([line.split()[-1] for line in lines(t.shell(id, "dpkg -V || true"))],
	      ["/usr/share/base-files/registry"], "changed files")


def test_conffiles_have_their_checksums(t):
	id = t.build("scripted")
	contains(t.shell(id, "dpkg-query -W -f '${Conffiles}\\n' scripted").ok().out,
		 r"^ /etc/scripted\.conf [0-9a-f]{32}$")
	got = t.shell(id, "md5sum </etc/scripted.conf").ok().out.split()[0]
	contains(t.shell(id, "dpkg-query -W -f '${Conffiles}\\n' scripted").ok().out, got)


def test_diversion(t):
	id = t.build("diverter")
	equal(lines(t.inside(id, "hello-tool")), ["diverted tool", "plain tool"], "hello-tool")
	contains(t.shell(id, "dpkg-divert --list").ok().out,
		 r"diversion of /usr/bin/hello-tool to /usr/bin/hello-tool\.distrib by diverter")
	equal(lines(t.shell(id, "dpkg -S /usr/bin/hello-tool; dpkg-divert --truename /usr/bin/hello-tool"))[-1],
	      "/usr/bin/hello-tool.distrib", "true name")


def test_triggers_ran(t):
	id = t.build("note-second")
	equal(lines(t.shell(id, "cat /var/lib/note-keeper/index")), ["first"], "file trigger")
	contains(t.shell(id, "cat /var/lib/note-keeper/triggered").ok().out, r"^sbx-named$")
	equal(lines(t.shell(id, "cat /var/lib/dpkg/triggers/Unincorp")), [], "triggers left")
	assert t.shell(id, "test -s /etc/ld.so.cache").status == 0, "ldconfig did not run"


def test_scripts_had_effect(t):
	id = t.build("scripted")
	equal(lines(t.shell(id, "cat /var/lib/scripted/log")), ["preinst install", "postinst configure"],
	      "scripts that ran")
	equal(lines(t.inside(id, "tiny-editor")), ["big"], "the alternative")
	contains(t.shell(id, "cat /etc/passwd").ok().out, "^_scripted:", "^root:")
	equal(lines(t.shell(id, "cat /usr/share/base-files/registry")), ["shipped", "scripted"], "registry")
	contains(t.shell(id, "cat /var/lib/scripted/environment").ok().out,
		 r"^DPKG_MAINTSCRIPT_NAME=postinst$", r"^DPKG_MAINTSCRIPT_PACKAGE=scripted$",
		 r"^DPKG_MAINTSCRIPT_ARCH=all$", r"^DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1$")
	contains(t.shell(id, "cat /var/lib/scripted/umask").ok().out, "^0?022$")
	contains(t.shell(id, "dpkg-statoverride --list").ok().out, "root mail 2755 /usr/bin/scripted-tool")


def test_a_script_that_edits_in_place_changes_no_other_template(t):
	edited, plain = t.build("scripted"), t.build("hello")
	t.build("scripted,shapes")
	equal(lines(t.shell(plain, "cat /usr/share/base-files/registry")), ["shipped"], "registry")
	equal(lines(t.shell(edited, "cat /usr/share/base-files/registry")), ["shipped", "scripted"],
	      "registry")
	t.fsck_clean()


def test_set_id_bits_and_owners_are_kept(t):  # root
	root = t.template(t.build("shapes,scripted"))
	expected = {"usr/bin/shapes-su": (0o4755, 0, 0), "usr/bin/shapes-mail": (0o2755, 0, 8),
		    "etc/shapes.secret": (0o640, 0, 42), "var/lib/shapes/sticky": (0o1777, 0, 0),
		    "var/lib/shapes/group": (0o2775, 0, 8), "tmp": (0o1777, 0, 0),
		    "root": (0o700, 0, 0), "usr/bin/scripted-tool": (0o2755, 0, 8)}
	for path, wanted in expected.items():
		info = os.lstat(os.path.join(root, path))
		equal((stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid), wanted, path)


def test_rootless_drops_set_id_bits(t):  # user
	root = t.template(t.build("shapes"))
	for path in ("usr/bin/shapes-su", "usr/bin/shapes-mail"):
		equal(os.lstat(os.path.join(root, path)).st_mode & 0o6777, 0o755, path)


def test_every_kind_of_file(t):
	id = t.build("shapes")
	folder = os.path.join(t.template(id), "usr/share/shapes")
	contents = {name: open(os.path.join(folder, name), "rb").read()
		    for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name)) and
		    not os.path.islink(os.path.join(folder, name))}
	equal(contents["with blanks and \u00fcml\u00e4ute \u2603"], b"odd name\n", "UTF-8 name")
	equal(contents["-dash\\back'quote"], b"odd name\n", "odd name")
	equal(contents["long" * 50], b"a long name\n", "long name")
	equal(contents["empty"], b"", "empty file")
	equal(contents["big"], bytes(range(256)) * 4096, "big file")
	for name in ("original", "second name", "third"):
		equal(contents[name], b"same bytes\n", name)
	equal(os.readlink(os.path.join(folder, "absolute")), "/usr/share/shapes/original", "link")
	equal(os.readlink(os.path.join(folder, "relative")), "original", "link")
	equal(os.readlink(os.path.join(folder, "dangling")), "/nowhere/at all", "link")
	deep = os.path.join(folder, *["deep"] * 40, "leaf")
	equal(open(deep, encoding="utf-8").read(), "a deep path\n", "deep path")
	equal(os.listdir(os.path.join(t.template(id), "var/lib/shapes/empty")), [], "empty folder")


def test_hard_links_stay_one_file(t):
	id = t.build("shapes")
	folder = os.path.join(t.template(id), "usr/share/shapes")
	inodes = {os.stat(os.path.join(folder, n)).st_ino for n in ("original", "second name", "third")}
	equal(len(inodes), 1, "inodes of one file's three names")


def test_usr_is_merged(t):
	root = t.template(t.build("hello"))
	for name in ("bin", "sbin", "lib"):
		equal(os.readlink(os.path.join(root, name)), "usr/" + name, name)
	assert os.path.isfile(os.path.join(root, "usr/bin/busybox")), "a file shipped below /bin"


def test_interpreter_starts_without_compiling_anything(t):
	t.cold()
	id = t.build("python3-polite")
	script = "import os, sys, polite, json, argparse; print(polite.bow('you'))\n" \
		 "print([m.__name__ for m in list(sys.modules.values())" \
		 " if getattr(m, '__cached__', None) and not os.path.exists(m.__cached__)])\n"
	out = lines(t.inside(id, "python3", "-c", script))
	equal(out, ["Hello, you! Pleased.", "[]"], "output, and modules without compiled code")
	verbose = t.inside(id, "python3", "-v", "-c", "import polite").ok()
	assert "wrote '" not in verbose.err and "is stale" not in verbose.err, str(verbose)
	contains(verbose.err, r"code object from '/usr/lib/python3/dist-packages/.*polite.*\.pyc'")


def test_file_taken_over_with_replaces(t):
	id = t.build("takes-over")
	path = "/usr/share/hello-tool/words"
	equal(lines(t.inside(id, "cat", path)), ["words taken over"], path)
	equal(lines(t.shell(id, f"dpkg -S {path}")), [f"takes-over: {path}"], "dpkg -S")
	equal(lines(t.shell(id, "dpkg --verify")), [], "dpkg --verify")


def test_file_of_two_packages_is_refused(t):
	t.update()
	result = t.sbx("build", "--packages", "hello,clash")
	result.fails(result.status or 1, "/?usr/bin/hello", "clash")
	equal(t.sbx("ls", "--json", archive=False).out.count('"id"'), 0, "templates")


def test_scripts_have_no_network(t):
	id = t.build("network-postinst")
	equal(lines(t.shell(id, "tail -n +3 /var/lib/network-postinst")), [], "interfaces besides lo")


def test_lock_profile_and_task_build_the_same(t):
	t.update()
	task = t.file("task/app.py", "import polite\n")
	profile = t.file("profile.json", t.sbx("profile", task, "--json").ok().out)
	lock = t.file("lock.json", t.sbx("resolve", task, "--json").ok().out)
	ids = {t.sbx("build", what).id for what in (lock, profile, task)}
	equal(len(ids), 1, "ids")


def test_same_lock_in_another_root_is_the_same_tree(t):
	from trees import describe, differences
	first = t.template(t.build(ALL))
	other = os.path.join(t.tmp, "other")
	t.sbx("update", "--root", other).ok()
	id = t.sbx("build", "--root", other, "--packages", ALL).id
	equal(id, os.path.basename(os.path.dirname(first)), "id")
	second = os.path.join(other, "templates", id, "root")
	equal(differences(describe(first), describe(second)), [], "differences")


def test_again_is_quick_and_asks_for_nothing(t):
	id = t.build("hello")
	t.server.clear()
	again = t.sbx("build", "--packages", "hello")
	equal(again.id, id, "id")
	equal(t.server.requests(), [], "requests")
	assert again.processor_seconds < 0.5, again.processor_seconds


def test_only_missing_packages_are_fetched(t):
	t.build("hello")
	t.server.clear()
	t.build("hello,shapes")
	fetched = [r.path for r in t.server.requests(r"\.deb$")]
	equal([os.path.basename(p).split("_")[0] for p in fetched], ["shapes"], "packages fetched")


def test_json(t):
	t.update()
	data = t.sbx("build", "--packages", "hello", "--json").json()
	equal(len(data["id"]), 64, "length of the id")


def test_name(t):
	id = t.build("hello", "--name", "greeter")
	equal(t.sbx("show", "greeter", "--json", archive=False).json()["id"], id, "id by name")
	for bad in ("Not A Name", "../x", "-x", ""):
		t.sbx("build", "--packages", "hello", "--name", bad).fails(harness.USAGE)


def test_nothing_is_kept_in_tmp(t):
	t.build(ALL)
	equal(t.work_in_progress(), [], "tmp/")


def test_root_is_private(t):
	t.build("hello")
	equal(stat.S_IMODE(os.stat(t.root).st_mode), 0o700, "mode of SBX_ROOT")


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
