# SPDX-License-Identifier: Apache-2.0
"""
Limits on a pure version 2 tree of cgroups with all its controllers, in a virtual machine: SBX_VM_PLACE
says where in the tree (place.py). What tests of provisioner/ show of limits as well is not shown again.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "provisioner"))

import place  # noqa: E402
from serve_client import OK, SET, STATS, Server  # noqa: E402
from support import equal, eventually, main  # noqa: E402

ALL = ["--memory", "64M", "--cpus", "0.5", "--cpu-weight", "200", "--pids", "20", "--io-weight", "300"]
IN_FILES = {"memory.max": str(64 << 20), "memory.swap.max": "0", "memory.oom.group": "1",
	    "cpu.max": "50000 100000", "cpu.weight": "200", "pids.max": "21", "io.bfq.weight": "118"}


def read(path):
	with open(path, encoding="ascii") as f:
		return f.read().strip()


def files_of(group, names):
	return {name: read(f"{group}/{name}").removeprefix("default ") for name in names}


def group_of(t, process):
	"""The one folder of a run's group."""
	found = [g for g in t.groups() if f"/sbx-{process.pid}-" in g]
	equal(len(found), 1, f"groups of {process.pid}: {found}")
	return found[0]


def start(t, options, script="sleep 1000", **how):
	process = t.start("sh", "-c", f"echo up; {script}", options=options, **how)
	line = process.stdout.readline()
	assert line == "up\n", line + process.stderr.read()
	return process


def test_every_limit_is_in_the_group_s_files(t):
	process = start(t, ALL)
	group = group_of(t, process)
	equal(files_of(group, IN_FILES), IN_FILES, "files")
	io_weight = f"{group}/io.weight"
	assert not os.path.exists(io_weight) or read(io_weight).startswith("default 300"), read(io_weight)
	inside = read(f"{group}/cgroup.procs").split()
	equal(len(inside), 2, "process 1 and the command")
	for pid in inside:
		equal(read(f"/proc/{pid}/cgroup"), "0::" + group[len("/sys/fs/cgroup"):], "where it is")
	process.terminate()
	process.communicate()
	equal(t.groups(), [], "groups afterwards")


def test_it_is_born_in_its_group(t):  # root
	"""Nobody is moved: the clone has the flag, and no pid is written to a cgroup.procs."""
	log = t.path("calls")
	result = t.call(["strace", "-f", "-qq", "-e", "trace=clone3,openat", "-o", log,
			 *t.command(["--pids", "9"], ["/bin/true"])]).ok()
	with open(log, encoding="utf-8") as f:
		calls = f.read()
	assert "CLONE_INTO_CGROUP" in calls, (calls, str(result))
	assert not re.search(r'cgroup.procs", O_(WRONLY|RDWR)', calls), calls


def test_it_is_killed_and_not_swapped(t):  # root
	"""With swap on this machine: what is beyond --memory does not go there."""
	image = t.path("swap")
	with open(image, "wb") as f:
		f.truncate(96 << 20)
	device = subprocess.run(["losetup", "-f"], capture_output=True, text=True, check=True).stdout.strip()
	subprocess.run(["losetup", device, image], check=True)
	try:
		subprocess.run(["mkswap", device], check=True, capture_output=True)
		subprocess.run(["swapon", device], check=True)
		result = t.probe("memory", "64", options=["--memory", "32M"])
		result.fails(137, "--memory")
		equal((result.record["reason"], result.record["oom_kills"] >= 1), ("oom", True), "record")
		subprocess.run(["swapoff", device], check=True)
	finally:
		subprocess.run(["losetup", "-d", device], check=True)


def test_only_the_sandbox_is_killed_for_its_memory(t):
	other = start(t, ["--memory", "64M"])
	result = t.probe("memory", "200", options=["--memory", "32M"])
	result.fails(137, "--memory")
	equal(result.record["reason"], "oom", "reason")
	equal(other.poll(), None, "another sandbox lives")


def test_shares_decide_between_two(t):
	"""On one processor that both want: four times the weight is more than twice the time."""
	def on_one():
		os.sched_setaffinity(0, {0})
	burn = "while :; do :; done"
	processes = [start(t, ["--cpu-weight", weight, "--pids", "9"], burn, preexec_fn=on_one)
		     for weight in ("50", "400")]
	groups = [group_of(t, p) for p in processes]

	def spent():
		return [int(read(f"{g}/cpu.stat").split()[1]) for g in groups]
	before = spent()
	eventually(lambda: spent()[1] - before[1] > 2000000, "the favoured one gets no time", seconds=120)
	less, more = [now - then for now, then in zip(spent(), before)]
	assert more > 2 * less, (less, more)


def test_limits_are_set_while_it_runs(t):
	server = Server(t)
	client = server.client()
	number = client.create("--memory", "64M", "--cpus", "0.5", "--pids", "20", t.root, "--", "/bin/sh", "-c",
			       "head -c 20000000 /dev/zero >/tmp/x; sleep 1000")

	def groups():
		return [g for g in t.groups() if os.path.exists(f"{g}/memory.max")
			and read(f"{g}/memory.max") != "max"]
	equal(len(groups()), 1, "groups with a limit")
	group, = groups()
	for words, name, value in ((["--memory=128M"], "memory.max", str(128 << 20)),
				   (["--memory=48M"], "memory.max", str(48 << 20)),
				   (["--cpus=1.5"], "cpu.max", "150000 100000"),
				   (["--cpus=none"], "cpu.max", "max 100000"),
				   (["--cpu-weight=300"], "cpu.weight", "300"), (["--pids=5"], "pids.max", "6"),
				   (["--pids=none"], "pids.max", "max")):
		answer = client.ask(SET, words, sandbox=number)
		equal(answer.type, OK, str(answer))
		equal(read(f"{group}/{name}"), value, str(words))
	eventually(lambda: client.ask(STATS, sandbox=number).record["memory_bytes"] > 20000000, "it does not write")
	# In version 2 the kernel would kill it for that: the request is refused instead, and it lives.
	answer = client.ask(SET, ["--memory=4M"], sandbox=number)
	assert answer.type != OK and "--memory" in answer.words[0], answer
	equal(read(f"{group}/memory.max"), str(48 << 20), "limit afterwards")
	equal(client.shell(number, "echo lives")[1], "lives\n", "the sandbox")
	equal(server.stop(), 0)


def test_a_killed_server_s_groups_are_swept(t):
	def left(server):
		return [g for g in t.groups() if f"/sbx-{server.process.pid}-" in g]
	server = Server(t, "--slots", "2")
	client = server.client()
	client.create("--memory", "64M", t.root)
	assert left(server), "no groups"
	server.stop(signal.SIGKILL)
	second = Server(t)
	eventually(lambda: not left(server), f"left: {left(server)}")
	equal(second.stop(), 0)


@contextlib.contextmanager
def delegated(t):
	"""As systemd-run --user --scope -p Delegate=yes has it: the group's folder, and what a command begins with
	that is to be alone in it as the user."""
	own = "/sys/fs/cgroup" + read("/proc/self/cgroup").removeprefix("0::")
	scope = os.path.join(os.path.dirname(own), "delegated.scope")
	os.mkdir(scope)
	place.give(scope)
	os.chmod(t.tmp, 0o755)
	join = f"echo $$ >{scope}/cgroup.procs && exec setpriv --reuid {place.UID} --regid {place.UID} --clear-groups \"$@\""
	try:
		yield scope, ["sh", "-c", join, "sh"]
	finally:
		eventually(lambda: not read(f"{scope}/cgroup.procs"), "processes are left")
		os.rmdir(scope)


def is_free(scope):
	"""May be entered again: no controllers are given on, and nobody is anywhere in it."""
	return not read(f"{scope}/cgroup.subtree_control") and "populated 0" in read(f"{scope}/cgroup.events")


def groups_in(scope):
	return [e.name for e in os.scandir(scope) if e.is_dir()]


def test_alone_in_a_delegated_group(t):  # root
	"""It leaves the group for a child of it meanwhile."""
	with delegated(t) as (scope, front):
		def alone(options, *command):
			return t.call([*front, *t.command([*options, "--user", "0"], command)])
		for _ in range(2):
			alone(ALL, "/bin/true").ok()
			assert is_free(scope), "controllers are still given on"
			equal(groups_in(scope), [], "groups")
		alone(["--memory", "32M"], "/bin/probe", "memory", "64").fails(137, "--memory")
		equal(alone(["--pids", "10"], "/bin/probe", "processes", "300").lines, ["9 EAGAIN"], "processes")


def test_a_delegated_group_can_be_entered_again_when_it_was_killed(t):  # root
	"""At each step of a run, which leads out of the group and back; and as a server with a sandbox."""
	with delegated(t) as (scope, front):
		command = t.command(["--pids", "10", "--user", "0"], ["/bin/true"])
		for step in range(1, 1000):
			done = subprocess.run([*front, os.environ["SBX_KILLED"], "0", str(step), "--", *command], env=t.env,
					      cwd=t.tmp, stdin=subprocess.DEVNULL, capture_output=True, text=True)
			assert done.returncode in (0, 3), done
			eventually(lambda: is_free(scope), f"left at step {step}: {groups_in(scope)}")
			if done.returncode == 3:
				break
		assert step > 12, step
		# What was killed before it gave controllers on, or had a reaper, the next one has removed.
		equal(groups_in(scope), [], "groups")
		os.chown(t.folder("of-the-user"), place.UID, place.UID)
		server = Server(t, "--slots", "1", front=front, socket_path=t.path("of-the-user/socket"))
		server.client().create("--pids", "10", t.root)
		assert not is_free(scope), "the server has no groups"
		server.stop(signal.SIGKILL)
		eventually(lambda: is_free(scope), f"left by a server: {groups_in(scope)}")
		equal(groups_in(scope), [], "groups of the server")
		t.call([*front, *command]).ok()


if __name__ == "__main__":
	main(globals())
