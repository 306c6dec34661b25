# SPDX-License-Identifier: Apache-2.0
"""sbx-build measure: what importing modules takes, and what profiles and `run` make of that."""

import json
import os

import harness
import schemas
from harness import FAILED, NOT_FOUND, USAGE, contains, equal

TASK = "import greet\nfrom polite import bow\nprint(bow('you'))\n"


def measured(t, *args):
	result = t.sbx("measure", "--json", "--runs", "1", *args).json()
	schemas.check(t.source, "measure", result)
	return {row["module"]: row for row in result["modules"]}


def test_modules_of_a_task_are_measured_once(t):
	t.update()
	path = t.file("task/app.py", TASK)
	rows = measured(t, path)
	equal(sorted(rows), ["greet", "polite"], "modules")
	for row in rows.values():
		equal((row["status"], row["runs"], row["why"]), ("measured", 1, None), "status")
		assert row["wall_usec"] > 1000 and row["bare_wall_usec"] > 1000, row
		assert row["peak_bytes"] > 1 << 20 and row["bare_peak_bytes"] > 1 << 20, row
	equal(rows["polite"]["package"], "python3-polite", "package")
	equal(rows["polite"]["version"], "0.9-2", "version")
	known = measured(t, path)
	equal({row["status"] for row in known.values()}, {"known"}, "the second time")
	equal(known["greet"]["wall_usec"], rows["greet"]["wall_usec"], "what was kept")
	equal(measured(t, "--again", path)["greet"]["status"], "measured", "asked for again")


def test_measures_make_the_intervals(t):
	t.update()
	path = t.file("task/app.py", TASK)
	before = t.sbx("profile", "--json", path).json()["resources"]
	equal(before["memory"]["basis"], "default", "memory before")
	equal(before["disk"]["basis"], "packages", "disk")
	rows = measured(t, path)
	profile = t.sbx("profile", "--json", path).json()
	schemas.check(t.source, "profile", profile)
	memory = profile["resources"]["memory"]
	equal(memory["basis"], "packages", "memory")
	equal(memory["low"], max(row["peak_bytes"] for row in rows.values()), "low end")
	assert memory["high"] > before["memory"]["high"] - 1, memory
	t.sbx("run", path).ok()
	after = t.sbx("profile", "--json", path).json()["resources"]
	equal(after["time"]["basis"], "history", "time after a run")
	assert 0 < after["time"]["low"] <= after["time"]["high"] < 10 * after["time"]["low"], after


def test_a_template_is_measured_by_its_tasks_or_by_name(t):  # root
	t.update()
	t.sbx("build", "--packages", "python3-greet", "--name", "greeting").ok()
	t.sbx("measure", "greeting").fails(USAGE, "--module")
	row = measured(t, "greeting", "--module", "python:greet=python3-greet")["greet"]
	equal(row["status"], "measured", "status")
	t.sbx("measure", "greeting", "--module", "python:x=python3-polite").fails(NOT_FOUND, "python3-polite")
	for odd in ("greet", "python:greet", "klingon:greet=python3-greet", ":=", "python:=x"):
		t.sbx("measure", "greeting", "--module", odd).fails(USAGE, "--module")
	path = t.file("task/app.py", "import greet\n")
	template = t.sbx("build", path).id
	t.sbx("measure", template).fails(USAGE, "no task of the template")
	t.sbx("run", path).ok()
	equal(measured(t, template[:16])["greet"]["status"], "known", "by what its task imports")


def test_a_module_that_cannot_be_imported(t):  # root
	t.update()
	template = t.sbx("build", "--packages", "python3-greet").id
	result = t.sbx("measure", template, "--runs", "1", "--module", "python:greet=python3-greet",
		       "--module", "python:nowhere=python3-greet",
		       "--module", "python:os;print(1)=python3-greet")
	result.fails(FAILED, "2 of 3 modules", "nowhere")
	contains(result.out, r"greet +python3-greet \S+ +[0-9.]+ MiB", r"nowhere.*FAILED.*No module named",
		 r"FAILED: its name has signs")
	# What failed is not kept.
	again = t.sbx("measure", "--json", template, "--module", "python:nowhere=python3-greet")
	equal(json.loads(again.out)["modules"][0]["status"], "failed", "status")


def test_nothing_to_measure(t):  # root
	t.update()
	path = t.file("task/go.sh", "#!/bin/sh\necho hi\n", 0o755)
	contains(t.sbx("measure", path).ok().out, "nothing to measure")
	equal(measured(t, path), {}, "modules")


def test_wrong_use(t):
	for args in ([], ["a", "b"], ["--runs", "0", "x"], ["--runs", "1000", "x"]):
		t.sbx("measure", *args).fails(USAGE, "measure")
	t.sbx("measure", "no-such-template").fails(NOT_FOUND, "no-such-template")
	assert not os.path.exists(os.path.join(t.root, "repo")), "a template that is not there was looked for"


def test_run_gives_more_to_who_needs_more(t):  # root
	"""A run that took more than the usual limit raises it, no further than four times, and never
	above what the user asks for."""
	t.update()
	path = t.file("task/go.sh", "#!/bin/sh\necho hi\n", 0o755)
	t.sbx("run", path).ok()
	provisioner = t.file("spy", f'#!/bin/sh\necho "$*" >>{t.tmp}/seen\nexec {t.provision_program} "$@"\n', 0o755)

	def limits(*options):
		t.run(*t.command("run", *options, path), env={"SBX_PROVISION": provisioner}).ok()
		with open(os.path.join(t.tmp, "seen"), encoding="utf-8") as seen:
			words = seen.read().splitlines()[-1].split()
		return {name: words[words.index("--" + name) + 1] for name in ("memory", "timeout")
			if "--" + name in words}

	equal(limits(), {}, "usual limits, which are the posture's")
	for peak, wall, memory, timeout in ((3 << 30, 10 ** 9, 0, 0), (900 << 30, 10 ** 13, 8 << 30, 2400)):
		with t.catalog() as catalog:
			catalog.execute("UPDATE use SET peak_bytes=?, wall_usec=?", (peak, wall))
		got = limits()
		assert int(got["memory"]) >= (memory or peak) and int(got["memory"]) <= 8 << 30, got
		assert int(got["timeout"]) >= (timeout or wall / 10 ** 6) and int(got["timeout"]) <= 2400, got
	equal(limits("--memory", "1G", "--timeout", "60"), {"memory": "1G", "timeout": "60"}, "asked for")
	equal(limits("--posture", "medium"), {}, "what a named posture leaves")
	with t.catalog() as catalog:
		catalog.execute("UPDATE use SET peak_bytes=?, wall_usec=?", (3 << 30, 10 ** 9))
	told = t.sbx("run", "--posture", "high", path).ok().err
	contains(told, "known to need .* MiB of memory and gets 1024; --memory",
		 "known to take .* s and gets 120; --timeout")


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
