# SPDX-License-Identifier: Apache-2.0
"""sbx-build match: which template serves, and run takes a superset where the site allows it."""

import json
import os
import sqlite3

import harness
import schemas
from harness import INPUT, USAGE, contains, equal

LIMITS = ("--max-extra-packages", "3", "--max-extra-bytes", "100M")


def match(t, packages, *options):
	data = t.sbx("match", "--packages", packages, "--json", *options).json()
	schemas.check(t.source, "match", data)
	equal((data["kind"], data["id"]), (data["candidates"][0]["kind"], data["candidates"][0]["id"]),
	      "the first candidate")
	return data


def test_exact_superset_closest_base(t):  # root
	t.update()
	equal(match(t, "hello")["kind"], "base", "without templates")
	small, large = t.build("hello"), t.build("hello,hello-tool,shapes")
	for packages, options, wanted in (
			("hello", (), ("exact", small)),
			("hello,hello-tool", (), ("closest", small)),
			("hello,hello-tool", LIMITS, ("superset", large)),
			("hello,hello-tool", ("--max-extra-packages", "3"), ("closest", small)),
			("hello,hello-tool", (*LIMITS, "--max-extra-bytes", "1K"), ("closest", small)),
			("note-keeper", LIMITS, ("base", None)),
			("hello,note-keeper", (), ("closest", small))):
		found = match(t, packages, *options)
		equal((found["kind"], found["id"]), wanted, f"match of {packages} {options}")
	reasons = {c["kind"]: c["why"] for c in match(t, "hello-tool,note-keeper")["candidates"]}
	contains(reasons["unfit"], "^has shapes 1.0, which is not asked for$")
	text = t.sbx("match", "--explain", "--packages", "hello,hello-tool").ok().out
	contains(text, r"^\* closest  +%.16s" % small, r"^  superset +%.16s .* - .*not taken: supersets are" % large)


def test_run_takes_a_superset_where_it_may(t):  # root
	t.update()
	large = t.build("hello,shapes")
	task = t.file("task/run.sh", "#!/bin/sh\nhello\n")
	t.file("root/match.conf", "[superset]\nmax-packages=1\nmax-bytes=1G\n")
	contains(t.run(t.build_program, "run", "-v", "--quiet", *t.command("run")[3:], task).ok().err,
		 "%.16s has it all, and 1 packages more" % large)
	equal(len(t.sbx("ls", "--json", archive=False).json()["templates"]), 1, "templates")
	t.file("root/match.conf", "[superset]\nmax-packages=many\n")
	t.sbx("match", "--packages", "hello").fails(INPUT, r"match\.conf:2: \[superset\] max-packages=many")
	t.file("root/match.conf", "")
	for option, value in (("--may-lack", "sleep"), ("--max-extra-bytes", "64X"), ("--max-extra-bytes", "-1"),
			      ("--max-extra-packages", "-2")):
		t.sbx("match", "--packages", "hello", option, value).fails(USAGE, f"{option} {value}")


def catalog(t, *statements):
	"""What the last one returns."""
	with sqlite3.connect(os.path.join(t.root, "catalog.db")) as db:
		for statement, *values in statements:
			rows = db.execute(statement, values).fetchall()
	db.close()
	return rows


def add_templates(t, like, n):
	"""Made from one that was built: each has a package of its own in the place of the last."""
	with open(os.path.join(t.root, f"templates/{like}/lock.json")) as file:
		lock = json.load(file)
	rows = []
	for i in range(n):
		id = f"{i:064x}"
		lock["packages"][-1] |= {"name": f"zz-{i}", "sha256": id}
		os.makedirs(os.path.join(t.root, f"templates/{id}/root"))
		for name, text in (("lock", ""), ("lock.json", json.dumps(lock))):
			with open(os.path.join(t.root, f"templates/{id}/{name}"), "w") as file:
				file.write(text)
		rows.append(id)
	with sqlite3.connect(os.path.join(t.root, "catalog.db")) as db:
		db.executemany("INSERT INTO template(id, commit_id, suite, architecture,"
			       " created_usec, n_packages, n_bytes, build_usec) SELECT ?, commit_id, suite,"
			       " architecture, created_usec, n_packages, n_bytes, build_usec"
			       f" FROM template WHERE id='{like}'",
			       [(id,) for id in rows])
	db.close()
	return rows


def test_many_templates_are_compared_without_their_locks(t):  # root
	t.update()
	built = t.build("hello,hello-tool")
	equal(catalog(t, ("SELECT template FROM holding",)), [(built,)], "entered by the build")
	made = add_templates(t, built, 200)
	def candidates():
		found = match(t, "hello")["candidates"]
		return sorted((c["id"] or "", c["kind"], c["n_same"], c["n_extra"], c["why"]) for c in found)
	first = candidates()
	equal(len(first), 202, "candidates")
	contains(first[1][4], "^has .* which is not asked for$")
	# What was learned of the locks is in the catalog: they are not read again ...
	for id in made[100:]:
		os.unlink(os.path.join(t.root, f"templates/{id}/lock.json"))
	equal(candidates(), first, "without locks")
	# ... but when it is lost; then those that have none are no candidates.
	catalog(t, ("DELETE FROM holding",), ("DELETE FROM held_package",))
	equal(candidates(), [c for c in first if c[0] not in made[100:]], "made anew")
	t.sbx("rm", made[1], archive=False).ok()
	equal(candidates(), [c for c in first if c[0] not in made[100:] + made[1:2]], "one removed")
	# One whose folder is gone is never taken.
	equal(match(t, "hello,hello-tool")["kind"], "exact", "while it is there")
	os.rename(os.path.join(t.root, f"templates/{built}/root"), os.path.join(t.root, "tmp/gone"))
	equal(match(t, "hello,hello-tool")["kind"], "base", "when it is gone")
	t.sbx("rm", built, archive=False).ok()
	catalog(t, ("PRAGMA foreign_keys=ON",), ("DELETE FROM template WHERE id<=?", made[-1]))
	t.sbx("gc", archive=False).ok()
	equal(catalog(t, ("SELECT count(*) FROM held_package",)), [(0,)], "packages that nothing holds")


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
