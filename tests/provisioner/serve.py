#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`sbx-provision serve`: sandboxes on request, and whoever asks for them being hostile."""

import json
import os
import resource
import select
import signal
import socket
import subprocess
import time

import support
from serve_client import (CREATE, DESTROY, ENDED, ERROR, EXEC, HEADER, HELLO, KEEP, LIST, OK, PAUSE,
			  INPUT, OUTPUT, RESUME, SET, SIGNAL, STATS, Client, Server, is_over, state_of)
from support import check_schema, equal, eventually

CODES = {"USAGE": 2, "INPUT": 3, "NO_SPACE": 10, "NOT_FOUND": 12, "BUSY": 13, "DENIED": 14,
	 "UNSUPPORTED": 15, "NO_COMMAND": 127}


def code(name, _):
	"""What an error's message has as its value."""
	return CODES[name]


def test_a_person_can_drive_it(t):
	server = Server(t)
	equal(server.ctl("create", t.root, "--", "/bin/sh", "-c", "cat; exit 5", stdin="in").status, 5)
	equal(server.ctl("create", t.root, "--", "/bin/sh", "-c", "cat", stdin="in").out, "in")
	server.ctl("create", "--timeout", "0.3", t.root, "--", "/bin/sleep", "60").fails(124, "--timeout")
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
	denied = code("DENIED", t)
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
			equal(answer.value, code("USAGE", t), str(words))
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
def name_of(pid):
	try:
		with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
			return f.read().strip()
	except OSError:
		return ""


def first_id(pid):
	with open(f"/proc/{pid}/uid_map", encoding="ascii") as f:
		return int(f.read().split()[1])


def made_ahead(server):
	"""Whoever waits in a slot for a request: what of the server's children is no keeper."""
	return [pid for pid in server.children() if name_of(pid) == "sbx-init"]


def test_what_was_made_ahead_is_new_and_is_what_was_asked_for(t):
	server = Server(t, "--slots", "1")
	client = server.client()
	leave = "echo $SECRET >/tmp/a; echo b >/dev/shm/b; echo c >/etc/c; echo d >/root/d; hostname"
	look = "ls /tmp /dev/shm /root; cat /etc/c 2>/dev/null; echo $SECRET; hostname; ulimit -n"

	def asked_for(*options):
		number = client.create(*options, t.root)
		pid, text = server.children(), client.shell(number, look)[1].split()
		client.ask(DESTROY, sandbox=number)
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead", seconds=60)
		return pid, [word for word in text if not word.endswith(":")]

	number = client.create("--env", "SECRET=once", t.root)
	equal(client.shell(number, leave), (0, "sbx\n"))
	client.ask(DESTROY, sandbox=number)
	eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead", seconds=60)
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
	equal(answer.value, code("NO_COMMAND", t), answer.words)


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
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead", seconds=60)
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
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead", seconds=60)
		ready = made_ahead(server)[0]
		os.kill(ready, signal.SIGKILL)
		eventually(lambda pid=ready: is_over(pid), "it has ended", seconds=60)
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
		eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead", seconds=60)
		ready = made_ahead(server)[0]
		os.kill(ready, signal.SIGSTOP)
		eventually(lambda pid=ready: state_of(pid) == "T", "it has stopped", seconds=60)
		request = client.send(CREATE, [t.root, "--", "/bin/true"])
		time.sleep(pause)
		os.kill(ready, signal.SIGKILL)
		answer = client.receive()
		equal((answer.id, answer.type), (request, OK), answer.words)
		equal(client.wait(ENDED, answer.sandbox).record["exit_status"], 0)
	equal(server.stop(), 0)


def test_a_slot_that_somebody_entered_is_made_anew_while_others_serve(t):  # root
	server = Server(t, "--slots", "1")
	client = server.client()
	client.wait(ENDED, client.create(t.root, "--", "/bin/true"))
	eventually(lambda: len(made_ahead(server)) == 1, "one is made ahead", seconds=60)
	with open(f"/proc/{made_ahead(server)[0]}/cgroup", encoding="utf-8") as f:
		groups = [line.rstrip("\n").split(":", 2) for line in f]
	group = next((path for _, names, path in groups if "pids" in names.split(",")), None)
	if group is None:
		raise support.Skip("the pids controller is not on cgroup version 1")
	intruder = subprocess.Popen(["sleep", "1000"])
	try:
		with open(f"/sys/fs/cgroup/pids{group}/cgroup.procs", "w", encoding="utf-8") as f:
			f.write(str(intruder.pid))
		for _ in range(3):
			equal(client.wait(ENDED, client.create(t.root, "--", "/bin/true")).record["exit_status"], 0)
		equal(intruder.wait(timeout=60), -signal.SIGKILL, "it went with the slot")
		equal(client.wait(ENDED, client.create(t.root, "--", "/bin/true")).record["exit_status"], 0)
	finally:
		intruder.kill()
		intruder.wait()
	equal(server.stop(), 0)


def opened(*paths):
	return [os.open(path, os.O_RDONLY) for path in paths]


def test_what_is_given_and_what_is_left_are_those_of_run(t):
	server = Server(t)
	client = server.client()
	given, out = t.file("given.json", "{}\n", 0o600), t.folder("out")
	script = "cat /task/input.json; echo a >/output/a; mkdir /output/d; echo b >/output/d/b; " \
		 f"chmod {0 if t.is_root else 400} /output/a; " \
		 "ln -s / /output/all; echo x >/etc/x; mount -t proc none /mnt; nc -w 1 192.0.2.7 80; exit 3"
	reader, writer = os.pipe()
	null = os.open("/dev/null", os.O_RDWR)
	fds = [null, writer, null, *opened(given, out)]
	number = client.create("--record", "all", t.root, "--", "/bin/sh", "-c", script, flags=INPUT | OUTPUT, fds=fds)
	os.close(writer)
	record = client.wait(ENDED, number).record
	check_schema(t, record)
	equal((os.read(reader, 100), record["exit_status"]), (b"{}\n", 3), "input and status")
	equal(record["output"], {"files": 2, "bytes": 4, "left_out": 1, "complete": True}, "record")
	equal([e["path"] for e in record["written"]["paths"] if e["path"].startswith("/etc")], ["/etc/x"], "written")
	assert any(e["call"] == "mount" for e in record["refused"]), record
	equal(record["network"]["peers"][0]["address"], "192.0.2.7", "peers")
	assert record["io"]["write_call_bytes"] > 0, record
	found = {os.path.relpath(os.path.join(d, n), out): os.stat(os.path.join(d, n)).st_uid
		 for d, ds, fs in os.walk(out) for n in ds + fs}
	equal(found, {name: os.geteuid() for name in ("a", "d", "d/b")}, "what came out, and whose it is")
	# Without standard descriptors, each of them alone, and nothing at all.
	for flags, fds in ((INPUT, opened(given)), (OUTPUT, opened(t.folder("two"))), (INPUT | OUTPUT, opened(given, out))):
		number = client.create(t.root, "--", "/bin/sh", "-c", "echo c >/output/c; test -e /task/input.json",
				       flags=flags, fds=fds)
		record = client.wait(ENDED, number).record
		equal((record["exit_status"] == 0, "output" in record), (bool(flags & INPUT), bool(flags & OUTPUT)))
	equal(os.listdir(t.path("two")), ["c"])
	record = client.wait(ENDED, client.create("--record", "files", t.root, "--", "/bin/true")).record
	equal((record["written"]["files"], "output" in record), (0, False))


def test_what_was_destroyed_hands_out_what_it_left(t):
	server = Server(t)
	client = server.client()
	out = t.folder("out")
	number = client.create(t.root, flags=OUTPUT, fds=opened(out))
	equal(client.shell(number, "echo a >/output/a")[0], 0)
	equal(client.ask(DESTROY, sandbox=number).record["output"]["files"], 1)
	equal(os.listdir(out), ["a"])
	before = server.descriptors()
	for _ in range(5):
		number = client.create(t.root, "--", "/bin/sh", "-c", "echo x >/output/x", flags=OUTPUT, fds=opened(out))
		client.wait(ENDED, number)
	equal(sorted(os.listdir(out)), ["a", "x"])
	eventually(lambda: server.descriptors() <= before, f"{before} descriptors before, {server.descriptors()} now")
	equal(server.stop(), 0)


def test_what_cannot_be_given_or_left_is_refused(t):
	server = Server(t)
	client = server.client()
	folder, given = t.folder("out"), t.file("given", "x")
	path = os.open(given, os.O_PATH)
	reader, _ = os.pipe()
	for flags, fds in ((INPUT, opened(folder)), (INPUT, [path]), (INPUT, [reader]), (OUTPUT, opened(given)),
			   (OUTPUT, [os.open(folder, os.O_PATH)]), (INPUT, []), (OUTPUT, []), (INPUT | OUTPUT, opened(given)),
			   (0, opened(given)), (INPUT, opened(given, folder)), (INPUT, [0, 1, *opened(given)])):
		answer = client.ask(CREATE, [t.root, "--", "/bin/true"], flags=flags, fds=fds)
		equal((answer.type, answer.value), (ERROR, code("INPUT", t)), f"{flags} {len(fds)}")
	for words in (["--input", given], ["--output", folder]):
		equal(client.ask(CREATE, [*words, t.root, "--", "/bin/true"]).value, code("DENIED", t), str(words))


def test_a_client_gets_no_more_written_than_it_could(t):  # root
	"""The server is root and the folder is not the client's: what was left stays inside."""
	server = Server(t, "--mode", "0666", "--share", t.tmp)
	os.chmod(t.tmp, 0o755)
	program = t.path("program")
	subprocess.run(["cp", t.program, program], check=True)
	ours, theirs = t.folder("ours"), t.folder("theirs")
	os.chown(theirs, 1234, 1234)

	def left(folder, *options):
		reader, writer = os.pipe()
		helper = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"]
		done = t.call([*helper, program, "ctl", "--socket", server.path, "create", "--output", folder, "--status-fd",
			       str(writer), *options, t.root, "--", "/bin/sh", "-c", "echo x >/output/x; chmod 0 /output/x"],
			      pass_fds=(writer,))
		os.close(writer)
		with os.fdopen(reader) as f:
			return done, json.loads(f.read())
	for options in ((), ("--user-namespace", "no"), ("--user", "77")):
		done, record = left(ours, *options)
		equal((done.status, record["output"]["complete"], os.listdir(ours)), (125, False, []), str(done))
		done, record = left(theirs, *options)
		equal((done.status, record["output"]["complete"]), (0, True), str(done))
		found = os.stat(os.path.join(theirs, "x"))
		equal((found.st_uid, found.st_gid, found.st_mode & 0o7777), (1234, 1234, 0o644))
		os.unlink(os.path.join(theirs, "x"))


def test_descriptors_are_looked_at(t):
	server = Server(t)
	client = server.client()
	folder = os.open("/", os.O_RDONLY)
	answer = client.ask(CREATE, [t.root, "--", "/bin/true"], fds=(folder, 1, 2))
	assert answer.type == ERROR and "way out" in answer.words[0], answer
	number = client.create(t.root)
	answer = client.ask(EXEC, ["/bin/true"], sandbox=number, command=1, fds=(0, folder, 2))
	assert answer.type == ERROR and "way out" in answer.words[0], answer
	# Half of them are none.
	equal(client.ask(EXEC, ["/bin/true"], sandbox=number, command=1, fds=(0, 1)).type, ERROR)
	equal(client.shell(number, "echo lives"), (0, "lives\n"))
	reader, writer = os.pipe()
	ended = client.create("--output-limit", "100", t.root, "--", "/bin/sh", "-c",
			      "while :; do echo 0123456789; done", fds=(0, writer, writer))
	os.close(writer)
	record = client.wait(ENDED, ended).record
	equal(record["reason"], "output-limit")
	equal(len(os.read(reader, 1000)), 100)


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
		equal(client.ask(SET, words, sandbox=number).value, code("DENIED", t), str(words))
	equal(client.ask(SET, ["--policy=/etc/passwd"], sandbox=number).value, code("DENIED", t))
	equal(client.ask(SET, ["--nofile=3"], sandbox=number).value, code("UNSUPPORTED", t))
	equal(client.ask(SET, ["hello"], sandbox=number).value, code("USAGE", t))
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
		assert (answer.type, answer.value) == (ERROR, code(expected, t)), (words, answer)
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
	eventually(lambda: not os.path.exists(group), "its group is removed", seconds=60)
	number = client.create(t.root)
	equal(client.ask(PAUSE, sandbox=number).type, OK)
	server.stop(signal.SIGKILL)
	top = tree + path[:path.index("/sbx-")]
	mine = f"sbx-{server.process.pid}-"
	assert any(name.startswith(mine) for name in os.listdir(top)), os.listdir(top)
	server = Server(t, front=front, **how)
	assert not any(name.startswith(mine) for name in os.listdir(top)), os.listdir(top)
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
		eventually(is_removed, "the group is empty", seconds=60)


def test_pause_stops_it_and_time(t):  # root
	server = Server(t)
	client = server.client()
	reader, writer = os.pipe()
	null = os.open("/dev/null", os.O_RDWR)
	number = client.create("--timeout", "4", t.root, "--", "/bin/sh", "-c",
			       "while :; do echo x; sleep 0.02; done", fds=(null, writer, null))
	os.close(writer)
	os.read(reader, 1)
	equal(client.ask(PAUSE, sandbox=number).type, OK)
	os.set_blocking(reader, False)
	if select.select([reader], [], [], 0)[0]:
		os.read(reader, 65536)
	time.sleep(5)
	try:
		assert os.read(reader, 1) == b"", "it wrote while it was paused"
	except BlockingIOError:
		pass
	stats = client.ask(STATS, sandbox=number).record
	assert stats["paused"] and stats["pids"] >= 1, stats
	equal(client.ask(RESUME, sandbox=number).type, OK)
	os.set_blocking(reader, True)
	equal(os.read(reader, 1), b"x")
	equal(client.wait(ENDED, number).record["reason"], "timed-out")


def test_signals_and_numbers_of_commands(t):
	server = Server(t)
	one, two = server.client(), server.client()
	number = one.create(t.root)
	for client in (one, two):
		equal(client.ask(EXEC, ["/bin/sleep", "60"], sandbox=number, command=7).type, OK)
	time.sleep(0.2)
	# Each has numbers of its own.
	equal(two.ask(SIGNAL, sandbox=number, command=7, value=signal.SIGTERM).type, OK)
	equal(two.wait(104, number).value, signal.SIGTERM)
	assert server.is_silent(one)
	equal(two.ask(SIGNAL, sandbox=number, command=7, value=9).value, code("NOT_FOUND", t))
	equal(two.ask(EXEC, ["/nowhere"], sandbox=number, command=8).type, OK)
	failed = two.wait(ERROR, number)
	equal((failed.command, failed.value), (8, code("NO_COMMAND", t)))
	equal(one.ask(DESTROY, sandbox=number).type, OK)


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
	equal(server.descriptors(), before)
	silent = server.client(greet=False)
	silent.send(LIST)
	assert "hello" in silent.receive().words[0]
	answer = silent.ask(HELLO, value=99)
	equal(answer.value, code("UNSUPPORTED", t))
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
	equal((refused.type, refused.value), (ERROR, code("BUSY", t)))
	third.close()
	eventually(lambda: can_come_in(server), "a place was not given back")


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
	equal((answer.type, answer.value), (ERROR, code("BUSY", t)))
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
			      (["--socket", "x" * 200], 2), (["--mode", "9"], 2), (["--share", "x"], 2)):
		got = t.call([t.program, "serve", *words])
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
	eventually(settle, "the slots are ready again", seconds=60)
	before, memory = state(), server.memory()
	for _ in range(12):
		make(8)
	eventually(settle, "the slots are ready again", seconds=60)
	equal(state(), before, "descriptors, mounts, groups, children")
	assert server.memory() <= memory + 65536, (memory, server.memory())


if __name__ == "__main__":
	support.main(globals())
