# SPDX-License-Identifier: Apache-2.0
"""
docs/accuracy.md from two measurements: render.py TASKS.json EXAMPLES.json OUTPUT. What was found by
looking at the examples' misses is in review.conf beside this file.
"""

import collections
import configparser
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
INSTALLED = ("declared", "other candidate", "suggested", "undeclared")
# By a package's name: what kind of need it serves. For needs that were missed, where only the
# package is known.
KIND_BY_NAME = [("python3-", "module"), ("libpython", "module"), ("ruby-", "module"),
		("node-", "module"), ("r-cran-", "module"), ("lua-", "module"), ("php-", "module"),
		("gir1.2-", "module"), ("golang-", "module"), ("librust-", "module")]


def kind_of_package(name):
	for prefix, kind in KIND_BY_NAME:
		if name.startswith(prefix):
			return kind
	if name.startswith("lib"):
		return {"-dev": "header", "perl": "module"}.get(name[-4:], "library")
	return "command"


class Review:
	"""review.conf: class -> (title, verdict, why), and which misses belong to it."""

	def __init__(self, path):
		conf = configparser.ConfigParser(interpolation=None, delimiters=("=",))
		conf.optionxform = str
		conf.read(path, encoding="utf-8")
		self.classes = {name: conf[name] for name in conf.sections()}
		self.of = {}
		for name, section in self.classes.items():
			for language, items in section.items():
				if language not in ("title", "verdict", "why"):
					for item in items.split():
						self.of[language, item] = name

	def find(self, result, need_name):
		"""The class of one file's need; `package:*` stands for all of a package's."""
		for item in (f"{result['package']}:{need_name}", f"{result['package']}:*",
			     f"*:{need_name}"):
			if name := self.of.get((result["language"], item)):
				return name
		return None

	def verdict(self, name):
		return self.classes[name]["verdict"] if name else None


def misses(results):
	"""(result, name of the need, what is wrong) of what is not as declared."""
	for result in results:
		if "refused" in result:
			yield result, "(refused)", "refused"
		for need in result.get("needs", []):
			if need["status"] != "optional" and \
					need["judged"] in ("undeclared", "suggested", "unresolved"):
				yield result, need["name"], need["judged"]
		for name in result.get("unseen", []):
			yield result, name, "unseen"


def table(head, rows):
	widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
	line = lambda row: "| " + " | ".join(str(c).ljust(w) for c, w in zip(row, widths)) + " |"
	return "\n".join([line(head), "|" + "|".join("-" * (w + 2) for w in widths) + "|",
			  *map(line, rows)])


def percent(part, whole):
	return f"{100 * part / whole:.1f} %" if whole else "-"


def tasks_table(tasks):
	counts = collections.defaultdict(collections.Counter)
	for task in tasks:
		profile = task["profile"] or {"packages": [], "needs": []}
		packages = set(profile["packages"])
		served = {n["provider"]: n["kind"] for n in reversed(profile["needs"]) if n["provider"]}
		for package in packages:
			count = counts[task["language"], served.get(package, "interpreter")]
			count["predicted"] += 1
			count["right"] += package in task["allowed"]
		for need in task["task_needs"]:
			if not packages & set(need):
				counts[task["language"], kind_of_package(need[0])]["missed"] += 1
	rows = [(language, kind, count["predicted"], count["right"], count["missed"])
		for (language, kind), count in sorted(counts.items())]
	total = [sum(row[i] for row in rows) for i in (2, 3, 4)]
	return table(("language", "kind of need", "predicted", "right", "missed"),
		     [*rows, ("**all**", "", *total)])


def examples_table(results, review):
	counts = collections.defaultdict(collections.Counter)
	for result in results:
		for need in result.get("needs", []):
			if need["status"] in ("base", "standard", "optional"):
				continue
			count = counts[result["language"], need["kind"]]
			count["seen"] += 1
			judged = need["judged"]
			if judged in ("declared", "other candidate"):
				judged = "right"
			elif judged in ("undeclared", "suggested", "unresolved"):
				name = review.find(result, need["name"])
				judged = review.verdict(name) or "not looked at"
			count[judged] += 1
		for name in result.get("unseen", []):
			count = counts[result["language"], "module"]
			if review.verdict(review.find(result, name)) == "missed":
				count["missed"] += 1
	rows = [(language, kind, count["seen"], count["right"], count["wrong"], count["missed"],
		 count["unknown"], count["not looked at"])
		for (language, kind), count in sorted(counts.items())]
	total = [sum(row[i] for row in rows) for i in range(2, 8)]
	return table(("language", "kind of need", "seen", "right", "wrong", "missed", "only known when run",
		      "not looked at"), [*rows, ("**all**", "", *total)])


def coverage_table(results):
	rows = []
	for language in sorted({r["language"] for r in results}):
		mine = [r for r in results if r["language"] == language]
		count = collections.Counter(n["judged"] for r in mine for n in r.get("needs", [])
					    if n["status"] != "optional")
		installed = sum(count[j] for j in INSTALLED)
		found = count["declared"] + count["other candidate"]
		rows.append((language, len(mine), len({r["package"] for r in mine}), installed, found,
			     percent(found, installed), count["suggested"], count["undeclared"],
			     count["unresolved"], sum("refused" in r for r in mine)))
	return table(("language", "files", "packages", "to install", "declared", "covered", "suggested",
		      "undeclared", "nobody's", "refused"), rows)


def labels(tasks, results, review):
	"""(confidence, was it right) of every need that leads to a package of its own."""
	for task in tasks:
		for need in (task["profile"] or {"needs": []})["needs"]:
			if need["status"] in ("package", "optional") and need["provider"]:
				yield need["confidence"], need["provider"] in task["allowed"]
	for result in results:
		for need in result.get("needs", []):
			if need["status"] not in ("package", "optional") or not need["provider"]:
				continue
			if need["judged"] in ("declared", "other candidate"):
				yield need["confidence"], True
			elif verdict := review.verdict(review.find(result, need["name"])):
				yield need["confidence"], verdict == "right"
			elif need["status"] == "optional":
				yield need["confidence"], False


def calibration_table(pairs):
	buckets = collections.defaultdict(list)
	for confidence, right in pairs:
		buckets[min(int(confidence * 10 + 1e-9), 9)].append((confidence, right))
	rows = []
	for bucket in sorted(buckets, reverse=True):
		of = buckets[bucket]
		stated = sum(c for c, _ in of) / len(of)
		rows.append((f"{bucket / 10:.1f} to {(bucket + 1) / 10:.1f}", len(of),
			     sum(r for _, r in of), f"{stated:.2f}",
			     f"{sum(r for _, r in of) / len(of):.2f}"))
	return table(("confidence", "needs", "right", "stated", "observed"), rows)


def review_sections(results, review):
	found = collections.defaultdict(list)
	for result, name, judged in misses(results):
		found[review.find(result, name)].append((result, name, judged))
	parts = []
	for name, section in review.classes.items():
		if items := found.get(name):
			parts.append(f"**{section['title']}** ({len(items)}; counted as {section['verdict']}). "
				     f"{section['why']} For instance {examples_of(items)}.")
	if left := found.get(None):
		parts.append(f"**Not looked at yet** ({len(left)}). For instance {examples_of(left)}.")
	return "\n\n".join(parts)


def examples_of(items):
	shown = {}
	for result, name, _ in items:
		shown.setdefault(result["package"], f"`{name}` in {result['package']}'s "
				 f"{os.path.basename(result['file'])}")
	return ", ".join(list(shown.values())[:4])


def main():
	tasks, results = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3])
	review = Review(os.path.join(HERE, "review.conf"))
	with open(os.path.join(HERE, "accuracy.md.in"), encoding="utf-8") as f:
		text = f.read()
	ran = sum(task["ran"] for task in tasks)
	superfluous = sum(len(set((t["profile"] or {"packages": []})["packages"]) - set(t["allowed"]))
			  for t in tasks)
	parts = {
		"N_TASKS": len(tasks), "N_RAN": ran, "N_SUPERFLUOUS": superfluous,
		"TASKS": tasks_table(tasks), "N_FILES": len(results),
		"N_PACKAGES": len({r["package"] for r in results}),
		"N_LANGUAGES": len({r["language"] for r in results}),
		"COVERAGE": coverage_table(results), "EXAMPLES": examples_table(results, review),
		"REVIEW": review_sections(results, review),
		"CALIBRATION": calibration_table(labels(tasks, results, review)),
	}
	for key, value in parts.items():
		text = text.replace(f"@{key}@", str(value))
	with open(sys.argv[3], "w", encoding="utf-8") as f:
		f.write(text)


if __name__ == "__main__":
	main()
