# SPDX-License-Identifier: Apache-2.0
"""Stopped at any point, the same command succeeds afterwards and nothing is damaged."""

import glob
import json
import os
import random
import shutil
import subprocess

import harness
from harness import INTERRUPTED, SIGINT, SIGKILL, SIGTERM, equal
from scratch import remove_tree

# Python takes most of a build's time, and is there only where that time is what is tested.
LIGHT = "shapes,scripted"
WITH_PYTHON = "shapes,scripted,python3-polite"
BUILD = ("--packages", LIGHT)


def again(t, packages=LIGHT):
	t.fsck_clean()
	id = t.build(packages)
	t.fsck_clean()
	if packages == WITH_PYTHON:
		equal(t.inside(id, "python3", "-c", "import polite; print(polite.bow('you'))").ok().out,
		      "Hello, you! Pleased.\n", "output")
	equal(t.shell(id, "dpkg --audit").ok().out, "", "dpkg --audit")
	t.sbx("gc", archive=False).ok()
	equal(t.work_in_progress(), [], "tmp/ after gc")
	t.fsck_clean()


def killed(t, phase, signo=SIGKILL, event="begin", packages=LIGHT, verb="build", send=os.kill):
	"""On a busy machine the verb may be done before the signal comes: then once more from nothing."""
	for _ in range(20):
		if verb == "build":
			t.update()
		args = ("--packages", packages) if verb == "build" else ()
		result = t.kill_at(signo, phase, event, verb, args, send)
		if result is None:
			raise AssertionError(f"the phase {phase!r} was never announced on --progress-fd")
		if result.status != 0:
			assert signo != SIGKILL or result.status == -SIGKILL, f"it failed before:\n{result}"
			return result
		remove_tree(t.root)
	raise AssertionError(f"{verb} was done each time before the signal came, or in spite of it")


def test_kill_while_fetching(t):
	t.server.fault(r"\.deb$", slow=20000)
	killed(t, "fetch", event="progress")
	t.server.clear()
	again(t)


def test_kill_while_importing(t):
	killed(t, "import", event="progress", packages=WITH_PYTHON)
	again(t, WITH_PYTHON)


def test_kill_while_composing(t):
	killed(t, "compose")
	again(t)


def test_kill_while_configuring(t):
	killed(t, "configure", event="progress")
	again(t)


def test_kill_while_compiling(t):
	killed(t, "compile", packages=WITH_PYTHON)
	again(t, WITH_PYTHON)


def test_kill_while_committing(t):
	killed(t, "commit")
	again(t)


def test_kill_while_making_the_base_layer(t):
	killed(t, "base")
	again(t)


def test_kill_after_the_commit(t):
	"""The tree is in the store, the template not yet in the catalog."""
	killed(t, "commit", event="end")
	again(t)


def test_kill_while_updating(t):
	t.server.fault(r"by-hash", slow=20000)
	killed(t, "index", verb="update")
	t.server.clear()
	t.sbx("update").ok()
	again(t)


def test_kill_at_fifty_moments(t):
	"""Not at a boundary: anywhere in a build, from nothing and with all packages there. After each
	the same command succeeds, with the same outcome, and nothing is damaged."""
	t.update()
	index = os.path.join(t.tmp, "index")
	shutil.copytree(t.root, index, symlinks=True)
	moments, whole = random.Random(4), {}
	for start in ("nothing", "packages"):
		built = t.sbx("build", *BUILD)
		id, whole[start] = built.id, built.seconds
		t.sbx("rm", id, archive=False).ok()
	n_killed, n_built, wanted = 0, 0, 50 if t.is_root else 10
	while n_killed < wanted:
		# From nothing costs most of the time: one of five.
		start = "nothing" if n_killed % 5 == 0 else "packages"
		if start == "nothing":
			remove_tree(t.root)
			shutil.copytree(index, t.root, symlinks=True)
		else:
			t.sbx("rm", id, archive=False)
		process = t.start("build", *BUILD)
		try:
			process.wait(whole[start] * moments.random() * 0.9)
			done = t.finish(process).ok()
			n_built += 1
			# The machine may have been busy when it was measured.
			whole[start] = min(whole[start], done.seconds)
		except subprocess.TimeoutExpired:
			process.kill()
			n_killed += t.finish(process).status == -SIGKILL
			equal(t.sbx("build", *BUILD).id, id, "the same command's outcome")
		t.fsck_clean()
	print(f"killed {n_killed} times, built {n_built} times; from {whole} s")
	again(t)


def interrupted(t, signo, phase):
	result = killed(t, phase, signo)
	equal(result.status, INTERRUPTED, f"exit status of\n{result}")
	lines = [line for line in result.err.splitlines() if line.strip()]
	equal(len(lines), 1, f"lines on stderr of\n{result}")
	equal(t.work_in_progress(), [], "tmp/")


def test_ctrl_c_while_fetching(t):
	t.server.fault(r"\.deb$", slow=500000)
	interrupted(t, SIGINT, "fetch")
	t.server.clear()
	again(t)


def test_ctrl_c_while_importing(t):
	interrupted(t, SIGINT, "import")
	again(t)


def test_ctrl_c_while_configuring(t):
	interrupted(t, SIGINT, "configure")
	again(t)


def test_sigterm_while_a_script_runs(t):
	result = killed(t, "configure", SIGTERM, packages="slow-postinst")
	equal(result.status, INTERRUPTED, f"exit status of\n{result}")
	t.build("slow-postinst")


def test_ctrl_c_while_updating(t):
	t.server.fault(r"by-hash", slow=20000)
	result = killed(t, "index", SIGINT, verb="update")
	equal(result.status, INTERRUPTED, f"exit status of\n{result}")
	t.server.clear()
	t.sbx("update").ok()


def test_ctrl_c_on_the_whole_group(t):
	"""As a terminal sends it: to every process of the foreground group at once."""
	result = killed(t, "configure", SIGINT, send=os.killpg)
	equal(result.status, INTERRUPTED, f"exit status of\n{result}")
	again(t)


def test_two_builds_of_one_lock_at_once(t):
	"""One builds, the other waits and uses it: nothing is fetched twice."""
	t.update()
	t.server.clear()
	first, second = t.start("build", *BUILD), t.start("build", *BUILD)
	results = [t.finish(first), t.finish(second)]
	equal(results[0].id, results[1].id, "ids")
	asked = [r.path for r in t.server.requests(r"\.deb$")]
	equal(sorted(asked), sorted(set(asked)), "packages fetched")
	t.fsck_clean()


def test_two_builds_of_locks_that_share_packages(t):
	t.update()
	first = t.start("build", "--packages", "shapes,python3-polite")
	second = t.start("build", "--packages", "scripted,python3-greet")
	ids = {t.finish(p).id for p in (first, second)}
	equal(len(ids), 2, "ids")
	t.fsck_clean()


def test_the_one_that_waits_goes_on_when_the_builder_is_killed(t):
	t.update()
	first = t.start("build", *BUILD, progress=True)
	for line in first.events:
		if json.loads(line).get("phase") == "import":
			break
	second = t.start("build", *BUILD)
	first.kill()
	t.finish(first)
	t.finish(second).ok()
	t.fsck_clean()


def test_gc_beside_a_build(t):
	t.update()
	process = t.start("build", *BUILD, progress=True)
	for line in process.events:
		if json.loads(line).get("event") == "begin":
			t.sbx("gc", archive=False).ok()
	id = t.finish(process).id
	t.fsck_clean()
	t.shell(id, "true").ok()


def test_events_are_well_formed(t):
	t.update()
	process = t.start("build", "--packages", WITH_PYTHON, progress=True)
	events = [json.loads(line) for line in process.events]
	t.finish(process).ok()
	phases = {}
	for event in events:
		if event["event"] == "warning":
			continue
		assert event["event"] in ("begin", "progress", "end"), event
		phases.setdefault(event["phase"], []).append(event)
	for phase in ("fetch", "import", "compose", "base", "configure", "compile", "commit"):
		assert phase in phases, f"{phase} is not among {sorted(phases)}"
		kinds = [e["event"] for e in phases[phase]]
		equal((kinds[0], kinds[-1]), ("begin", "end"), f"events of {phase}")
	done = [e["done"] for e in phases["fetch"] if e["event"] == "progress"]
	equal(done, sorted(done), "what is done of fetching")


if __name__ == "__main__":
	harness.main(globals())
