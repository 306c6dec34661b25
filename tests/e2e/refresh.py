# SPDX-License-Identifier: Apache-2.0
"""sbx-build refresh: stale templates are told, and built again under their name."""

import json
import os

import harness
import schemas
from suite import Suite, archives_own, renewed
from harness import FAILED, NETWORK, NOT_FOUND, STALE, UNSATISFIABLE, USAGE, contains, equal


def refresh(t, *args, status=0):
	result = t.sbx("refresh", "--json", *args)
	equal(result.status, status, f"exit status of {result}")
	data = json.loads(result.out)
	schemas.check(t.source, "refresh", data)
	return {row["name"] or row["id"]: row for row in data["templates"]}


def named(t, name):
	return t.sbx("show", name, "--json", archive=False).json()["id"]


def test_what_is_newer_is_told_and_built(t):
	t.env["SBX_RECIPES"] = t.tmp
	old = t.build("hello", "--name", "greeter")
	other = t.build("note-keeper", "--name", "notes")
	unnamed = t.build("hello,shapes")
	equal({row["status"] for row in refresh(t, "--check").values()}, {"fresh"}, "status")
	t.move_on()
	rows = refresh(t, "--check", status=STALE)
	equal({n: r["status"] for n, r in rows.items()},
	      {"greeter": "stale", "notes": "fresh", unnamed: "stale"}, "status")
	equal([(p["name"], p["newer"], p["security"]) for p in rows["greeter"]["newer"]],
	      [("hello", "2.2-1", False)], "what is newer")
	equal(named(t, "greeter"), old, "the name after a mere check")
	contains(t.sbx("refresh", "greeter").ok().out, "^refreshed  greeter .*1 newer", "^ +hello .* -> 2.2-1")
	new = named(t, "greeter")
	assert new != old, "the name has not moved"
	contains(t.shell("greeter", "dpkg-query -W hello").ok().out, r"hello\t2\.2-1")
	assert os.path.isdir(t.template(old)), "the old template is gone before gc"
	equal(named(t, "notes"), other, "a template without anything newer")
	equal(refresh(t, "greeter")["greeter"]["status"], "fresh", "the second time")
	t.sbx("gc", "--unused-days=0", archive=False).ok()
	assert not os.path.isdir(t.template(old)), "nobody uses the old template"


def test_a_failed_smoke_test_keeps_the_old_one(t):  # root
	old = t.build("hello", "--name", "greeter")
	t.file("root/recipes/greeter.recipe", "[recipe]\ndescription=x\ncategory=x\n[packages]\n"
	       "install=hello\n[test]\ncommand=dpkg-query -W hello; exit 3\n")
	t.move_on()
	row = refresh(t, status=FAILED)["greeter"]
	equal((row["status"], row["new_id"]), ("failed", None), "status")
	contains(row["error"]["message"], "status 3")
	equal(named(t, "greeter"), old, "the name")
	t.sbx("refresh", "no-such").fails(NOT_FOUND, "no-such")


def test_a_recipe_that_has_changed_is_taken_up(t):  # root
	def recipe(packages, *more):
		t.file("recipes/greeter.recipe", "\n".join(["[recipe]", "description=x", "category=x",
			"[packages]", f"install={packages}", *more, "[test]", "command=hello", ""]))

	def renew(what, changed=True):
		row = refresh(t, "--check", "greeter", status=STALE)["greeter"]
		equal((row["status"], row["changed"]), ("stale", changed), what)
		row = refresh(t, "greeter")["greeter"]
		equal((row["status"], row["new_id"]), ("refreshed", named(t, "greeter")), what)
		row = refresh(t, "--check", "greeter")["greeter"]
		equal((row["status"], row["changed"]), ("fresh", False), "the second time")

	t.env["SBX_RECIPES"] = os.path.join(t.tmp, "recipes")
	recipe("hello")
	t.update()
	t.sbx("prebuild", "greeter").ok()
	equal(refresh(t, "--check")["greeter"]["status"], "fresh", "status of what was just made")
	recipe("hello;wordy", "[content]", "slim=docs")
	renew("packages and options")
	t.inside("greeter", "dpkg-query", "-W", "wordy").ok()
	contains(t.sbx("show", "greeter", "--json", archive=False).ok().out, '"without": *\\[')
	recipe("hello;wordy", "recommends=yes")
	renew("other options")
	t.move_on()
	renew("a newer version", changed=False)
	# A name that somebody gave to something else is not the recipe's.
	t.sbx("build", "--packages", "shapes,hello", "--recommends", "--slim", "docs", "--name", "greeter").ok()
	equal(refresh(t, "--check", "greeter")["greeter"]["status"], "fresh", "status of another's")


def test_it_stays_within_what_it_was_made_with(t):  # root
	t.env["SBX_RECIPES"] = t.tmp
	made = {"held": ("hello", "--hold", "hello"), "exact": ("hello=2.0-1",),
		"forbidden": ("hello", "--forbid", "hello=2.2-1"),
		"pinned": ("hello", "--pin", "hello version 2.0* 990"),
		"slim": ("hello,wordy", "--slim", "docs", "--locales", "de", "--forbid", "greeting-en"),
		"with-recommends": ("hello", "--recommends")}
	old = {name: t.build(*options, "--name", name) for name, options in made.items()}
	t.move_on()
	t.server.fault(r"hello_2\.0-1.*\.deb$", status=404)
	rows = refresh(t, "--check", status=STALE)
	equal({n: r["status"] for n, r in rows.items()},
	      {**dict.fromkeys(("held", "exact", "forbidden", "pinned"), "held"),
	       "slim": "stale", "with-recommends": "stale"}, "status")
	equal([(p["name"], p["newer"], p["held"]) for p in rows["held"]["newer"]], [("hello", "2.2-1", True)],
	      "what is held")
	refresh(t)
	for name, id in old.items():
		before, after = (json.load(open(os.path.join(os.path.dirname(t.template(i)), "lock.json")))
				 for i in (id, named(t, name)))
		equal(after["options"], before["options"], f"options of {name}")
		version, = (p["version"] for p in after["packages"] if p["name"] == "hello")
		is_new = name in ("slim", "with-recommends")
		equal(version, "2.2-1" if is_new else "2.0-1", f"hello of {name}")
		equal([p["name"] for p in after["packages"]], [p["name"] for p in before["packages"]], name)
	equal({r["status"] for r in refresh(t, "--check", *made).values()}, {"fresh", "held"}, "now")


def test_what_one_forbids_is_not_forbidden_to_the_next(t):  # root
	t.build("hello", "--forbid", "hello=9.0-1", "--name", "bound")
	t.build("hello,wordy,shapes", "--name", "free")
	suite = Suite(t, "newer")
	suite.publish(renewed("hello", "9.0-1"))
	t.sbx("update", *suite.options).ok()
	rows = refresh(t, "--check", *suite.options, "bound", "free", status=STALE)
	equal({n: r["status"] for n, r in rows.items()}, {"bound": "held", "free": "stale"}, "status")
	suite.server.close()


def test_what_comes_from_a_security_suite_is_marked(t):  # root
	old = t.build("hello", "--name", "greeter")
	suite = Suite(t, "security")
	suite.publish(renewed("hello", "9.0-1+deb12u1"))
	t.sbx("update", *suite.options).ok()
	row = refresh(t, "--check", *suite.options, status=STALE)["greeter"]
	equal(row["n_security"], 1, "from a security suite")
	found = t.sbx("match", "--json", "--packages", "note-keeper", *suite.options).json()["candidates"]
	assert old in [c["id"] for c in found], found
	whys = [c["why"] for c in t.sbx("match", "--json", "--packages", "dash", "--max-extra-packages", "9",
					"--max-extra-bytes", "99999999", *suite.options).json()["candidates"]]
	assert any(w.startswith("vulnerable: hello") for w in whys), whys
	suite.server.close()


def test_what_was_taken_from_a_suite_by_name_goes_on_there(t):  # root
	suite = Suite(t, "backports", "NotAutomatic: yes\nButAutomaticUpgrades: yes\n")
	suite.publish(renewed("hello", "3.0-1~bpo1"))
	t.sbx("update", *suite.options).ok()
	for name, packages in (("new", f"hello/{suite.name}"), ("old", "hello")):
		t.sbx("build", "--packages", packages, "--name", name, *suite.options).ok()
	suite.publish(renewed("hello", "3.1-1~bpo1"))
	t.sbx("update", *suite.options).ok()
	rows = refresh(t, *suite.options)
	equal({n: r["status"] for n, r in rows.items() if r["name"]}, {"new": "refreshed", "old": "fresh"}, "status")
	contains(t.shell("new", "dpkg-query -W hello").ok().out, r"hello\t3\.1-1~bpo1")
	suite.server.close()


def test_it_goes_on_in_another_suite(t):  # root
	def recipe(*more):
		t.file("recipes/greeter.recipe", "\n".join(["[recipe]", "description=x", "category=x", *more,
			"[packages]", "install=hello", "[test]", "command=hello", ""]))

	def look(*args, status=0):
		result = t.sbx("refresh", "--json", *args, archive=False)
		equal(result.status, status, f"exit status of {result}")
		data = json.loads(result.out)
		schemas.check(t.source, "refresh", data)
		return {row["name"]: row for row in data["templates"]}

	def hello_of(name):
		return t.shell(name, "dpkg-query -W hello").ok().out.split()[1]

	t.env["SBX_RECIPES"] = os.path.join(t.tmp, "recipes")
	recipe()
	t.update()
	t.sbx("prebuild", "greeter").ok()
	made = {"plain": ("hello,wordy", "--slim", "docs"), "exact": ("hello=2.0-1,shapes",)}
	old = {name: t.build(*options, "--name", name) for name, options in made.items()}
	suite = Suite(t, "next")
	# Its own hello is newer, and wordy older than what is there.
	lock = t.sbx("show", "plain", "--json", archive=False).json()["lock"]
	suite.publish(renewed("hello", "3.0-1"), renewed("wordy", "0.5"),
		      *(archives_own()[p["name"]] for p in lock["packages"] if p["name"] not in ("hello", "wordy")))
	there = (*suite.options, "--suite", suite.name)
	equal(look("--suite", suite.name, "--check"), {}, "of that suite")
	row = look(*there, "plain", status=NOT_FOUND)["plain"]
	contains(row["error"]["message"], f"no index of {suite.name}")
	t.sbx("update", *there, archive=False).ok()
	rows = look(*there, "--check", "plain", "exact", status=UNSATISFIABLE)
	equal({n: (r["status"], r["suite"]) for n, r in rows.items()},
	      {"plain": ("stale", suite.name), "exact": ("failed", suite.name)}, "a mere check")
	equal(named(t, "plain"), old["plain"], "the name after it")
	equal([(p["name"], p["newer"]) for p in look(*there, "plain")["plain"]["newer"]], [("hello", "3.0-1")], "newer")
	equal((hello_of("plain"), named(t, "exact")), ("3.0-1", old["exact"]), "hello, and what could not be")
	shown = t.sbx("show", "plain", "--json", archive=False).json()["lock"]
	equal((shown["suite"], shown["options"]["without"], next(p["version"] for p in shown["packages"]
	       if p["name"] == "wordy")), (suite.name, ["docs", "man", "locales"], "0.5"), "the new lock")
	equal({n: r["status"] for n, r in look("--suite", suite.name, "--check").items()}, {"plain": "fresh"},
	      "of that suite, now")
	# A recipe that comes to name the suite.
	recipe(f"suite={suite.name}")
	rows = look(*suite.options, "--check", "greeter", status=STALE)
	equal((rows["greeter"]["status"], rows["greeter"]["suite"]), ("stale", suite.name), "of the recipe")
	equal(look(*suite.options, "greeter")["greeter"]["status"], "refreshed", "of the recipe")
	equal(hello_of("greeter"), "3.0-1", "hello of the recipe")
	equal(look(*suite.options, "--check", "greeter")["greeter"]["status"], "fresh", "the second time")
	# And one that names none stays where it is.
	recipe()
	equal(look(*suite.options, "--check", "greeter")["greeter"]["suite"], suite.name, "without a suite")
	t.fsck_clean()
	suite.server.close()


def test_a_version_that_the_mirror_dropped_comes_from_the_store(t):  # root
	t.update()
	lock = t.file("hello.lock", t.sbx("resolve", "--packages", "hello", "--json").ok().out)
	id = t.sbx("build", lock).id
	t.sbx("rm", id, archive=False).ok()
	t.server.fault(r"\.deb$", status=404)
	equal(t.sbx("build", lock).id, id, "id")
	t.sbx("rm", id, archive=False).ok()
	t.sbx("gc", archive=False).ok()
	t.sbx("build", lock).fails(NETWORK, r"\.deb")


def test_debs_are_kept_where_that_is_asked_for(t):  # root
	def debs(folder="cache"):
		names = os.listdir(os.path.join(t.root, folder)) if os.path.isdir(os.path.join(t.root, folder)) else []
		return [n for n in names if ".deb" in n]

	def forget(packages):
		t.sbx("rm", t.build(packages), archive=False).ok()
		t.sbx("gc", archive=False).ok()

	t.build("hello")
	equal((debs(), debs("cache/kept")), ([], []), ".debs after a build")
	t.env["SBX_KEEP_DEBS"] = "100000000"
	forget("hello,shapes")
	n_kept = len(debs("cache/kept"))
	assert n_kept > 0, "no .deb is kept"
	t.server.fault(r"\.deb$", status=404)
	forget("hello,shapes")
	equal((debs(), len(debs("cache/kept"))), ([], n_kept), ".debs after a build from them")
	t.server.clear()
	t.env["SBX_KEEP_DEBS"] = "1"
	forget("hello,shapes")
	equal(debs("cache/kept"), [], "more than a byte")
	t.env["SBX_KEEP_DEBS"] = "many"
	t.sbx("build", "--packages", "hello,wordy").fails(USAGE, "SBX_KEEP_DEBS: 'many'")


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
