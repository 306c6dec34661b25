# SPDX-License-Identifier: Apache-2.0
"""
Profiles of the small tasks in golden/, made with a small index (data/), beside the expected ones.

	golden.py MAKE-INDEX PROFILE-TOOL SOURCE [--accept]

Each case is a folder with a task (a file of its own, or the folder when it holds several) and
expected.txt: the exit status, and what `sbx-build profile` prints. --accept writes it anew.
"""

import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

ACCEPT = "--accept" in sys.argv
MAKE_INDEX, PROFILE_TOOL, SOURCE = [word for word in sys.argv[1:] if word != "--accept"][:3]
HERE = os.path.join(SOURCE, "tests", "index")
GOLDEN = os.path.join(HERE, "golden")
UNRESOLVED, INPUT = 4, 3

sys.path.insert(0, os.path.join(SOURCE, "tests", "lib"))
sys.dont_write_bytecode = True
import schemas  # noqa: E402


def run(*command):
	return subprocess.run(command, capture_output=True, text=True, check=False)


def task_of(case):
	files = [name for name in os.listdir(os.path.join(GOLDEN, case)) if name != "expected.txt"]
	return os.path.join(GOLDEN, case, files[0] if len(files) == 1 else "")


class Golden(unittest.TestCase):
	maxDiff = None

	@classmethod
	def setUpClass(cls):
		cls.folder = tempfile.TemporaryDirectory(prefix="sbx-golden-")
		cls.index = os.path.join(cls.folder.name, "providers.db")
		data = os.path.join(HERE, "data")
		made = run(MAKE_INDEX, cls.index, f"{data}/Packages", "--", f"{data}/Contents")
		assert made.returncode == 0, made.stderr

	@classmethod
	def tearDownClass(cls):
		cls.folder.cleanup()

	def profile(self, task, form):
		return run(PROFILE_TOOL, self.index, task, form)

	def json_of(self, case):
		return json.loads(self.profile(task_of(case), "json").stdout)

	def reread(self, profile):
		path = os.path.join(self.folder.name, "profile.json")
		with open(path, "w", encoding="utf-8") as f:
			f.write(profile if isinstance(profile, str) else json.dumps(profile))
		return self.profile(path, "reread")

	def test_text_is_as_expected(self):
		for case in sorted(os.listdir(GOLDEN)):
			with self.subTest(case=case):
				result = self.profile(task_of(case), "text")
				got = f"exit {result.returncode}\n{result.stdout}{result.stderr}"
				path = os.path.join(GOLDEN, case, "expected.txt")
				if ACCEPT:
					with open(path, "w", encoding="utf-8") as f:
						f.write(got)
				with open(path, encoding="utf-8") as f:
					self.assertEqual(f.read(), got)

	def test_json_fits_the_schema_and_is_read_back_the_same(self):
		for case in sorted(os.listdir(GOLDEN)):
			with self.subTest(case=case):
				text = self.profile(task_of(case), "json").stdout
				schemas.check(SOURCE, "profile", json.loads(text))
				self.assertEqual(text, self.reread(text).stdout)

	def test_same_task_same_bytes(self):
		first, second = (self.profile(task_of("imports"), "json").stdout for _ in range(2))
		self.assertEqual(first, second)

	def test_requirements_are_the_packages(self):
		for case in ("imports", "base-only"):
			self.assertEqual(self.profile(task_of(case), "requirements").stdout.split(),
					 self.json_of(case)["packages"])

	def sarif_of(self, task):
		sarif = json.loads(self.profile(task, "sarif").stdout)
		self.assertEqual(sarif["version"], "2.1.0")
		(run,) = sarif["runs"]
		rules = run["tool"]["driver"]["rules"]
		self.assertRegex(run["originalUriBaseIds"]["TASK"]["uri"], "^file:///.*/$")
		self.assertTrue(run["tool"]["driver"]["name"])
		for rule in rules:
			self.assertTrue(rule["shortDescription"]["text"])
			self.assertIn(rule["defaultConfiguration"]["level"], ("note", "warning", "error"))
		for result in run["results"]:
			rule = rules[result["ruleIndex"]]
			self.assertEqual(result["ruleId"], rule["id"])
			self.assertEqual(result["level"], rule["defaultConfiguration"]["level"])
			self.assertTrue(result["message"]["text"])
			self.assertEqual(len(result["locations"]), 1)
			for place in result["locations"] + result.get("relatedLocations", []):
				physical = place["physicalLocation"]
				artifact = physical["artifactLocation"]
				self.assertEqual(artifact["uriBaseId"], "TASK")
				self.assertRegex(artifact["uri"], r"^[A-Za-z0-9%._~/-]+$")
				if "region" in physical:
					self.assertGreaterEqual(physical["region"]["startLine"], 1)
					self.assertIsInstance(physical["region"]["snippet"]["text"], str)
		return run["results"]

	def test_sarif_has_what_reviewers_need(self):
		for case in sorted(os.listdir(GOLDEN)):
			with self.subTest(case=case):
				results = self.sarif_of(task_of(case))
				needs = self.json_of(case)["needs"]
				levels = {"unresolved": "error", "ecosystem": "error", "unknown": "warning",
					  "optional": "note", "package": "note"}
				expected = sorted(levels[need["status"]] for need in needs
						  if need["status"] in levels)
				self.assertEqual(expected, sorted(r["level"] for r in results
					if r["ruleId"].startswith("need")))

	def test_sarif_points_at_the_line_that_cannot_be_served(self):
		errors = [r for r in self.sarif_of(task_of("unresolved")) if r["level"] == "error"]
		unresolved = [need for need in self.json_of("unresolved")["needs"]
			      if need["status"] == "unresolved"]
		self.assertTrue(errors)
		for need, error in zip(unresolved, errors, strict=True):
			physical = error["locations"][0]["physicalLocation"]
			self.assertEqual(physical["region"]["startLine"], need["evidence"][0]["line"])
			self.assertEqual(physical["artifactLocation"]["uri"], need["evidence"][0]["file"])
			self.assertIn(need["name"], error["message"]["text"])

	def test_colours_change_nothing_but_the_looks(self):
		for case in sorted(os.listdir(GOLDEN)):
			with self.subTest(case=case):
				text = self.profile(task_of(case), "text").stdout
				coloured = self.profile(task_of(case), "colour").stdout
				self.assertIn("\x1b[1m", coloured)
				self.assertEqual(re.sub(r"\x1b\[[0-9;]*m", "", coloured), text)
		self.assertRegex(self.profile(task_of("unresolved"), "colour").stdout,
				 r"\x1b\[1;31m  NOT FOUND")

	def test_a_file_that_is_half_read_is_named(self):
		folder = os.path.join(self.folder.name, "half")
		os.makedirs(folder, exist_ok=True)
		for name, text in (("main.py", "import yaml\n"), ("bad.py", "def f(:\n  x = [1,\n")):
			with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
				f.write(text)
		profile = json.loads(self.profile(folder, "json").stdout)
		self.assertEqual([(u["file"], u["problem"]) for u in profile["unread"]],
				 [("bad.py", "partly")])
		self.assertEqual(profile["files_with_errors"], 1)
		self.assertIn("bad.py did not parse", self.profile(folder, "text").stdout)
		(result,) = [r for r in self.sarif_of(folder) if r["ruleId"] == "not-read"]
		self.assertEqual(result["level"], "warning")

	def test_candidates_begin_with_the_provider(self):
		needs = {need["name"]: need for need in self.json_of("typelibs")["needs"]}
		gtk = needs["gi.repository.Gtk"]
		self.assertEqual([c["package"] for c in gtk["candidates"]],
				 ["gir1.2-gtk-3.0", "gir1.2-gtk-4.0"])
		self.assertEqual(gtk["provider"], "gir1.2-gtk-3.0")

	def test_what_a_package_recommends_makes_an_implied_need_surer(self):
		# pandas recommends openpyxl, suggests tabulate, and knows nothing of psycopg2.
		sure = {need["name"]: need["confidence"]
			for need in self.json_of("implied")["needs"] if need["grade"] == "implied"}
		self.assertGreater(sure["openpyxl"], sure["tabulate"])
		self.assertGreater(sure["tabulate"], 0.7)
		self.assertLess(sure["psycopg2"], 0.7)

	def test_implied_needs_say_why(self):
		why = {need["name"]: need["why"] for need in self.json_of("implied")["needs"]}
		self.assertEqual(why["tabulate"], ".to_markdown lays out tables with tabulate")
		self.assertIsNone(why["pandas"])

	def test_behaviours_have_their_details_and_places(self):
		found = self.json_of("implied")["behaviours"]
		self.assertEqual([(b["class"], b["detail"]) for b in found], [("fs.write", "out.txt")])
		self.assertEqual(found[0]["evidence"][0]["line"], 9)

	def test_terminal_never_sees_the_tasks_control_characters(self):
		path = os.path.join(self.folder.name, "app\x1b[31m\u202e.py")
		with open(path, "w", encoding="utf-8") as f:
			f.write("import yaml\nimport nowhere_shipped\n")
		for form in ("text", "explain"):
			result = self.profile(path, form)
			for text in (result.stdout, result.stderr):
				self.assertIn("app?[31m?.py", text)
				self.assertFalse({c for c in text if c != "\n" and not c.isprintable()})

	def assert_refused(self, profile, field):
		result = self.reread(profile)
		self.assertEqual(result.returncode, INPUT, result)
		self.assertIn(field, result.stderr)
		self.assertEqual(result.stderr.count("\n"), 1)

	def test_reader_names_the_wrong_field(self):
		good = self.json_of("imports")
		wrong = [
			("format", "sbx-profile-9"), ("folder", "relative"), ("entry", "../x"),
			("entry", ""), ("language", "a b"), ("files", -1), ("files", "1"),
			("packages", "python3"), ("packages", ["ok", "--option"]), ("packages", [1]),
			("packages", ["a;b"]), ("run", [""]), ("run", None), ("needs", {}), ("needs", [1]),
			("suite", "../x"), ("generation", "xyz"), ("extra", 1), ("ex\x1btra", 1),
		]
		for field, value in wrong:
			with self.subTest(field=field, value=value):
				self.assert_refused(dict(good, **{field: value}), field.replace("\x1b", "?"))
		for field in good:
			with self.subTest(missing=field):
				self.assert_refused({k: v for k, v in good.items() if k != field}, field)

	def test_reader_names_the_wrong_field_of_a_need(self):
		wrong = [
			("kind", "thing"), ("grade", 1), ("status", "maybe"), ("confidence", 1.5),
			("confidence", "high"), ("provider", "a b"), ("candidates", None),
			("evidence", [{"file": "a", "line": "1", "text": ""}]),
			("evidence", [{"file": "/etc/x", "line": 1, "text": ""}]), ("more", 1),
		]
		for field, value in wrong:
			with self.subTest(field=field, value=value):
				bad = copy.deepcopy(self.json_of("imports"))
				bad["needs"][1][field] = value
				self.assert_refused(bad, f"needs[1].{field}")

	def test_reader_refuses_what_is_no_profile(self):
		for text in ("", "x", "[]", "{}", "[" * 100000, "/* { */ {}", '{"a":"\x00"}', "\ufffe{",
			     '{"format":' + "[" * 50 + "]" * 50 + "}"):
			with self.subTest(text=text[:20]):
				self.assert_refused(text, "profile.json")


if __name__ == "__main__":
	unittest.main(argv=sys.argv[:1])
