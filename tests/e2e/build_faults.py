# SPDX-License-Identifier: Apache-2.0
"""sbx-build build: hostile packages, failing scripts, bad downloads, a full disk. No damage."""

import ctypes
import glob
import json
import os
import shutil

import harness
from harness import ARCHIVE, DENIED, FAILED, INPUT, NETWORK, NO_SPACE, SCRIPT, UNSUPPORTED, UNTRUSTED, \
	Skip, equal

CLONE_NEWNS = 0x20000


def nothing_left(t):
	"""No template, no work in progress, a store that is in order, and a build that works."""
	templates = os.path.join(t.root, "templates")
	equal(os.listdir(templates) if os.path.isdir(templates) else [], [], "templates/")
	equal(t.work_in_progress(), [], "tmp/")
	t.fsck_clean()


def refused(t, package, status, *patterns):
	if not os.path.isdir(os.path.join(t.root, "index")):
		t.update()
	if status == ARCHIVE:
		patterns += (f"; --forbid {package}=1.0-1 looks for another version$",)
	t.sbx("build", "--packages", package).fails(status, *patterns)
	nothing_left(t)
	for where in (t.tmp, "/", "/tmp", os.path.dirname(t.tmp)):
		assert not os.path.lexists(os.path.join(where, "sbx-evil")), f"it wrote {where}/sbx-evil"


def test_paths_that_leave_the_root(t):
	refused(t, "hostile-dotdot", ARCHIVE, "hostile-dotdot", r"\.\.")
	refused(t, "hostile-dotdot-deep", ARCHIVE, "hostile-dotdot-deep", r"\.\.")
	refused(t, "hostile-absolute", ARCHIVE, "hostile-absolute", "/sbx-evil")


def test_device_nodes(t):
	refused(t, "hostile-char-device", ARCHIVE, "hostile-char-device", "sbx-null")
	refused(t, "hostile-block-device", ARCHIVE, "hostile-block-device", "sbx-disk")


def test_hard_links_out_of_the_tree(t):
	refused(t, "hostile-hardlink-absolute", ARCHIVE, "hostile-hardlink-absolute", "stolen|passwd")
	refused(t, "hostile-hardlink-dotdot", ARCHIVE, "hostile-hardlink-dotdot", "stolen|passwd")
	refused(t, "hostile-hardlink-nowhere", ARCHIVE, "hostile-hardlink-nowhere", "stolen|such")


def test_files_through_links(t):
	refused(t, "hostile-through-symlink", ARCHIVE, "hostile-through-symlink", "door")
	refused(t, "hostile-through-symlink-dotdot", ARCHIVE, "hostile-through-symlink-dotdot", "door")


def test_malformed_packages(t):
	for name in ("no-control", "no-data", "truncated", "not-ar", "empty", "broken-compression",
		     "other-name"):
		refused(t, "hostile-" + name, ARCHIVE, "hostile-" + name)


def test_member_that_is_longer_than_its_package(t):
	refused(t, "hostile-huge-size", ARCHIVE, "hostile-huge-size")


def test_a_refusal_does_not_harm_what_is_there(t):
	id = t.build("hello")
	t.sbx("build", "--packages", "hello,hostile-dotdot").fails(ARCHIVE)
	t.fsck_clean()
	equal(t.inside(id, "hello").ok().out.count("\n"), 1, "lines of hello")
	equal(t.build("hello"), id, "id")


def test_failing_script_is_named(t):
	refused(t, "failing-postinst", SCRIPT, "failing-postinst", r"postinst\b.*\b3\b")
	refused(t, "failing-preinst", SCRIPT, "failing-preinst", r"preinst\b.*\b4\b")


def test_failing_script_tells_its_last_words(t):
	t.update()
	result = t.sbx("build", "--packages", "failing-postinst")
	equal(result.status, SCRIPT, "exit status")
	harness.contains(result.err, "disk of doom")


def test_what_cannot_work_is_told_before_anything_is_fetched(t):
	"""Neither after minutes of work, nor by the last of many steps."""
	for options, status, patterns in (
			(("--report", "/nonexistent/report.html"), FAILED, ("^sbx-build: /nonexistent/report.html",)),
			(("--report", t.tmp), FAILED, ("report cannot be written",)),
			(("--arch", "s390x"), UNSUPPORTED, ("s390x", "--skip-script"))):
		t.sbx("build", "--packages", "hello", *options).fails(status, *patterns)
		equal(t.server.requests(), [], f"requests with {options}")
	t.update()
	lock = t.sbx("resolve", "--packages", "hello", "--json").json()
	lock["packages"] = []
	t.sbx("build", t.file("empty.lock", json.dumps(lock))).fails(INPUT, "names no package", "resolve")
	nothing_left(t)


def test_a_report_does_not_replace_what_is_no_file(t):
	"""As root that would be /dev/null one day."""
	link, file = os.path.join(t.tmp, "link.json"), t.file("report.json", "old")
	os.symlink(file, link)
	t.build("hello", "--report", link)
	assert os.path.islink(link), "the link is a file now"
	with open(file, encoding="utf-8") as report:
		equal(json.load(report)["format"], "sbx-build-report-1", "format")
	t.sbx("run", "--result", link, t.file("task/run.sh", "#!/bin/sh\nexit 0\n")).ok()
	assert os.path.islink(link), "the link is a file now"
	with open(file, encoding="utf-8") as result:
		equal(json.load(result)["exit_status"], 0, "exit status")


def test_the_state_of_another_user_is_refused_by_name(t):  # user
	for root in ("/etc", "/root/state"):
		for args in (("ls",), ("build", "--packages", "hello"), ("gc",)):
			t.run(t.build_program, *args, "--root", root).fails(DENIED, f"^sbx-build: {root}: ", "--root")


def test_package_answers_404(t):
	t.server.fault(r"/hello_", status=404)
	refused(t, "hello", NETWORK, "hello_", "404")


def test_truncated_package(t):
	t.server.fault(r"/shapes_", truncate=1000)
	t.update()
	result = t.sbx("build", "--packages", "shapes")
	assert result.status in (NETWORK, UNTRUSTED), str(result)
	result.fails(result.status, "shapes")
	nothing_left(t)


def test_truncated_package_is_resumed(t):
	t.cold()
	t.server.fault(r"/python3\.\d+-minimal_", truncate=200000, times=1)
	t.build("python3-polite")
	asked = t.server.requests(r"/python3\.\d+-minimal_")
	assert any(r.status == 206 for r in asked), asked
	size = max(os.path.getsize(os.path.join(folder, name))
		   for folder, _, names in os.walk(os.path.join(t.archive, "pool", "main"))
		   for name in names if name.startswith("python3.") and "-minimal_" in name)
	equal(sum(r.n_bytes for r in asked), size, "bytes fetched of it")


def test_server_without_ranges(t):
	t.server.fault(r"/shapes_", truncate=1000, no_range=True, times=1)
	t.server.fault(r"/shapes_", no_range=True)
	t.build("shapes")


def test_wrong_bytes_in_a_package(t):
	t.server.fault(r"/hello_", corrupt=300)
	refused(t, "hello", UNTRUSTED, "hello")
	t.server.clear()
	t.build("hello")  # what was kept of the bad download does not stand in the way


def test_no_network_while_building(t):
	t.update()
	t.server.fault(r"\.deb$", drop=True)
	result = t.sbx("build", "--packages", "hello").fails(NETWORK)
	assert ".deb" in result.err or "127.0.0.1" in result.err, str(result)
	nothing_left(t)


def archive_with(t, name, package, change):
	"""The server's archive is a copy from now on, with one package's bytes changed (None: gone)."""
	moved = os.path.join(t.tmp, name)
	shutil.copytree(os.path.join(t.archive, "pool"), os.path.join(moved, "pool"),
			copy_function=os.symlink)
	os.symlink(os.path.join(t.archive, "dists"), os.path.join(moved, "dists"))
	path, = glob.glob(os.path.join(moved, "pool/**", package), recursive=True)
	with open(path, "rb") as file:
		data = change(file.read())
	os.unlink(path)
	if data:
		with open(path, "wb") as file:
			file.write(data)
	t.server.folder = moved


def test_archive_that_moved_on_since_the_update(t):
	"""The way out is told, nothing is committed, what is in the store is not asked for."""
	t.update()
	hello = "hello_2.0-1_all.deb"
	for name, status, change in (("gone", NETWORK, lambda data: None),
				     ("shorter", UNTRUSTED, lambda data: data[:-100]),
				     ("longer", UNTRUSTED, lambda data: data + b"more\n"),
				     ("other", UNTRUSTED, lambda data: data[:-5] + b"other")):
		archive_with(t, name, hello, change)
		t.sbx("build", "--packages", "hello").fails(status, hello, "`sbx-build update` follows")
		nothing_left(t)
	t.move_on()
	harness.contains(t.shell(t.build("hello"), "dpkg -s hello").ok().out, "^Version: 2.2-1$")


def test_an_archive_that_moved_on_is_not_asked_for_what_is_in_the_store(t):
	id = t.build("hello")
	t.sbx("rm", id, archive=False).ok()
	archive_with(t, "moved", "hello_2.0-1_all.deb", lambda data: data + b"more")
	t.server.clear()
	t.build("hello,shapes")
	equal(t.server.requests(r"/hello_2"), [], "requests")


def on_a_small_disk(t, size):
	"""SBX_ROOT is a file system of its own from here on, which only this test sees."""
	if ctypes.CDLL(None).unshare(CLONE_NEWNS) != 0:
		raise Skip("may not mount a file system here")
	os.makedirs(t.root)
	t.run("mount", "--make-rprivate", "/").ok()
	t.run("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", t.root).ok()


def available(t):
	found = os.statvfs(t.root)
	return found.f_bavail * found.f_frsize


def attempt(t, *args):
	"""Build; the phase that it was in when it ended, and the result."""
	process = t.start("build", *args, progress=True)
	phases = []
	for line in process.events:
		event = json.loads(line)
		if event["event"] == "begin":
			phases.append(event["phase"])
	return phases[-1] if phases else "before", t.finish(process)


# What is given when a phase could not end for want of space: less than all that it takes.
STEPS = {"before": 1 << 16, "fetch": 3 << 20, "import": 3 << 20, "base": 1 << 17, "configure": 1 << 15}


def grow_bit_by_bit(t, *args):
	"""Fill the disk and give it a little more until the build succeeds: where it failed, its id."""
	ballast, failed = os.path.join(t.root, "ballast"), []
	with open(ballast, "ab") as file:
		size = os.path.getsize(ballast) + available(t)
		os.posix_fallocate(file.fileno(), 0, size)
	while True:
		phase, result = attempt(t, *args)
		if result.status == 0:
			return failed, result.id
		result.err = "".join(line for line in result.err.splitlines(True) if ": warning:" not in line)
		result.fails(NO_SPACE)
		failed.append(phase)
		size -= STEPS.get(phase, 1 << 16)
		assert size > 0 and len(failed) < 100, failed
		os.truncate(ballast, size)
		checked = t.sbx("fsck", archive=False)
		if checked.status != 0:  # the disk may be too full to look at the catalog
			checked.fails(NO_SPACE)


def test_a_disk_that_grows_bit_by_bit(t):  # root
	"""Full in every phase; each time one clear error, no damage, and then the same command goes on."""
	t.cold()
	on_a_small_disk(t, "96m")
	try:
		t.update()
		packages = ("--packages", "hello,scripted")
		early, _ = grow_bit_by_bit(t, *packages, "--skip-script", "*")
		late, id = grow_bit_by_bit(t, *packages)
		print("full in:", early, late)
		equal(t.inside(id, "hello").ok().out, "Hello\n", "output")
		t.fsck_clean()
		equal(t.work_in_progress(), [], "tmp/")
		assert {"fetch", "import"} & set(early) and {"base", "configure", "commit"} <= set(late), \
			(early, late)
	finally:
		t.run("umount", t.root)


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
