# SPDX-License-Identifier: Apache-2.0
"""
Zygotes (docs/zygotes.md), without a server: sbx-warm grows them, and has a command forked from them
and run in a sandbox. What it does is compared with what `sbx-provision run` does.
"""
import json
import os
import re
import signal
import subprocess
import time

from support import eventually, main

ROOT = os.environ["SBX_PYTHON_ROOT"]


def warm(t, *command, tree="sbx_one", asked="sbx_one", count=1, options=(), **how):
	line = [os.environ["SBX_WARM"], os.environ["SBX_ZYGOTE"], tree, asked, count, *options, ROOT,
		"--", *command]
	return t.call(list(map(str, line)), **how)


def direct(t, *command, options=(), **how):
	return t.call(t.command(options, command, ROOT), **how)


# What a program can find out about the interpreter that runs it.
ABOUT = """
import os, sys, signal, warnings, threading, gc, atexit
def stream(s):
	return [type(s).__name__, s.name, s.mode, s.encoding, s.errors, s.line_buffering,
		s.write_through, s.newlines, type(s.buffer).__name__, s.buffer.raw.mode, s.fileno()]
try:
	sys._getframe(1)
	frames = "more"
except ValueError:
	frames = "none"
main = sys.modules["__main__"]
print(dict(argv=sys.argv, orig=getattr(sys, "orig_argv", 0), path=sys.path, flags=str(sys.flags),
	executable=sys.executable, prefix=[sys.prefix, sys.exec_prefix, sys.base_prefix],
	warn=[sys.warnoptions, [str(f) for f in warnings.filters]], x=sys._xoptions,
	modules=sorted(sys.modules), frames=frames, recursion=sys.getrecursionlimit(),
	streams=[stream(s) for s in (sys.stdin, sys.stdout, sys.stderr)],
	same=[sys.stdin is sys.__stdin__, sys.stdout is sys.__stdout__],
	encodings=[sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()],
	main=sorted(k for k in vars(main) if k != "k"), name=__name__, file=globals().get("__file__"),
	loader=type(__loader__).__name__, spec=str(__spec__), package=__package__,
	signals={n: str(signal.getsignal(n)) for n in range(1, 32) if n not in (9, 19)},
	mask=sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
	threads=[t.name for t in threading.enumerate()],
	main_thread=threading.main_thread().native_id == os.getpid(),
	environ=sorted(os.environ.items()), cwd=os.getcwd(), umask=os.umask(0o22),
	sid=os.getsid(0) == os.getpid(),
	ids=[os.getresuid(), os.getresgid(), os.getgroups()], isatty=sys.stdout.isatty(),
	dont_write=sys.dont_write_bytecode, comm=open("/proc/self/comm").read()))
"""


def differences(ours, theirs):
	ours, theirs = (eval(re.sub(r" at 0x[0-9a-f]+", "", text)) for text in (ours, theirs))
	return {k: (ours[k], theirs[k]) for k in theirs if ours.get(k) != theirs[k]}


def test_memory_that_a_module_shares_is_each_tasks_own(t):
	"""And is shared with the task's own processes, as ever."""
	script = """if 1:
		import os, sbx_shared
		print(sbx_shared.MEMORY[0], sbx_shared.MEMORY[5000], sbx_shared.VALUE.value)
		if os.fork() == 0:
			sbx_shared.MEMORY[0] = sbx_shared.MEMORY[5000] = 9
			sbx_shared.CLOSED[0:3] = b"abc"
			sbx_shared.VALUE.value = 9
			os._exit(0)
		os.wait()
		print(sbx_shared.MEMORY[0], sbx_shared.MEMORY[5000], sbx_shared.VALUE.value)
	"""
	done = warm(t, "python3", "-c", script, tree="sbx_shared", asked="sbx_shared", count=3)
	assert done.ok().out == "0 1 2\n9 9 9\n" * 3, done


def test_a_script_finds_the_interpreter_that_it_knows(t):
	t.file("about.py", ABOUT)
	options = ("--ro-bind", f"{t.tmp}:/task", "--workdir", "/task", "--env", "COLOUR=blue")
	for command in (["/task/about.py", "a", "b c"], ["about.py"], ["-c", ABOUT, "-x", "y"],
			["-m", "about", "z"]):
		theirs = direct(t, "python3", *command, options=options).ok()
		ours = warm(t, "python3", *command, tree="-", asked="-", options=options).ok()
		found = differences(ours.out, theirs.out)
		assert not found, (command[:1], found)


def test_it_ends_as_under_python3(t):
	t.file("fails.py", "def f():\n\traise KeyError('no')\nf()\n")
	t.file("syntax.py", "def (:\n")
	t.file("exits.py", "import atexit, sys\natexit.register(print, 'last')\n"
			   "sys.stdout.write('no newline')\nsys.exit(sys.argv[1])\n")
	t.file("package/__main__.py", "import sys\nprint(__name__, sys.argv, sys.path[0])\n")
	t.file("interrupted.py", "raise KeyboardInterrupt\n")
	t.file("threads.py", "import threading, time\nsaid = threading.Event()\ndef f():\n\tsaid.wait()\n\ttime.sleep(.1)\n"
			     "\tprint('late')\nthreading.Thread(target=f).start()\nprint('early')\nsaid.set()\n")
	t.file("killed.py", "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n")
	options = ("--ro-bind", f"{t.tmp}:/task", "--workdir", "/task")
	for command in (["fails.py"], ["-c", "1/0"], ["-m", "fails"], ["syntax.py"], ["exits.py", "word"],
			["-c", "raise SystemExit(7)"], ["-c", "import sys; sys.exit()"], ["package"],
			["missing.py"], ["interrupted.py"], ["threads.py"], ["killed.py"],
			["-m", "no.such"], ["-"], []):
		stdin = "import sys\nprint(sys.argv)\nraise ValueError\n"
		theirs = direct(t, "python3", *command, options=options, stdin=stdin)
		ours = warm(t, "python3", *command, tree="-", asked="-", options=options, stdin=stdin)
		for name in ("status", "out", "err"):
			assert getattr(ours, name) == getattr(theirs, name), f"{command}\n{ours}\n{theirs}"


def test_what_a_task_leaves_is_seen_to_at_its_end(t):
	"""Though the modules that it has from its zygote are not taken apart."""
	last = ("class Last:\n\tdef __init__(self, name):\n\t\tself.name = name\n\t\tself.me = name.startswith('cycle') and self\n"
		"\tdef __del__(self):\n\t\tprint('end of', self.name)\n")
	t.file("ends.py", "import atexit, sbx_one, sys, threading, time\n" + last +
			  "a, b = Last('a'), Last('cycle b')\n"
			  "atexit.register(lambda: print('handler', sbx_one.namespaces() == sbx_one.NAMESPACES, Last('c').name))\n"
			  "threading.Thread(target=lambda: (time.sleep(.1), print('thread'))).start()\n"
			  "del b\nsys.exit(4)\n")
	t.file("file.py", "import sbx_one\nsbx_one.file = open(1, 'w', closefd=False)\nsbx_one.file.write('x' * 99)\n")
	t.file("lost.py", "import sbx_one, sys\nsys.stdout.write('half a line')\ndel sys.modules['sbx_one']\n1 / 0\n")
	options = ("--ro-bind", f"{t.tmp}:/task", "--ro-bind", f"{t.tmp}/none:/run")
	t.folder("none")
	for script in ("ends.py", "file.py", "lost.py"):
		theirs = direct(t, "python3", f"/task/{script}", options=options)
		ours = warm(t, "python3", f"/task/{script}", options=options)
		theirs.out = theirs.out.replace("handler True", "handler False")  # a zygote's are not its tasks'
		for name in ("status", "out", "err"):
			assert getattr(ours, name) == getattr(theirs, name), f"{script}\n{ours}\n{theirs}"
		assert ours.out


def test_processes_of_a_task_start_in_each_way(t):
	"""multiprocessing, with classes of __main__ pickled there and back, from a zygote that has it imported."""
	t.file("mate.py", "NAME = 'mate'\n")
	t.file("task.py", """
import multiprocessing, pickle, sys
import mate
class Value:
	def __init__(self, n):
		self.n = n
	def __eq__(self, other):
		return type(other) is Value and self.n == other.n
def double(value):
	return Value(value.n * 2), mate.NAME, __name__ in ("__main__", "__mp_main__")
if __name__ == "__main__":
	assert pickle.loads(pickle.dumps(Value(3))) == Value(3)
	for method in "fork", "spawn", "forkserver":
		with multiprocessing.get_context(method).Pool(2) as pool:
			for n, (value, name, known) in enumerate(pool.map(double, map(Value, range(3)))):
				assert (value, name, known) == (Value(2 * n), "mate", True), (method, value.n)
	print(sys.argv, __file__)
""")
	options = ("--ro-bind", f"{t.tmp}:/task", "--workdir", "/task")
	done = warm(t, "python3", "task.py", "x", tree="multiprocessing.pool", asked="multiprocessing.pool",
		    options=options).ok()
	assert done.out == "['task.py', 'x'] /task/task.py\n" and not done.err, done


def test_signals_are_a_commands(t):
	"""The default ones, and deadly; nothing is blocked or left of the zygote's handlers."""
	script = ("import os, signal, subprocess, sys\nfor s in ('SIGTERM', 'SIGHUP', 'SIGUSR1'):\n"
		  "\tpid = os.fork()\n\tif not pid:\n\t\tos.kill(os.getpid(), getattr(signal, s))\n\t\tos._exit(0)\n"
		  "\tprint(os.waitpid(pid, 0)[1] == getattr(signal, s))\n"
		  "import time\nalarms = []\nsignal.signal(signal.SIGALRM, lambda *_: alarms.append('alarm'))\n"
		  "signal.setitimer(signal.ITIMER_REAL, .01)\nwhile not alarms:\n\ttime.sleep(.01)\nprint(*alarms)\n"
		  "print(subprocess.run(['/usr/bin/python3', '-c', 'import signal; print(signal.pthread_sigmask(0, []))'],"
		  " capture_output=True, text=True).stdout)\n")
	assert warm(t, "python3", "-c", script).ok().out == "True\nTrue\nTrue\nalarm\nset()\n\n"


def test_process_1_ends_what_a_task_leaves(t):
	"""And passes signals on: the task's Landlock is not below that of process 1."""
	script = "import os, time\nif os.fork() == 0:\n\ttime.sleep(600)\nprint('first')"
	for policy in ("low", "high"):
		options = ("--policy", policy, "--best-effort")
		assert warm(t, "python3", "-c", script, options=options).ok().out == "first\n"
	script = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\ntime.sleep(600)"
	options = ("--policy", "high", "--best-effort", "--timeout", "0.5", "--grace", "60")
	began = time.monotonic()
	done = warm(t, "python3", "-c", script, options=options)
	assert done.status == 124 and time.monotonic() - began < 60, done


# What a sandbox is made of, as seen from inside; numbers that every sandbox has anew are left out.
INSIDE = """
import os, re, resource, json
status = dict(l.split(":\\t", 1) for l in open("/proc/self/status").read().splitlines() if ":\\t" in l)
mounts = [re.sub(r"^\\d+ \\d+ \\d+:\\d+ ", "", l) for l in open("/proc/self/mountinfo")]
print(json.dumps(dict(
	status={k: status[k] for k in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs",
		"Seccomp", "Uid", "Gid", "Groups", "SigIgn", "SigBlk", "PPid", "Threads")},
	mounts=[re.sub(r"(shared|master):\\d+|inode64|ino=\\d+", "", m) for m in mounts],
	files=sorted(os.listdir("/proc/self/fd"))[:3], n_files=len(os.listdir("/proc/self/fd")),
	processes=len([p for p in os.listdir("/proc") if p.isdigit()]),
	limits={n: resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n.startswith("RLIMIT")},
	root=sorted(os.listdir("/")), dev=sorted(os.listdir("/dev")), host=os.uname().nodename,
	net=sorted(os.listdir("/proc/self/net"))[:3] and open("/proc/self/net/dev").read().count(":"),
	cgroup=open("/proc/self/cgroup").read().count("/../"), exe=os.readlink("/proc/self/exe"),
	dumpable=os.stat("/proc/self/mem").st_uid, cwd=os.getcwd())))
"""


def test_its_sandbox_is_that_of_run(t):
	options = ("--hostname", "abc", "--nofile", "100", "--fsize", "1M")
	theirs = json.loads(direct(t, "python3", "-c", INSIDE, options=options).ok().out)
	ours = json.loads(warm(t, "python3", "-c", INSIDE, options=options).ok().out)
	for m in (ours, theirs):
		m["mounts"] = [re.sub(r",?(size|nr_inodes|uid|gid)=\S+|,?userxattr", "", x).replace(",\n", "\n")
			       for x in m["mounts"]]
		# Device nodes are bound for root too, as they are for an ordinary user.
		if t.is_root:
			m["mounts"] = [x for x in m["mounts"] if " /dev" not in x]
	for key in theirs:
		assert ours[key] == theirs[key], (key, ours[key], theirs[key])


def test_it_has_namespaces_of_its_own(t):
	"""Neither the host's nor the zygote's, which noted its own when it imported sbx_one."""
	script = "import sbx_one; print(sbx_one.namespaces(), sbx_one.NAMESPACES, sep='\\n')"
	own, zygote = map(eval, warm(t, "python3", "-c", script).ok().out.splitlines())
	assert len(own) == 7, own
	for name, number in own.items():
		assert number != zygote[name], name
		assert number != os.readlink(f"/proc/self/ns/{name}"), name


def test_nothing_of_the_zygote_can_be_reached(t):
	t.file("reach.py", """
import os, sys, ctypes
libc = ctypes.CDLL(None, use_errno=True)
def refused(n, *args):
	return libc.syscall(n, *args) == -1
assert refused(308, 0, 0), "setns"
assert refused(272, 0x10000000), "unshare"
assert refused(101, 0, 1, 0, 0), "ptrace"
for pid in filter(str.isdigit, os.listdir("/proc")):
	assert int(pid) in (1, os.getpid()), pid
for what in ("mem", "environ", "root", "cwd", "exe", "maps", "ns/mnt", "fd/0"):
	try:
		os.open(f"/proc/1/{what}", os.O_RDONLY)
		raise SystemExit(f"/proc/1/{what} can be opened")
	except PermissionError:
		pass
try:
	os.open("/proc/self/exe", os.O_WRONLY)
	raise SystemExit("/proc/self/exe can be written to")
except OSError:
	pass
assert not os.path.exists("/run/sbx-zygote.so")
assert b"LD_PRELOAD" not in b"".join(os.environb)
assert sorted(os.listdir("/proc/self/fd"))[:3] == ["0", "1", "2"]
for fd in range(3, 200):
	try:
		os.fstat(fd)
		raise SystemExit(f"descriptor {fd} is open")
	except OSError:
		pass
print("closed")
""")
	options = ("--ro-bind", f"{t.tmp}/reach.py:/reach.py")
	assert warm(t, "python3", "/reach.py", options=options).ok().out == "closed\n"


def test_what_one_writes_nobody_else_sees(t):
	script = ("import os, sbx_one\n"
		  "for path in %r:\n"
		  "\tassert not os.path.exists(path), path\n"
		  "\topen(path, 'w').write('x')\n"
		  "assert not hasattr(sbx_one, 'mark')\n"
		  "sbx_one.mark = 1\n"
		  "print('alone')\n")
	# What root owns, an ordinary user's sandbox cannot write to.
	script %= ["/tmp/mark", "/dev/shm/mark"] + (["/etc/mark", "/usr/lib/mark"] if t.is_root else []),
	assert warm(t, "python3", "-c", script, count=3).ok().out == "alone\n" * 3
	assert not os.path.exists(os.path.join(ROOT, "etc/mark"))


def test_no_two_draw_alike(t):
	script = "import drawn, json; print(json.dumps(drawn.draw()))"
	lines = warm(t, "python3", "-c", script, tree="numpy/drawn", asked="numpy,drawn", count=4).ok().out
	drawn = [json.loads(line) for line in lines.splitlines()]
	assert len(drawn) == 4
	for source in drawn[0]:
		values = [d[source] for d in drawn]
		assert len(set(values)) == 4, (source, values)


def test_the_nearest_zygote_serves(t):
	script = "import sys; print([m for m in ('sbx_one', 'sbx_two') if m in sys.modules])"
	for asked, expected in (("-", []), ("sbx_one", ["sbx_one"]), ("sbx_two", []),
				("sbx_two,sbx_one", ["sbx_one", "sbx_two"]),
				("sbx_one,json", ["sbx_one"])):
		done = warm(t, "python3", "-c", script, tree="sbx_one/sbx_one,sbx_two", asked=asked).ok()
		assert eval(done.out) == expected, (asked, done)


def test_refused_by_name(t):
	options = {
		"zygote=no": ("--policy", "paranoid", "--best-effort"),
		"--net": ("--net", "host"),
		"--cap": ("--cap", "kill"),
		"PYTHONHASHSEED": ("--env", "PYTHONHASHSEED=0"),
		"LC_ALL": ("--env", "LC_ALL=C"),
	}
	if t.is_root:
		options["--layer"] = ("--layer", f"{t.tmp}/layer")
	for word, given in options.items():
		done = warm(t, "python3", "-c", "1", options=given)
		assert done.status != 0 and word in done.err and "zygote" in done.err, done
	for word, command in (("-O", ["python3", "-O", "x.py"]), ("-c", ["python3", "-c"])):
		done = warm(t, *command)
		assert done.status != 0 and word in done.err, done
	done = warm(t, "python3", "-c", "1", tree="no_such_module")
	assert done.status == 3 and "no_such_module" in done.err, done
	done = warm(t, "python3", "-c", "1", tree="os;x")
	assert done.status == 2 and "os;x" in done.err, done


def test_what_is_no_python_is_named(t):
	done = warm(t, "/lib64/ld-linux-x86-64.so.2", "-c", "x")
	assert done.status != 0 and len(done.err.splitlines()) == 1, done
	done = warm(t, "/usr/bin/nothing", "-c", "x")
	assert done.status == 127 and "/usr/bin/nothing" in done.err, done


def test_every_posture_but_paranoid_has_them(t):
	t.file("task.py", "import sys, sbx_one, os\nopen('/tmp/x', 'w').write('x')\nprint(sys.stdin.read(), end=' ')\n"
			  "print(os.getuid(), open('/proc/self/uid_map').read().split()[0::2],\n"
			  "      open('/task/input.json').read(), os.stat('/task.py').st_uid)\n")
	secret = t.file("secret", "42")
	os.chmod(secret, 0o600)
	for posture in ("low", "medium", "high"):
		options = ("--policy", posture, "--best-effort", "--ro-bind", f"{t.tmp}/task.py:/task.py",
			   "--input", secret)
		done = warm(t, "python3", "/task.py", options=options, stdin="in").ok()
		ids = "65536" if t.is_root else "1"
		assert done.out == f"in 0 ['0', '{ids}'] 42 0\n", (posture, done)
	done = warm(t, "python3", "-c", "1", options=("--policy", "paranoid", "--best-effort"))
	assert done.status != 0 and "zygote=no" in done.err, done


def test_limits_hold(t):  # root
	script = ("import os\nn = 0\ntry:\n\twhile n < 50:\n\t\tif os.fork() == 0:\n\t\t\tos.execv('/usr/bin/python3',"
		  " ['python3', '-c', 'import time; time.sleep(600)'])\n\t\tn += 1\n"
		  "except BlockingIOError:\n\tpass\nprint(n, flush=True)\nos._exit(0)\n")
	done = warm(t, "python3", "-c", script, options=("--pids", "10")).ok()
	assert 9 <= int(done.out) <= 11, done
	done = warm(t, "python3", "-c", "x = bytearray(300 << 20)", options=("--memory", "100M"))
	assert done.status == 137, done
	done = warm(t, "python3", "-c", "import time; time.sleep(60)", options=("--timeout", "0.3"))
	assert done.status == 124, done


def test_killed_it_leaves_nothing(t):
	line = [os.environ["SBX_WARM"], os.environ["SBX_ZYGOTE"], "sbx_one", "sbx_one", "1", ROOT, "--",
		"python3", "-c", f"import time; print('{t.tmp}', flush=True); time.sleep(600)"]
	process = subprocess.Popen(line, env={**t.env, "MARK": t.tmp}, stdout=subprocess.PIPE, text=True)
	try:
		assert process.stdout.readline().strip() == t.tmp
	finally:
		process.send_signal(signal.SIGKILL)
		process.wait()
	eventually(lambda: not t.leftovers(), "left behind")


if __name__ == "__main__":
	main(globals())
