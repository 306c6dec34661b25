# SPDX-License-Identifier: Apache-2.0
"""sbx-build profile: what a task needs, who ships it, where it was seen."""

import harness
import schemas
from harness import INPUT, UNRESOLVED, equal

TASK = """\
import json
import greet
try:
	import no_such_guarded
except ImportError:
	no_such_guarded = None
from polite import bow
print(bow("you"), json.dumps({}))
"""


def needs(profile):
	return {need["name"]: need for need in profile["needs"]}


def test_json_fits_the_schema_and_names_the_packages(t):
	t.update()
	profile = t.sbx("profile", t.file("task/app.py", TASK), "--json").json()
	schemas.check(t.source, "profile", profile)
	for package in ("python3", "python3-greet", "python3-polite"):
		assert package in profile["packages"], profile["packages"]
	found = needs(profile)
	equal(found["greet"]["provider"], "python3-greet", "provider of greet")
	equal(found["greet"]["evidence"][0]["line"], 2, "line of `import greet`")
	equal(found["json"]["status"], "standard", "status of json")
	assert found["no_such_guarded"]["grade"] == "guarded", found["no_such_guarded"]


def test_text_names_line_and_package(t):
	t.update()
	result = t.sbx("profile", t.file("task/app.py", TASK)).ok()
	harness.contains(result.out, r"python3-greet", r"app\.py:2")


def test_modules_beside_the_task_are_its_own(t):
	t.update()
	t.file("task/helper.py", "import greet\n")
	profile = t.sbx("profile", t.file("task/app.py", "import helper\n"), "--json").json()
	assert "helper" not in needs(profile), needs(profile)
	equal(needs(profile)["greet"]["evidence"][0]["file"], "helper.py", "where greet was seen")


def test_folder(t):
	t.update()
	t.file("task/__main__.py", "import polite\n")
	profile = t.sbx("profile", t.tmp + "/task", "--json").json()
	assert "python3-polite" in profile["packages"], profile


def test_shell_script(t):
	t.update()
	profile = t.sbx("profile", t.file("task/go", "#!/bin/sh\nhello | sed s/H/J/\n", 0o755),
			"--json").json()
	schemas.check(t.source, "profile", profile)
	equal(needs(profile)["hello"]["provider"], "hello", "provider of hello")


def test_unresolved_import_names_its_line(t):
	t.update()
	task = t.file("task/app.py", "import json\n\nimport no_such_module_at_all\n")
	result = t.sbx("profile", task)
	equal(result.status, UNRESOLVED, "exit status")
	harness.contains(result.out + result.err, r"no_such_module_at_all", r"app\.py:3")


def test_half_broken_source_is_read_as_far_as_it_goes(t):
	t.update()
	profile = t.sbx("profile", t.file("task/app.py", "import greet\ndef broken(:\n  x = [1,\n"),
			"--json").json()
	assert "python3-greet" in profile["packages"], profile


def test_no_such_file(t):
	t.update()
	t.sbx("profile", "/nonexistent/task.py").fails(INPUT, "/nonexistent/task.py", "[Nn]o such file")


def test_binary_file(t):
	t.update()
	t.sbx("profile", t.file("task/app.py", b"\x7fELF\0\1\2\3" * 100)).fails(INPUT, r"app\.py")
	t.sbx("profile", t.file("task/blob", bytes(range(256)))).fails(INPUT, "blob")


def test_empty_file(t):
	t.update()
	t.sbx("profile", t.file("task/app.py", "")).fails(INPUT, r"app\.py", "empty")


def test_huge_file(t):
	t.update()
	t.sbx("profile", t.file("task/app.py", "x = 1\n" * (3 << 20))).fails(INPUT, r"app\.py")


def test_folder_without_an_entry(t):
	t.update()
	t.file("task/notes.txt", "nothing to run\n")
	t.sbx("profile", t.tmp + "/task").fails(INPUT, "task")


def test_unreadable_file(t):  # user
	t.update()
	t.sbx("profile", t.file("task/app.py", "import greet\n", 0)).fails(INPUT, r"app\.py", "ermission")


def test_odd_file_names(t):
	t.update()
	for name in ("with blank.py", "-dash.py", "neue\nzeile.py", "\u00fcml\u00e4ut.py"):
		t.sbx("profile", t.file("task/" + name, "import greet\n"), "--json").json()


if __name__ == "__main__":
	harness.main(globals())
