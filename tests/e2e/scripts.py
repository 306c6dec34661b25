# SPDX-License-Identifier: Apache-2.0
"""Maintainer scripts run once: what is replayed, what runs again, what is told of it."""

import json
import os
import re

import harness
from harness import SCRIPT, USAGE, contains, equal
from schemas import check
from trees import describe, differences

ALL = "hello,diverter,scripted,takes-over,note-second,reads-things"


def report(t, packages, *options):
	"""Build, and what the report says; the id with it."""
	path = os.path.join(t.tmp, "report.json")
	id = t.build(packages, "--report", path, *options)
	with open(path, encoding="utf-8") as file:
		return id, json.load(file)


def fates(found, package):
	return [s["fate"] for s in found["scripts"] if s["package"] == package]


def text(t, id, path):
	return t.shell(id, f"cat {path}").ok().out


def test_replaying_gives_the_same_tree_as_running(t):
	t.cold()
	id, first = report(t, ALL)
	assert {s["fate"] for s in first["scripts"]} <= {"ran", "replayed", "native"}, first["scripts"]
	ran = describe(t.template(id))
	t.sbx("rm", id, archive=False).ok()
	again, second = report(t, ALL)
	equal(again, id, "id")
	equal({s["fate"] for s in second["scripts"]} - {"native"}, {"replayed"}, "what happened to scripts")
	equal(differences(ran, describe(t.template(id))), [], "differences")
	t.sbx("rm", id, archive=False).ok()
	t.sbx("gc", archive=False).ok()
	t.fsck_clean()


def test_scripts_of_other_templates_are_replayed(t):
	report(t, "scripted")
	id, found = report(t, "scripted,shapes")
	equal([s for s in found["scripts"] if s["package"] == "scripted" and s["fate"] != "replayed"], [],
	      "scripts of it that ran")
	equal(text(t, id, "/var/lib/scripted/log"), "preinst install\npostinst configure\n", "log")


def test_a_file_that_was_read_decides(t):
	"""By its own name, by a name that is missing, through a link that the script made."""
	seen = {}
	for packages in ("reads-things,greeting-en", "reads-things,greeting-de"):
		id, found = report(t, packages)
		equal(fates(found, "reads-things"), ["ran"], f"what happened with {packages}")
		seen[packages] = text(t, id, "/var/lib/reads-things/result")
	equal(seen, {"reads-things,greeting-en": "Hello\nHello\nno shapes\n1\n",
		     "reads-things,greeting-de": "Hallo\nHallo\nno shapes\n1\n"}, "what it read")
	id, found = report(t, "reads-things,greeting-en,note-keeper")
	equal(fates(found, "reads-things"), ["replayed"], "what happened beside something unrelated")
	equal(text(t, id, "/var/lib/reads-things/result"), "Hello\nHello\nno shapes\n1\n", "result")


def test_a_file_that_was_missing_decides(t):
	report(t, "reads-things,greeting-en")
	id, found = report(t, "reads-things,greeting-en,shapes")
	equal(fates(found, "reads-things"), ["ran"], "what happened")
	contains(text(t, id, "/var/lib/reads-things/result"), "^has shapes$")


def test_a_listing_decides(t):
	report(t, "reads-things,greeting-en")
	id, found = report(t, "reads-things,greeting-en,clash-free")
	equal(fates(found, "reads-things"), ["ran"], "what happened")
	equal(text(t, id, "/var/lib/reads-things/result").splitlines()[3], "2", "names in the folder")


def test_a_script_that_lists_its_files_does_not_depend_on_other_packages(t):
	"""dpkg-query reads the status of all packages; what stands before it does not, and says the same."""
	command = "dpkg -L lists-files; dpkg -L hello-tool"
	id, found = report(t, "lists-files")
	equal(fates(found, "lists-files"), ["ran"], "what happened")
	equal(text(t, id, "/var/lib/listed"), t.shell(id, command).ok().out, "what it was told")
	_, found = report(t, "lists-files,shapes")
	equal(fates(found, "lists-files"), ["replayed"], "what happened beside something unrelated")
	id, found = report(t, "lists-files,diverter")
	listed = text(t, id, "/var/lib/listed")
	contains(listed, "^diverted by diverter to: /usr/bin/hello-tool.distrib$")
	equal(listed, t.shell(id, command).ok().out, "what it was told of a file that is diverted")


def test_what_cannot_be_observed_runs_each_time(t):
	id, _ = report(t, "renames-folder")
	t.sbx("rm", id, archive=False).ok()
	_, found = report(t, "renames-folder")
	equal(fates(found, "renames-folder"), ["ran"], "what happened")
	contains(str(found["scripts"]), "kept no trace")


def test_what_is_one_machines_own_is_in_no_template(t):
	id, _ = report(t, "own-machine")
	root = t.template(id)
	equal(os.stat(os.path.join(root, "etc/machine-id")).st_size, 0, "bytes of the machine's identity")
	equal(os.listdir(os.path.join(root, "var/cache/man")), [], "what is in mandb's folder")


def test_triggers_of_a_replayed_script_are_set_off(t):
	id = t.build("note-second")
	t.sbx("rm", id, archive=False).ok()
	id, found = report(t, "note-second,shapes")
	assert "ran" not in fates(found, "note-second"), found["scripts"]
	contains(text(t, id, "/var/lib/note-keeper/triggered"), "^sbx-named$")


def test_a_script_puts_a_link_in_the_place_of_a_folder(t):
	for packages in ("links-folder", "links-folder,clash-free"):
		id, found = report(t, packages)
		link = os.path.join(t.template(id), "var/links")
		equal(os.path.islink(link) and os.readlink(link), "/run/links", f"/var/links with {packages}")
		contains(t.shell(id, "ls -ld /var/links; dpkg --audit; dpkg -V links-folder").ok().out,
			 "^l.* /var/links -> /run/links$")
	equal(set(fates(found, "links-folder")), {"replayed"}, "the second time")


def test_report_as_json(t):
	t.cold()
	_, found = report(t, "scripted,python3-polite")
	check(t.source, "build-report", found)
	stages = found["stages"]
	for name in ("download", "inflate", "store", "compose", "scripts", "byte-compile", "commit",
		     "checkout"):
		assert stages[name] > 0, f"{name} took no time: {stages}"
	packages = {p["name"]: p for p in found["packages"]}
	assert packages["python3-polite"]["compile_usec"] > 0, packages["python3-polite"]
	assert packages["scripted"]["import_usec"] > 0, packages["scripted"]
	assert any(s["bytes"] > 0 for s in found["scripts"]), found["scripts"]
	sizes = [p["bytes"] for p in found["packages"]]
	equal(sizes, sorted(sizes, reverse=True), "order of packages")


def test_report_as_page_and_text(t):
	path = os.path.join(t.tmp, "report.html")
	id = t.build("scripted", "--report", path)
	with open(path, encoding="utf-8") as file:
		page = file.read()
	contains(page, "<svg", "scripted: postinst configure", "busybox-base", id)
	assert not re.search(r"<script|<link|@import|url\(|(src|href)=", page), "it loads something"
	equal(page.count("<g>"), page.count("</g>"), "groups that are closed")
	t.sbx("rm", id, archive=False).ok()
	told = t.sbx("build", "--packages", "scripted", "--report", "-").ok().err
	contains(told, "^stages", r"replayed .* scripted postinst configure", "^packages")


def test_report_and_show_tell_what_is_lost_without_root(t):  # user
	page = os.path.join(t.tmp, "report.html")
	t.build("shapes,hello", "--report", page)
	with open(page, encoding="utf-8") as file:
		contains(file.read(), "^<h2>Not kept without root", "^<li>shapes: /usr/bin/shapes-su 4755 0:0$")
	id, found = report(t, "shapes")
	lost = "\n".join(found["lost"])
	contains(lost, r"^shapes: /usr/bin/shapes-su 4755 0:0", r"^shapes: /etc/shapes.secret 0640 0:42")
	equal(sorted(t.sbx("show", id, "--json", archive=False).json()["lost"]), sorted(found["lost"]), "show")
	contains(t.sbx("show", id, archive=False).ok().out, r"^ +shapes: /usr/bin/shapes-su 4755 0:0$")


def test_report_tells_nothing_lost_as_root(t):  # root
	id, found = report(t, "shapes")
	equal((found["lost"], t.sbx("show", id, "--json", archive=False).json()["lost"]), ([], []), "lost")


def test_failing_script_can_be_skipped(t):
	t.update()
	t.sbx("build", "--packages", "failing-postinst").fails(
		SCRIPT, "failing-postinst 1.0-1", "postinst", "status 3", "disk of doom",
		"--skip-script failing-postinst", "--keep-failed")
	id, found = report(t, "failing-postinst", "--skip-script", "failing-postinst")
	equal(fates(found, "failing-postinst"), ["skipped"], "what happened")
	lock = t.sbx("show", id, "--lock", archive=False).json()
	equal(lock["options"]["skip_scripts"], ["failing-postinst"], "the lock's option")
	equal(t.sbx("build", t.file("lock.json", json.dumps(lock))).id, id, "id of that lock")
	t.sbx("build", "--packages", "hello", "--skip-script", "shapes").fails(USAGE, "shapes")
	for seconds in ("0", "-1"):
		t.sbx("build", "--packages", "hello", "--script-timeout", seconds).fails(
			USAGE, f"--script-timeout {seconds}: at least 1")


def test_failed_tree_is_kept_to_look_inside(t):
	t.update()
	result = t.sbx("build", "--packages", "failing-postinst", "--keep-failed")
	result.fails(SCRIPT, "the tree is kept at ")
	kept, command = re.search(r"kept at (\S+): `(\S.*) -- sh`\.", result.err).groups()
	equal(command, f"sbx-provision run --profile build {kept}", "how to look inside")
	looked = t.run(t.provision_program, *command.split()[1:], "--", "sh", "-c",
		       "/var/lib/dpkg/info/failing-postinst.postinst configure")
	equal(looked.status, 3, f"status of {looked}")
	assert os.path.exists(os.path.join(kept, "var/lib/dpkg/info/failing-postinst.postinst")), kept
	t.sbx("gc", archive=False).ok()
	equal(t.work_in_progress(), [], "tmp/ after gc")


def test_hanging_script_is_ended(t):
	t.update()
	# On a busy machine another script may take as long.
	for seconds in ("2", "20"):
		result = t.sbx("build", "--packages", "hanging-postinst", "--script-timeout", seconds)
		if "hanging-postinst" in result.err:
			break
	result.fails(SCRIPT, "hanging-postinst", "postinst", f"within {seconds} seconds", "--script-timeout",
		     "waiting for an answer")
	equal(t.work_in_progress(), [], "tmp/")


def test_script_that_asks_for_a_terminal_fails(t):
	t.update()
	t.sbx("build", "--packages", "asking-postinst").fails(
		SCRIPT, "asking-postinst", "postinst", "no terminal to ask on")


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
