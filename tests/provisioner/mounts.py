# SPDX-License-Identifier: Apache-2.0
"""What of the host is shown inside, where what is written goes, and which template is meant."""

import fcntl
import os
import shutil
import subprocess

from support import Skip, equal, eventually, main, tree

ID = "0123456789abcdef" * 4
OTHER_ID = "0123aaaa" + "b" * 56


def test_bind_is_writable_and_ro_bind_is_not(t):
	folder = t.folder("data")
	t.file("data/file", "from the host\n")
	result = t.shell("cat /mnt/file; echo new > /mnt/new", options=["--bind", f"{folder}:/mnt"])
	equal(result.lines, ["from the host"], "through the bind")
	with open(t.path("data/new"), encoding="utf-8") as f:
		equal(f.read(), "new\n", "written by the sandbox")
	result = t.shell("cat /mnt/file && echo x > /mnt/file", options=["--ro-bind", f"{folder}:/mnt"])
	assert result.status != 0 and "Read-only" in result.err, result


def test_ro_bind_covers_mounts_below(t):  # root
	import ctypes
	libc = ctypes.CDLL(None, use_errno=True)
	below = t.folder("data/below")
	if libc.mount(b"none", below.encode(), b"tmpfs", 0, None) != 0:
		raise Skip("mounting is not allowed here")
	try:
		result = t.shell("touch /mnt/below/x", options=["--ro-bind", f"{t.path('data')}:/mnt"])
		assert "Read-only" in result.err, result
	finally:
		libc.umount2(below.encode(), 2)


def test_files_can_be_bound(t):
	source = t.file("tool", "#!/bin/sh\necho instead\n", 0o755)
	options = ["--ro-bind", f"{source}:/bin/probe", "--ro-bind", f"{source}:/new/place/tool"]
	equal(t.shell("probe; /new/place/tool", options=options).lines, ["instead"] * 2, "bound files")


def test_bind_source_may_hold_colons_and_be_relative(t):
	t.file("a:b/c:d/file", "x\n")
	equal(t.run("cat", "/mnt/file", options=["--bind", "a:b/c:d:/mnt"]).out, "x\n", "file")


def test_mounts_are_done_in_order(t):
	for name in ("one", "two"):
		t.file(f"{name}/name", name)
	binds = [f"--bind={t.path(n)}:/mnt" for n in ("one", "two")]
	equal(t.run("cat", "/mnt/name", options=binds).out, "two", "the later one")


def test_overlay_takes_writes(t):
	folder = t.folder("task")
	t.file("task/a", "a\n")
	os.chmod(folder, 0o750)
	before = tree(folder)
	result = t.shell("cat a; rm a; echo b > b; mkdir c; ls; stat -c %a .",
			 options=["--overlay", f"{folder}:/task", "--workdir", "/task"])
	equal(result.lines, ["a", "b", "c", "750"], "inside")
	equal(tree(folder), before, "the original")


def test_two_overlays_do_not_meet(t):
	for name in ("one", "two"):
		t.file(f"{name}/name", name)
	options = [f"--overlay={t.path(n)}:/{n}" for n in ("one", "two")]
	result = t.shell("echo x > /one/x; ls /one /two", options=options)
	equal(result.out, "/one:\nname\nx\n\n/two:\nname\n", "folders")


def test_links_of_the_template_stay_inside(t):
	"""The same path is there on the host and inside; the inner one is meant."""
	outside = t.folder("outside")
	inside = t.folder(os.path.join(t.root, outside[1:]))
	links = {"absolute": outside, "upwards": "../../../../../.." + outside, "loop": "loop"}
	for name, target in links.items():
		os.symlink(target, os.path.join(t.root, name))
	t.file("data/file", "x")
	for name in ("absolute", "upwards"):
		result = t.shell(f"cat /{name}/deep/file {outside}/deep/file",
				 options=["--bind", f"{t.path('data')}:/{name}/deep"])
		equal(result.out, "xx", name)
		equal(os.listdir(outside) + os.listdir(inside), [], "the folders outside")
	t.run("true", options=["--bind", f"{t.path('data')}:/loop/x"]).fails(125, "/loop/x")


def test_links_into_proc_are_refused(t):
	os.symlink("/proc/sys", os.path.join(t.root, "link"))
	t.run("true", options=["--bind", f"{t.folder('data')}:/link"]).fails(125, "/proc")


def test_template_whose_proc_is_a_link_is_refused(t):
	for name in ("proc", "dev", "tmp"):
		os.rmdir(os.path.join(t.root, name))
		os.symlink(t.folder("elsewhere"), os.path.join(t.root, name))
		t.run("true").fails(125, f"/{name}")
		os.unlink(os.path.join(t.root, name))
		os.mkdir(os.path.join(t.root, name))


def test_template_without_mount_points(t):
	for name in ("proc", "dev", "tmp", "sys"):
		os.rmdir(os.path.join(t.root, name))
	t.shell("echo x > /dev/null && test -e /proc/self && touch /tmp/x").ok()
	assert not os.path.exists(os.path.join(t.root, "proc"))


def test_missing_things_are_named(t):
	t.run("true", options=["--bind", "/nowhere/at/all:/mnt"]).fails(125, "--bind", "/nowhere/at/all")
	file = t.file("file", "x")
	t.run("true", options=["--bind", f"{file}:/etc"]).fails(125, "--bind", "/etc is a folder")
	t.run("true", options=["--ro-bind", f"{t.folder('data')}:/etc/motd"]).fails(125, "--ro-bind", "/etc/motd is", "a file")
	t.run("true", options=["--overlay", f"{file}:/x"]).fails(125, "--overlay", "a folder is needed", "--bind")
	t.run("true", options=["--ro-bind", "/proc/cpuinfo:/x"]).fails(125, "--ro-bind", "/proc can be handed in")
	t.run("true", options=["--overlay", "/nowhere/at/all:/mnt"]).fails(125, "--overlay")
	t.run("true", options=["--workdir", "/nowhere"]).fails(125, "--workdir", "/nowhere")
	t.run("true", options=["--layer", "/nowhere/at/all"]).fails(125, "--layer")
	t.run("true", template="/nowhere/at/all").fails(125, "/nowhere/at/all")
	t.run("true", template=t.file("file", "x")).fails(125, "folder")


def test_a_layer_is_one_sandbox_s_at_a_time(t):
	"""Two overlays on one folder would leave nobody knows what in it."""
	layer = t.folder("one-layer")
	first = t.start("/bin/sh", "-c", "echo started; read end", options=["--layer", layer],
			stdin=subprocess.PIPE)
	equal(first.stdout.readline(), "started\n")
	t.run("true", options=["--layer", layer]).fails(125, "--layer", layer, "another sandbox")
	t.run("true", options=["--layer", t.folder("another")]).ok()
	first.communicate("\n", timeout=60)
	equal(first.returncode, 0, "the first one's end")
	t.run("true", options=["--layer", layer]).ok()


def test_a_layer_and_its_template_are_folders_apart(t):
	"""Neither in the other, the template's base included; by whatever name, and nothing is made there."""
	above = os.path.dirname(t.root)
	layer = os.path.join(t.root, "layer")
	os.symlink(t.root, t.path("link"))
	for path in (layer, t.path("link", "layer"), t.root, f"{t.root}/etc/../tmp/x"):
		t.run("true", options=["--layer", path]).fails(2, "--layer", path, "it lies in the template", "folder outside")
		t.run("true", options=["--base", t.root, "--layer", path], template=t.folder("over")).fails(2, path, "it lies in")
	t.run("true", options=["--layer", above]).fails(2, "--layer", above, "it holds the template", "folder outside")
	assert not os.path.exists(layer) and os.listdir(above) == ["root"], "something was made"
	# What only begins alike, or lies in the same folder, is another one.
	for path in (t.root + "-layer", os.path.join(above, "new")):
		t.run("true", options=["--layer", path]).ok()
	if t.is_root:
		# An overlay does not show what is mounted in its template.
		subprocess.run(["mount", "-t", "tmpfs", "none", t.folder("template/root/mnt")], check=True)
		try:
			t.run("true", options=["--layer", os.path.join(t.root, "mnt/layer")]).ok()
		finally:
			subprocess.run(["umount", os.path.join(t.root, "mnt")], check=True)


def test_layer_keeps_what_was_written(t):
	layer = t.path("layer")
	script = "echo x > /etc/new; rm /etc/motd; mkdir /a; echo t > /tmp/no; echo d > /dev/shm/no"
	t.shell(script, options=["--layer", layer]).ok()
	upper = os.path.join(layer, "upper")
	found = {os.path.relpath(os.path.join(d, n), upper) for d, ds, fs in os.walk(upper)
		 for n in ds + fs}
	equal(found, {"etc", "etc/new", "etc/motd", "a"}, "the upper folder")
	result = t.shell("cat /etc/new; ls /etc", options=["--layer", layer])
	equal(result.lines, ["x", "new"], "a second run on the layer")
	equal(os.listdir(os.path.join(t.root, "etc")), ["motd"], "the template")


def test_root_folder_looks_like_the_template_s(t):
	os.chmod(t.root, 0o751)
	equal(t.run("stat", "-c", "%a", "/").lines, ["751"], "in memory")
	equal(t.run("stat", "-c", "%a", "/", options=["--layer", t.path("layer")]).lines, ["751"], "layer")


def test_disk_is_limited(t):
	result = t.shell("head -c 3000000 /dev/zero > /big", options=["--disk", "2M"])
	assert result.status != 0, result
	result = t.shell("head -c 3000000 /dev/zero > /tmp/big", options=["--disk", "2M"])
	assert result.status != 0, result
	t.shell("head -c 1000000 /dev/zero > /big", options=["--disk", "2M"]).ok()


def store(t, id):
	folder = t.folder("state", "templates", id)
	os.symlink(t.root, os.path.join(folder, "root"))
	t.file(f"state/templates/{id}/lock", "")


def test_template_by_id_prefix_and_name(t):
	store(t, ID)
	store(t, OTHER_ID)
	os.symlink(ID, t.path("state/templates/numbers"))
	for name in (ID, "01234", "numbers"):
		t.run("true", template=name).ok()
	t.run("true", template="01234", options=["--root", t.path("state")], env={"SBX_ROOT": "/x"}).ok()
	t.run("true", template="0123").fails(2, "0123", "several")
	t.run("true", template="9999").fails(125, "9999", "no template")
	t.run("true", template="..").fails(125, "..")
	t.run("true", template=ID, options=["--root", "/nowhere"]).fails(125, "/nowhere")


def test_template_is_locked_while_it_is_used(t):
	store(t, ID)
	lock = os.open(t.path(f"state/templates/{ID}/lock"), os.O_RDWR)
	process = t.start("sh", "-c", "echo started; sleep 1000", template=ID)
	equal(process.stdout.readline(), "started\n", "output")
	try:
		fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
		raise AssertionError("the lock is not held")
	except BlockingIOError:
		pass
	process.kill()
	process.communicate()
	eventually(lambda: can_lock(lock), "the lock is still held")
	# Now we hold it, as whoever removes a template does.
	t.run("true", template=ID).fails(125, "being removed")
	os.close(lock)


def test_a_root_that_is_no_mount_point(t):  # root
	"""As after chroot(8) it cannot be left for another one: told so, with what helps."""
	jail = t.folder("jail")
	for name in ("proc", "dev"):
		t.folder("jail", name)
	shutil.copy(t.program, f"{jail}/sbx-provision")
	shutil.copytree(t.root, f"{jail}/template", symlinks=True)

	def enter(before):
		script = f'{before} mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && ' \
			'exec chroot "$1" /sbx-provision run /template/ -- /bin/true'
		return t.call(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", jail])
	enter("").fails(125, "no mount point", "mount --bind")
	enter('mount --bind "$1" "$1" &&').ok()


def can_lock(fd):
	try:
		fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
		return True
	except BlockingIOError:
		return False


if __name__ == "__main__":
	main(globals())
