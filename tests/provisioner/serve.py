#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`sbx-provision serve`: sandboxes on request, and whoever asks for them being hostile."""

import json
import operator
import os
import resource
import signal
import socket
import subprocess
import time

import support
from serve_client import (CREATE, DESTROY, ENDED, ERROR, EXEC, HEADER, HELLO, KEEP, LIST, OK, PAUSE,
			  STATS, WELCOME, Client, Server, code, is_over, name_of)
from support import equal, eventually


def test_a_person_can_drive_it(t):
	server = Server(t)
	equal(server.ctl("create", t.root, "--", "/bin/sh", "-c", "cat; exit 5", stdin="in").status, 5)
	equal(server.ctl("create", t.root, "--", "/bin/sh", "-c", "cat", stdin="in").out, "in")
	server.ctl("create", "--timeout", "0.3", t.root, "--", "/bin/sleep", "1000").fails(124, "--timeout")
	server.ctl("create", "--output-limit", "3", t.root, "--", "/bin/echo", "12345").fails(137, "--output-limit")
	number = server.ctl("create", "--keep", "--env", "A=1", t.root).lines[0]
	equal(server.ctl("exec", number, "B=2", "--", "/bin/sh", "-c", "echo $A$B; exit 3").out, "12\n")
	equal(server.ctl("exec", number, "--", "/bin/sh", "-c", "exit 3").status, 3)
	equal(json.loads(server.ctl("ls").lines[0])["state"], "running")
	equal(server.ctl("set", number, "--timeout=60").out, "")
	assert "files: fixed" in server.ctl("set", number, "--policy=paranoid").ok().out
	for name in ("TERM", "sigusr1", "12"):
		server.ctl("signal", number, name).ok()
	for name in ("0", "65", "TERMS", ""):
		server.ctl("signal", number, name).fails(2, "expected a signal", name)
	equal(json.loads(server.ctl("rm", number).lines[0])["reason"], "signalled")
	equal(server.ctl("ls").out, "")
	gone = server.ctl("exec", number, "--", "/bin/true")
	assert gone.status == 12 and "none of that number" in gone.err, gone
	equal(server.stop(), 0)
	assert not os.path.exists(server.path)


def test_words_of_ctl_that_make_no_sense(t):
	server = Server(t)

	def wrong(*words, status=2, says=()):
		return server.ctl(*words).fails(status, "ctl: ", *says)

	wrong("ls", "extra", says=["no further word"])
	for words in (["stats"], ["exec"], ["exec", "1"], ["exec", "1", "--"], ["set", "1"], ["signal"], ["rm", "1", "2"],
		      ["warm", "a", "-"], ["cool"]):
		wrong(*words, says=[f"{words[0]}: write "])
	wrong("warm", "a", "-", t.root, "x", says=["warm: 'x'"])
	wrong("create", "--keep", "--", "true", says=["TEMPLATE is missing"])
	wrong("create", t.root, "--zygote", "a", says=["--modules"])
	wrong("create", "--status-fd", "x", t.root, "--", "true", says=["--status-fd: 'x'"])
	wrong("create", "--keep", "--status-fd", "1", t.root, says=["--keep"])
	wrong("create", t.root, "--output", says=["--output", "last word"])
	wrong("create", "--input", t.path("missing"), t.root, "--", "true", status=code("INPUT"), says=["make it first"])
	wrong("create", "--output", t.file("file", ""), t.root, "--", "true", status=code("INPUT"), says=["a folder is needed"])
	# Ours may stand anywhere before the command, and a value of another option is none of ours.
	wrong("create", "--env", "--keep", t.root, "--", "true", says=["--env"])
	result = server.ctl("create", "--record", "files", f"--input={t.file('in', 'given')}", t.root, "--status-fd", "1", "--",
			    "/bin/sh", "-c", 'cat /task/input.json; echo " $*"', "sh", "--keep", "--status-fd")
	assert result.ok().out.startswith("given --keep --status-fd\n{"), result
	for words in (["--help"], ["create", "--help"], ["ls", "-h"]):
		assert server.ctl(*words).ok().out.startswith("Usage: sbx-provision ctl "), words
	for path in ([], [""]):
		t.call([t.program, "ctl", "--socket", *path]).fails(2, "--socket is missing")
	equal(server.stop(), 0)


def test_what_its_policy_holds_down_is_told(t):
	server = Server(t, "--policy", t.file("p.policy", "[limits]\ntimeout=60\n"))
	done = server.ctl("create", "--timeout", "90", t.root, "--", "/bin/true")
	equal((done.status, done.err), (0, "sbx-provision: ctl: warning: --timeout 90: reduced to 60 because of "
				       "the server's policy\n"))
	equal(server.ctl("create", "--timeout", "50", t.root, "--", "/bin/true").err, "")


def test_the_record_tells_stages(t):
	server = Server(t)
	client = server.client()
	record = client.wait(ENDED, client.create(t.root, "--", "/bin/true")).record
	stages = {name: usec for name, usec in record["stages"].items() if usec is not None}
	equal(sorted(stages), ["cleanup", "exec", "mounts", "plan", "run", "spawn"])
	assert 0 < sum(stages.values()) <= record["wall_usec"] + 1000, record


def test_words_are_those_of_run_with_less(t):
	"""What is of the host and not shared cannot be named."""
	server = Server(t)
	client = server.client()
	denied = code("DENIED")
	link = os.path.join(os.path.dirname(t.root), "link")
	os.symlink("/", link)
	policy = t.file("p.policy", "[limits]\npids=3\n")
	for words in (["--bind", "/etc:/mnt", t.root], ["--ro-bind=/etc:/mnt", t.root],
		      ["--overlay", f"{link}/etc:/mnt", t.root], ["--layer", t.path("layer"), t.root],
		      ["--root", "/", "x"], ["--status-fd", "1", t.root], ["--profile", "build", t.root],
		      ["--dry-run", t.root], ["--policy", policy, t.root], [f"--policy={policy}", t.root],
		      ["--defaults", policy, t.root], ["/usr"], [link], [t.root + "/../../../../"]):
		answer = client.ask(CREATE, [*words, "--", "/bin/true"])
		assert answer.type == ERROR and answer.value == denied, (words, answer)
	for words in (["--nonsense", t.root], [], ["--memory"], ["--memory", "x", t.root], [t.root, "--"]):
		answer = client.ask(CREATE, words or ["--"])
		assert answer.type in (ERROR, OK), answer
		if words != [t.root, "--"]:
			equal(answer.value, code("USAGE"), str(words))
	shared = os.path.dirname(t.root)
	os.mkdir(os.path.join(shared, "data"))
	number = client.create("--ro-bind", f"{shared}/data:/mnt", t.root)
	equal(client.shell(number, "touch /mnt/x 2>/dev/null; echo $?")[1], "1\n")


def test_a_link_put_in_the_way_leads_nowhere(t):
	"""A sandbox changes what is shared while another one is asked for."""
	shared = t.folder("template", "shared")
	secret = t.file("secret/file", "of the host\n")
	os.mkdir(os.path.join(shared, "place"))
	t.file("template/shared/place/file", "shared\n")
	os.symlink(os.path.dirname(secret), os.path.join(shared, "link"))
	server = Server(t)
	client = server.client()
	flip = "while :; do mv /s/place /s/aside; mv /s/link /s/place; mv /s/place /s/link; mv /s/aside /s/place; done"
	client.create("--bind", f"{shared}:/s", t.root, "--", "/bin/sh", "-c", flip)
	seen, refused = 0, 0
	for option in ("--ro-bind", "--overlay", "--bind") * 25:
		reader, writer = os.pipe()
		null = os.open("/dev/null", os.O_RDWR)
		answer = client.ask(CREATE, [option, f"{shared}/place:/mnt", t.root, "--", "/bin/cat", "/mnt/file"],
				    fds=(null, writer, null))
		os.close(writer)
		os.close(null)
		with os.fdopen(reader) as f:
			text = f.read()
		assert text in ("", "shared\n"), text
		seen, refused = seen + (text != ""), refused + (answer.type == ERROR)
	assert seen + refused, "nothing was tried"


def test_a_client_s_end_is_its_sandboxes_end(t):
	server = Server(t)
	one, two = server.client(), server.client()
	mine = one.create(t.root, "--", "/bin/sleep", "1000")
	kept = one.create(t.root, "--", "/bin/sleep", "1000", flags=KEEP)
	equal(len(two.ask(LIST).words), 2)
	one.close()
	eventually(lambda: len(two.ask(LIST).words) == 1, "it lives on without its client")
	equal(json.loads(two.ask(LIST).words[0])["sandbox"], kept)
	assert mine != kept
	equal(two.ask(DESTROY, sandbox=kept).record["reason"], "signalled")


def test_a_killed_server_leaves_nothing(t):
	for after in (0, 0.003, 0.02, 0.3):
		server = Server(t)
		client = server.client()
		number = client.create(t.root, "--", "/bin/sleep", "1000")
		if t.is_root:
			client.ask(PAUSE, sandbox=number)
		for _ in range(3):
			client.send(CREATE, [t.root, "--", "/bin/sleep", "1000"], flags=KEEP)
		time.sleep(after)
		children = server.children()
		server.stop(signal.SIGKILL)
		groups = server.groups()
		assert os.path.exists(server.path)
		again = Server(t)
		eventually(lambda: not [g for g in groups if os.path.exists(g)],
			   f"groups of the killed server: {groups}")
		for pid in children:
			eventually(lambda pid=pid: is_over(pid), f"{pid} lives on")
		equal(again.client().ask(LIST).words, [])
		equal(again.stop(), 0)
		assert not again.groups()


def test_malformed_messages(t):
	server = Server(t)
	client = server.client()
	good = HEADER.pack(LIST, 1, 0, 0, 0, 0, 0, 0)
	for packet in (b"x", good[:-1], good + b"x", HEADER.pack(77, 1, 0, 0, 0, 0, 0, 0),
		       HEADER.pack(LIST, 1, 0, 0, 0, 0, 1, 0), HEADER.pack(LIST, 1, 0, 0, 0, 1, 0, 0),
		       HEADER.pack(LIST, 1, 0, 0, 0, 0, 0, 1), HEADER.pack(OK, 1, 0, 0, 0, 0, 0, 0),
		       HEADER.pack(CREATE, 1, 0, 0, 0, 0, 2, 0) + b"a\0b",
		       HEADER.pack(CREATE, 1, 0, 0, 0, 0, 1, 0) + b"a\0b\0",
		       HEADER.pack(CREATE, 1, 0, 0, 0, 0, 0xffffffff, 0) + b"a\0",
		       HEADER.pack(EXEC, 1, 1, 1, 5, 0, 1, 0) + b"a\0",
		       HEADER.pack(EXEC, 1, 1, 1, -1, 0, 1, 0) + b"a\0",
		       HEADER.pack(EXEC, 1, 1, 0, 0, 0, 1, 0) + b"a\0",
		       b"\xff" * 131072):
		client.send_raw(packet)
		answer = client.receive()
		assert answer.type == ERROR and answer.words[0], (packet[:40], answer)
	client.send_raw(b"\0" * 150000)
	assert "longer" in client.receive().words[0]
	# Descriptors where none belong, and more than there may be, are closed.
	before = server.descriptors()
	for n in (1, 3, 8, 100):
		client.send_raw(good, fds=[0] * n)
		equal(client.receive().type, ERROR)
	eventually(lambda: server.descriptors() <= before, "they are closed")
	# As is a packet that is nothing else, which is the end of whoever sends it.
	for _ in range(3):
		ill = server.client()
		ill.send_raw(b"", fds=[0] * 8)
		ill.close()
	eventually(lambda: server.descriptors() <= before, "descriptors of empty packets")
	silent = server.client(greet=False)
	silent.send(LIST)
	assert "hello" in silent.receive().words[0]
	answer = silent.ask(HELLO, value=99)
	equal(answer.value, code("UNSUPPORTED"))
	words = ["x" * 7] * 9000
	number = client.create(t.root, "--", "/bin/true", *words)
	equal(client.wait(ENDED, number).record["exit_status"], 0)


def test_one_who_does_not_read_blocks_nobody(t):
	server = Server(t, "--max-clients", "3")
	deaf, other = server.client(), server.client()
	deaf.socket.setblocking(False)
	sent = 0
	try:
		while sent < 100000:
			deaf.send(STATS, sandbox=12345)
			sent += 1
	except BlockingIOError:
		pass
	assert sent < 100000, "all was taken"
	number = other.create(t.root, "--", "/bin/true")
	equal(other.wait(ENDED, number).record["reason"], "exited")
	assert server.memory() < 8 << 20, server.memory()
	# Places are few; one that is given back is used again.
	third = server.client()
	fourth = server.client(greet=False)
	refused = fourth.receive()
	equal((refused.type, refused.value), (ERROR, code("BUSY")))
	third.close()
	eventually(lambda: can_come_in(server), "a place was not given back")


def test_one_user_s_clients_leave_room_for_others(t):  # root
	"""A quarter of what others leave: however many users hold all that they can have."""
	server = Server(t, "--mode", "0666", "--max-clients", "16")
	os.chmod(t.tmp, 0o755)
	held = []

	def come_in(uid):
		os.seteuid(uid)
		try:
			client = server.client(greet=False)
		finally:
			os.seteuid(0)
		held.append(client)
		try:
			client.send(HELLO, value=1)
		except OSError:
			pass  # it was refused already
		return client.receive()

	def crowd(uid):
		"""As many as it gets, and what the next one is told."""
		for n in range(17):
			answer = come_in(uid)
			if answer.type == ERROR:
				held.pop().close()
				equal(answer.value, code("BUSY"))
				return n, answer.words[0]
		raise AssertionError("nobody is refused")

	n, why = crowd(1234)
	equal((n, why.split(";")[0]), (12, "12 clients of user 1234 are connected, as many as one user may have now"))
	equal(crowd(1235)[0], 3)
	equal(crowd(1236), (1, "16 clients are connected, as many as there may be"))
	# What is given back is another one's, root's all of it.
	held.pop(0).close()
	eventually(lambda: come_in(1237).type == WELCOME, "no room for the next one")
	for client in held:
		client.close()
	held.clear()
	eventually(lambda: can_come_in(server), "no room for root")
	eventually(lambda: crowd(0)[0] == 16, "root is held back")


def can_come_in(server):
	try:
		Client(server.path).close()
		return True
	except (EOFError, AssertionError, OSError):
		return False


def test_no_more_sandboxes_than_there_may_be(t):
	server = Server(t, "--max-sandboxes", "2", "--slots", "1")
	client = server.client()
	first = client.create(t.root)
	client.create(t.root)
	answer = client.ask(CREATE, [t.root])
	equal((answer.type, answer.value), (ERROR, code("BUSY")))
	client.ask(DESTROY, sandbox=first)
	client.create(t.root)


def test_out_of_descriptors_it_refuses_and_lives(t):
	server = Server(t, "--slots", "2")
	client = server.client()
	first = client.create(t.root)
	before = server.descriptors()
	_, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
	resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (before + 3, hard))
	refused = 0
	for _ in range(6):
		refused += client.ask(CREATE, [t.root]).type == ERROR
	assert refused > 0
	crowd = [server.client(greet=False) for _ in range(8)]
	for one in crowd:
		one.close()
	resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
	client.create(t.root)
	equal(client.shell(first, "echo lives"), (0, "lives\n"))
	equal(server.process.poll(), None)


def test_few_descriptors_are_enough_for_what_it_waits_for(t):  # user
	"""Where a sandbox takes few of them: there may be no more to wait for than are open."""
	def limit():
		resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
	server = Server(t, "--slots", "1", preexec_fn=limit)
	client = server.client()
	answers = [client.ask(CREATE, [t.root]).type for _ in range(20)]
	assert answers[0] == OK and answers[-1] == ERROR, answers
	equal(client.shell(1, "echo lives"), (0, "lives\n"))
	equal(server.stop(), 0)


def test_a_request_that_takes_too_much_memory_is_refused(t):
	def limit():
		resource.setrlimit(resource.RLIMIT_AS, (24 << 20, 24 << 20))
	server = Server(t, "--slots", "2", preexec_fn=limit)
	client = server.client()
	for _ in range(5):
		client.ask(CREATE, [t.root, "--", *["/bin/true"] * 9000])
	client.create(t.root)
	equal(server.process.poll(), None)


def test_others_may_not_drive_it(t):  # root
	server = Server(t, "--mode", "0666")
	helper = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"]
	os.chmod(t.tmp, 0o755)
	program = t.path("program")
	subprocess.run(["cp", t.program, program], check=True)
	def as_other(*words):
		return t.call([*helper, program, "ctl", "--socket", server.path, *words])
	equal(as_other("ls").status, 0)
	mine = server.client().create(t.root, flags=KEEP)
	# What is another user's it does not see.
	equal(as_other("ls").out, "")
	equal(as_other("rm", str(mine)).status, 12)
	server.stop()
	server = Server(t)
	assert as_other("ls").status in (12, 14), as_other("ls")
	os.chmod(server.path, 0o666)
	denied = as_other("ls")
	assert denied.status == 14 and "may not drive" in denied.err, denied


def test_a_socket_can_be_inherited(t):
	listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	listening.bind(t.path("given"))
	listening.listen()
	process = subprocess.Popen([t.program, "serve", "--socket-fd", str(listening.fileno()), "--share",
				    os.path.dirname(t.root)], env=t.env, pass_fds=(listening.fileno(),))
	t.processes.append(process)
	client = Client(t.path("given"))
	equal(client.wait(ENDED, client.create(t.root, "--", "/bin/true")).record["reason"], "exited")
	other = t.call([t.program, "serve", "--socket-fd", "2"])
	assert other.status == 2 and "no listening" in other.err, other


def test_what_makes_no_sense_to_serve(t):
	Server(t)
	for words, status in ((["--socket", t.path("socket")], 13), (["--socket", t.root], 2), ([], 2),
			      (["--nonsense"], 2), (["--socket"], 2), (["--slots", "x"], 2),
			      (["--socket", "x" * 200], 2), (["--mode", "9"], 2), (["--share", "x"], 2),
			      (["--share", t.path("missing")], 3), (["--share", t.file("file", "")], 3),
			      (["--owner", "5:"], 2), (["--socket", t.path("no/folder")], 1)):
		got = t.call([t.program, "serve", *words], timeout=60)
		equal(got.status, status, str(got))
		equal(len(got.err.splitlines()), 1, str(got))


def test_many_sandboxes_leave_nothing(t):
	server = Server(t, "--slots", "8")
	client = server.client()

	def make(n):
		for number in [client.create(t.root, "--", "/bin/true") for _ in range(n)]:
			client.wait(ENDED, number)

	def state():
		with open(f"/proc/{server.process.pid}/mountinfo", encoding="utf-8") as f:
			mounts = len([line for line in f if t.tmp in line])
		return server.descriptors(), mounts, len(server.groups()), len(server.children())

	def settle():
		"""Each slot has its keeper, and the sandbox that is made ahead of the next request."""
		names = [name_of(pid) for pid in server.children()]
		return names.count("sbx-init") == names.count("sbx-keeper") == len(names) / 2

	make(8)
	eventually(settle, "the slots are ready again")
	before, memory = state(), server.memory()
	for _ in range(12):
		make(8)
	eventually(settle, "the slots are ready again")
	# It looks for what others left now and then, and has that open meanwhile.
	eventually(lambda: all(map(operator.le, state(), before)),
		   lambda: f"descriptors, mounts, groups, children: {before} before, {state()} now")
	assert server.memory() <= memory + 65536, (memory, server.memory())


if __name__ == "__main__":
	support.main(globals())
