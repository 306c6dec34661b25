# SPDX-License-Identifier: Apache-2.0
"""One attempt in one sandbox, and what is looked at from outside."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

from host import Pty
from support import PATIENCE, tree

GOT_OUT, REFUSED, COULD_NOT_TRY = 0, 1, 3
OUTPUT_LIMIT = 1 << 20

# The options that an attempt needs, and what it is told about them.
LIMITS = {
	"fork-bomb": {"pids": 30},
	"thread-bomb": {"pids": 30},
	"descriptor-bomb": {"nofile": 128},
	"disk-bomb": {"disk": 8 << 20},
	"shared-memory-bomb": {"disk": 8 << 20},
	"root-bomb": {"disk": 8 << 20},
	"inode-bomb": {"disk": 8 << 20},
	"deep-folders": {"disk": 8 << 20},
	"file-size": {"fsize": 4 << 20},
	"sparse-file": {"fsize": 4 << 20},
	"output-bomb": {"output-limit": OUTPUT_LIMIT},
	"processor-hog": {"cpus": 0.2},
	"processor-time": {"cpu-time": 1},
	"outlive": {},
	"ignore-signals": {"timeout": 0.3, "grace": 0.2},
}
MEMORY = {"memory": 48 << 20}
# Version 1 holds TCP down, but gives each connection a little whatever the limit is.
TCP = {"memory": 8 << 20}
# What attempts in a posture are known to do: its policy gives it.
GIVEN = {
	"low": {"host-loopback", "metadata-address", "host-address", "datagram-out", "interfaces",
		"same-namespaces"},
}
# Not for every posture.
ONLY = {
	"write-elsewhere": ("high", "paranoid"),
	# Seconds of a processor, and the same in all of them: the limit is the option's.
	"processor-time": ("high",),
}
# What takes limits that an ordinary user without delegated cgroups cannot set.
CGROUP_ONLY = {"processor-hog", "memory-many-processes", "fork-bomb", "thread-bomb"}
# What takes a user namespace, which root's sandboxes have where the kernel maps ids.
USER_NAMESPACE_ONLY = {"same-namespaces"}
TERMINALS = {"type-into-terminal", "type-into-terminal-high", "paste-into-terminal", "line-discipline",
	     "controlling-terminal", "terminal-group"}


def chosen(things, names):
	unknown = set(names) - {t.name for t in things}
	assert not unknown, f"no such name: {unknown}"
	return [t for t in things if not names or t.name in names]


def limits_of(a):
	if a.name == "memory-tcp-sockets":
		return TCP
	return MEMORY if a.topic == "memory" else LIMITS.get(a.name, {})


class Trial:
	"""A sandbox for one attempt: options, descriptors, and a folder of its own that is bound."""

	def __init__(self, a, h, posture):
		self.a, self.h, self.posture = a, h, posture
		self.rw = tempfile.mkdtemp(prefix="rw-", dir=h.tmp)
		self.options = ["--ro-bind", f"{h.path('ro')}:/mnt/ro", "--bind", f"{self.rw}:/output"]
		if posture:
			self.options += ["--policy", posture, "--defaults", posture]
			if not h.has_limits:
				self.options.append("--best-effort")
			self.options += [f"--{k}={v}" for k, v in limits_of(a).items()]
		self.options += ["--sys"] if a.name == "write-sys" and not self.is_given("interfaces") else []
		self.command = ["/bin/attempts", a.name]
		self.popen = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
		self.facts = dict(h.facts, **{k.split("-")[0]: v for k, v in limits_of(a).items()})
		if not posture:
			self.facts.update({"memory": MEMORY["memory"], "pids": 30, "nofile": 128, "disk": 8 << 20,
					   "fsize": 4 << 20, "output": OUTPUT_LIMIT, "unlimited": 1})
		if a.name == "memory-tcp-sockets":
			self.facts.update(TCP, factor=20)
		self.close = []

	def is_given(self, name):
		return name in GIVEN.get(self.posture, ())

	def words(self, program=None, without=None):
		facts = [f"{k}={v}" for k, v in self.facts.items()]
		first = [self.h.weakened, without] if without else [program or self.h.provision]
		return [*first, "run", *map(str, self.options), self.h.root, "--", *self.command, *facts]

	def start(self, words):
		self.process = subprocess.Popen(words, env=self.h.env(), cwd=self.h.tmp, text=True,
						errors="replace", **self.popen)

	def finish(self, timeout=PATIENCE):
		try:
			self.out, _ = self.process.communicate(timeout=timeout)
		except subprocess.TimeoutExpired:
			self.process.kill()
			self.out, _ = self.process.communicate()
			self.out = (self.out or "") + "\n(killed by the test: it did not end)"
			return GOT_OUT
		for undo in self.close:
			undo()
		return self.process.returncode

	def run(self, **how):
		started = time.monotonic()
		self.start(self.words(**how))
		status = self.finish()
		self.seconds = time.monotonic() - started
		return status

	def text(self):
		lines = (self.out or "").strip().splitlines()
		worst = [line for line in lines if line.startswith(("GOT OUT", "could not"))] or lines
		return "; ".join(worst[-2:])[:160]


def verdict(status):
	"""Killed for it, by the filter or for want of memory, is refused as well."""
	if status in (GOT_OUT, REFUSED, COULD_NOT_TRY):
		return status
	if status in (128 + signal.SIGSYS, 128 + signal.SIGKILL, 128 + signal.SIGXFSZ, 128 + signal.SIGXCPU,
		      -signal.SIGSYS, -signal.SIGKILL):
		return REFUSED
	return None


# What is set up for an attempt, by name; each may return a function that judges afterwards.

def with_terminal(t):
	pty = Pty()
	t.popen["stdin"] = pty.follower
	t.popen["start_new_session"] = True
	if t.a.name in ("controlling-terminal", "terminal-group", "type-into-terminal",
			"type-into-terminal-high"):
		import fcntl
		import termios
		del t.popen["start_new_session"]

		def take():
			os.setsid()
			fcntl.ioctl(pty.follower, termios.TIOCSCTTY, 0)
		t.popen["preexec_fn"] = take
	t.close.append(pty.close)


def prepare_inherited(t):
	fds = [os.open("/", os.O_RDONLY), os.open(t.h.facts["host_file"], os.O_RDONLY)]
	t.popen["pass_fds"] = fds
	t.close += [lambda fd=fd: os.close(fd) for fd in fds]


def refused_at_start(t):
	"""sbx-provision itself says no, in one line, before anything runs."""
	def judge(status):
		return REFUSED if status in (2, 125) and t.out.startswith("sbx-provision: ") else status
	return judge


def prepare_folder(t):
	fd = os.open("/", os.O_RDONLY)
	t.popen["stdin"] = fd
	t.close.append(lambda: os.close(fd))
	return refused_at_start(t)


def prepare_socket(t):
	one = socket.create_connection(("127.0.0.1", t.h.port))
	t.popen["stdin"] = one
	t.close.append(one.close)
	return refused_at_start(t)


def prepare_stdin(t):
	path = t.h.file(os.path.basename(t.rw) + ".in", "given for reading\n" * 300, 0o666)
	fd = os.open(path, os.O_RDONLY)
	t.popen["stdin"] = fd
	t.close.append(lambda: os.close(fd))

	def judge(status):
		with open(path, encoding="utf-8") as f:
			return status if f.read() == "given for reading\n" * 300 else GOT_OUT
	return judge


def prepare_log(t):
	path = t.h.file(os.path.basename(t.rw) + ".log", "of others\n", 0o666)
	fd = os.open(path, os.O_RDWR | os.O_APPEND)
	t.popen["stdout"] = fd
	t.close.append(lambda: os.close(fd))

	def judge(status):
		with open(path, encoding="utf-8", errors="replace") as f:
			t.out = f.read()
		return status if t.out.startswith("of others\n") else GOT_OUT
	return judge


def prepare_template(t):
	before = tree(t.h.root)

	def judge(status):
		if tree(t.h.root) != before:
			return GOT_OUT
		again = Trial(t.a, t.h, t.posture)
		again.command = ["/bin/sh", "-c", "test ! -e /etc/ld.so.preload && test -e /bin/true"]
		return status if again.run() == 0 else GOT_OUT
	return judge


def prepare_setuid_in_bind(t):
	def judge(status):
		modes = [os.lstat(os.path.join(t.rw, name)).st_mode for name in os.listdir(t.rw)]
		return GOT_OUT if any(mode & 0o6000 for mode in modes) else status if modes else COULD_NOT_TRY
	return judge


def prepare_target(target):
	def prepare(t):
		t.options += ["--bind", f"{t.rw}:{target}"]
		before = tree(t.h.path("outside"))

		def judge(status):
			if tree(t.h.path("outside")) != before or os.path.exists(t.h.path("outside", "new")):
				return GOT_OUT
			return REFUSED if status == 125 and t.out.startswith("sbx-provision: ") else status
		return judge
	return prepare


def prepare_user(t):
	program = "cap" if t.a.name == "capable-program" else "su"
	t.facts[("capable" if program == "cap" else "setuid") + "_program"] = f"/bin/{program}-attempts"
	t.options += ["--user", "1234"]


def prepare_interpreter(t):
	t.command = ["/bin/trap"]
	# 126, 127: it is not executed. Else what runs is sbx-provision, which finds its options odd.
	return lambda status: REFUSED if status in (126, 127) else GOT_OUT


def prepare_outlive(t):
	alive, go, mark = (os.path.join(t.rw, name) for name in ("alive", "go", "outlived"))
	os.mkfifo(alive, 0o666)
	fd = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
	t.close.append(lambda: os.close(fd))

	def run(**how):
		t.start(t.words(**how))
		try:
			# Not what sbx-provision passes on, which is at its end when that is.
			status = t.process.wait(PATIENCE)
			os.mkdir(go)
			said = b""
			while select.select([fd], [], [], PATIENCE)[0] and (part := os.read(fd, 10)):
				said += part
		finally:
			t.finish()
		return GOT_OUT if os.path.exists(mark) else status if said == b"x" else COULD_NOT_TRY
	t.run = run


def prepare_ignore(t):
	return lambda status: REFUSED if status == 124 and t.seconds < PATIENCE else GOT_OUT


def prepare_orphan(t):
	def run(**how):
		t.start(t.words(**how))
		t.process.stdout.readline()
		t.process.kill()
		# It has our pipe as its output: when that is at its end, so is the orphan.
		t.finish()
		return GOT_OUT if os.path.exists(os.path.join(t.rw, "outlived")) else REFUSED
	t.run = run


def prepare_output(t):
	def judge(status):
		return GOT_OUT if len(t.out) > OUTPUT_LIMIT + 1024 else REFUSED if status == 137 else status
	return judge


def prepare_processor_time(t):
	# On a busy machine the time is up before the processor's.
	return lambda status: REFUSED if status == 124 else status


def prepare_deep(t):
	return lambda status: status if t.seconds < PATIENCE else GOT_OUT


def prepare_null(t):
	before = os.stat("/dev/null").st_mode
	return lambda status: status if os.stat("/dev/null").st_mode == before else GOT_OUT


PREPARE = {
	**{name: with_terminal for name in TERMINALS},
	"inherited-descriptors": prepare_inherited,
	"folder-as-stdin": prepare_folder,
	"socket-as-stdin": prepare_socket,
	"write-stdin": prepare_stdin,
	"log-of-others": prepare_log,
	"write-template": prepare_template,
	"preload": prepare_template,
	"setuid-in-bind": prepare_setuid_in_bind,
	"link-as-bind-target": prepare_target("/mnt/out/new"),
	"dangling-bind-target": prepare_target("/mnt/dangling"),
	"proc-as-bind-target": prepare_target("/mnt/proc/new"),
	"setuid-program": prepare_user,
	"capable-program": prepare_user,
	"interpreter": prepare_interpreter,
	"outlive": prepare_outlive,
	"ignore-signals": prepare_ignore,
	"orphan": prepare_orphan,
	"output-bomb": prepare_output,
	"deep-folders": prepare_deep,
	"processor-time": prepare_processor_time,
	"change-device": prepare_null,
}


def outcome(t, **how):
	"""Run it, and what it came to: GOT_OUT, REFUSED, COULD_NOT_TRY, or None with a status like none."""
	judge = PREPARE.get(t.a.name, lambda t: None)(t)
	status = t.run(**how)
	return verdict(judge(status) if judge else status)


def attempt(a, posture, h):
	if posture not in ONLY.get(a.name, (posture,)):
		return True, "not in this posture"
	if a.name == "metadata-address" and not h.has_network:
		return True, "takes a network of the tests' own: run by root"
	if a.name in USER_NAMESPACE_ONLY and not h.has_user_namespace:
		return True, "takes a user namespace, which this sandbox has not"
	if a.name == "inotify-instances" and not h.has_user_limits:
		return True, "takes a user namespace, which this sandbox has not"
	# Root has them, or this fails.
	if a.name in CGROUP_ONLY and not h.has_limits and not h.is_root:
		return True, "takes cgroups that this user has not been given"
	if a.name == "write-sys" and posture in GIVEN and "interfaces" in GIVEN[posture]:
		return True, "--sys takes a network namespace of its own"
	t = Trial(a, h, posture)
	came_to = outcome(t)
	if a.name in GIVEN.get(posture, ()):
		return came_to == GOT_OUT, f"given by the posture: {t.text()}"
	return came_to == REFUSED, f"{t.text()} (status {t.process.returncode})"
