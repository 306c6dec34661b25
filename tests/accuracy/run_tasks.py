# SPDX-License-Identifier: Apache-2.0
"""
Every task in tests/tasks/ from its source to its output: profile it, build the template of the
packages that are predicted, run the task in a sandbox on it as task.json says, and again through
`sbx-build run`. Compares packages, exit statuses and output with what is known of the task.

	run_tasks.py --build PROGRAM --provision PROGRAM --root SBX_ROOT [--json FILE] [NAME...]

Fails unless every task runs as expected both ways, nothing forbidden is predicted, and at most two
packages in total are superfluous. The packages come from the host's own archive.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))

import tasks as known  # noqa: E402

MAX_SUPERFLUOUS = 2
LIMITS = ["--memory", "2G", "--pids", "512", "--timeout", "120", "--output-limit", "16M",
	  "--disk", "512M"]

# What cannot be right yet, and why. An entry that turns out right fails the test, so that it is
# taken out.
NOT_YET = {}


@dataclasses.dataclass
class Outcome:
	task: known.Task
	profile: dict = None
	verdict: known.Verdict = None
	template: str = None
	wrong: list = dataclasses.field(default_factory=list)  # reasons why it does not do
	seconds: dict = dataclasses.field(default_factory=dict)  # per stage
	ran: bool = False

	def packages(self):
		return self.profile["packages"] if self.profile else []


class Bench:
	"""The programs, the store they share, and how long each stage took."""

	def __init__(self, build, provision, root):
		self.build, self.provision, self.root = build, provision, root
		self.env = {**os.environ, "SBX_ROOT": root, "SBX_PROVISION": provision}

	def call(self, outcome, stage, *command):
		started = time.monotonic()
		done = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL,
				      capture_output=True, timeout=900)
		outcome.seconds[stage] = outcome.seconds.get(stage, 0) + time.monotonic() - started
		return done

	def profile(self, outcome):
		done = self.call(outcome, "profile", self.build, "profile", "--json", outcome.task.path)
		if not done.stdout:
			outcome.wrong.append(f"no profile: {last_line(done.stderr)}")
			return
		outcome.profile = json.loads(done.stdout)
		outcome.verdict = outcome.task.judge(outcome.packages())
		# Rightly missing things make a task fail; a task that works must not be refused.
		if done.returncode != 0 and outcome.task.expect_exit == 0:
			outcome.wrong.append(f"refused: {last_line(done.stderr)}")

	def make_template(self, outcome):
		with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
			json.dump(outcome.profile, file)
			file.flush()
			# What nobody ships is judged by compare(): the task may be expected to fail.
			done = self.call(outcome, "build", self.build, "build", "--quiet",
					 "--allow-unresolved", file.name)
		if done.returncode != 0:
			outcome.wrong.append(f"no template: {last_line(done.stderr)}")
			return
		outcome.template = done.stdout.decode().split()[-1]

	def run_in_sandbox(self, outcome):
		"""The way a worker does: the task's folder read-only, an ordinary user, no network."""
		task = outcome.task
		return self.call(outcome, "run", self.provision, "run", "--root", self.root,
				 "--ro-bind", f"{task.place}:/task", "--workdir", "/task", *LIMITS,
				 "--best-effort", "--user", "1000", outcome.template, "--", *task.run)

	def run_at_once(self, outcome):
		"""The way a person does."""
		task = outcome.task
		options = ["--allow-unresolved"] if task.expect_exit else []
		command = [] if task.run == outcome.profile["run"] else ["--", *task.run]
		return self.call(outcome, "sbx-build run", self.build, "run", "--quiet", *options,
				 task.path, *command)


def last_line(text):
	lines = text.decode(errors="replace").strip().splitlines()
	return lines[-1] if lines else "nothing on stderr"


def compare(outcome, how, done):
	task, wrong = outcome.task, []
	if done.returncode != task.expect_exit:
		wrong.append(f"{how}: exit status {done.returncode}, expected {task.expect_exit}: "
			     f"{last_line(done.stderr)}")
	elif task.expect_stdout is not None and done.stdout.decode() != task.expect_stdout:
		wrong.append(f"{how}: other output: {done.stdout[:200]!r}")
	outcome.wrong += wrong
	return not wrong


def try_task(bench, outcome):
	bench.profile(outcome)
	if not outcome.profile:
		return
	bench.make_template(outcome)
	if not outcome.template:
		return
	alone = compare(outcome, "sandbox", bench.run_in_sandbox(outcome))
	whole = compare(outcome, "sbx-build run", bench.run_at_once(outcome))
	outcome.ran = alone and whole


def describe(outcome):
	verdict = outcome.verdict or outcome.task.judge([])
	needs, predicted = len(outcome.task.needs), len(outcome.packages())
	parts = [f"{needs - len(verdict.missed)} of {needs} needed, {predicted} predicted"]
	for title in ("missed", "superfluous", "forbidden"):
		if names := getattr(verdict, title):
			parts.append(f"{title}: {' '.join(names)}")
	parts += outcome.wrong or ["ran as expected"]
	return "; ".join(parts)


def print_totals(outcomes):
	stages = sorted({stage for o in outcomes for stage in o.seconds})
	spent = ", ".join(f"{stage} {sum(o.seconds.get(stage, 0) for o in outcomes):.1f}"
			  for stage in stages)
	verdicts = [o.verdict or o.task.judge([]) for o in outcomes]
	print(f"\n{len(outcomes)} tasks: needed {sum(len(o.task.needs) for o in outcomes)}, "
	      f"predicted {sum(len(o.packages()) for o in outcomes)}, "
	      f"missed {sum(len(v.missed) for v in verdicts)}, "
	      f"superfluous {sum(len(v.superfluous) for v in verdicts)}, "
	      f"forbidden {sum(len(v.forbidden) for v in verdicts)}, "
	      f"ran as expected {sum(o.ran for o in outcomes)}")
	print(f"seconds: {spent}")


def failures(outcomes):
	found = []
	counted = [o for o in outcomes if o.task.name not in NOT_YET]
	for outcome in outcomes:
		name, fine = outcome.task.name, outcome.ran and not outcome.wrong
		fine = fine and not (outcome.verdict.missed or outcome.verdict.forbidden)
		if name in NOT_YET and fine:
			found.append(f"{name}: right now, take it out of NOT_YET")
		if name not in NOT_YET and not fine:
			found.append(f"{name}: {describe(outcome)}")
	superfluous = [f"{name} ({o.task.name})" for o in counted if o.verdict
		       for name in o.verdict.superfluous]
	if len(superfluous) > MAX_SUPERFLUOUS:
		found.append(f"superfluous: {', '.join(superfluous)}")
	return found


def record(outcomes):
	"""What docs/accuracy.md is made from."""
	return [{"name": o.task.name, "language": o.task.language, "ran": o.ran,
		 "task_needs": [sorted(o.task.alternatives(n)) for n in o.task.needs],
		 "allowed": sorted(o.task.allowed()), "forbidden": o.task.forbidden,
		 "profile": o.profile} for o in outcomes]


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("--build", required=True)
	parser.add_argument("--provision", required=True)
	parser.add_argument("--root", required=True)
	parser.add_argument("--tasks", default=os.path.join(HERE, "..", "tasks"))
	parser.add_argument("--json")
	parser.add_argument("names", nargs="*")
	options = parser.parse_args()
	bench = Bench(os.path.abspath(options.build), os.path.abspath(options.provision),
		      os.path.abspath(options.root))
	outcomes = [Outcome(task) for task in known.read_tasks(options.tasks)
		    if not options.names or task.name in options.names]
	for outcome in outcomes:
		try_task(bench, outcome)
		remark = f" (not yet: {NOT_YET[outcome.task.name]})" \
			if outcome.task.name in NOT_YET else ""
		seconds = sum(outcome.seconds.values())
		print(f"{outcome.task.name:16} {seconds:5.1f} s  {describe(outcome)}{remark}", flush=True)
	print_totals(outcomes)
	if options.json:
		with open(options.json, "w", encoding="utf-8") as f:
			json.dump(record(outcomes), f, indent=1)
	found = failures(outcomes) if outcomes else ["no tasks"]
	for line in found:
		print(f"FAILED: {line}")
	return 1 if found else 0


if __name__ == "__main__":
	sys.exit(main())
