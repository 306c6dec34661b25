# SPDX-License-Identifier: Apache-2.0
"""
What is predicted for the tasks in tests/tasks/ beside what they are known to need.

	compare_tasks.py TASKS [--] COMMAND [ARGUMENT...]

COMMAND, with the path of a task put in for the argument TASK, prints a profile as JSON. Exact
means: every need (or an alternative to it) is there, and nothing else that is not acceptable. What
takes knowledge that no file name holds (static_only false) is shown and not counted; neither are
languages that have no folder below grammars/ yet.
"""

import json
import os
import subprocess
import sys

# Static knowledge would do, but a rule for it is still missing: shown as such, not counted. An
# entry that turns out exact fails the test, so that it is taken out.
NOT_YET = {
	"drift-notebook": "notebooks are no language yet",
	"sodium-hash": "a shared library named in a ctypes call",
}


def alternatives(task):
	groups = [set(entry.split("|")) for entry in task["acceptable"] if "|" in entry]
	return lambda need: next((group for group in groups if need in group), {need})


def judge(task, packages):
	"""What is wrong with a prediction; empty when it is exact."""
	same = alternatives(task)
	allowed = set()
	for entry in task["needs"] + task["acceptable"]:
		allowed.update(entry.split("|"))
	forbidden = packages & set(task["forbidden"])
	return ([f"lacks {need}" for need in task["needs"] if not same(need) & packages] +
		[f"forbidden {package}" for package in sorted(forbidden)] +
		[f"needless {package}" for package in sorted(packages - allowed - forbidden)])


def predict(command, path):
	command = [path if word == "TASK" else word for word in command]
	result = subprocess.run(command, stdout=subprocess.PIPE, check=False)
	return set(json.loads(result.stdout)["packages"]) if result.stdout else None


def read_tasks(folder):
	for name in sorted(os.listdir(folder)):
		path = os.path.join(folder, name, "task.json")
		if os.path.exists(path):
			with open(path, encoding="utf-8") as f:
				task = json.load(f)
			place = os.path.join(folder, name)
			yield task, place if task["folder"] else os.path.join(place, task["entry"])


def main():
	folder, command = sys.argv[1], [word for word in sys.argv[2:] if word != "--"]
	grammars = os.path.join(folder, "..", "..", "grammars")
	n_counted = n_wrong = 0
	for task, path in read_tasks(folder):
		if not os.path.isdir(os.path.join(grammars, task["language"])):
			continue
		packages = predict(command, path)
		wrong = ["no profile"] if packages is None else judge(task, packages)
		not_yet = NOT_YET.get(task["name"])
		if not_yet and not wrong:
			wrong = ["is exact now: take it out of NOT_YET"]
			not_yet = None
		counted = task["static_only"] and not not_yet
		n_counted += counted
		n_wrong += bool(counted and wrong)
		remark = "" if counted else f" (not counted: {not_yet or 'not static'})"
		print(f"{task['name']:16} {'; '.join(wrong) or 'exact'}{remark}")
	print(f"{n_counted - n_wrong} of {n_counted} exact")
	return 1 if n_wrong or not n_counted else 0


if __name__ == "__main__":
	sys.exit(main())
