# SPDX-License-Identifier: Apache-2.0
"""The tasks in tests/tasks/ (its README.md tells what task.json holds), and a prediction beside them."""

import dataclasses
import json
import os


@dataclasses.dataclass
class Verdict:
	missed: list  # needs that are not predicted, nor any alternative to them
	superfluous: list  # predicted, but neither a need, an alternative nor acceptable
	forbidden: list


class Task:
	def __init__(self, folder):
		with open(os.path.join(folder, "task.json"), encoding="utf-8") as f:
			for key, value in json.load(f).items():
				setattr(self, key, value)
		self.place = folder
		# What a user would name on the command line.
		self.path = folder if self.folder else os.path.join(folder, self.entry)

	def alternatives(self, need):
		"""The need and every package that does in its place."""
		groups = [set(entry.split("|")) for entry in self.acceptable if "|" in entry]
		return {need}.union(*(group for group in groups if need in group))

	def allowed(self):
		return {name for entry in self.needs + self.acceptable for name in entry.split("|")}

	def judge(self, packages):
		packages = set(packages)
		forbidden = packages & set(self.forbidden)
		return Verdict([n for n in self.needs if not self.alternatives(n) & packages],
			       sorted(packages - self.allowed() - forbidden), sorted(forbidden))


def read_tasks(folder):
	places = (os.path.join(folder, name) for name in sorted(os.listdir(folder)))
	return [Task(place) for place in places if os.path.exists(os.path.join(place, "task.json"))]
