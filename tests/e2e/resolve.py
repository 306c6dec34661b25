# SPDX-License-Identifier: Apache-2.0
"""sbx-build resolve: exact packages, as apt would choose them, or the reason why there are none."""

import json
import os

import harness
import schemas
from debfile import Package
from harness import INPUT, NOT_FOUND, UNSATISFIABLE, USAGE, equal
from suite import Suite


def lock(t, packages):
	return t.sbx("resolve", "--packages", packages, "--json").json()


def names(data):
	return {p["name"] for p in data["packages"]}


def test_lock_fits_the_schema(t):
	t.update()
	data = lock(t, "hello,python3-polite")
	schemas.check(t.source, "lock", data)
	equal({p["name"] for p in data["packages"] if p["manual"]}, {"hello", "python3-polite"}, "manual")
	assert {p["name"] for p in data["packages"] if p["essential"]} >= {"dpkg", "dash", "base-files"}


def test_alternatives_virtual_and_versioned_dependencies(t):
	t.update()
	chosen = names(lock(t, "hello"))
	assert "libfarewell" in chosen, chosen		# libmissing | libfarewell (>= 2.0)
	assert len(chosen & {"greeting-en", "greeting-de"}) == 1, chosen


def test_what_is_asked_for_decides_the_provider(t):
	t.update()
	for provider, other in (("greeting-en", "greeting-de"), ("greeting-de", "greeting-en")):
		chosen = names(lock(t, f"hello,{provider}"))
		assert provider in chosen and other not in chosen, chosen


def test_same_request_same_lock(t):
	t.update()
	first = t.sbx("resolve", "--packages", "hello,shapes", "--json").ok().out
	equal(t.sbx("resolve", "--packages", "shapes,hello", "--json").ok().out, first, "lock")


def test_of_a_task_and_of_its_profile(t):
	t.update()
	task = t.file("task/app.py", "import polite\n")
	from_task = t.sbx("resolve", task, "--json").json()
	profile = t.file("profile.json", t.sbx("profile", task, "--json").ok().out)
	equal(t.sbx("resolve", profile, "--json").json(), from_task, "lock")
	assert "python3-polite" in names(from_task), from_task


def test_no_request_is_made(t):
	t.update()
	t.server.clear()
	lock(t, "hello")
	equal(t.server.requests(), [], "requests")


def test_unknown_package(t):
	t.update()
	t.sbx("resolve", "--packages", "helo").fails(NOT_FOUND, "helo", "hello")


def test_missing_dependency(t):
	t.update()
	t.sbx("resolve", "--packages", "needs-missing").fails(
		UNSATISFIABLE, "needs-missing", "no-such-package")


def test_version_that_nobody_has(t):
	t.update()
	t.sbx("resolve", "--packages", "needs-newer").fails(
		UNSATISFIABLE, "needs-newer", "libfarewell", "99")


def test_conflict(t):
	t.update()
	for packages in ("conflict-a,conflict-b", "needs-both", "greeting-en,greeting-de"):
		result = t.sbx("resolve", "--packages", packages)
		result.fails(UNSATISFIABLE, "conflict|greeting")


def test_exact_version(t):
	t.update()
	lock(t, "hello=2.0-1")
	result = t.sbx("resolve", "--packages", "hello=7.0")
	assert result.status in (NOT_FOUND, UNSATISFIABLE), str(result)
	result.fails(result.status, "hello", "7.0")


def saved(t, packages, *options):
	path = os.path.join(t.tmp, "x.lock")
	t.sbx("resolve", "--packages", packages, *options, "-o", path).ok()
	return path


def version(path, name):
	return next(p["version"] for p in json.load(open(path))["packages"] if p["name"] == name)


def test_chain_that_brings_a_package_in(t):
	t.update()
	chain = t.sbx("resolve", "--packages", "hello", "--explain", "libfarewell", "--json").json()
	equal((chain["root"], chain["chain"][-1]["served_by"]), ("asked-for", "libfarewell"), "chain")
	equal(chain["chain"][0]["package"], "hello", "begin of the chain")
	text = t.sbx("resolve", "--packages", "hello", "--explain", "libfarewell").ok().out
	harness.contains(text, r"^hello 2.0-1 is asked for$", r"^  Depends libfarewell .*: libfarewell ")
	harness.contains(t.sbx("resolve", "--packages", "hello", "--explain", "dash").ok().out,
			 "^dash .* is Essential")
	t.sbx("resolve", "--packages", "hello", "--explain", "shapes").fails(NOT_FOUND, "--why-not shapes")
	t.sbx("resolve", saved(t, "hello"), "--explain", "libfarewell").ok()


def test_why_a_package_is_not_there(t):
	t.update()
	for name, answer, words in (("shapes", "not-needed", "nothing that was asked for names shapes"),
				    ("hello", "is-there", "--explain hello"),
				    ("conflict-b", "cannot-be", "conflicts with")):
		result = t.sbx("resolve", "--packages", "hello,conflict-a", "--why-not", name, "--json").json()
		equal(result["answer"], answer, name)
		harness.contains(" ".join(result["reasons"]), words)
	t.sbx("resolve", "--packages", "hello", "--why-not", "no-such-thing").fails(NOT_FOUND, "no-such-thing")
	other = next(iter({"greeting-en", "greeting-de"} - names(lock(t, "hello"))))
	result = t.sbx("resolve", "--packages", "hello", "--why-not", other, "--json").json()
	equal(result["answer"], "other-provider", other)


def test_bounds_are_kept_in_the_lock(t):
	t.update()
	data = t.sbx("resolve", "--packages", "hello", "--forbid", "greeting-en", "--hold", "shapes",
		     "--pin", "wordy version * 600", "--json").json()
	schemas.check(t.source, "lock", data)
	equal(data["options"], {"recommends": False, "hold": ["shapes"], "forbid": ["greeting-en"],
				"pins": ["wordy version * 600"]}, "options")
	assert "greeting-de" in names(data), data
	t.sbx("resolve", "--packages", "hello", "--forbid", "hello").fails(UNSATISFIABLE, "--forbid")


def test_lock_diff(t):
	t.update()
	old = saved(t, "hello,shapes")
	os.rename(old, old + ".old")
	t.move_on()
	new = saved(t, "hello,wordy")
	diff = t.sbx("lock", "diff", old + ".old", new, "--json", archive=False).json()
	schemas.check(t.source, "lock-diff", diff)
	changes = {(c["change"], c["name"]): c for c in diff["changes"]}
	assert {("upgraded", "hello"), ("removed", "shapes"), ("added", "wordy")} <= set(changes), changes
	equal(changes["upgraded", "hello"]["new_version"], "2.2-1", "version")
	harness.contains(t.sbx("lock", "diff", new, old + ".old", archive=False).ok().out,
			 r"^downgraded +hello 2.2-1 -> 2.0-1 ", r"^removed +wordy ")
	equal(t.sbx("lock", "diff", new, new, "--json", archive=False).json()["changes"], [], "changes")


def test_only_named_packages_move(t):
	t.update()
	path = saved(t, "hello,shapes")
	before = open(path).read()
	t.move_on()
	equal(t.sbx("lock", "update", path, "shapes", "--dry-run").status, NOT_FOUND, "hello is nowhere")
	equal(open(path).read(), before, "the lock after a failure")
	t.sbx("lock", "update", path, "hello", "--dry-run").ok()
	equal(open(path).read(), before, "the lock after --dry-run")
	changes = t.sbx("lock", "update", path, "hello", "--json").json()
	equal([(c["change"], c["name"]) for c in changes["changes"]], [("upgraded", "hello")], "changes")
	equal(version(path, "hello"), "2.2-1", "hello")
	t.sbx("lock", "update", path, "nonesuch").fails(NOT_FOUND, "not in the lock")


def test_what_the_archive_dropped_stays_from_the_store(t):
	t.update()
	path = saved(t, "hello,shapes")
	t.sbx("build", path).ok()
	t.move_on()
	os.unlink(os.path.join(t.tmp, "later", "pool"))
	changes = t.sbx("lock", "update", path, "shapes", "--json").json()
	equal((changes["changes"], changes["stuck"]), ([], []), "changes")
	equal(version(path, "hello"), "2.0-1", "hello")
	t.sbx("build", path).ok()


def test_held_packages_stay(t):
	t.update()
	path = saved(t, "hello", "--hold", "hello")
	t.sbx("build", path).ok()
	t.move_on()
	t.sbx("lock", "update", path).ok()
	equal(version(path, "hello"), "2.0-1", "hello")
	t.sbx("lock", "update", path, "hello").fails(UNSATISFIABLE, "is held")


def tied(versions):
	"""A library of some versions, and all that belongs to it in each."""
	made = []
	for version in versions:
		exact = f"libtied1 (= {version})"
		made += [Package("libtied1", version), Package("libtied-dev", version, Depends=exact),
			 Package("libtied-doc", version), Package("tied-tools", version, Depends=exact)]
	return made


def test_what_is_tied_moves_together_or_stays(t):  # root
	beside = Suite(t, "tied")
	beside.publish(*tied(["1.0-1"]))
	options = beside.options
	t.sbx("update", *options).ok()
	asked = ("--packages", "libtied-dev,libtied-doc,tied-tools", "--json", *options)
	path = t.file("tied.lock", t.sbx("resolve", *asked).ok().out)
	held = t.file("held.lock", t.sbx("resolve", "--hold", "tied-tools", *asked).ok().out)
	beside.publish(*tied(["1.0-1", "2.0-1"]))
	t.sbx("update", *options).ok()
	text = open(path).read()
	for named in ("libtied1", "libtied-dev", "tied-tools"):
		t.file("tied.lock", text)
		data = t.sbx("lock", "update", path, named, "--json", *options).json()
		equal(([c["name"] for c in data["changes"]], data["stuck"]),
		      (["libtied-dev", "libtied1", "tied-tools"], []), f"what moves with {named}")
	# One of them may not move: then none does, and that is one sentence.
	for named in ((), ("libtied1",)):
		data = t.sbx("lock", "update", held, *named, "--json", "--dry-run", *options).json()
		equal([c["name"] for c in data["changes"]], [] if named else ["libtied-doc"], "what moves")
		equal(len(data["stuck"]), 1, f"sentences in {data['stuck']}")
		harness.contains(data["stuck"][0], "libtied.* stays at 1.0-1, with libtied.*: .*tied-tools")
	beside.server.close()


def test_malformed_profiles_and_locks(t):
	t.update()
	for text in ("{", "[]", "{}", '{"format": "sbx-lock-99"}', "null", "\0" * 10):
		result = t.sbx("resolve", t.file("bad.json", text))
		assert result.status == INPUT, str(result)
		result.fails(INPUT, r"bad\.json")


def test_nothing_asked_for(t):
	t.update()
	t.sbx("resolve").fails(USAGE)
	t.sbx("resolve", "--packages", "").fails(USAGE)


if __name__ == "__main__":
	harness.main(globals())
