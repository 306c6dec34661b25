# SPDX-License-Identifier: Apache-2.0
"""Tasks that a server forks from zygotes (docs/zygotes.md)."""
import json
import os
import shutil
import subprocess
import time

from serve_client import CREATE, MORE, OK, ZYGOTES, name_of, shared_memory
from support import PATIENCE, eventually, main
from zygote_server import ROOT, Server


def test_a_server_forks_tasks(t):
	t.file("task.py", "import sys, sbx_one, sbx_two\nprint(sys.argv, sys.stdin.read(), flush=True)\n"
			  "print(open('/proc/self/cgroup').read().count(':/\\n') ==\n"
			  "\tlen(open('/proc/self/cgroup').readlines()), file=sys.stderr)\nsys.exit(3)\n")
	server = Server(t)
	warm_up = json.loads(server.ctl("warm", "mine", "sbx_one", ROOT, 2).ok().out)
	assert warm_up == {"zygotes": "mine", "modules": "sbx_one", "parked": 2}, warm_up
	server.ctl("warm", "mine", "sbx_two,sbx_one", ROOT, 1).ok()
	options = ("--ro-bind", f"{t.tmp}/task.py:/task.py", ROOT, "--")
	for _ in range(4):
		done = server.create("mine", "sbx_one,sbx_two", *options, "python3", "/task.py", "a", stdin="in")
		assert (done.status, done.out) == (3, "['/task.py', 'a'] in\n"), done
		# Its cgroups are those of its sandbox, of which its cgroup namespace begins.
		assert done.err == "True\n", done
	assert server.ctl("create", ROOT, "--", "python3", "-c", "print(7)").ok().out == "7\n"
	three = [subprocess.Popen([t.program, "ctl", "--socket", server.path, "create", "--zygote", "mine",
			"--modules", "sbx_one", ROOT, "--", "python3", "-c", "print(input())"], env=t.env,
			stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
	assert [p.communicate(str(n))[0] for n, p in enumerate(three)] == ["0\n", "1\n", "2\n"]
	server.end()
	assert not t.leftovers()


def test_output_goes_to_one_regular_file(t):
	"""As `ctl create ... > FILE 2>&1` asks for, counted as a posture has it."""
	server = Server(t)
	server.ctl("warm", "mine", "sbx_one", ROOT, 1).ok()
	script = "import sys\nfor n in range(300):\n\tprint(n, flush=True)\n\tprint('e', n, file=sys.stderr)"
	for front in ((), ("--zygote", "mine", "--modules", "sbx_one")):
		for policy in ("low", "high"):
			line = [t.program, "ctl", "--socket", server.path, "create", *front, "--policy", policy,
				"--best-effort", ROOT, "--", "python3", "-c", script]
			with open(t.path("out"), "w+", encoding="utf-8") as file:
				file.write("before\n")
				file.flush()
				status = subprocess.run(line, env=t.env, stdout=file, stderr=file, timeout=PATIENCE).returncode
				file.seek(0)
				lines = file.read().splitlines()
			assert status == 0 and lines[0] == "before", (front, policy, status, lines[:5])
			assert [x for x in lines[1:] if x[0] != "e"] == [str(n) for n in range(300)], lines
			assert [x for x in lines[1:] if x[0] == "e"] == [f"e {n}" for n in range(300)], lines
	server.end()


def children(server):
	with open(f"/proc/{server.process.pid}/task/{server.process.pid}/children") as file:
		return set(file.read().split())


def test_a_slot_serves_one_task_after_the_other(t):
	"""Nothing of a task is left that would have the slot given up and made anew, at length."""
	server = Server(t)
	# When it answers, it has its slots, and nothing but the two processes that they live by.
	server.ctl("ls").ok()
	before = children(server)
	assert len(before) == 2, before
	server.ctl("warm", "mine", "-", ROOT, 1).ok()
	for _ in range(3):
		server.create("mine", "-", ROOT, "--", "python3", "-c", "1").ok()
	# It is answered when what came before is done.
	server.ctl("ls").ok()
	after = children(server)
	assert before <= after, (before, after)
	server.end()


def test_what_is_made_ahead_serves_what_it_fits(t):
	"""One after the other: as made ahead, otherwise, plainly, of another zygote, as made ahead."""
	server = Server(t)
	t.file("task.py", "print(9)\n")
	for modules in ("sbx_one", "sbx_two"):
		server.ctl("warm", "mine", modules, ROOT, 1).ok()
	about = ("import os, sys; print([m for m in ('sbx_one', 'sbx_two') if m in sys.modules], "
		 "os.environ.get('A'), len(os.listdir('/proc/self/fd')), sorted(p for p in os.listdir('/proc') if p.isdigit()) "
		 "== ['1', str(os.getpid())], os.uname().nodename)")
	plain = (ROOT, "--", "python3", "-c", about)
	for _ in range(2):
		for modules in ("sbx_one", "sbx_two", "sbx_one"):
			done = server.create("mine", modules, "--env", "A=b", *plain).ok()
			assert done.out == f"['{modules}'] b 4 True sbx\n", done
		done = server.create("mine", "sbx_one", "--hostname", "other", *plain).ok()
		assert done.out == "['sbx_one'] None 4 True other\n", done
		done = server.create("mine", "sbx_one", "--ro-bind", f"{t.tmp}/task.py:/task.py", ROOT, "--", "python3",
				     "/task.py").ok()
		assert done.out == "9\n", done
		assert server.ctl("create", ROOT, "--", "python3", "-c", "print(7)").ok().out == "7\n"
	server.ctl("cool", "mine").ok()
	server.end()
	assert not t.leftovers()


def test_neither_zygotes_nor_tasks_share_memory_with_the_server(t):  # root
	server = Server(t)
	client = server.client()
	sleeper = (ROOT, "--", "python3", "-c", "import time; time.sleep(600)")
	assert client.ask(CREATE, ["--record", "all", *sleeper]).type == OK
	server.ctl("warm", "mine", "sbx_one", ROOT, 1).ok()
	server.ctl("create", "--keep", "--zygote", "mine", "--modules", "sbx_one", *sleeper).ok()
	inits = [pid for pid in server.children() if name_of(pid) == "sbx-init"]
	shared = sum(map(shared_memory, inits), [])
	assert len(inits) >= 3 and len(shared) <= 1, (inits, shared)
	client.close()
	server.end()


def test_a_server_says_what_it_will_not_fork(t):
	server = Server(t)
	server.ctl("warm", "mine", "-", ROOT, 0).ok()
	python = (ROOT, "--", "python3", "-c", "print(1)")
	for words, expected in (
		(("create", "--zygote", "yours", "--modules", "os", *python), "yours"),
		(("create", "--zygote", "mine", "--modules", "os;", *python), "os;"),
		(("create", "--zygote", "mine", "--modules", "os", "--policy", "paranoid",
		  "--best-effort", *python), "zygote=no"),
		(("create", "--zygote", "mine", "--modules", "os", t.root, *python[1:]), "another template"),
		(("warm", "mine", "-", t.root), "another name"),
		(("warm", "new", "-", "/etc", 1), "/etc"),
		(("warm", "new", "no_such_module", ROOT, 1), "no_such_module"),
		(("warm", "bash", "-", t.root, 1), "python3"),
		(("cool", "yours"), "yours"),
	):
		done = server.ctl(*words)
		assert done.status != 0 and expected in done.err, done
	# What was refused cost nothing: the child that was meant for it serves the next.
	assert server.create("mine", "os", *python).ok().out == "1\n"
	server.ctl("cool", "mine").ok()
	assert server.create("mine", "os", *python).status == 12
	server.end()


def test_a_zygote_that_lies_harms_nobody_else(t):
	"""It sends on its control socket what it should not: before it is asked, and when it is ready."""
	server = Server(t)
	server.ctl("warm", "mine", "-", ROOT, 1).ok()
	python = (ROOT, "--", "python3", "-c", "print(1)")
	lied = server.ctl("warm", "liar", "sbx_liar", ROOT, 1)
	assert lied.status != 0 and "nonsense" in lied.err, lied
	assert server.create("mine", "-", *python).ok().out == "1\n"
	assert server.create("liar", "sbx_liar", *python).ok().out == "1\n"
	server.ctl("warm", "chatty", "sbx_chatty", ROOT, 0)
	eventually(lambda: not server.is_ready("sbx_chatty"), "it is still taken for one")
	for name in ("mine", "chatty"):
		assert server.create(name, "-", *python).ok().out == "1\n"
	server.end()
	assert not t.leftovers()


def test_a_zygote_whose_children_never_come_holds_up_nobody(t):
	"""Each slot that was to hold one of them has been waiting for it: not so whoever ends it."""
	server = Server(t)
	server.ctl("warm", "mute", "sbx_mute", ROOT, 2).ok()
	began = time.monotonic()
	server.ctl("cool", "mute").ok()
	assert time.monotonic() - began < 10, time.monotonic() - began
	assert server.ctl("create", ROOT, "--", "python3", "-c", "print(1)").ok().out == "1\n"
	server.end()
	assert not t.leftovers()


def test_a_zygote_that_stops_what_sandboxes_are_made_by_holds_up_nobody(t):
	server = Server(t)
	server.ctl("warm", "stopper", "sbx_stopper", ROOT, 2).ok()
	for _ in range(2):
		server.ctl("create", "--timeout", "1", "--zygote", "stopper", "--modules", "sbx_stopper", ROOT, "--", "python3",
			   "-c", "print(1)")
	began = time.monotonic()
	server.ctl("cool", "stopper").ok()
	assert time.monotonic() - began < 10, time.monotonic() - began
	assert server.ctl("create", ROOT, "--", "python3", "-c", "print(1)").ok().out == "1\n"
	server.end()
	assert not t.leftovers()


def test_more_of_them_than_a_message_holds_can_be_listed(t):
	"""Long names of templates, in as many messages as that takes; also for who is slow to read them."""
	server = Server(t)
	template = ROOT + "/." * ((4090 - len(ROOT)) // 2)
	names = [f"{n:02}{'n' * 250}" for n in range(16)]
	modules = ["", "sbx_one", "sbx_two"]
	for name in names:
		for wanted in modules[1:]:
			server.ctl("warm", name, wanted, template, 0).ok()
	expected = sorted((name, wanted, template) for name in names for wanted in modules)

	def known(lines):
		return sorted((row["zygotes"], row["modules"], row["template"]) for row in map(json.loads, lines))
	assert known(server.ctl("zygotes").ok().out.splitlines()) == expected
	client = server.client()
	numbers = [client.send(ZYGOTES) for _ in range(8)]
	eventually(lambda: server.is_silent(client, 0.1) is False, "there is no answer")
	for number in numbers:
		first = client.receive()
		assert (first.id, first.flags) == (number, MORE), first
		assert sum(len(word) + 1 for word in first.words) <= 131072 - 32
		assert known(client.rest_of(first).words) == expected
	server.end()


def test_two_users_zygotes_of_one_name_are_two(t):  # root
	server = Server(t, "--mode", "0666")
	os.chmod(t.tmp, 0o755)
	program = shutil.copy(t.program, t.path("program"))

	def other(*words):
		return t.call(["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups", program, "ctl", "--socket",
			       server.path, *words])
	about = ("python3", "-c", "import sys; print([m for m in sys.modules if m.startswith('sbx_')])")
	fork = ("create", "--zygote", "same", "--modules", "sbx_one,sbx_two", ROOT, "--", *about)
	server.ctl("warm", "same", "sbx_one", ROOT, 1).ok()
	assert other(*fork).status == 12 and other("cool", "same").status == 12, "another user's is nobody's"
	other("warm", "same", "sbx_two", ROOT, "1").ok()
	for _ in range(2):
		assert server.ctl(*fork).ok().out == "['sbx_one']\n"
		assert other(*fork).ok().out == "['sbx_two']\n"

	def seen(listed):
		rows = [json.loads(line) for line in listed.ok().out.splitlines()]
		return sorted((row["uid"], row["modules"]) for row in rows if row["modules"])
	assert seen(other("zygotes")) == [(1234, "sbx_two")], other("zygotes")
	assert seen(server.ctl("zygotes")) == [(0, "sbx_one"), (1234, "sbx_two")], server.ctl("zygotes")
	other("cool", "same").ok()
	assert other(*fork).status == 12 and server.ctl(*fork).ok().out == "['sbx_one']\n"
	server.end()


def test_what_the_host_mounts_later_is_not_seen_in_what_was_handed_in(t):  # root
	"""A copy of a shared mount is shared, unless it is made private."""
	shared, ready = t.folder("shared"), t.folder("shared/below")
	subprocess.run(["mount", "--bind", shared, shared], check=True)
	try:
		subprocess.run(["mount", "--make-shared", shared], check=True)
		server = Server(t)
		server.ctl("warm", "mine", "-", ROOT, 1).ok()
		script = "import os; print('up', flush=True); input(); print(os.listdir('/mnt/below'))"
		for kind in ("--bind", "--ro-bind"):
			task = subprocess.Popen([t.program, "ctl", "--socket", server.path, "create", "--zygote", "mine",
				"--modules", "-", kind, f"{shared}:/mnt", ROOT, "--", "python3", "-c", script], env=t.env,
				stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
			t.processes.append(task)
			assert task.stdout.readline() == "up\n"
			subprocess.run(["mount", "-t", "tmpfs", "none", ready], check=True)
			t.file("shared/below/later", "")
			out, _ = task.communicate("\n", timeout=PATIENCE)
			subprocess.run(["umount", ready], check=True)
			assert out == "[]\n", (kind, out)
		server.end()
	finally:
		subprocess.run(["umount", "-R", shared], check=True)


def test_cooling_ends_the_tasks_too(t):
	server = Server(t)
	server.ctl("warm", "mine", "-", ROOT, 1).ok()
	number = server.ctl("create", "--keep", "--zygote", "mine", "--modules", "-", ROOT, "--", "python3",
			    "-c", "import time; time.sleep(600)").ok().out.strip()
	assert f'"sandbox":{number},' in server.ctl("ls").out
	server.ctl("cool", "mine").ok()
	eventually(lambda: server.ctl("ls").out == "", "it lives on")
	server.end()


def test_root_inside_is_nobody_outside(t):  # root
	"""Of the zygote as of its tasks; what is shown looks the same inside."""
	t.file("mine", "")
	os.chown(t.path("mine"), 1000, 1000)
	folder = t.path("folder")
	os.mkdir(folder)
	script = ("import os, sbx_one\nopen('/task/made', 'w')\n"
		  "print(os.stat('/mine').st_uid, os.stat('/usr').st_uid, flush=True)\nopen('/dev/stdout', 'w').write('again')\n"
		  "os.read(0, 1)\n")
	server = Server(t)
	server.ctl("warm", "mine", "sbx_one", ROOT, 1).ok()
	task = subprocess.Popen([t.program, "ctl", "--socket", server.path, "create", "--zygote", "mine",
		"--modules", "sbx_one", "--policy", "high", "--best-effort", "--bind", f"{folder}:/task",
		"--ro-bind", f"{t.tmp}/mine:/mine", ROOT, "--", "python3", "-c", script], env=t.env,
		stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
	t.processes.append(task)
	assert task.stdout.readline() == "1000 0\n"
	users = []
	for pid in filter(str.isdigit, os.listdir("/proc")):
		try:
			with open(f"/proc/{pid}/status") as status, open(f"/proc/{pid}/maps") as maps:
				if "sbx-zygote.so" in maps.read():
					users += [int(line.split()[1]) for line in status if line.startswith("Uid:")]
		except OSError:
			pass
	task.stdin.write("x")
	task.stdin.flush()
	assert task.stdout.read() == "again" and task.wait() == 0
	made = os.stat(f"{folder}/made")
	assert (made.st_uid, made.st_gid) == (0, 0), made
	# Of this server's zygotes all are one user; others may be of other tests.
	ours = [uid for uid in users if uid >= 0x70000000 and users.count(uid) >= 3]
	assert ours and 0 not in users, users
	server.end()


if __name__ == "__main__":
	main(globals())
