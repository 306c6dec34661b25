# SPDX-License-Identifier: Apache-2.0
"""
Is nothing among a task's true needs that it does without? Each task is run on the template of all
its needs but one, for each of them; it must not end as it does with all.

	indispensable.py --build PROGRAM --provision PROGRAM --root SBX_ROOT [NAME...]

A need that the others depend on is in the template all the same and cannot be judged; it is told.
"""

import argparse
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import run_tasks as accuracy  # noqa: E402

JUDGED, COMES_ANYWAY, NOT_NEEDED = "indispensable", "comes anyway", "NOT NEEDED"


def packages_of(bench, outcome, template):
	done = bench.call(outcome, "show", bench.build, "show", "--json", template)
	return {p["name"] for p in json.loads(done.stdout)["lock"]["packages"]}


def without(bench, outcome, need):
	"""What the task comes to without one need."""
	others = [n for n in outcome.task.needs if n != need]
	done = bench.call(outcome, "build", bench.build, "build", "--quiet",
			  "--packages", ",".join(others)) if others else \
		bench.call(outcome, "build", bench.build, "build", "--quiet", "--packages", "dash")
	if done.returncode != 0:
		sys.exit(f"{outcome.task.name}: no template without {need}: "
			 f"{accuracy.last_line(done.stderr)}")
	outcome.template = done.stdout.decode().split()[-1]
	if need in packages_of(bench, outcome, outcome.template):
		return COMES_ANYWAY
	run = bench.run_in_sandbox(outcome)
	as_expected = run.returncode == outcome.task.expect_exit and \
		outcome.task.expect_stdout in (None, run.stdout.decode(errors="replace"))
	return NOT_NEEDED if as_expected else JUDGED


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("--build", required=True)
	parser.add_argument("--provision", required=True)
	parser.add_argument("--root", required=True)
	parser.add_argument("--tasks", default=os.path.join(HERE, "..", "tasks"))
	parser.add_argument("names", nargs="*")
	options = parser.parse_args()
	bench = accuracy.Bench(os.path.abspath(options.build), os.path.abspath(options.provision),
			       os.path.abspath(options.root))
	superfluous = []
	for task in accuracy.known.read_tasks(options.tasks):
		# One that fails anyway says nothing.
		if task.expect_exit != 0 or (options.names and task.name not in options.names):
			continue
		for need in task.needs:
			verdict = without(bench, accuracy.Outcome(task), need)
			print(f"{task.name:16} {need:36} {verdict}", flush=True)
			if verdict == NOT_NEEDED:
				superfluous.append(f"{need} ({task.name})")
	if superfluous:
		sys.exit("not needed: " + ", ".join(superfluous))


if __name__ == "__main__":
	main()
