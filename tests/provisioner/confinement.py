# SPDX-License-Identifier: Apache-2.0
"""Root inside is nobody outside; kernels that lack something; names that lead astray."""

import glob
import os
import pty
import subprocess


from support import Skip, check_schema, equal, eventually, main

FIRST, RANGES = 0x70000000, 4000


def host_uid(t, word):
	"""The host's number of the user that runs `sleep <word>` inside."""
	for pid in filter(str.isdigit, os.listdir("/proc")):
		try:
			with open(f"/proc/{pid}/cmdline", "rb") as f:
				if f.read() != b"sleep\0" + word.encode() + b"\0":
					continue
			with open(f"/proc/{pid}/status", encoding="utf-8") as f:
				return int(next(line for line in f if line.startswith("Uid:")).split()[1])
		except OSError:
			pass
	return None


def uid_while_it_runs(t, word, *options):
	process = t.start("sleep", word, options=options)
	found = []
	eventually(lambda: found.append(host_uid(t, word)) or found[-1] is not None, "no sleep", 20)
	uid = found[-1]
	process.kill()
	process.wait()
	return uid


def test_root_inside_is_nobody_outside(t):  # root
	uid = uid_while_it_runs(t, "100.01")
	assert FIRST <= uid < FIRST + RANGES * 65536 and uid % 65536 == 0, uid
	other = uid_while_it_runs(t, "100.02", "--user", "1234")
	assert other % 65536 == 1234 and other - 1234 != uid, (uid, other)
	equal(uid_while_it_runs(t, "100.03", "--user-namespace", "no"), 0, "without")
	for line in t.run("cat", "/proc/self/uid_map", "/proc/self/gid_map").lines:
		inside, outside, n = map(int, line.split())
		assert inside == 0 and outside >= FIRST and n == 65536, line


def test_owners_look_as_on_disk(t):  # root
	t.file("template/root/etc/of-33", "x")
	os.chown(t.path("template/root/etc/of-33"), 33, 44)
	source, layer = t.folder("source"), t.path("layer")
	os.chown(source, 1000, 1000)
	options = ["--bind", f"{source}:/data", "--overlay", f"{source}:/over", "--layer", layer]
	equal(t.run("stat", "-c", "%u:%g", "/", "/etc/of-33", "/data", "/over", "/dev", "/tmp", "/dev/null",
		    options=options).lines, ["0:0", "33:44", "1000:1000", "1000:1000", "0:0", "0:0", "0:0"],
	      "owners inside")
	t.shell("echo x > /etc/new; mkdir /new; echo y >> /etc/of-33", options=options)
	found = os.stat(os.path.join(layer, "upper/etc/new"))
	equal((found.st_uid, found.st_gid), (0, 0), "what was written, on disk")
	found = os.stat(layer)
	equal(found.st_uid, 0, "the layer's folder")


def test_callers_folder_can_be_written_to(t):
	source = t.folder("output")
	t.shell("echo x > /output/file && mkdir /output/folder", options=["--bind", f"{source}:/output"]).ok()
	for name in ("file", "folder"):
		equal(os.stat(os.path.join(source, name)).st_uid, os.geteuid(), name)
	os.chmod(source, 0o700)
	equal(t.run("cat", "/in/file", options=["--ro-bind", f"{source}:/in"]).lines, ["x"], "read-only")


def test_pipes_can_be_opened_again_by_name(t):
	equal(t.shell("echo x > /dev/stdout; echo y | cat /dev/stdin").out.split(), ["x", "y"], "pipes")
	for options in ((), ("--user", "1234")):
		t.shell("echo x > /dev/stdout", options=options).ok()


def test_what_cannot_map_ids(t):  # root
	"""sysfs cannot: then root stays root where that is accepted, or nothing is started."""
	bind = ["--ro-bind", "/sys/kernel:/k"]
	equal(t.run("cat", "/proc/self/uid_map", options=bind).lines[0].split()[1], "0", "auto")
	strict = [*bind, "--user-namespace", "yes"]
	t.run("true", options=strict).fails(125, "--user-namespace yes", "/sys/kernel", "--best-effort")
	result = t.run("true", options=[*strict, "--best-effort"]).ok()
	assert "root inside is root outside" in result.err, result
	equal(result.record["unenforced"], ["user-namespace"], "record")
	for options, word in ((["--cap", "net_admin"], "--cap"), (["--profile", "build"], "scripts"),
			      (["--user", "70000"], "65535")):
		t.run("true", options=["--user-namespace", "yes", *options]).fails(125, word)
		t.run("true", options=options).ok()


def test_policies_ask_for_a_user_namespace(t):  # root
	for posture in ("high", "paranoid"):
		uid = uid_while_it_runs(t, f"100.1{len(posture)}", "--policy", posture, "--user-namespace", "no")
		assert uid >= FIRST, (posture, uid)
	policy = t.file("own.policy", "[isolation]\nuser-namespace=perhaps\n")
	t.run("true", options=["--policy", policy]).fails(125, "perhaps", "auto, yes or no")


def test_ordinary_user_has_one_anyway(t):  # user
	t.run("true", options=["--user-namespace", "yes"]).ok()


# == Kernels that lack something ==


def without(t, calls, options, *command):
	return t.call([os.environ["SBX_PROBE"], "without", *calls, "--", *t.command(options, command)])


def test_mounts_without_mount_setattr(t):  # root
	"""Linux 5.10. Every flag, on what is bound and on what is mounted below it."""
	source = t.folder("source")
	subprocess.run(["mount", "-t", "tmpfs", "sbx-test", t.folder("source/below")], check=True)
	try:
		options = ["--ro-bind", f"{source}:/ro", "--bind", f"{source}:/rw", "--sys"]
		script = ("cat /proc/self/mountinfo; echo x > /rw/below/x && echo written; "
			  "echo x > /ro/below/y || echo refused")
		old = without(t, ["mount_setattr"], options, "sh", "-c", script).ok()
		new = t.shell(script, options=[*options, "--user-namespace", "no"]).ok()
	finally:
		subprocess.run(["umount", os.path.join(source, "below")], check=True)

	def flags(result):
		found = {}
		for line in result.out.splitlines():
			words = line.split()
			if len(words) > 6:
				found[words[4]] = sorted(set(words[5].split(",")) & {"ro", "nosuid", "nodev", "noexec"})
		return found
	equal(flags(old), flags(new), "flags of all mounts")
	assert flags(old)["/ro/below"] == ["nodev", "nosuid", "ro"], flags(old)
	for result in (old, new):
		equal(result.out.splitlines()[-2:], ["written", "refused"], "writing")


def test_policy_files_without_mount_setattr(t):  # root
	options = ["--policy", "high", "--user-namespace", "no", "--best-effort"]
	result = without(t, ["mount_setattr"], options, "sh", "-c",
			 "echo x > /etc/x || echo refused; echo x > /tmp/x && cat /tmp/x; cat /etc/shadow")
	equal(result.out.split(), ["refused", "x"], "writing")


def test_paths_without_openat2(t):
	"""The walk by hand comes to the same, magic links included."""
	source = t.folder("source")
	t.file("source/file", "x\n")
	os.symlink("source", t.path("link"))
	for calls in ([], ["openat2"]):
		options = ["--ro-bind", f"{t.path('link')}:/in", "--ro-bind", "link/file:/one"]
		result = without(t, calls, options, "cat", "/in/file", "/one").ok()
		equal(result.out.split(), ["x", "x"], "links")
		result = without(t, calls, ["--bind", f"/proc/self/root{source}:/in"], "true")
		result.fails(125, "--bind")
		result = without(t, calls, ["--bind", "/proc/self/mounts:/in"], "true")
		assert result.status in (0, 125), result


def test_kernels_that_lack_a_feature_are_told_of(t):
	cases = {"open_tree": "open_tree", "clone3": "clone3", "seccomp": "seccomp", "fsopen": "fsopen",
		 "fsconfig": "fsconfig", "fsmount": "fsmount", "move_mount": "move_mount",
		 "close_range": "close_range"}
	for call, word in cases.items():
		result = without(t, [call], [], "true")
		result.fails(125, word)
		assert "Linux" in result.err or "CONFIG" in result.err or "kernel" in result.err, result
	# What can be done without is.
	for calls in (["landlock"], ["pidfd_open"], ["memfd_create"], ["openat2", "landlock", "pidfd_open"]):
		equal(without(t, calls, [], "echo", "x").ok().out, "x\n", str(calls))


def test_sources_through_proc_are_refused(t):
	"""Magic links, by any name: each would lead where no path does."""
	secret = t.folder("secret")
	t.file("secret/file", "x")
	fd = os.open(secret, os.O_RDONLY)
	os.symlink(f"/proc/{os.getpid()}/fd/{fd}", t.path("link"))
	os.symlink(f"/proc/{os.getpid()}/root", t.path("root-link"))
	def refused(option, source):
		result = t.run("true", options=[option, source], pass_fds=(fd,)).fails(125, option)
		# By then the host's /proc is covered.
		assert any(w in result.err for w in ("must not be followed", "No such", "Not a directory")), result
	for source in (f"/proc/self/fd/{fd}", f"/proc/{os.getpid()}/fd/{fd}", f"/proc/{os.getpid()}/root{secret}",
		       f"/proc/{os.getpid()}/cwd", f"/proc/thread-self/root{secret}", t.path("link"),
		       t.path("root-link") + secret):
		for option in ("--bind", "--ro-bind", "--overlay"):
			refused(option, f"{source}:/x")
	refused("--layer", t.path("link"))
	refused("--input", t.path("link") + "/file")
	result = t.run("true", template=t.path("link")).fails(125, "template", t.path("link"))
	assert not t.is_root or "must not be followed" in result.err, result
	os.close(fd)


def test_a_source_that_is_swapped_is_one_or_the_other(t):
	"""It is opened once: what is a folder then is mounted, and where the link leads is not asked again."""
	import threading
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


def test_user_namespace_needs_mount_setattr(t):  # root
	result = without(t, ["mount_setattr"], ["--user-namespace", "yes"], "true")
	result.fails(125, "--user-namespace", "mount_setattr", "5.12")


# == Names that lead astray ==


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


def test_missing_sources_are_named(t):
	for kind in ("bind", "ro-bind", "overlay"):
		t.run("true", options=[f"--{kind}", "/no/such:/x"]).fails(125, f"--{kind}", "/no/such", "No such file")
	t.run("true", options=["--overlay", f"{t.file('file', 'x')}:/x"]).fails(125, "--overlay", "Not a directory")
	os.symlink("/nowhere", t.path("dangling"))
	t.run("true", options=["--bind", f"{t.path('dangling')}:/x"]).fails(125, "--bind", "No such file")


def test_templates_that_are_none(t):
	t.run("true", template=t.path("no/such")).fails(125, "no/such", "No such file")
	t.run("true", template=t.file("plain", "x")).fails(125, "is no folder")
	t.run("true", template=t.folder("empty")).fails(127, "true", "not found inside")
	t.run("true", template="f" * 64).fails(125, "templates")
	half = "a" * 64
	t.folder("state/templates", half, "root")
	t.run("true", template=half).fails(125, "incomplete", "build it again")


# == Name servers ==


def test_name_servers(t):
	options = ["--net", "host", "--dns", "192.0.2.1", "--dns", "2001:db8::1"]
	expected = ["nameserver 192.0.2.1", "nameserver 2001:db8::1"]
	equal(t.run("cat", "/etc/resolv.conf", options=options).lines, expected, "none in the template")
	os.symlink("../run/systemd/resolve/stub-resolv.conf", t.path("template/root/etc/resolv.conf"))
	equal(t.run("cat", "/etc/resolv.conf", options=options).lines, expected, "a link to nowhere")
	etc = t.folder("etc")
	t.run("true", options=[*options, "--bind", f"{etc}:/etc"]).ok()
	equal(os.listdir(etc), [], "a folder of the host's")
	t.run("true", options=["--dns", "192.0.2.1"]).fails(2, "--dns", "--net host")
	t.run("true", options=["--net", "host", "--dns", "name"]).fails(2, "--dns", "'name'")
	t.run("true", options=[*options, "--dns", "192.0.2.2", "--dns", "192.0.2.3"]).fails(2, "--dns", "192.0.2.3")


# == Rights that cannot come back ==


def test_security_bits_are_locked(t):
	lines = t.probe("securebits").lines
	equal(lines, ["0xef", "keep-caps EPERM", "change EPERM", "ambient EPERM"], "securebits")


def test_capabilities_asked_for_work_as_another_user(t):  # root
	for user in ("0", "1234"):
		options = ["--user", user, "--cap", "chown"]
		t.shell("echo x > /tmp/x; chown 77 /tmp/x && stat -c %u /tmp/x", options=options).ok()
	status = t.shell("chown 77 /etc/motd", options=["--user", "1234"]).status
	assert status != 0, "without the capability"


def test_no_core_dumps(t):
	equal(t.probe("dump").facts["core"], "1", "limit")


def test_session_has_no_terminal(t):
	"""Its own session, the caller's terminal neither its own nor to be typed into."""
	reader, writer = os.pipe()
	pid, leader = pty.fork()
	if pid == 0:
		os.dup2(writer, 1)
		command = t.command([], ["/bin/probe", "terminal"])
		os.execve(command[0], command, t.env)
	os.close(writer)
	with os.fdopen(reader, encoding="utf-8") as f:
		lines = f.read().splitlines()
	os.waitpid(pid, 0)
	os.close(leader)
	equal(lines[0], "session 1", "a session of its own")
	assert lines[1] in ("tty ENXIO", "tty EACCES") and lines[2] == "take EPERM", lines


# == Weights and the disk ==


def group_values(name):
	return {open(path, encoding="utf-8").read().strip()
		for path in glob.glob(f"/sys/fs/cgroup/**/sbx-*/{name}", recursive=True)}


def test_weights_are_set(t):  # root
	if not os.path.isdir("/sys/fs/cgroup/cpu"):
		raise Skip("no version 1 cpu controller")
	process = t.start("sleep", "30", options=["--cpu-weight", "50", "--cpus", "0.5"])
	eventually(lambda: "512" in group_values("cpu.shares") and "50000" in group_values("cpu.cfs_quota_us"),
		   "cpu.shares")
	process.kill()
	process.wait()
	t.run("true", options=["--cpu-weight", "0"]).fails(2, "--cpu-weight")
	t.run("true", options=["--io-weight", "10001"]).fails(2, "--io-weight")
	if glob.glob("/sys/fs/cgroup/blkio/blkio.bfq.*"):
		process = t.start("sleep", "30", options=["--io-weight", "1000"])
		eventually(lambda: "181" in group_values("blkio.bfq.weight"), "blkio.bfq.weight")
		process.kill()
		process.wait()


def test_weights_that_cannot_be_set(t):  # user
	if os.geteuid() == 0:
		raise Skip("root may")
	for option in ("--cpu-weight", "--io-weight"):
		t.run("true", options=[option, "50"]).fails(125, option, "--best-effort")
		result = t.run("true", options=[option, "50", "--best-effort"]).ok()
		assert option in result.err, result


def test_memory_limit_takes_swap_with_it(t):  # root
	if not os.path.isdir("/sys/fs/cgroup/memory"):
		raise Skip("no version 1 memory controller")
	process = t.start("sleep", "30", options=["--memory", "64M"])
	eventually(lambda: str(64 << 20) in group_values("memory.limit_in_bytes"), "memory limit")
	if os.path.exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"):
		assert str(64 << 20) in group_values("memory.memsw.limit_in_bytes")
	assert "0" in group_values("memory.swappiness")
	process.kill()
	process.wait()


def test_disk_limit_holds_for_a_layer_in_a_folder(t):  # root
	layer = t.folder("layer")
	limit = ["--disk", "8M", "--layer", layer]
	t.run("true", options=limit).fails(125, "--disk", "--layer", "mount one of that size")
	result = t.run("true", options=[*limit, "--best-effort"]).ok()
	assert "--disk: not enforced" in result.err, result
	equal(result.record["unenforced"], ["disk"], "record")
	check_schema(t, result.record)
	subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8M", "sbx-test", layer], check=True)
	try:
		result = t.shell("dd if=/dev/zero of=/big bs=1M count=20", options=limit)
		assert result.status != 0 and "No space" in result.err, result
		assert os.path.getsize(os.path.join(layer, "upper/big")) <= 8 << 20
		result = t.run("true", options=[*limit, "--best-effort"]).ok()
		equal((result.err, result.record["unenforced"]), ("", []), "where it holds")
	finally:
		subprocess.run(["umount", layer], check=True)


# == Much of everything ==


def test_many_arguments_and_a_huge_environment(t):
	facts = t.probe("words", *(["x" * 20] * 10000)).facts
	equal(facts["words"], "10002", "words")
	variable = "V=" + "x" * 120000
	facts = t.probe("words", options=[o for i in range(8) for o in ("--env", f"V{i}={variable}")]).facts
	assert int(facts["variable-bytes"]) > 8 * 120000, facts
	t.run("true", env={f"HUGE{i}": "x" * 100000 for i in range(10)}).ok()


def test_descriptor_limit_reached(t):
	for n in (5, 8, 10, 14):
		result = subprocess.run(["prlimit", f"--nofile={n}", *t.command([], ["true"])],
					capture_output=True, text=True, env=t.env)
		if result.returncode != 0:
			assert result.returncode == 125, result
			equal(len(result.stderr.splitlines()), 1, result.stderr)
			# The system's own words depend on the C library.
			assert "allow this process more (ulimit -n)" in result.stderr, result


def test_out_of_memory_in_the_parent(t):
	"""It says what went wrong as soon as there is enough for the program to be loaded."""
	def run(kilobytes):
		return subprocess.run(["prlimit", f"--as={kilobytes * 1024}", *t.command(["--env", "A=x"] * 20000,
									       ["true"])],
				      capture_output=True, text=True, env=t.env)
	low, high = 1000, 4000
	while high - low > 4:
		middle = (low + high) // 2
		low, high = (middle, high) if run(middle).returncode < 0 else (low, middle)
	told = 0
	for kilobytes in range(high, high + 640, 40):
		result = run(kilobytes)
		if result.returncode == 125:
			told += 1
			equal(len(result.stderr.splitlines()), 1, result.stderr)
			assert "memory" in result.stderr, result.stderr
		else:
			# The command, which is held by the limit as well, has to see for itself.
			assert not result.stderr or "glibc" in result.stderr, result.stderr
	assert told, f"nothing was told from {high} KiB on"


def test_contradictory_options(t):
	t.run("true", options=["--json"]).fails(2, "--json")
	t.run("true", options=["--profile", "build", "--user", "5"]).fails(2, "--user")
	t.run("true", options=["--profile", "build", "--syscalls", "base"]).fails(2, "--syscalls")
	t.run("true", options=["--user-namespace", "maybe"]).fails(2, "--user-namespace", "'maybe'")


if __name__ == "__main__":
	main(globals())
