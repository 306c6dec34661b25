# SPDX-License-Identifier: Apache-2.0
"""sbx-build ls, show, rm, gc and fsck."""

import os
import subprocess

import harness
from harness import BUSY, DAMAGED, NOT_FOUND, USAGE, equal


def templates(t):
	data = t.sbx("ls", "--json", archive=False).json()
	return data["templates"] if isinstance(data, dict) else data


def ids(t):
	return sorted(row["id"] for row in templates(t))


def disk(path):
	"""Bytes of the files below, each inode once."""
	seen = {}
	for folder, _, names in os.walk(path):
		for name in names:
			info = os.lstat(os.path.join(folder, name))
			seen[info.st_ino] = info.st_blocks * 512
	return sum(seen.values())


def test_ls_of_nothing(t):
	equal(templates(t), [], "templates")
	t.sbx("ls", archive=False).ok()


def test_ls(t):
	first, second = t.build("hello", "--name", "greeter"), t.build("shapes")
	equal(ids(t), sorted([first, second]), "ids")
	row = next(r for r in templates(t) if r["id"] == first)
	equal(row["names"], ["greeter"], "names")
	harness.contains(t.sbx("ls", archive=False).ok().out, first[:8], "greeter", second[:8])


def test_show_by_id_prefix_and_name(t):
	id = t.build("hello", "--name", "greeter")
	for what in (id, id[:8], id[:4], "greeter"):
		shown = t.sbx("show", what, "--json", archive=False).json()
		equal(shown["id"], id, f"id shown for {what}")
	assert {p["name"] for p in shown["lock"]["packages"]} >= {"hello", "dash"}, shown["lock"]
	harness.contains(t.sbx("show", "greeter", archive=False).ok().out, id, "greeter", r"\bhello\b")


def test_show_of_nothing(t):
	t.build("hello")
	for what in ("no-such-name", "0123456789", "f" * 64):
		t.sbx("show", what, archive=False).fails(NOT_FOUND, what)
	t.sbx("show", archive=False).fails(USAGE)


def test_ambiguous_prefix(t):
	"""Templates are made until two of them share four digits; the catalog alone decides."""
	id = t.build("hello")
	twin = id[:6] + format(int(id[6:], 16) ^ 1, f"0{58}x")
	with t.catalog() as db:
		tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
		table = next(n for n in tables if n in ("template", "templates"))
		columns = [r[1] for r in db.execute(f"PRAGMA table_info({table})")]
		chosen = ", ".join("?" if c == "id" else c for c in columns)
		db.execute(f"INSERT INTO {table} SELECT {chosen} FROM {table} WHERE id = ?", (twin, id))
	for verb in ("show", "rm"):
		t.sbx(verb, id[:6], archive=False).fails(USAGE, id[:12], twin[:12])
	equal(t.sbx("show", id, "--json", archive=False).json()["id"], id, "id by whole id")


def test_rm_of_a_name_keeps_the_template(t):
	id = t.build("hello", "--name", "greeter")
	t.sbx("rm", "greeter", archive=False).ok()
	equal(ids(t), [id], "ids")
	t.sbx("show", "greeter", archive=False).fails(NOT_FOUND, "greeter")


def test_rm_by_id_and_prefix(t):
	first, second = t.build("hello", "--name", "greeter"), t.build("shapes")
	t.sbx("rm", first, archive=False).ok()
	equal(ids(t), [second], "ids")
	t.sbx("rm", second[:8], archive=False).ok()
	equal(ids(t), [], "ids")
	t.sbx("rm", second, archive=False).fails(NOT_FOUND, second[:12])
	t.sbx("show", "greeter", archive=False).fails(NOT_FOUND)


def test_rm_of_several_stops_at_nothing_it_can_do(t):
	first, second = t.build("hello"), t.build("shapes")
	t.sbx("rm", first, second, archive=False).ok()
	equal(ids(t), [], "ids")


def test_removed_template_can_be_built_again(t):
	id = t.build("hello")
	t.sbx("rm", id, archive=False).ok()
	t.server.clear()
	equal(t.build("hello"), id, "id")
	equal(t.server.requests(), [], "requests: the packages are still in the store")
	t.inside(id, "hello").ok()


def test_gc_frees_what_no_template_needs(t):
	t.cold()
	kept = t.build("hello")
	gone = t.build("shapes,python3-polite")
	t.sbx("rm", gone, archive=False).ok()
	before = disk(t.root)
	t.sbx("gc", archive=False).ok()
	freed = before - disk(t.root)
	assert freed > 2 << 20, f"gc freed {freed} bytes of {before}"
	equal(ids(t), [kept], "ids")
	t.inside(kept, "hello").ok()
	t.fsck_clean()
	again = disk(t.root)
	t.sbx("gc", archive=False).ok()
	assert abs(disk(t.root) - again) < 1 << 20, "a second gc found more"


def test_gc_and_build_again(t):
	t.cold()
	id = t.build("python3-polite")
	t.sbx("rm", id, archive=False).ok()
	t.sbx("gc", archive=False).ok()
	equal(t.build("python3-polite"), id, "id")
	t.fsck_clean()


def test_gc_leaves_a_live_sandbox_alone(t):
	"""A sandbox that runs on a template keeps its files, whoever removes it."""
	id = t.build("hello")
	command = [t.provision_program, "run", id, "--", "/bin/sh", "-c",
		   "echo ready; read word; hello; ls /usr/share | wc -l"]
	process = subprocess.Popen(command, env=t.env, text=True, stdin=subprocess.PIPE,
				   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
	t.processes.append(process)
	equal(process.stdout.readline(), "ready\n", "first line")
	removed = t.sbx("rm", id, archive=False)
	assert removed.status in (0, BUSY), str(removed)
	t.sbx("gc", archive=False).ok()
	out, err = process.communicate("go\n", timeout=180)
	equal(process.returncode, 0, f"exit status ({err})")
	equal(len(out.splitlines()), 2, f"lines of {out!r}")
	t.sbx("rm", id, archive=False)
	t.sbx("gc", archive=False).ok()
	equal(ids(t), [], "ids once the sandbox has ended")


def test_fsck_of_a_sound_store(t):
	t.cold()
	t.build("hello")
	t.sbx("fsck", archive=False).ok()
	t.sbx("fsck", "--json", archive=False).json()


def objects(t):
	for folder, _, names in os.walk(os.path.join(t.root, "repo", "objects")):
		for name in names:
			if name.endswith(".file"):
				yield os.path.join(folder, name)


def test_fsck_finds_a_changed_object(t):
	t.cold()
	id = t.build("hello")
	victim = max((p for p in objects(t) if not os.path.islink(p)), key=os.path.getsize)
	os.chmod(victim, 0o700)
	with open(victim, "r+b") as f:
		f.seek(1000)
		f.write(b"damage")
	result = t.sbx("fsck", archive=False)
	equal(result.status, DAMAGED, f"exit status of\n{result}")
	checksum = os.path.basename(os.path.dirname(victim)) + os.path.basename(victim)[:6]
	harness.contains(result.out + result.err, checksum[:8])
	del id


def test_fsck_finds_a_missing_object(t):
	t.cold()
	t.build("hello")
	victim = max((p for p in objects(t) if not os.path.islink(p)), key=os.path.getsize)
	os.unlink(victim)
	equal(t.sbx("fsck", archive=False).status, DAMAGED, "exit status")


def test_fsck_finds_a_template_without_its_tree(t):
	t.cold()
	id = t.build("hello")
	harness.remove_tree(os.path.join(t.root, "templates", id))
	result = t.sbx("fsck", archive=False)
	if result.status == 0:  # then it must have been put back, or be put back on use
		t.build("hello")
	else:
		equal(result.status, DAMAGED, f"exit status of\n{result}")
		t.build("hello")
	t.inside(id, "hello").ok()


def test_catalog_can_be_lost(t):
	"""Anything below the root can be rebuilt from a lock."""
	id = t.build("hello")
	for name in os.listdir(t.root):
		if name.startswith("catalog.db"):
			os.unlink(os.path.join(t.root, name))
	equal(t.build("hello"), id, "id")
	t.inside(id, "hello").ok()


def test_catalog_of_garbage(t):
	t.build("hello")
	for name in os.listdir(t.root):
		if name.startswith("catalog.db"):
			os.unlink(os.path.join(t.root, name))
	t.file("root/catalog.db", b"not a database at all" * 100)
	result = t.sbx("ls", archive=False)
	assert result.status == DAMAGED, str(result)
	result.fails(DAMAGED, r"catalog\.db")


def test_root_that_cannot_be_made(t):
	blocker = t.file("file", "in the way\n")
	result = t.sbx("ls", "--root", blocker + "/root", archive=False)
	assert result.status not in (0, 139), str(result)
	result.fails(result.status, "file/root")


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
