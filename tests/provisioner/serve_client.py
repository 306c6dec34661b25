# SPDX-License-Identifier: Apache-2.0
"""A client of `sbx-provision serve` after docs/serve-protocol.md, and a server under test."""

import array
import json
import os
import select
import signal
import socket
import struct
import subprocess
import time

from support import PATIENCE, eventually

HEADER = struct.Struct("=IIIIiIII")
HELLO, CREATE, EXEC, SIGNAL, PAUSE, RESUME, STATS, SET, DESTROY, LIST = range(1, 11)
ZYGOTES = 13
WELCOME, OK, ERROR, ENDED, COMMAND_ENDED = range(100, 105)
KEEP, INPUT, OUTPUT = 1, 4, 8
MORE = 1  # of OK
CODES = {"USAGE": 2, "INPUT": 3, "NO_SPACE": 10, "NOT_FOUND": 12, "BUSY": 13, "DENIED": 14,
	 "UNSUPPORTED": 15, "NO_COMMAND": 127}


def code(name):
	"""What an error's message has as its value."""
	return CODES[name]


class Message:
	def __init__(self, packet):
		(self.type, self.id, self.sandbox, self.command, self.value, self.flags, n, _) = HEADER.unpack(
			packet[:HEADER.size])
		self.words = [w.decode() for w in packet[HEADER.size:].split(b"\0")[:-1]]
		assert n == len(self.words), packet

	def __repr__(self):
		return f"<{self.type} id {self.id} sandbox {self.sandbox} value {self.value} {self.words}>"

	@property
	def record(self):
		return json.loads(self.words[0])


class Client:
	def __init__(self, path, greet=True):
		self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		self.socket.settimeout(PATIENCE)
		self.socket.connect(path)
		self.last = 0
		self.events = []
		if greet:
			assert self.ask(HELLO, value=1).type == WELCOME

	def close(self):
		self.socket.close()

	def send_raw(self, packet, fds=()):
		control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
		self.socket.sendmsg([packet], control)

	def send(self, kind, words=(), sandbox=0, command=0, value=0, flags=0, fds=()):
		self.last += 1
		self.send_raw(HEADER.pack(kind, self.last, sandbox, command, value, flags, len(words), 0)
			      + b"".join(os.fsencode(w) + b"\0" for w in words), fds)
		return self.last

	def receive(self):
		try:
			packet = self.socket.recv(1 << 18)
		except ConnectionResetError:
			# It has closed without reading all of ours; what it told before comes behind that (packet.c).
			packet = self.socket.recv(1 << 18)
		if not packet:
			raise EOFError
		return Message(packet)

	def ask(self, kind, *args, **kwargs):
		number = self.send(kind, *args, **kwargs)
		while True:
			message = self.receive()
			if message.id == number:
				return self.rest_of(message)
			self.events.append(message)

	def rest_of(self, message):
		"""An answer that is too long for one message, as one."""
		while message.flags & MORE:
			part = self.receive()
			if part.id == message.id:
				message.words += part.words
				message.flags = part.flags
			else:
				self.events.append(part)
		return message

	def create(self, *words, **how):
		answer = self.ask(CREATE, words, **how)
		assert answer.type == OK, answer
		return answer.sandbox

	def wait(self, kind, sandbox):
		while True:
			for message in self.events:
				if message.type == kind and message.sandbox == sandbox:
					self.events.remove(message)
					return message
			self.events.append(self.receive())

	def shell(self, sandbox, script, env=()):
		"""Run a script in a sandbox with exec: its exit status and output."""
		reader, writer = os.pipe()
		null = os.open("/dev/null", os.O_RDONLY)
		try:
			answer = self.ask(EXEC, [*env, "/bin/sh", "-c", script], sandbox=sandbox, value=len(env),
					  command=self.last + 1, fds=(null, writer, writer))
		finally:
			os.close(writer)
			os.close(null)
		with os.fdopen(reader) as f:
			text = f.read()
		assert answer.type == OK, answer
		ended = self.wait(COMMAND_ENDED, sandbox)
		return os.waitstatus_to_exitcode(ended.value), text


def state_of(pid):
	"""The letter that ps shows; "": it is gone."""
	try:
		with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
			return f.read().rsplit(") ", 1)[1][0]
	except OSError:
		return ""


def name_of(pid):
	try:
		with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
			return f.read().strip()
	except OSError:
		return ""


def shared_memory(pid):
	"""What a process shares with others in a way that both see what is written; for root to look at."""
	with open(f"/proc/{pid}/maps", encoding="utf-8") as f:
		return [line.split(None, 5)[5].strip() for line in f if line.split()[1] in ("rw-s", "-w-s", "rwxs")]


def is_over(pid):
	"""Reaped, or only waiting for that: a machine's process 1 may take its time."""
	return state_of(pid) in ("", "Z")


def is_frozen(pid):
	"""By the freezer of version 1, out of which not even SIGKILL gets one."""
	try:
		with open(f"/proc/{pid}/cgroup", encoding="utf-8") as f:
			groups = [line.rstrip("\n").split(":", 2) for line in f]
		path = next((path for _, names, path in groups if "freezer" in names.split(",")), "")
		with open(f"/sys/fs/cgroup/freezer{path}/freezer.state", encoding="ascii") as f:
			return f.read().strip() == "FROZEN"
	except OSError:
		return False


class Server:
	def __init__(self, t, *options, socket_path=None, front=(), **popen):
		self.t = t
		self.path = socket_path or t.path("socket")
		self.process = subprocess.Popen(
			[*front, t.program, "serve", "--socket", self.path, "--share", os.path.dirname(t.root), *options],
			env=t.env, cwd=t.tmp, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **popen)
		t.processes.append(self.process)
		deadline = time.monotonic() + PATIENCE
		while self.process.poll() is None:
			try:
				Client(self.path).close()
				return
			except OSError:
				assert time.monotonic() < deadline, "the server does not answer"
				time.sleep(0.02)

	def client(self, **how):
		return Client(self.path, **how)

	def ctl(self, *words, **how):
		return self.t.call([self.t.program, "ctl", "--socket", self.path, *map(str, words)], **how)

	def groups(self):
		return [g for g in self.t.groups() if f"/sbx-{self.process.pid}-" in g]

	def descriptors(self):
		return len(os.listdir(f"/proc/{self.process.pid}/fd"))

	def memory(self):
		with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as f:
			return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")

	def children(self):
		with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as f:
			return [int(pid) for pid in f.read().split()]

	def is_silent(self, client, seconds=0.2):
		return not select.select([client.socket], [], [], seconds)[0]

	def stop(self, how=signal.SIGTERM):
		children = self.children() if how == signal.SIGKILL else []
		self.process.send_signal(how)
		if how != signal.SIGKILL:
			self.process.communicate(timeout=PATIENCE)
			return self.process.returncode
		# All goes with it but a keeper that is paused, which has its stderr.
		status = self.process.wait(timeout=PATIENCE)
		eventually(lambda: not [pid for pid in children if not is_over(pid) and not is_frozen(pid)],
			   "children of the killed server")
		return status


def made_ahead(server):
	"""Whoever waits in a slot for a request: what of the server's children is no keeper."""
	return [pid for pid in server.children() if name_of(pid) == "sbx-init"]
