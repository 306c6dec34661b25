# SPDX-License-Identifier: Apache-2.0
"""What attempts try to reach: a host with files, processes, sockets and a network of its own."""

import collections
import ctypes
import glob
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.environ["SBX_SOURCE"], "tests", "provisioner"))

from support import BUSYBOX, UID, make_root, unlock  # noqa: E402

METADATA, OTHER_HOST = "169.254.169.254", "192.0.2.7"
Attempt = collections.namedtuple("Attempt", "name topic needs bite title")
IPC_CREAT, IPC_RMID = 0o1000, 0
libc = ctypes.CDLL(None, use_errno=True)


def enter_network():
	"""A network of the tests' own, with the addresses that attempts go for. Needs root; else none."""
	if os.geteuid() != 0 or "SBX_ESCAPE_NETWORK" in os.environ:
		return
	os.environ["SBX_ESCAPE_NETWORK"] = "own"
	busybox = next(b for b in BUSYBOX if os.path.exists(b))
	script = (f"{busybox} ip link set lo up; {busybox} ip addr add {METADATA}/32 dev lo; "
		  f"{busybox} ip addr add {OTHER_HOST}/32 dev lo; {busybox} ip link add sbx0 type veth; exec \"$@\"")
	os.execvp("unshare", ["unshare", "-n", "sh", "-c", script, "sh", sys.executable, "-B", *sys.argv])


def delegate(user):
	"""Version 1 groups with a name that attempts look for, and this process in them."""
	made = []
	with open("/proc/self/cgroup", encoding="utf-8") as f:
		lines = [line.rstrip("\n").split(":", 2) for line in f]
	for _, controllers, path in lines:
		if not {"memory", "cpu", "pids"} & set(controllers.split(",")):
			continue
		folder = f"/sys/fs/cgroup/{controllers}{path.rstrip('/')}/escape-{os.getpid()}"
		os.mkdir(folder)
		for name in (folder, *glob.glob(folder + "/*")):
			if user:
				os.chown(name, UID, UID)
		with open(folder + "/cgroup.procs", "w", encoding="utf-8") as f:
			f.write(str(os.getpid()))
		made.append(folder)
	return made


def leave(groups):
	for folder in groups:
		with open(os.path.dirname(folder) + "/cgroup.procs", "w", encoding="utf-8") as f:
			f.write(str(os.getpid()))
		os.rmdir(folder)


def become_member():
	"""As root: in a group of its own, which a child is needed to leave again."""
	if os.geteuid() != 0:
		return
	groups = delegate(False)
	pid = os.fork()
	if pid:
		_, status = os.waitpid(pid, 0)
		leave(groups)
		sys.exit(os.waitstatus_to_exitcode(status))


def become_user():
	"""As root: another uid for good, with copies of the programs that it can read."""
	if os.geteuid() != 0:
		return
	programs = tempfile.mkdtemp(prefix="sbx-escape-user-")
	os.chmod(programs, 0o755)
	for name in ("SBX_PROVISION", "SBX_ATTEMPTS", "SBX_WEAKENED", "SBX_ZYGOTE"):
		os.environ[name] = shutil.copy(os.environ[name], programs)
		os.chmod(os.environ[name], 0o755)
	groups = delegate(True)
	pid = os.fork()
	if pid:
		_, status = os.waitpid(pid, 0)
		leave(groups)
		shutil.rmtree(programs)
		sys.exit(os.waitstatus_to_exitcode(status))
	os.setgroups([])
	os.setresgid(UID, UID, UID)
	os.setresuid(UID, UID, UID)
	# Not dumpable after that, so that /proc/self would be root's.
	libc.prctl(4, 1, 0, 0, 0)


class Host:
	def __init__(self):
		self.is_root = os.geteuid() == 0
		self.has_network = "SBX_ESCAPE_NETWORK" in os.environ
		self.provision = os.environ["SBX_PROVISION"]
		self.weakened = os.environ["SBX_WEAKENED"]
		self.program = os.environ["SBX_ATTEMPTS"]
		self.tmp = tempfile.mkdtemp(prefix="sbx-escape-", dir=os.environ.get("TMPDIR", "/var/tmp"))
		os.chmod(self.tmp, 0o755)
		self.root = os.path.join(self.tmp, "template")
		make_root(self.root, self.program)
		self.make_template()
		# For others than the user who builds.
		self.public = shutil.copy(self.program, self.path("attempts"))
		os.chmod(self.public, 0o755)
		os.makedirs(self.path("ro"))
		self.file("ro/file", "read-only\n")
		self.facts, self.undo = {}, []
		self.offer_files()
		self.offer_ipc()
		self.offer_network()
		self.offer_process()
		listed = subprocess.run([self.program, "--list"], capture_output=True, text=True, check=True)
		self.attempts = [Attempt(*line.split("\t")) for line in listed.stdout.splitlines()]
		plan = subprocess.run([self.provision, "run", "--dry-run", self.root, "--", "/bin/true"],
				      capture_output=True, text=True, env=self.env(), check=True).stdout
		self.has_user_namespace = "user" in next(
			line for line in plan.splitlines() if line.startswith("spawn ")).split("=")[1].split(",") \
			or "\nuser-namespace " in plan
		self.has_user_limits = "\nuser-limit " in plan
		self.has_limits = subprocess.run(
			[self.provision, "run", "--memory", "64M", self.root, "--", "/bin/true"],
			capture_output=True, env=self.env()).returncode == 0

	def __enter__(self):
		return self

	def __exit__(self, *_):
		for undo in reversed(self.undo):
			undo()
		shutil.rmtree(self.tmp, onerror=unlock)

	def path(self, *names):
		return os.path.join(self.tmp, *names)

	def file(self, name, text, mode=0o644):
		path = os.path.join(self.tmp, name)
		with open(path, "w", encoding="utf-8") as f:
			f.write(text)
		os.chmod(path, mode)
		return path

	def env(self):
		return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.tmp,
			"SBX_ROOT": self.path("state"), "SBX_SECRET": "of the caller"}

	def make_template(self):
		root = self.root
		shutil.copy(self.program, os.path.join(root, "bin/attempts"))
		os.makedirs(os.path.join(root, "mnt"))
		self.file("template/bin/trap", "#!/proc/self/exe\n", 0o755)
		os.mkdir(self.path("outside"))
		os.symlink(self.path("outside"), os.path.join(root, "mnt/out"))
		os.symlink(self.path("outside", "new"), os.path.join(root, "mnt/dangling"))
		os.symlink("/proc/self", os.path.join(root, "mnt/proc"))
		su = os.path.join(root, "bin/su-attempts")
		shutil.copy(self.program, su)
		os.chmod(su, 0o4755)
		capable = os.path.join(root, "bin/cap-attempts")
		shutil.copy(self.program, capable)
		if self.is_root:
			# Version 2, effective: CAP_NET_RAW permitted.
			os.setxattr(capable, "security.capability",
				    bytes([1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0x20, 0, 0]) + bytes(8))

	def offer_files(self):
		self.facts["host_file"] = self.file("host-file", "of the host\n")
		for fact, folder in (("tmp_file", "/tmp"), ("shm_file", "/dev/shm")):
			fd, path = tempfile.mkstemp(prefix="sbx-escape-", dir=folder)
			os.close(fd)
			self.facts[fact] = path
			self.undo.append(lambda p=path: os.unlink(p))

	def offer_ipc(self):
		key = 0x5b000000 + os.getpid()
		shm = libc.shmget(key, 4096, IPC_CREAT | 0o666)
		sem = libc.semget(key, 1, IPC_CREAT | 0o666)
		msg = libc.msgget(key, IPC_CREAT | 0o666)
		self.undo += [lambda: libc.shmctl(shm, IPC_RMID, None), lambda: libc.semctl(sem, 0, IPC_RMID),
			      lambda: libc.msgctl(msg, IPC_RMID, None)]
		queue = f"/sbx-escape-{os.getpid()}"
		fd = libc.mq_open(queue.encode(), os.O_CREAT | os.O_RDWR, 0o666, None)
		assert min(shm, sem, msg, fd) >= 0, "this host's IPC does not work"
		os.close(fd)
		self.undo.append(lambda: libc.mq_unlink(queue.encode()))
		self.facts.update(ipc_key=key, queue=queue)

	def offer_network(self):
		tcp = socket.create_server(("0.0.0.0", 0), backlog=64)
		abstract = socket.socket(socket.AF_UNIX)
		name = f"sbx-escape-{os.getpid()}"
		abstract.bind("\0" + name)
		abstract.listen(64)
		self.undo += [tcp.close, abstract.close]
		self.port = tcp.getsockname()[1]
		self.facts.update(tcp_port=self.port, abstract=name, host_address=OTHER_HOST)

	def offer_process(self):
		process = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL)
		self.undo += [process.wait, process.kill]
		self.facts["host_pid"] = process.pid
		for kind in ("mnt", "pid", "ipc", "uts", "cgroup", "net", "user"):
			self.facts["ns_" + kind] = os.readlink(f"/proc/self/ns/{kind}")
		with open("/proc/sys/fs/inotify/max_user_instances", encoding="utf-8") as f:
			self.facts["inotify"] = int(f.read())
		self.facts["core_hard"] = resource.getrlimit(resource.RLIMIT_CORE)[1]


class Pty:
	"""A terminal; its follower is for the sandbox."""

	def __init__(self):
		self.leader, self.follower = os.openpty()
		self.thread = threading.Thread(target=self.drain, daemon=True)
		self.thread.start()

	def drain(self):
		try:
			while os.read(self.leader, 4096):
				pass
		except OSError:
			pass

	def close(self):
		os.close(self.follower)
		self.thread.join(2)
		os.close(self.leader)
