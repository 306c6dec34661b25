#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A server's sandbox while it runs: limits up and down, pause, signals; cgroups of version 2."""

import os
import select
import signal
import time

import support
from serve_client import (DESTROY, ENDED, ERROR, EXEC, OK, PAUSE, RESUME, SET, SIGNAL, STATS, Server,
			  code, made_ahead)
from support import equal, eventually


def test_limits_and_posture_while_it_runs(t):  # root
	policy = t.file("most.policy", "[limits]\npids=40\nmemory=512M\n")
	server = Server(t, "--policy", policy)
	client = server.client()
	number = client.create("--pids", "3", t.root)
	many = "for i in 1 2 3 4 5 6; do sleep %s >/dev/null & done 2>/dev/null; wait"
	assert client.shell(number, many % 20)[0] != 0
	equal(client.ask(SET, ["--pids=20"], sandbox=number).type, OK)
	equal(client.shell(number, many % 0.3)[0], 0)
	for words in (["--pids=41"], ["--pids=none"], ["--memory=1G"]):
		equal(client.ask(SET, words, sandbox=number).value, code("DENIED"), str(words))
	equal(client.ask(SET, ["--policy=/etc/passwd"], sandbox=number).value, code("DENIED"))
	equal(client.ask(SET, ["--nofile=3"], sandbox=number).value, code("UNSUPPORTED"))
	equal(client.ask(SET, ["hello"], sandbox=number).value, code("USAGE"))
	equal(client.shell(number, "probe socket 2>&1 | head -1; ls / >/dev/null && echo ok")[1][-3:], "ok\n")
	answer = client.ask(SET, ["--syscalls=base", "--timeout=60"], sandbox=number)
	assert answer.type == OK, answer
	# From now on less: busybox needs more than the base class.
	before = client.shell(number, "mkdir /tmp/x && echo made")
	assert before[1] != "made\n", before
	answer = client.ask(SET, ["--timeout=0.1", "--grace=0"], sandbox=number)
	assert answer.type == OK, answer
	equal(client.wait(ENDED, number).record["reason"], "timed-out")


def test_a_request_to_set_holds_as_a_whole_or_not_at_all(t):  # root
	server = Server(t)
	client = server.client()
	number = client.create("--pids", "30", "--memory", "256M", "--output-limit", "1M", t.root)
	many = "for i in 1 2 3 4 5 6; do sleep %s >/dev/null & done 2>/dev/null; wait; mkdir /tmp/$1 && echo made"
	for i, (words, expected) in enumerate((
			(["--pids=3", "--syscalls=base", "--nofile=9"], "UNSUPPORTED"),
			(["--pids=3", "--syscalls=base", "--timeout=0.1", "--memory=4096"], "BUSY"),
			(["--pids=3", "--policy=paranoid", "--memory=much"], "USAGE"),
			(["--timeout=0.1", "--grace=0", "--syscalls=base", "hello"], "USAGE"),
			(["--pids=3", "--syscalls=base", "--policy=none-such"], "NOT_FOUND"))):
		answer = client.ask(SET, words, sandbox=number)
		assert (answer.type, answer.value) == (ERROR, code(expected)), (words, answer)
		# Nothing of it holds: neither fewer processes, nor fewer calls, nor less time.
		time.sleep(0.15)
		equal(client.shell(number, f"set -- {i}; {many % 0.3}"), (0, "made\n"), str(words))
	# Later words count, whatever a posture before them says.
	equal(client.ask(SET, ["--policy=paranoid", "--pids=5"], sandbox=number).type, OK)
	assert client.shell(number, many % 20)[0] != 0


def alone_on_version_2(before="exec"):
	"""Start the server where cgroup version 2 is all there is; with what controllers it has here."""
	return ["unshare", "--mount", "--propagation", "private", "sh", "-c",
		f"umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup && {before} \"$@\"", "sh"]


def group_of(pid):
	"""Where the version 2 tree is for us, and its group below that."""
	with open(f"/proc/{pid}/cgroup", encoding="utf-8") as f:
		path = next(line[3:].rstrip("\n") for line in f if line.startswith("0::"))
	tree = next(d for d in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup") if os.path.exists(f"{d}/cgroup.procs"))
	return tree, path


def frozen(group):
	with open(f"{group}/cgroup.events", encoding="utf-8") as f:
		return "frozen 1" in f.read()


def is_served_on_version_2(t, front, **how):
	"""Born into a group of its own, counted, frozen, removed; and what a killed server leaves is swept."""
	server = Server(t, "--slots", "1", front=front, **how)
	client = server.client()
	number = client.create(t.root)
	tree, path = group_of(made_ahead(server)[0])
	group = tree + path
	assert f"/sbx-{server.process.pid}-" in path, path
	equal(client.ask(PAUSE, sandbox=number).type, OK)
	assert frozen(group), "pause"
	stats = client.ask(STATS, sandbox=number).record
	assert stats["paused"] and stats["cpu_usec"] > 0, stats
	equal(client.ask(RESUME, sandbox=number).type, OK)
	assert not frozen(group), "resume"
	equal(client.shell(number, "echo on")[1], "on\n")
	client.ask(DESTROY, sandbox=number)
	eventually(lambda: not os.path.exists(group), "its group is removed")
	number = client.create(t.root)
	equal(client.ask(PAUSE, sandbox=number).type, OK)
	server.stop(signal.SIGKILL)
	top = tree + path[:path.index("/sbx-")]
	mine = f"sbx-{server.process.pid}-"
	assert any(name.startswith(mine) for name in os.listdir(top)), os.listdir(top)
	server = Server(t, front=front, **how)
	eventually(lambda: not any(name.startswith(mine) for name in os.listdir(top)), lambda: os.listdir(top))
	equal(server.stop(), 0)


def test_version_2_alone(t):  # root
	is_served_on_version_2(t, alone_on_version_2())


def test_version_2_delegated_to_a_user(t):  # root
	uid = support.UID
	tree, _ = group_of(os.getpid())
	name = f"test-delegated-{os.getpid()}"
	os.mkdir(f"{tree}/{name}")
	try:
		for path in ("", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads"):
			os.chown(f"{tree}/{name}{path}", uid, uid)
		os.chmod(t.tmp, 0o755)
		os.chown(t.folder("of-the-user"), uid, uid)
		join = (f"echo $$ >/sys/fs/cgroup/{name}/cgroup.procs && "
			f"exec setpriv --reuid {uid} --regid {uid} --clear-groups")
		is_served_on_version_2(t, alone_on_version_2(join), socket_path=t.path("of-the-user/socket"))
	finally:
		def is_removed():
			try:
				os.rmdir(f"{tree}/{name}")
			except OSError:
				return False  # what was killed is in it for another moment
			return True
		eventually(is_removed, "the group is empty")


def test_pause_stops_it_and_time(t):  # root
	server = Server(t)
	client = server.client()
	null = os.open("/dev/null", os.O_RDWR)
	# The shortest time in which a busy machine comes to pause it, and it has some left.
	for seconds in (2, 10, 40):
		reader, writer = os.pipe()
		number = client.create("--timeout", str(seconds), t.root, "--", "/bin/sh", "-c",
				       "while :; do echo x; sleep 0.02; done", fds=(null, writer, null))
		os.close(writer)
		is_in_time = os.read(reader, 1) == b"x" and is_paused_beyond(client, number, reader, seconds)
		equal(client.wait(ENDED, number).record["reason"], "timed-out")
		if is_in_time:
			return
	raise AssertionError("the time was up before it was paused, or right after that")


def is_paused_beyond(client, number, reader, seconds):
	"""Pause it for longer than it has, and let it go on; False: it was over too soon to be paused."""
	if client.ask(PAUSE, sandbox=number).type != OK:
		return False
	os.set_blocking(reader, False)
	if select.select([reader], [], [], 0)[0]:
		os.read(reader, 65536)
	time.sleep(seconds + 0.5)
	try:
		assert os.read(reader, 1) == b"", "it wrote while it was paused"
	except BlockingIOError:
		pass
	stats = client.ask(STATS, sandbox=number).record
	assert stats["paused"] and stats["pids"] >= 1, stats
	equal(client.ask(RESUME, sandbox=number).type, OK)
	os.set_blocking(reader, True)
	return os.read(reader, 1) == b"x"


def test_signals_and_numbers_of_commands(t):
	server = Server(t)
	one, two = server.client(), server.client()
	number = one.create(t.root)
	for client in (one, two):
		equal(client.ask(EXEC, ["/bin/sleep", "1000"], sandbox=number, command=7).type, OK)
	# Each has numbers of its own.
	equal(two.ask(SIGNAL, sandbox=number, command=7, value=signal.SIGTERM).type, OK)
	equal(two.wait(104, number).value, signal.SIGTERM)
	assert server.is_silent(one)
	equal(two.ask(SIGNAL, sandbox=number, command=7, value=9).value, code("NOT_FOUND"))
	equal(two.ask(EXEC, ["/nowhere"], sandbox=number, command=8).type, OK)
	failed = two.wait(ERROR, number)
	equal((failed.command, failed.value), (8, code("NO_COMMAND")))
	equal(one.ask(DESTROY, sandbox=number).type, OK)


if __name__ == "__main__":
	support.main(globals())
