# SPDX-License-Identifier: Apache-2.0
"""Root inside is nobody outside; kernels that lack something; rights, weights, and much of everything."""

import contextlib
import glob
import os
import pty
import subprocess

from support import Skip, check_schema, equal, eventually, main

FIRST, RANGES = 0x70000000, 4000


def host_uid(word):
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


def uid_while_it_runs(t, number, *options):
	word = f"{1000 + number}.{os.getpid()}"  # that no other test's has
	process = t.start("sleep", word, options=options)
	found = []
	eventually(lambda: found.append(host_uid(word)) or found[-1] is not None, "no sleep")
	uid = found[-1]
	process.kill()
	process.wait()
	return uid


def test_root_inside_is_nobody_outside(t):  # root
	uid = uid_while_it_runs(t, 1)
	assert FIRST <= uid < FIRST + RANGES * 65536 and uid % 65536 == 0, uid
	other = uid_while_it_runs(t, 2, "--user", "1234")
	assert other % 65536 == 1234 and other - 1234 != uid, (uid, other)
	equal(uid_while_it_runs(t, 3, "--user-namespace", "no"), 0, "without")
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
		uid = uid_while_it_runs(t, len(posture), "--policy", posture, "--user-namespace", "no")
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


def test_user_namespace_needs_mount_setattr(t):  # root
	result = without(t, ["mount_setattr"], ["--user-namespace", "yes"], "true")
	result.fails(125, "--user-namespace", "mount_setattr", "5.12")


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


def group_value(process, name):
	"""What stands in a file of a sandbox's group; None as long as there is no such group."""
	for path in glob.glob(f"/sys/fs/cgroup/**/sbx-{process.pid}-*/{name}", recursive=True):
		with contextlib.suppress(OSError), open(path, encoding="utf-8") as f:
			return f.read().strip()
	return None


def has_value(process, name, value):
	eventually(lambda: group_value(process, name) == str(value),
		   lambda: f"{name}: {group_value(process, name)}, expected {value}")


def test_weights_are_set(t):  # root
	if not os.path.isdir("/sys/fs/cgroup/cpu"):
		raise Skip("no version 1 cpu controller")
	process = t.start("sleep", "1000", options=["--cpu-weight", "50", "--cpus", "0.5"])
	has_value(process, "cpu.shares", 512)
	has_value(process, "cpu.cfs_quota_us", 50000)
	process.kill()
	process.wait()
	t.run("true", options=["--cpu-weight", "0"]).fails(2, "--cpu-weight")
	t.run("true", options=["--io-weight", "10001"]).fails(2, "--io-weight")
	if glob.glob("/sys/fs/cgroup/blkio/blkio.bfq.*"):
		process = t.start("sleep", "1000", options=["--io-weight", "1000"])
		has_value(process, "blkio.bfq.weight", 181)
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
	process = t.start("sleep", "1000", options=["--memory", "64M"])
	has_value(process, "memory.limit_in_bytes", 64 << 20)
	if os.path.exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"):
		has_value(process, "memory.memsw.limit_in_bytes", 64 << 20)
	has_value(process, "memory.swappiness", 0)
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
	# What a policy allows, this process may not: it is not the policy's fault.
	low = t.file("low.policy", "[limits]\nnofile=64\n")
	t.call(["prlimit", "--nofile=12", *t.command(["--policy", low], ["true"])]).fails(2, "--nofile 12", "(ulimit -n)")


def test_file_size_limit_reached(t):
	given = t.file("given", "x" * 5000)
	t.call(["prlimit", "--fsize=1000", *t.command(["--input", given], ["true"])]).fails(
		125, "--input", given, "(ulimit -f)")
	result = t.call(["prlimit", "--fsize=1000", *t.command(["--output", t.path("out")], [
		"/bin/sh", "-c", "for i in 1 2 3; do cat /bin/busybox; done | head -c 5000 > /output/it"])])
	assert result.status in (153, 125), result


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
