# SPDX-License-Identifier: Apache-2.0
"""sbx-build resolve: exact packages, as apt would choose them, or the reason why there are none."""

import harness
import schemas
from harness import INPUT, NOT_FOUND, UNSATISFIABLE, USAGE, equal


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
