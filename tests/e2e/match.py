# SPDX-License-Identifier: Apache-2.0
"""sbx-build match: which template serves, and run takes a superset where the site allows it."""

import harness
import schemas
from harness import INPUT, USAGE, contains, equal

LIMITS = ("--max-extra-packages", "3", "--max-extra-bytes", "100000000")


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
			("hello,hello-tool", (*LIMITS, "--max-extra-bytes", "1"), ("closest", small)),
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
	t.sbx("match", "--packages", "hello", "--may-lack", "sleep").fails(USAGE, "--may-lack sleep")


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
