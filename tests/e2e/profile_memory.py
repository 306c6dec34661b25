# SPDX-License-Identifier: Apache-2.0
"""A profile is remembered by all that decides it, and by nothing else; what a site prefers."""

import glob
import json
import os
import shutil

import harness
from harness import INPUT, UNRESOLVED, equal

TASK = "import greet\nfrom polite import bow\nprint(bow('you'))\n"
SECRET = "python3-remembered"


def rows(t):
	with t.catalog() as db:
		return db.execute("SELECT key, profile, template FROM task").fetchall()


def mark(t):
	"""Change what is remembered, so that a profile tells whether it was made or remembered."""
	with t.catalog() as db:
		db.execute("UPDATE task SET profile = replace(profile, 'python3-greet', ?)", [SECRET])


def is_remembered(t, task, *options):
	done = t.sbx("profile", task, "--json", *options)
	assert done.status in (0, UNRESOLVED), done
	return SECRET in done.out


def remembered(t, text=TASK):
	t.update()
	task = t.file("task/app.py", text)
	t.sbx("profile", task).ok()
	mark(t)
	assert is_remembered(t, task), "the second profile was made anew"
	return task


def test_asking_again_is_a_lookup_whatever_is_printed(t):
	task = remembered(t)
	equal(len(rows(t)), 1, "rows")
	for options in ([], ["--explain"], ["--requirements"], ["--json"]):
		done = t.sbx("profile", task, *options).ok()
		assert SECRET in done.out, (options, done)


def test_remembered_and_made_anew_print_the_same(t):
	t.update()
	task = t.file("task/app.py", TASK + "import no_such_module\n")
	for options in (["--json"], ["--explain"], []):
		first = t.sbx("profile", task, *options)
		os.unlink(os.path.join(t.root, "catalog.db"))
		again = t.sbx("profile", task, *options)
		known = t.sbx("profile", task, *options)
		equal((again.status, again.out, again.err), (first.status, first.out, first.err))
		equal((known.status, known.out, known.err), (first.status, first.out, first.err))


def test_the_same_task_elsewhere_is_known(t):
	task = remembered(t)
	other = os.path.join(t.tmp, "elsewhere")
	shutil.copytree(os.path.dirname(task), other)
	profile = t.sbx("profile", other + "/app.py", "--json").json()
	assert SECRET in profile["packages"], profile
	equal(profile["folder"], os.path.realpath(other), "folder")


def test_a_changed_source_is_another_task(t):
	task = remembered(t)
	t.file("task/app.py", TASK + "#\n")
	assert not is_remembered(t, task)
	t.file("task/app.py", TASK)
	assert is_remembered(t, task)


def test_a_changed_module_of_the_task_is_another_task(t):
	t.file("task/helper.py", "import json\n")
	task = remembered(t, "import helper\nimport greet\n")
	t.file("task/unrelated.py", "import json\n")
	assert is_remembered(t, task), "a file that the task does not mention"
	t.file("task/helper.py", "import json, sys\n")
	assert not is_remembered(t, task)


def test_a_changed_index_is_another_index(t):
	task = remembered(t)
	index = os.path.join(t.root, "index")
	(path,) = glob.glob(os.path.join(index, "*", "meta.json"))
	with open(path, encoding="utf-8") as f:
		meta = f.read()
	generation = meta.split('"generation": "')[1][:64]
	with open(path, "w", encoding="utf-8") as f:
		f.write(meta.replace(generation, "0" * 64))
	assert not is_remembered(t, task)


def test_a_changed_rule_of_the_site_is_another_answer(t):
	task = remembered(t)
	rule = t.file("root/providers.d/site.conf", "[packages]\nprefer=python3-polite\n")
	assert not is_remembered(t, task)
	os.unlink(rule)
	assert is_remembered(t, task)


def test_what_cannot_be_read_is_made_again(t):
	task = remembered(t)
	with t.catalog() as db:
		db.execute("UPDATE task SET profile = '{'")
	profile = t.sbx("profile", task, "--json").json()
	assert "python3-greet" in profile["packages"], profile
	assert rows(t)[0][1] != "{", "it was not replaced"


def test_a_catalog_that_cannot_be_used_costs_only_time(t):
	t.update()
	t.file("root/catalog.db", "no database at all, but long enough to look at" * 30)
	t.sbx("profile", t.file("task/app.py", TASK)).ok()


def test_run_and_profile_share_one_memory(t):
	t.update()
	task = t.file("task/app.py", "import greet\nprint('ran')\n")
	t.sbx("profile", task).ok()
	done = t.sbx("run", task)
	equal((done.status, done.out), (0, "ran\n"), "run")
	((_, _, template),) = rows(t)
	assert template, "run keeps its template in the row that profile made"
	t.sbx("profile", task).ok()
	equal(rows(t)[0][2], template, "template after another profile")
	t.sbx("rm", template, archive=False).ok()
	equal(rows(t)[0][2], None, "template after rm")
	assert t.sbx("profile", task).ok()


def test_gc_forgets_what_nobody_asks_for(t):
	remembered(t)
	t.sbx("gc", archive=False).ok()
	equal(len(rows(t)), 1, "rows after gc")
	with t.catalog() as db:
		db.execute("UPDATE task SET used_usec = 1")
	t.sbx("gc", "--dry-run", archive=False).ok()
	equal(len(rows(t)), 1, "rows after a dry run")
	assert t.sbx("gc", "--json", archive=False).json()["profiles"] == 1
	equal(len(rows(t)), 0, "rows after gc of what is old")


# What a site prefers ------------------------------------------------------------------------------

def candidates(t, task, name):
	done = t.sbx("profile", task, "--json")
	return {c["package"]: c for need in json.loads(done.out)["needs"] if need["name"] == name
		for c in need["candidates"]}


def test_a_name_is_mapped_to_a_package(t):
	t.update()
	task = t.file("task/app.py", "import no_such_module\n")
	equal(t.sbx("profile", task).status, UNRESOLVED, "without a rule")
	t.file("root/providers.d/a.conf", "# ours\n[module python]\nno_such_module=python3-greet\n")
	profile = t.sbx("profile", task, "--json").json()
	assert "python3-greet" in profile["packages"], profile
	explained = t.sbx("profile", task, "--explain").ok().out
	harness.contains(explained, r"root/providers\.d/a\.conf:3: no_such_module=python3-greet")
	# Of another kind or language it says nothing.
	t.file("root/providers.d/a.conf", "[module perl]\nno_such_module=python3-greet\n"
	       "[command]\nno_such_module=python3-greet\n")
	equal(t.sbx("profile", task).status, UNRESOLVED, "a rule about something else")


def test_a_later_file_counts(t):
	t.update()
	task = t.file("task/app.py", "import no_such_module\n")
	t.file("root/providers.d/a.conf", "[module]\nno_such_module=python3-greet\n")
	t.file("root/providers.d/b.conf", "[module]\nno_such_module=python3-polite;python3-greet\n")
	t.file("root/providers.d/c.txt", "no rules\n")
	profile = t.sbx("profile", task, "--json").json()
	assert "python3-polite" in profile["packages"], profile
	assert "python3-greet" not in profile["packages"], profile


def test_a_forbidden_package_is_listed_and_never_taken(t):
	t.update()
	task = t.file("task/app.py", "import greet\n")
	t.file("root/providers.d/a.conf", "[packages]\nforbid=python3-gr*\n")
	done = t.sbx("profile", task)
	equal(done.status, UNRESOLVED, "exit status")
	found = candidates(t, task, "greet")["python3-greet"]
	assert found["forbidden"] and "a.conf:2: forbidden" in found["rule"], found
	t.file("root/providers.d/b.conf", "[packages]\nprefer=python3-greet\n")
	found = candidates(t, task, "greet")["python3-greet"]
	assert not found["forbidden"] and "b.conf:2: preferred" in found["rule"], found
	# What is there anyway can't be left out.
	t.file("root/providers.d/c.conf", "[packages]\nforbid=*\n")
	t.sbx("profile", t.file("task/json.py", "import json\n")).ok()


def test_mistakes_name_file_and_line(t):
	t.update()
	task = t.file("task/app.py", "import greet\n")
	for text, pattern in (
		("[packages]\nprefer=a b\n", r"x\.conf:2: 'a b'"),
		("[packages]\n\nlike=a\n", r"x\.conf:3: 'like'"),
		("[packages]\nforbid=\n", r"x\.conf:2: names no package"),
		("[modul python]\nyaml=a\n", r"x\.conf:2: \[modul python\]"),
		("[module pyhton]\nyaml=a\n", r"x\.conf:2: .*no language pyhton"),
		("[module]\ngreet=no-such-package\n", r"x\.conf:2: .*no-such-package"),
		("[module]\ngreet\n", r"x\.conf:2: expected key=value"),
		("[module]\na=b\na=c\n", r"x\.conf:3: .*twice"),
	):
		t.file("root/providers.d/x.conf", text)
		t.sbx("profile", task).fails(INPUT, pattern)


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
