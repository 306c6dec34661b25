#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `sbx-provision serve` keeps ready in its slots: new for each sandbox, and what was asked for."""

import os
import resource
import signal
import socket
import subprocess
import time

import support
from serve_client import CREATE, DESTROY, ENDED, LIST, OK, Server, code, is_over, made_ahead, name_of, shared_memory, state_of
from support import equal, eventually


def first_id(pid):
	with open(f"/proc/{pid}/uid_map", encoding="ascii") as f:
		return int(f.read().split()[1])


def keepers(server):
	return [pid for pid in server.children() if name_of(pid) == "sbx-keeper" and not is_over(pid)]


def test_what_was_made_ahead_is_new_and_is_what_was_asked_for(t):
	server = Server(t, "--slots", "1")
	client = server.client()
	leave = "echo $SECRET >/tmp/a; echo b >/dev/shm/b; echo c >/etc/c; echo d >/root/d; hostname"
	look = "ls /tmp /dev/shm /root; cat /etc/c 2>/dev/null; echo $SECRET; hostname; ulimit -n"

	def asked_for(*options):
		number = client.create(*options, t.root)
		pid, text = server.children(), client.shell(number, look)[1].split()
		client.ask(DESTROY, sandbox=number)
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
		return pid, [word for word in text if not word.endswith(":")]

	number = client.create("--env", "SECRET=once", t.root)
	equal(client.shell(number, leave), (0, "sbx\n"))
	client.ask(DESTROY, sandbox=number)
	eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
	ready = made_ahead(server)[0]
	pids, text = asked_for()
	assert ready in pids, "the one that was made ahead was not used"
	equal(text[0], "sbx", "nothing of the first")
	files = text[1]
	ready = made_ahead(server)[0]
	pids, text = asked_for("--hostname", "other", "--nofile", "77")
	assert ready not in pids, "one was used that does not fit"
	equal(text, ["other", "77"])
	equal(asked_for()[1], ["sbx", files], "as at first")
	# Another folder of that name is another template.
	os.rename(t.root, t.root + ".old")
	os.mkdir(t.root)
	os.mkdir(t.root + "/other")
	answer = client.ask(CREATE, [t.root, "--", "/bin/true"])
	os.rmdir(t.root + "/other")
	os.rmdir(t.root)
	os.rename(t.root + ".old", t.root)
	equal(answer.value, code("NO_COMMAND"), answer.words)


def test_words_that_are_known_need_no_keeper(t):
	"""Nobody reads them again: the command and its variables are other ones, all else is the same."""
	server = Server(t, "--slots", "1")
	client = server.client()
	client.wait(ENDED, client.create("--output-limit", "9", "--env", "A=1", t.root, "--", "/bin/true"))
	eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
	keeper = next(pid for pid in server.children() if name_of(pid) == "sbx-keeper")
	null = os.open("/dev/null", os.O_RDWR)
	out, inner = os.pipe()
	# Where it was stopped before it was done with what it makes ahead, there is nothing to tell yet.
	for patience in (2, 4, 8, 16, 32):
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
		eventually(lambda: state_of(keeper) == "S", "the keeper waits")
		os.kill(keeper, signal.SIGSTOP)
		eventually(lambda: state_of(keeper) == "T", "the keeper is stopped")
		client.send(CREATE, ["--output-limit", "9", "--env", "A=22", t.root, "--", "/bin/sh", "-c",
				     "echo $A$B; exit 3"], fds=(null, inner, inner))
		is_known = not server.is_silent(client, patience)
		if not is_known:
			os.kill(keeper, signal.SIGCONT)
		record = client.wait(ENDED, client.receive().sandbox).record
		equal((record["exit_status"], record["output_bytes"], os.read(out, 100)), (3, 3, b"22\n"))
		if is_known:
			break
	assert is_known, "nothing runs while the keeper is stopped"
	os.kill(keeper, signal.SIGCONT)
	for fd in (null, out, inner):
		os.close(fd)
	eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
	equal(server.stop(), 0)


def test_output_that_cannot_be_counted_is_refused_and_costs_no_descriptor(t):
	server = Server(t, "--slots", "1")
	client = server.client()
	words = ["--output-limit", "9", t.root, "--", "/bin/true"]
	null = os.open("/dev/null", os.O_RDWR)
	file = os.open(t.file("out", ""), os.O_WRONLY)
	first = 0
	for _ in range(4):
		equal(client.wait(ENDED, client.create(*words, fds=(null, null, null))).record["exit_status"], 0)
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
		first = first or server.descriptors()
		eventually(lambda most=first: server.descriptors() <= most, "no more descriptors")
		equal(client.ask(CREATE, words, fds=(null, null, file)).value, code("USAGE"))
	os.close(null)
	os.close(file)
	equal(server.stop(), 0)


def test_limits_of_what_was_made_ahead_are_those_of_the_words(t):  # root
	server = Server(t, "--slots", "1")
	client = server.client()
	script = "i=0; while [ $i -lt 40 ]; do /bin/sleep 1000 >/dev/null 2>&1 & i=$((i+1)); done"
	for pids, is_enough in (("20", False), ("20", False), ("60", True), ("20", False), (None, True)):
		number = client.create(*(["--pids", pids] if pids else []), t.root)
		equal(client.shell(number, script)[0] == 0, is_enough, pids)
		client.ask(DESTROY, sandbox=number)
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
	equal(server.stop(), 0)


def test_a_network_is_used_again_only_when_nothing_was_left_in_it(t):  # root
	server = Server(t, "--slots", "1")
	client = server.client()
	outside, given = socket.socketpair()
	keeper = next(pid for pid in server.children() if name_of(pid) == "sbx-keeper")

	def network_after(*words):
		"""Open, so that no other can have its number meanwhile."""
		null = os.open("/dev/null", os.O_RDWR)
		number = client.create(*words, fds=(given.fileno(), null, null))
		os.close(null)
		equal(client.wait(ENDED, number).record["exit_status"], 0, str(words))
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
		return os.open(f"/proc/{keeper}/ns/net", os.O_RDONLY)

	def leave(what, *options):
		return network_after(*options, t.root, "--", "/bin/probe", "leave", what)

	before = leave("nothing")
	for what, is_kept, *options in (
		("nothing", True), ("datagram", False), ("nothing", True), ("attempt", False),
		("connection", False), ("label", False), ("socket", False), ("nothing", True),
		("nothing", False, "--cap", "net_bind_service"), ("nothing", True)):
		after = leave(what, *options)
		equal(os.path.sameopenfile(before, after), is_kept, f"kept after {what} {options}")
		os.close(before)
		before = after
	os.close(before)
	outside.close()


def test_process_1_shares_no_memory_with_the_server(t):  # root
	"""But the ledger of its own record. Made ahead, taken over, made for a request; by old and new keepers."""
	server = Server(t, "--slots", "2")
	client = server.client()

	def check(n_ledgers):
		inits = [pid for pid in server.children() if name_of(pid) == "sbx-init"]
		shared = [shared_memory(pid) for pid in inits]
		equal(sorted(sum(shared, [])), ["/memfd:sbx-ledger (deleted)"] * n_ledgers, f"of {len(inits)} processes")
		assert max(map(len, shared)) <= 1, shared
		equal({pid: len(shared_memory(pid)) for pid in keepers(server)}, dict.fromkeys(keepers(server), 1))
		return len(inits)

	for _ in range(2):
		client.wait(ENDED, client.create(t.root, "--", "/bin/true"))
	eventually(lambda: len(made_ahead(server)) == 2, "both slots have one made ahead")
	equal(check(0), 2)
	client.create(t.root)
	client.create("--record", "all", t.root, "--", "/bin/sleep", "1000")
	check(1)
	# These slots, and so their keepers, come later than the ledger in the server.
	for options in ((), ("--hostname", "other"), ("--record", "calls")):
		client.create(*options, t.root, "--", "/bin/sleep", "1000")
	equal(len(keepers(server)), 5)
	equal(check(2), 5)
	equal(server.stop(), 0)


def test_sandboxes_of_a_time_have_no_ids_in_common(t):  # root
	server = Server(t, "--slots", "4")
	client = server.client()
	ranges = []
	# Some slots have had one sandbox more than others.
	for n in (1, 2, 4, 4, 3, 4):
		numbers = [client.create(t.root) for _ in range(n)]
		taken = [first_id(pid) for pid in server.children() if name_of(pid) == "sbx-init"]
		assert len(taken) >= n, (n, taken)
		equal(len(set(taken)), len(taken), "ranges of ids")
		ranges += taken
		for number in numbers:
			client.ask(DESTROY, sandbox=number)
	assert all(first >= 0x70000000 for first in ranges), ranges
	equal(server.stop(), 0)


def test_what_was_made_ahead_and_is_killed_is_made_anew(t):
	server = Server(t, "--slots", "1")
	client = server.client()
	for _ in range(3):
		client.wait(ENDED, client.create(t.root, "--", "/bin/true"))
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
		ready = made_ahead(server)[0]
		os.kill(ready, signal.SIGKILL)
		eventually(lambda pid=ready: is_over(pid), "it has ended")
	# Of all that helped to make it nothing is counted any more.
	equal(client.wait(ENDED, client.create("--pids", "1", t.root, "--", "/bin/true")).record["exit_status"], 0)
	equal(server.stop(), 0)


def test_what_was_made_ahead_and_is_killed_serves_by_another(t):
	"""Killed when it has been told what to run and has not read it: nothing of that has begun."""
	server = Server(t, "--slots", "1")
	client = server.client()
	client.wait(ENDED, client.create(t.root, "--", "/bin/true"))
	# Before it is told, while, and after that: however busy the machine is.
	for pause in (0, 0.003, 0.01, 0.03) * 3:
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
		ready = made_ahead(server)[0]
		os.kill(ready, signal.SIGSTOP)
		eventually(lambda pid=ready: state_of(pid) == "T", "it has stopped")
		request = client.send(CREATE, [t.root, "--", "/bin/true"])
		time.sleep(pause)
		os.kill(ready, signal.SIGKILL)
		answer = client.receive()
		equal((answer.id, answer.type), (request, OK), answer.words)
		equal(client.wait(ENDED, answer.sandbox).record["exit_status"], 0)
	equal(server.stop(), 0)


def test_a_keeper_that_was_killed_costs_no_request(t):
	"""Between two requests, while something stands in its slot and while not."""
	server = Server(t, "--slots", "2")
	client = server.client()

	def kill_all():
		for pid in keepers(server):
			os.kill(pid, signal.SIGKILL)
			eventually(lambda pid=pid: is_over(pid), "it has ended")

	def serves(*words):
		equal(client.wait(ENDED, client.create(*words, t.root, "--", "/bin/true")).record["exit_status"], 0)

	for _ in range(2):
		kill_all()
		for words in ((), (), ("--hostname", "other"), ("--record", "files")):
			serves(*words)
	for words in ((), ("--hostname", "other")):
		kill_all()
		serves(*words)
		serves()
	# No slot is left without one.
	eventually(lambda: len(made_ahead(server)) == len(keepers(server)) == 2, lambda: server.children())
	equal(server.stop(), 0)


def test_a_keeper_that_is_killed_before_it_read_a_request_costs_it_not(t):
	server = Server(t, "--slots", "1")
	client = server.client()
	for _ in range(3):
		eventually(lambda: len(keepers(server)) == 1, "it has a keeper")
		keeper = keepers(server)[0]
		eventually(lambda pid=keeper: state_of(pid) == "S", "the keeper waits")
		os.kill(keeper, signal.SIGSTOP)
		eventually(lambda pid=keeper: state_of(pid) == "T", "the keeper is stopped")
		request = client.send(CREATE, ["--hostname", "other", t.root, "--", "/bin/true"])
		client.send(LIST)
		equal(len(client.receive().words), 1, "the request is with the keeper")
		os.kill(keeper, signal.SIGKILL)
		answer = client.receive()
		equal((answer.id, answer.type), (request, OK), answer.words)
		equal(client.wait(ENDED, answer.sandbox).record["exit_status"], 0)
		# For words that are not as these nothing is there that stands.
		client.wait(ENDED, client.create(t.root, "--", "/bin/true"))
	equal(server.stop(), 0)


def test_a_slot_that_cannot_be_made_anew_leaves_the_others_to_serve(t):  # user
	"""There may be no more processes of this user's when a keeper is killed."""
	server = Server(t, "--slots", "3")
	client = server.client()
	keeper = next(pid for pid in server.children() if name_of(pid) == "sbx-keeper")
	_, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NPROC)
	os.kill(keeper, signal.SIGKILL)
	eventually(lambda: is_over(keeper), "it has ended")
	resource.prlimit(server.process.pid, resource.RLIMIT_NPROC, (1, hard))
	refused = 0
	for _ in range(8):
		answer = client.ask(CREATE, [t.root, "--", "/bin/true"])
		if answer.type == OK:
			equal(client.wait(ENDED, answer.sandbox).record["exit_status"], 0)
		refused += answer.type != OK
	# Not even by the slot whose keeper it was.
	equal(refused, 0)
	resource.prlimit(server.process.pid, resource.RLIMIT_NPROC, (hard, hard))
	for _ in range(3):
		client.create(t.root)
	equal(server.stop(), 0)


def intrude(pid):
	"""Something in the slot of this process: when its sandbox has ended, it is counted there, and it rests for 200 ms."""
	with open(f"/proc/{pid}/cgroup", encoding="utf-8") as f:
		groups = [line.rstrip("\n").split(":", 2) for line in f]
	group = next((path for _, names, path in groups if "pids" in names.split(",")), None)
	if group is None:
		raise support.Skip("the pids controller is not on cgroup version 1")
	intruder = subprocess.Popen(["sleep", "1000"])
	with open(f"/sys/fs/cgroup/pids{group}/cgroup.procs", "w", encoding="utf-8") as f:
		f.write(str(intruder.pid))
	return intruder


def test_a_slot_that_somebody_entered_is_made_anew_while_others_serve(t):  # root
	server = Server(t, "--slots", "1")
	client = server.client()
	client.wait(ENDED, client.create(t.root, "--", "/bin/true"))
	eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
	intruder = intrude(made_ahead(server)[0])
	try:
		for _ in range(3):
			equal(client.wait(ENDED, client.create(t.root, "--", "/bin/true")).record["exit_status"], 0)
		equal(intruder.wait(timeout=support.PATIENCE), -signal.SIGKILL, "it went with the slot")
		equal(client.wait(ENDED, client.create(t.root, "--", "/bin/true")).record["exit_status"], 0)
	finally:
		intruder.kill()
		intruder.wait()
	equal(server.stop(), 0)


def test_who_waits_for_a_slot_keeps_nobody_else_waiting(t):  # root
	server = Server(t, "--slots", "1")
	one, two = server.client(), server.client()
	# On a busy machine the slot may have had its rest before anybody asks.
	for _ in range(20):
		number = one.create(t.root)
		intruder = intrude(made_ahead(server)[0])
		one.ask(DESTROY, sandbox=number)
		request = one.send(CREATE, [t.root, "--", "/bin/true"])
		listed = two.ask(LIST).words
		answer = one.receive()
		equal((answer.id, answer.type), (request, OK), answer.words)
		equal(one.wait(ENDED, answer.sandbox).record["exit_status"], 0)
		equal(intruder.wait(timeout=support.PATIENCE), -signal.SIGKILL, "it went with the slot")
		if not listed:
			break
	equal(listed, [], "sandboxes when the other one was answered")
	equal(server.stop(), 0)


def test_what_is_to_be_started_again_keeps_nobody_else_waiting(t):  # root
	"""Killed before it read what to run, in a slot that has to rest then."""
	server = Server(t, "--slots", "1")
	one, two = server.client(), server.client()
	for is_left in (False, False, True):
		one.wait(ENDED, one.create(t.root, "--", "/bin/true"))
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead")
		ready = made_ahead(server)[0]
		intruder = intrude(ready)
		os.kill(ready, signal.SIGSTOP)
		eventually(lambda pid=ready: state_of(pid) == "T", "it has stopped")
		request = one.send(CREATE, [t.root, "--", "/bin/true"])
		eventually(lambda: two.ask(LIST).words, "it has been told")
		os.kill(ready, signal.SIGKILL)
		if is_left:
			one.close()
			eventually(lambda: not two.ask(LIST).words, "it is begun for nobody")
		else:
			while server.is_silent(one, 0.01):
				equal(len(two.ask(LIST).words), 1)
			answer = one.receive()
			equal((answer.id, answer.type), (request, OK), answer.words)
			equal(one.wait(ENDED, answer.sandbox).record["exit_status"], 0)
		equal(intruder.wait(timeout=support.PATIENCE), -signal.SIGKILL, "it went with the slot")
	equal(two.wait(ENDED, two.create(t.root, "--", "/bin/true")).record["exit_status"], 0)
	equal(server.stop(), 0)


if __name__ == "__main__":
	support.main(globals())
