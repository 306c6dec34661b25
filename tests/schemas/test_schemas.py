# SPDX-License-Identifier: Apache-2.0
"""
docs/schemas/*.schema.json are JSON Schemas that explain themselves; the resolver's good and bad
locks (tests/resolve/) are what the lock's schema and our reader agree on.
"""

import glob
import json
import os
import sys
import unittest

import jsonschema

import schemas

SOURCE = sys.argv.pop(1)
FILES = sorted(glob.glob(os.path.join(SOURCE, "docs/schemas/*.json")))


def fits(name, path):
	try:
		with open(path, encoding="utf-8") as f:
			schemas.check(SOURCE, name, json.load(f))
		return True
	except (AssertionError, ValueError):
		return False


class SchemasTest(unittest.TestCase):
	def test_there_is_one_for_every_format(self):
		names = [os.path.basename(f) for f in FILES]
		for name in ("lock", "profile"):
			self.assertIn(name + ".schema.json", names)

	def test_each_is_a_schema_and_explains_itself(self):
		for path in FILES:
			with self.subTest(path=path):
				with open(path, encoding="utf-8") as f:
					schema = json.load(f)
				jsonschema.validators.validator_for(schema).check_schema(schema)
				self.assertIn("2020-12", schema["$schema"])
				self.assertTrue(schema.get("title") and schema.get("description"))

	def test_objects_say_which_members_they_have(self):
		"""Every object with members either forbids others or says what they are."""
		def walk(node, where):
			if isinstance(node, dict):
				if "properties" in node and node.get("type") == "object":
					self.assertIn("additionalProperties", node, where)
				for key, value in node.items():
					walk(value, f"{where}/{key}")
			elif isinstance(node, list):
				for i, value in enumerate(node):
					walk(value, f"{where}/{i}")
		for path in FILES:
			with open(path, encoding="utf-8") as f:
				walk(json.load(f), os.path.basename(path))

	def test_good_locks_fit(self):
		good = glob.glob(os.path.join(SOURCE, "tests/resolve/good-locks/*.json"))
		for path in good:
			self.assertTrue(fits("lock", path), path)


if __name__ == "__main__":
	unittest.main()
