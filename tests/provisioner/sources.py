# SPDX-License-Identifier: Apache-2.0
"""What of the host is to be shown inside: names that lead astray, and what is not there or may not be used."""

import os
import shutil
import threading

from support import UID, Skip, equal, main


def test_sources_through_proc_are_refused(t):
	"""Magic links, by any name: each would lead where no path does."""
	secret = t.folder("secret")
	t.file("secret/file", "x")
	fd = os.open(secret, os.O_RDONLY)
	os.symlink(f"/proc/{os.getpid()}/fd/{fd}", t.path("link"))
	os.symlink(f"/proc/{os.getpid()}/root", t.path("root-link"))
	def refused(option, source):
		result = t.run("true", options=[option, source], pass_fds=(fd,)).fails(125, option)
		# By then the host's /proc is covered; before that, this process's files are root's alone.
		assert any(w in result.err for w in ("must not be followed", "No such", "Not a directory",
						 "allow this user to get there", "nothing of the host's /proc")), result
	for source in (f"/proc/self/fd/{fd}", f"/proc/{os.getpid()}/fd/{fd}", f"/proc/{os.getpid()}/root{secret}",
		       f"/proc/{os.getpid()}/cwd", f"/proc/thread-self/root{secret}", t.path("link"),
		       t.path("root-link") + secret):
		for option in ("--bind", "--ro-bind", "--overlay"):
			refused(option, f"{source}:/x")
	# While mounts are made, our own staging area lies there; it is not to be seen, nor written to.
	os.symlink("/proc", t.path("proc-link"))
	os.symlink("/proc/self", t.path("self-link"))
	for source in ("/proc", "/proc/", "/proc/upper", t.path("proc-link"), f"{t.path('proc-link')}/upper"):
		for option in ("--bind", "--ro-bind", "--overlay"):
			refused(option, f"{source}:/x")
	for layer in ("/proc", "/proc/self", "/proc/new", t.path("self-link"), f"{t.path('proc-link')}/upper"):
		refused("--layer", layer)
	t.run("true", template="/proc").fails(125, "template", "nothing of the host's /proc")
	os.symlink("/", t.path("all-link"))
	for source in ("/", "/..", t.path("all-link")):
		for option in ("--bind", "--ro-bind"):
			t.run("true", options=[option, f"{source}:/x"]).fails(
				125, option, source, "the host's /proc is in it", "name the folders that are needed")
	refused("--layer", t.path("link"))
	refused("--input", t.path("link") + "/file")
	result = t.run("true", template=t.path("link")).fails(125, "template", t.path("link"))
	assert not t.is_root or "must not be followed" in result.err, result
	os.close(fd)


def test_a_source_that_is_swapped_is_one_or_the_other(t):
	"""It is opened once: what is a folder then is mounted, and where the link leads is not asked again."""
	jail = t.folder("jail")
	t.file("jail/place/file", "inside\n")
	t.file("outside/file", "outside\n")
	os.symlink(t.path("outside"), t.path("jail/link"))
	ended = threading.Event()

	def flip():
		a, b, aside = (t.path("jail", n) for n in ("place", "link", "aside"))
		while not ended.is_set():
			for one, two in ((a, aside), (b, a), (a, b), (aside, a)):
				os.rename(one, two)
	thread = threading.Thread(target=flip)
	thread.start()
	try:
		for _ in range(30):
			result = t.run("cat", "/x/file", options=["--source-root", jail, "--ro-bind", "place:/x"])
			assert result.out in ("inside\n", ""), result
			assert result.status == 0 or "--ro-bind" in result.err, result
	finally:
		ended.set()
		thread.join()


def test_source_root_holds_links_in(t):
	jail = t.folder("jail")
	t.file("jail/inside/file", "inside\n")
	t.file("secret", "secret\n")
	os.symlink(t.path("secret"), t.path("jail/out"))
	os.symlink("../secret", t.path("jail/up"))
	os.symlink("/inside/file", t.path("jail/in"))
	root = ["--source-root", jail]
	for name in ("out", "up", "../secret"):
		t.run("true", options=[*root, "--ro-bind", f"{name}:/x"]).fails(125, "--ro-bind", name)
		t.run("true", options=["--ro-bind", f"/{name}:/x", *root]).fails(125, "--ro-bind", name)
	equal(t.run("cat", "/x", options=[*root, "--ro-bind", "in:/x"]).lines, ["inside"], "a link")
	relative = t.run("cat", "/x", options=["--source-root", "jail", "--ro-bind", "in:/x"], cwd=t.tmp)
	equal(relative.lines, ["inside"], "below a relative folder")
	equal(t.run("cat", "/x", options=["--ro-bind", "jail/out:/x"], cwd=t.tmp).lines, ["secret"], "without")


def test_what_cannot_be_had_of_the_host_is_named_with_the_way_out(t):
	file, dangling, loop, missing = t.file("file", "x"), t.path("dangling"), t.path("loop"), t.path("no/such")
	os.symlink("/nowhere", dangling)
	os.symlink("loop", loop)
	started = t.path("started")
	os.mkdir(started)

	def fails(option, value, why, way, *more):
		shared = ["--bind", f"{started}:/started", *more]
		t.shell("touch /started/it", options=[*shared, option, value]).fails(125, option, value.split(":/")[0], why, way)
		equal(os.listdir(started), [], f"what ran with {option} {value}")

	for kind in ("--bind", "--ro-bind", "--overlay"):
		fails(kind, f"{missing}:/x", "No such file", "make it first")
		fails(kind, f"{dangling}:/x", "No such file", "make it first")
		fails(kind, f"{loop}:/x", "ymbolic link", "name what it leads to")
		fails(kind, f"{file}/x:/x", "Not a directory", "file is in the way")
		fails(kind, "/proc/self/status:/x", "No such file", "copy it to a file")
	fails("--overlay", f"{file}:/x", "Not a directory", "--bind")
	t.run("true", options=["--source-root", started, "--ro-bind", "/etc:/x"]).fails(
		125, "--ro-bind", "/etc", "No such file", "below the folder of --source-root")
	for option in ("--layer", "--output"):
		fails(option, t.path("no/such"), "No such file", "make it first")
		fails(option, file, "Not a directory", "a folder is needed")
	fails("--layer", dangling, "Not a directory", "make what it leads to")
	for option in ("--input", "--policy", "--defaults"):
		fails(option, missing, "No such file", "make it first")
		fails(option, dangling, "No such file", "make it first")
		fails(option, f"{file}/x", "Not a directory", "file is in the way")
	fails("--source-root", missing, "No such file", "make it first", "--ro-bind", f"{file}:/x")


def test_what_a_user_may_not_use_is_named_with_the_way_out(t):  # root
	"""Run by root, who can make what is another's; of its own a user may use anything."""
	os.chmod(t.tmp, 0o755)
	program = shutil.copy(t.program, t.path("program"))
	locked, layer = t.folder("locked"), t.folder("layer")
	t.file("locked/file", "x")
	os.chmod(locked, 0o700)
	for name in ("upper", "work"):
		t.folder("layer", name)

	def run(*options):
		return t.call([program, "run", *options, t.root, "--", "true"], user=UID, group=UID, extra_groups=[])

	first = run()
	if first.status:
		raise Skip(first.err.strip())
	for option in ("--bind", "--ro-bind", "--overlay"):
		run(option, f"{locked}/file:/x").fails(125, option, f"{locked}/file", "denied", "allow")
	for option in ("--layer", "--output", "--input", "--policy", "--defaults"):
		run(option, f"{locked}/file").fails(125, option, f"{locked}/file", "denied", "allow")
	run("--layer", layer).fails(125, "--layer", "denied", "upper/", "of its own")


def test_relative_names_are_of_where_it_was_started(t):
	"""Also of what is opened while mounts are made, elsewhere."""
	t.file("difference/etc/more", "")
	for base in (t.root, "./template/root", "template/root"):
		for template in (t.path("difference"), "./difference"):
			equal(t.run("ls", "/etc", template=template, options=["--base", base], cwd=t.tmp).lines,
			      ["more", "motd"], f"{base} below {template}")


def test_templates_that_are_none(t):
	t.run("true", template=t.path("no/such")).fails(125, "no/such", "No such file")
	t.run("true", template=t.file("plain", "x")).fails(125, "is no folder")
	empty = t.folder("empty")
	t.run("true", template=empty).fails(125, f"{empty}: it is empty", "build it again")
	t.run("true", template=empty, options=["--base", t.root]).ok()
	if t.is_root:
		t.run("true", options=["--base", t.root]).fails(125, t.root, "none in another")
	t.run("true", template=t.root, options=["--base", empty]).fails(125, t.root, f"{empty} is empty")
	t.run("/bin/true", template=empty, options=["--ro-bind", f"{t.root}/bin:/bin"]).ok()
	t.run("true", template=empty, options=["--layer", t.folder("layer")]).fails(127, "true", "not found inside")
	t.run("true", template="f" * 64).fails(125, "templates")
	half = "a" * 64
	t.folder("state/templates", half, "root")
	t.run("true", template=half).fails(125, "incomplete", "build it again")
	# Whatever it is, to hold it waits for nobody.
	os.mkfifo(t.path("state/templates", half, "lock"))
	t.run("true", template=half, timeout=60).fails(125, "/root is empty")
	os.unlink(t.path("state/templates", half, "lock"))
	t.file(f"state/templates/{half}/lock", "")
	t.run("true", template=half).fails(125, f"{half}: ", "/root is empty", "build it again")
	os.rmdir(t.path("state/templates", half, "root"))
	t.run("true", template=half).fails(125, "incomplete", "build it again", "root")


if __name__ == "__main__":
	main(globals())
