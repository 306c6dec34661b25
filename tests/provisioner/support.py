# SPDX-License-Identifier: Apache-2.0
"""
What the end-to-end tests of sbx-provision share. A test is a function `test_<what it shows>(t)`;
CTest runs each alone, as root and (with --user in front) as an ordinary user. `t` is a Sandboxes:
a small root file system in a folder of its own, and helpers.

`def test_x(t):  # root` runs only as root, `# user` only as an ordinary user; else both.
"""

import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from scratch import end_all, end_in_order, processes_of  # noqa: E402

UID = 1000
# For whatever comes in an instant, on a machine that has much else to do. CTest ends a test after 300.
PATIENCE = 120
SKIP_STATUS = 77
BUSYBOX = ("/usr/bin/busybox", "/bin/busybox")


class Skip(Exception):
	"""Raised with the reason why a test can't run here."""


class Result:
	def __init__(self, command, status, out, err, seconds):
		self.command, self.status, self.out, self.err = command, status, out, err
		self.seconds = seconds
		self.record = None

	def __str__(self):
		return (f"$ {' '.join(map(str, self.command))}\n(exit {self.status}, {self.seconds:.2f} s)\n"
			f"--- stdout\n{self.out[-3000:]}\n--- stderr\n{self.err[-3000:]}\n"
			f"--- record\n{self.record}")

	def ok(self):
		assert self.status == 0, f"expected success:\n{self}"
		return self

	def fails(self, status, *words):
		"""The status, and one line `sbx-provision: ...` on stderr that has the words."""
		assert self.status == status, f"expected exit {status}:\n{self}"
		lines = self.err.splitlines()
		assert len(lines) == 1, f"expected one line on stderr:\n{self}"
		assert lines[0].startswith("sbx-provision: "), f"unexpected form:\n{self}"
		for word in words:
			assert word in lines[0], f"{word!r} is not in the message:\n{self}"
		return self

	@property
	def lines(self):
		return self.ok().out.splitlines()

	@property
	def facts(self):
		"""The probe's lines "name value" as a dict."""
		return dict(line.split(" ", 1) for line in self.lines)


def equal(got, expected, what="value"):
	assert got == expected, f"{what}: expected {expected!r}, got {got!r}"


def tree(path):
	"""Everything below a folder: type, mode, owner, link target or contents."""
	found = {}
	for folder, folders, files in os.walk(path):
		for name in folders + files:
			full = os.path.join(folder, name)
			st = os.lstat(full)
			content = None
			if os.path.islink(full):
				content = os.readlink(full)
			elif os.path.isfile(full):
				with open(full, "rb") as f:
					content = hash(f.read())
			found[os.path.relpath(full, path)] = (st.st_mode, st.st_uid, st.st_gid, content)
	return found


def make_root(path, probe):
	"""A root file system of a shell, its commands, and the probe; nothing else."""
	for folder in ("bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr/bin", "var"):
		os.makedirs(os.path.join(path, folder))
	busybox = next((b for b in BUSYBOX if os.path.exists(b)), None)
	if not busybox:
		raise Skip("busybox is not installed (package busybox-static)")
	shutil.copy(busybox, os.path.join(path, "bin/busybox"))
	shutil.copy(probe, os.path.join(path, "bin/probe"))
	listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
	for applet in listed.stdout.split():
		if applet != "busybox":
			os.symlink("busybox", os.path.join(path, "bin", applet))
	with open(os.path.join(path, "etc/motd"), "w", encoding="utf-8") as f:
		f.write("of the template\n")


class Sandboxes:
	def __init__(self):
		self.is_root = os.geteuid() == 0
		self.began = time.monotonic_ns()
		self.tmp = tempfile.mkdtemp(prefix="sbx-provision-test-", dir=os.environ.get("TMPDIR", "/var/tmp"))
		self.root = os.path.join(self.tmp, "template", "root")
		self.program = os.environ["SBX_PROVISION"]
		self.source = os.environ["SBX_SOURCE"]
		self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.tmp,
			    "SBX_ROOT": os.path.join(self.tmp, "state")}
		self.processes, self.on_disk = [], []
		make_root(self.root, os.environ["SBX_PROBE"])

	def path(self, *names):
		return os.path.join(self.tmp, *names)

	def folder(self, *names):
		os.makedirs(self.path(*names), exist_ok=True)
		return self.path(*names)

	def disk_folder(self):
		"""One that is not in memory, which all else may be (lib/in-memory)."""
		self.on_disk.append(tempfile.mkdtemp(prefix="sbx-provision-test-", dir="/var/tmp"))
		return self.on_disk[-1]

	def file(self, name, text, mode=0o644):
		os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
		with open(self.path(name), "w", encoding="utf-8") as f:
			f.write(text)
		os.chmod(self.path(name), mode)
		return self.path(name)

	def command(self, options, command, template=None):
		return [self.program, "run", *map(str, options), template or self.root, "--",
			*map(str, command)]

	def call(self, command, stdin="", timeout=PATIENCE, env=None, record_fd=None, **how):
		started = time.monotonic()
		done = subprocess.run(command, env={**self.env, **(env or {})}, cwd=how.pop("cwd", self.tmp),
				      input=stdin, capture_output=True, text=True, timeout=timeout,
				      errors="surrogateescape", **how)
		return Result(command, done.returncode, done.stdout, done.stderr,
			      time.monotonic() - started)

	def run(self, *command, options=(), template=None, **how):
		"""Run a command in a sandbox; the result has the record of --status-fd."""
		reader, writer = os.pipe()
		os.set_inheritable(writer, True)
		try:
			line = self.command(["--status-fd", writer, *options], command, template)
			result = self.call(line, pass_fds=(writer, *how.pop("pass_fds", ())), **how)
		finally:
			os.close(writer)
		with os.fdopen(reader, encoding="utf-8") as f:
			text = f.read()
		result.record = json.loads(text) if text else None
		return result

	def timed(self, script, *options, begun):
		"""
		A script in a sandbox whose time is up soon: the shortest of some limits within which it
		comes as far as `begun(result)` wants, which a busy machine may take its time for.
		"""
		for seconds in ("0.3", "3", "30"):
			result = self.shell(script, options=["--timeout", seconds, *options])
			if begun(result):
				break
		return result

	def shell(self, script, **how):
		return self.run("/bin/sh", "-c", script, **how)

	def probe(self, *args, **how):
		return self.run("/bin/probe", *args, **how)

	def start(self, *command, options=(), template=None, **popen):
		process = subprocess.Popen(self.command(options, command, template), env=self.env,
					   cwd=self.tmp,
					   stdin=popen.pop("stdin", subprocess.DEVNULL),
					   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)
		self.processes.append(process)
		return process

	def marked(self):
		return processes_of(self.tmp)

	def groups(self):
		"""Those made since the test began: a process's number may be that of one long gone, whose groups
		are where no sweep comes by. A name ends with its time, as CLOCK_MONOTONIC tells it."""
		found = glob.glob("/sys/fs/cgroup/**/sbx-*", recursive=True)
		times = [re.search(r"/sbx-(?:host-)?\d+-([0-9a-f]+)$", path) for path in found]
		return [path for path, time_of in zip(found, times)
			if not time_of or int(time_of[1], 16) >= self.began]

	def leftovers(self):
		with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as f:
			mounts = [line for line in f if self.tmp in line]
		return mounts + self.marked()

	def close(self, has_passed):
		for process in self.processes:
			if process.poll() is None:
				process.kill()
				process.wait()
		if not has_passed:
			end_all(self.tmp)
		try:
			eventually(lambda: not self.leftovers(), lambda: f"left behind: {self.leftovers()}",
				   PATIENCE if has_passed else 5)
		finally:
			end_all(self.tmp)
			for folder in (self.tmp, *self.on_disk):
				shutil.rmtree(folder, onerror=unlock)


def check_schema(_, record, name="provision-result"):
	try:
		import jsonschema
	except ImportError:
		raise Skip("python3-jsonschema is not installed") from None
	with open(os.path.join(os.environ["SBX_SOURCE"], f"docs/schemas/{name}.schema.json"),
		  encoding="utf-8") as f:
		jsonschema.validate(record, json.load(f))


def unlock(function, name, _):
	"""overlayfs leaves a folder work/work of mode 0."""
	os.chmod(name, 0o700)
	shutil.rmtree(name)


def eventually(condition, what, seconds=PATIENCE):
	"""`what` failed to be, a text or what makes one; in the end it is looked at once more."""
	deadline = time.monotonic() + seconds
	while not condition():
		if time.monotonic() >= deadline:
			assert condition(), what() if callable(what) else what
			return
		time.sleep(0.02)


def copy_programs(folder):
	os.chmod(folder, 0o755)
	for name in ("SBX_PROVISION", "SBX_PROBE", "SBX_KILLED", "SBX_CONFORMANCE", "SBX_WARM",
		     "SBX_ZYGOTE"):
		os.environ[name] = shutil.copy(os.environ[name], folder)
		os.chmod(os.environ[name], 0o755)
	schemas = os.path.join(os.environ["SBX_SOURCE"], "docs/schemas")
	shutil.copytree(schemas, os.path.join(folder, "docs/schemas"))
	os.environ["SBX_SOURCE"] = folder


def become_user():
	"""As root: another uid for good, with copies of the programs that it can read."""
	if os.geteuid() != 0:
		return
	programs = tempfile.mkdtemp(prefix="sbx-provision-user-")
	try:
		copy_programs(programs)
	except BaseException:
		shutil.rmtree(programs)
		raise
	pid = os.fork()
	if pid:
		# Ctrl-C is the child's as well, and it has to clear up before we do.
		signal.signal(signal.SIGINT, lambda *_: None)
		signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
		_, status = os.waitpid(pid, 0)
		shutil.rmtree(programs)
		sys.exit(os.waitstatus_to_exitcode(status))
	os.setgroups([])
	os.setresgid(UID, UID, UID)
	os.setresuid(UID, UID, UID)


def main(namespace):
	names = sys.argv[1:]
	if names[:1] == ["--user"]:
		names = names[1:]
		become_user()
	end_in_order()
	os.umask(0o022)
	if os.geteuid() != 0 and subprocess.run(["unshare", "-Ur", "true"],
						capture_output=True).returncode != 0:
		print("SKIPPED: this kernel gives ordinary users no user namespaces")
		sys.exit(SKIP_STATUS)
	outcome = []
	for name in names or [n for n in namespace if n.startswith("test_")]:
		try:
			t, has_passed = Sandboxes(), False
			try:
				namespace[name](t)
				has_passed = True
			finally:
				t.close(has_passed)
			outcome.append("passed")
			print(f"passed: {name}", flush=True)
		except Skip as reason:
			outcome.append("skipped")
			print(f"SKIPPED: {name}: {reason}", flush=True)
		except Exception:
			outcome.append("failed")
			traceback.print_exc(file=sys.stdout)
			print(f"FAILED: {name}", flush=True)
	if "failed" in outcome:
		sys.exit(1)
	sys.exit(0 if "passed" in outcome else SKIP_STATUS)
