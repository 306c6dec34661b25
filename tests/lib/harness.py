# SPDX-License-Identifier: Apache-2.0
"""
What the end-to-end tests share. A test is a function `test_<what it shows>(t)` in tests/e2e/; CTest
runs each alone: `tests/e2e/build.py test_name`. `t` is a Test: an empty SBX_ROOT, a server of the
tests' archive, and helpers. From the environment: SBX_BUILD and SBX_PROVISION (the programs),
SBX_TEST_ARCHIVE (what make-archive made), SBX_TEST_STORE (what make-store made), SBX_SOURCE (the
checkout).

The first build of a test in a script that ends in `main(globals(), store=WARM)` finds that store's
packages; a test that is about making what is in there calls t.cold() first.

`def test_x(t):  # root` runs only as root, `# user` only as an ordinary user; else both. `# range`
runs only as an ordinary user who has ids of subuid(5).
"""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

from scratch import end_all, end_in_order, remove_tree  # noqa: E402
from server import Server  # noqa: E402

SUITE = "testing-sbx"
COLD, WARM = "cold", "warm"
MAKERS = ("build", "prebuild", "run")
SKIP_STATUS = 77

# base/error.h has the table; tests name what they expect.
FAILED, USAGE, INPUT, UNRESOLVED, UNSATISFIABLE, NETWORK, UNTRUSTED, ARCHIVE, SCRIPT, NO_SPACE, \
	DAMAGED, NOT_FOUND, BUSY, DENIED, UNSUPPORTED, STALE = range(1, 17)
TIMED_OUT, SANDBOX, INTERRUPTED = 124, 125, 130


class Skip(Exception):
	"""Raised with the reason why a test can't run here."""


class Result:
	def __init__(self, command, status, out, err, seconds, processor_seconds=None):
		self.command, self.status, self.out, self.err = command, status, out, err
		self.seconds, self.processor_seconds = seconds, processor_seconds

	def __str__(self):
		return (f"$ {' '.join(map(str, self.command))}\n(exit {self.status}, {self.seconds:.2f} s)\n"
			f"--- stdout\n{self.out[-4000:]}\n--- stderr\n{self.err[-4000:]}")

	def ok(self):
		assert self.status == 0, f"expected success:\n{self}"
		return self

	def fails(self, status, *patterns):
		"""The status, one line `sbx-build: ...` on stderr and nothing else, the patterns in it."""
		assert self.status == status, f"expected exit {status}:\n{self}"
		lines = [line for line in self.err.splitlines() if line.strip()]
		assert len(lines) == 1, f"expected one line on stderr:\n{self}"
		assert re.match(r"sbx-(build|provision): \S", lines[0]), f"unexpected form:\n{self}"
		for pattern in patterns:
			assert re.search(pattern, lines[0]), f"{pattern!r} is not in the message:\n{self}"
		return self

	def json(self):
		self.ok()
		try:
			return json.loads(self.out)
		except ValueError as error:
			raise AssertionError(f"stdout is not JSON ({error}):\n{self}") from None

	@property
	def id(self):
		"""The template's id that `build` printed."""
		self.ok()
		match = re.fullmatch(r"([0-9a-f]{64})\n", self.out)
		assert match, f"expected a template's id on stdout:\n{self}"
		return match[1]


def equal(got, expected, what="value"):
	assert got == expected, f"{what}: expected {expected!r}, got {got!r}"


def contains(text, *patterns):
	for pattern in patterns:
		assert re.search(pattern, text, re.M), f"{pattern!r} is not in:\n{text}"


def processor_seconds():
	"""Of all children so far; unlike a clock's, a bound on these holds on a busy machine."""
	used = resource.getrusage(resource.RUSAGE_CHILDREN)
	return used.ru_utime + used.ru_stime


def environment(tmp):
	"""A plain environment: nothing of the caller's proxies, locale or state."""
	apt = os.path.join(tmp, "apt.conf")
	with open(apt, "w", encoding="utf-8") as f:
		# The host's proxy would not find our loopback. Each retry waits longer than the one
		# before; how many there are is looked at in unit.archive-fetch.
		f.write('Dir::Etc::main "/dev/null";\nDir::Etc::parts "/nonexistent";\nAcquire::Retries "1";\n')
	env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	       "HOME": os.path.join(tmp, "home"), "LC_ALL": "C.UTF-8", "TERM": "dumb",
	       "APT_CONFIG": apt, "SBX_ROOT": os.path.join(tmp, "root"),
	       "no_proxy": "127.0.0.1", "PYTHONDONTWRITEBYTECODE": "1"}
	# An ordinary user with ids of subuid(5) is a case of its own (as-user --range).
	env["SBX_IDS"] = os.environ.get("SBX_TEST_IDS", "single")
	for name in ("SBX_PROVISION", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
		if name in os.environ:
			env[name] = os.environ[name]
	os.makedirs(env["HOME"], exist_ok=True)
	return env


class Test:
	def __init__(self, store=COLD):
		self.store = store
		self.tmp = tempfile.mkdtemp(prefix="sbx-test-")
		self.env = environment(self.tmp)
		self.root = self.env["SBX_ROOT"]
		self.archive = os.environ["SBX_TEST_ARCHIVE"]
		self.source = os.environ["SBX_SOURCE"]
		self.build_program = os.environ["SBX_BUILD"]
		self.provision_program = os.environ["SBX_PROVISION"]
		self.is_root = os.geteuid() == 0
		self.server = Server(self.archive)
		self.suite, self.keyring = SUITE, os.path.join(self.archive, "keyring.gpg")
		self.processes = []

	@contextlib.contextmanager
	def catalog(self):
		"""The store's catalog, changed when the block ends, and closed: sqlite's own block leaves it
		open, and whoever closes it last takes the log away, at any time."""
		with contextlib.closing(sqlite3.connect(os.path.join(self.root, "catalog.db"))) as db:
			with db:
				yield db

	# What there is at the beginning ------------------------------------------------------------

	def warm(self):
		"""Have what make-store made: its objects as hard links, where that can be."""
		def link(source, target):
			if f"{os.sep}objects{os.sep}" in source:
				try:
					return os.link(source, target, follow_symlinks=False)
				except OSError:
					pass
			return copy_exactly(source, target)
		repo = os.path.join(self.root, "repo")
		if not os.path.exists(repo):
			os.makedirs(self.root, 0o700, exist_ok=True)
			shutil.copytree(os.path.join(store_folder(), "repo"), repo,
					symlinks=True, copy_function=link)

	def host_settings(self):
		"""Use the host's own archive."""
		for name in ("APT_CONFIG", "no_proxy"):
			self.env.pop(name, None)
		self.env.update({k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")})

	def host_archive(self, root=None):
		"""Use the host's own archive, whose index real.index.update has made already."""
		self.host_settings()
		root = root or self.root
		os.makedirs(root, 0o700)
		shutil.copytree(os.environ["SBX_TEST_HOST_INDEX"], os.path.join(root, "index"))
		self.sbx("update", "--root", root, archive=False, timeout=600).ok()

	def cold(self):
		self.store = COLD

	# Running things ------------------------------------------------------------------------

	def run(self, *command, env=None, cwd=None, stdin="", timeout=180):
		started, before = time.monotonic(), processor_seconds()
		done = subprocess.run([str(c) for c in command], env={**self.env, **(env or {})},
				      cwd=cwd or self.tmp, input=stdin, capture_output=True, text=True,
				      errors="surrogateescape", timeout=timeout)
		return Result(command, done.returncode, done.stdout, done.stderr,
			      time.monotonic() - started, processor_seconds() - before)

	def command(self, verb, *args, archive=True):
		"""
		The command line of a verb: quiet, and with the tests' archive unless told otherwise.
		Options come before the arguments, since a task's own may follow them.
		"""
		if self.store == WARM and verb in MAKERS:
			self.warm()
		options = ["--quiet"]
		if archive:
			options += ["--mirror", self.server.uri, "--suite", self.suite,
				    "--keyring", self.keyring]
		return [self.build_program, verb, *options, *map(str, args)]

	def sbx(self, verb, *args, archive=True, **how):
		return self.run(*self.command(verb, *args, archive=archive), **how)

	def start(self, verb, *args, env=None, progress=False, **popen):
		"""Start a verb without waiting; with progress=True its events come from `.events`."""
		command = self.command(verb, *args)
		pass_fds = ()
		if progress:
			reader, writer = os.pipe()
			command[2:2] = ["--progress-fd", str(writer)]
			pass_fds = (writer,)
		process = subprocess.Popen(command, env={**self.env, **(env or {})}, cwd=self.tmp,
					   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
					   stderr=subprocess.PIPE, text=True, pass_fds=pass_fds, **popen)
		process.started = time.monotonic()
		if progress:
			os.close(writer)
			process.events = os.fdopen(reader, encoding="utf-8")
		self.processes.append(process)
		return process

	def finish(self, process, timeout=180):
		out, err = process.communicate(timeout=timeout)
		return Result(process.args, process.returncode, out, err,
			      time.monotonic() - process.started)

	# Steps that many tests begin with ---------------------------------------------------------

	def update(self):
		return self.sbx("update").ok()

	def build(self, packages, *options):
		"""Update, if that wasn't done, and build; returns the id."""
		if not os.path.isdir(os.path.join(self.root, "index")):
			self.update()
		return self.sbx("build", "--packages", packages, *options).id

	def move_on(self):
		"""The server's archive moves on: hello 2.2-1 has taken the place of 2.0-1."""
		moved = os.path.join(self.tmp, "later")
		shutil.copytree(os.path.join(self.archive, "later"), moved)
		os.symlink(os.path.join(self.archive, "pool"), os.path.join(moved, "pool"))
		self.server.folder = moved
		self.update()

	def template(self, id):
		return os.path.join(self.root, "templates", id, "root")

	def inside(self, id, *command, options=(), **how):
		"""Run a command in a sandbox on the template."""
		return self.run(self.provision_program, "run", *options, id, "--", *command, **how)

	def shell(self, id, script, **how):
		return self.inside(id, "/bin/sh", "-c", script, **how)

	def file(self, name, text, mode=0o644):
		"""A file below the test's folder; returns its path."""
		path = os.path.join(self.tmp, name)
		os.makedirs(os.path.dirname(path), exist_ok=True)
		with open(path, "wb") as f:
			f.write(text if isinstance(text, bytes) else text.encode())
		os.chmod(path, mode)
		return path

	def kill_at(self, signo, phase, event="begin", verb="build", args=(), send=os.kill):
		"""
		Start a verb and signal it when the phase's event comes; its Result, None without that event.
		A success was there before the signal: what must not be, the caller tries again.
		"""
		process = self.start(verb, *args, progress=True, start_new_session=True)
		for line in process.events:
			seen = json.loads(line)
			if seen.get("phase") == phase and seen.get("event") == event:
				send(process.pid, signo)
				return self.finish(process)
		self.finish(process)
		return None

	def work_in_progress(self):
		"""What lies in tmp/ but the files that builds of one lock wait for each other on."""
		folder = os.path.join(self.root, "tmp")
		names = os.listdir(folder) if os.path.isdir(folder) else []
		return [n for n in names if not n.endswith(".lock")]

	def fsck_clean(self):
		result = self.sbx("fsck", archive=False)
		assert result.status == 0, f"the store is damaged:\n{result}"

	# The end ----------------------------------------------------------------------------------

	def leftovers(self):
		"""Mounts and processes that a test's programs left behind."""
		found = []
		with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as f:
			found += [f"mount {line.split()[4]}" for line in f if self.tmp in line]
		for pid in filter(str.isdigit, os.listdir("/proc")):
			try:
				with open(f"/proc/{pid}/environ", "rb") as f:
					if self.tmp.encode() in f.read() and int(pid) != os.getpid():
						with open(f"/proc/{pid}/cmdline", "rb") as c:
							found.append(f"process {pid} {c.read().decode(errors='replace')!r}")
			except OSError:
				pass
		return found

	def close(self, has_passed=True):
		for process in self.processes:
			if process.poll() is None:
				process.kill()
				process.wait()
		if not has_passed:
			end_all(self.tmp)
		self.server.close()
		deadline = time.monotonic() + (120 if has_passed else 5)
		while (left := self.leftovers()) and time.monotonic() < deadline:
			time.sleep(0.1)
		end_all(self.tmp)
		# In there are files of other ids: who gave them removes it.
		if "SBX_TEST_IDS" not in os.environ:
			remove_tree(self.tmp)
		return left


def store_folder():
	"""Where make-store's store is: in memory when the tests are (lib/in-memory), for links to it."""
	memory = os.environ.get("SBX_TEST_MEMORY")
	return os.path.join(memory, f"store-{os.geteuid()}") if memory else os.environ["SBX_TEST_STORE"]


def copy_exactly(source, target):
	"""A file with its owner, which objects of root's store have."""
	shutil.copy2(source, target, follow_symlinks=False)
	if os.geteuid() == 0:
		st = os.lstat(source)
		os.lchown(target, st.st_uid, st.st_gid)
		if not os.path.islink(source):
			os.chmod(target, st.st_mode & 0o7777)


def sandbox_works():
	"""An ordinary user can make a user namespace here."""
	done = subprocess.run(["unshare", "-Ur", "true"], capture_output=True)
	return done.returncode == 0


def main(namespace, store=COLD):
	"""Run the functions named on the command line, or all; 77 when all of them were skipped."""
	end_in_order()
	names = sys.argv[1:] or [n for n in namespace if n.startswith("test_")]
	results = []
	for name in names:
		left = []
		try:
			if os.geteuid() != 0 and not sandbox_works():
				raise Skip("this kernel gives ordinary users no user namespaces")
			t, has_passed = Test(store), False
			try:
				namespace[name](t)
				has_passed = True
			finally:
				left = t.close(has_passed)
			assert not left, f"left behind: {left}"
			results.append("passed")
			print(f"passed: {name}", flush=True)
		except Skip as reason:
			results.append("skipped")
			print(f"SKIPPED: {name}: {reason}", flush=True)
		except Exception:
			results.append("failed")
			traceback.print_exc(file=sys.stdout)
			print(f"FAILED: {name}", flush=True)
	if "failed" in results:
		sys.exit(1)
	sys.exit(0 if "passed" in results else SKIP_STATUS)


SIGINT, SIGKILL, SIGTERM = signal.SIGINT, signal.SIGKILL, signal.SIGTERM
