# SPDX-License-Identifier: Apache-2.0
"""sbx-build refresh: stale templates are told, and built again under their name."""

import datetime
import json
import os
import shutil

import archive
import harness
import packages
import schemas
from server import Server
from harness import FAILED, NETWORK, NOT_FOUND, STALE, contains, equal


def move_on(t):
	"""The archive's later state: hello has a newer version."""
	moved = os.path.join(t.tmp, "later")
	shutil.copytree(os.path.join(t.archive, "later"), moved)
	os.symlink(os.path.join(t.archive, "pool"), os.path.join(moved, "pool"))
	t.server.folder = moved
	t.update()


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
	move_on(t)
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


def test_a_failed_smoke_test_keeps_the_old_one(t):  # root
	old = t.build("hello", "--name", "greeter")
	t.file("root/recipes/greeter.recipe", "[recipe]\ndescription=x\ncategory=x\n[packages]\n"
	       "install=hello\n[test]\ncommand=dpkg-query -W hello; exit 3\n")
	move_on(t)
	row = refresh(t, status=FAILED)["greeter"]
	equal((row["status"], row["new_id"]), ("failed", None), "status")
	contains(row["error"]["message"], "status 3")
	equal(named(t, "greeter"), old, "the name")
	t.sbx("refresh", "no-such").fails(NOT_FOUND, "no-such")


def test_what_comes_from_a_security_suite_is_marked(t):  # root
	old = t.build("hello", "--name", "greeter")
	folder, suite = os.path.join(t.tmp, "security"), t.suite + "-security"
	fixed = next(p for p in packages.all_packages() if p.name == "hello")
	fixed.version = fixed.fields["Version"] = "9.0-1+deb12u1"
	deb = fixed.build()
	archive.write(f"{folder}/{fixed.pool_path()}", deb)
	files = archive.indexes([fixed], {"hello": deb})
	for name, data in files.items():
		archive.write(f"{folder}/dists/{suite}/{name}", data)
	now = datetime.datetime.now(datetime.timezone.utc)
	archive.write(f"{folder}/dists/{suite}/Release", archive.release(suite, files, now, 30))
	server = Server(folder)
	both = ("--mirror", f"[trusted=yes] {server.uri} {suite} main")
	t.sbx("update", *both).ok()
	row = refresh(t, "--check", *both, status=STALE)["greeter"]
	equal(row["n_security"], 1, "from a security suite")
	found = t.sbx("match", "--json", "--packages", "note-keeper", *both).json()["candidates"]
	assert old in [c["id"] for c in found], found
	whys = [c["why"] for c in t.sbx("match", "--json", "--packages", "dash", "--max-extra-packages", "9",
					"--max-extra-bytes", "99999999", *both).json()["candidates"]]
	assert any(w.startswith("vulnerable: hello") for w in whys), whys
	server.close()


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


if __name__ == "__main__":
	harness.main(globals())
