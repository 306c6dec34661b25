# SPDX-License-Identifier: Apache-2.0
"""Two small recipes of ours from the host's own archive, twice: the same commits."""

import json
import os

from harness import equal
import harness


def commits(t, root, *recipes):
	t.host_archive(root)
	found = {}
	for recipe in recipes:
		report = t.sbx("prebuild", "--root", root, "--json", recipe, archive=False, timeout=900).json()
		equal([r["status"] for r in report["recipes"]], ["built"], "status")
		shown = t.sbx("show", recipe, "--root", root, "--json", archive=False).json()
		found[recipe] = (shown["id"], shown["commit"])
	return found


def test_two_small_ones_are_the_same_in_two_roots(t):  # root
	first = commits(t, os.path.join(t.tmp, "a"), "base", "python")
	second = commits(t, os.path.join(t.tmp, "b"), "python", "base")
	equal(json.dumps(first, sort_keys=True), json.dumps(second, sort_keys=True), "ids and commits")


if __name__ == "__main__":
	harness.main(globals())
