# SPDX-License-Identifier: Apache-2.0
"""python_root.py FOLDER: a root file system of this machine's Python and numpy, for many tests."""
import os
import re
import shutil
import subprocess
import sys

PYTHON = "/usr/bin/python3"
LEFT_OUT = shutil.ignore_patterns("test", "tests", "idlelib", "lib2to3", "pydoc_data", "config-*",
				  "ensurepip", "tkinter", "f2py", "distutils")


def take(source, target):
	"""A link where it can be one: nothing here is ever written to."""
	try:
		os.link(source, target)
	except OSError:
		shutil.copy(source, target)


def take_libraries(root, program):
	listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
	for library in re.findall(r"(/\S+)", listed.stdout):
		target = root + library
		if os.path.exists(library) and not os.path.exists(target):
			os.makedirs(os.path.dirname(target), exist_ok=True)
			take(os.path.realpath(library), target)


def make(root):
	for name in ("bin", "lib", "lib64"):
		os.makedirs(f"{root}/usr/{name}")
		os.symlink(f"usr/{name}", f"{root}/{name}")
	for name in ("dev", "etc", "proc", "root", "sys", "tmp", "usr/lib/python3/dist-packages"):
		os.makedirs(f"{root}/{name}")
	program = os.path.realpath(PYTHON)
	take(program, f"{root}/usr/bin/{os.path.basename(program)}")
	os.symlink(os.path.basename(program), f"{root}/usr/bin/python3")
	take_libraries(root, program)
	numpy = "/usr/lib/python3/dist-packages/numpy"
	if not os.path.isdir(numpy):
		sys.exit(f"{numpy} is missing; install python3-numpy")
	for folder in (f"/usr/lib/{os.path.basename(program)}", numpy):
		shutil.copytree(folder, root + folder, ignore=LEFT_OUT, copy_function=take)
		for where, _, names in os.walk(root + folder):
			for name in names:
				if ".so" in name:
					take_libraries(root, os.path.join(where, name))


def main():
	root = sys.argv[1]
	done = os.path.join(root, "etc/done")
	with open(__file__, encoding="utf-8") as f:
		made_by = f.read()
	if os.path.exists(done):
		with open(done, encoding="utf-8") as f:
			if f.read() == made_by:
				return
	shutil.rmtree(root, ignore_errors=True)
	os.umask(0o022)
	make(root)
	with open(f"{root}/usr/lib/python3/dist-packages/drawn.py", "w", encoding="utf-8") as f:
		f.write(DRAWN)
	for name in ("one", "two"):
		with open(f"{root}/usr/lib/python3/dist-packages/sbx_{name}.py", "w", encoding="utf-8") as f:
			f.write(NOTED)
	with open(f"{root}/usr/lib/python3/dist-packages/sbx_threads.py", "w", encoding="utf-8") as f:
		f.write("import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n")
	for name, text in (("shared", SHARED), ("hostile", HOSTILE), ("liar", LIAR), ("chatty", CHATTY),
			   ("mute", MUTE), ("stopper", STOPPER)):
		with open(f"{root}/usr/lib/python3/dist-packages/sbx_{name}.py", "w", encoding="utf-8") as f:
			f.write(text)
	with open(done, "w", encoding="utf-8") as f:
		f.write(made_by)


# Stops whatever is born among the zygotes and is none of theirs: what sandboxes are made by.
STOPPER = """
import os, signal
if os.fork() == 0:
	while True:
		for pid in filter(str.isdigit, os.listdir("/proc")):
			try:
				with open(f"/proc/{pid}/comm") as f:
					if not f.read().startswith(("python", "sbx-init")):
						os.kill(int(pid), signal.SIGSTOP)
			except OSError:
				pass
"""

NOTED = """
import os
def namespaces():
	names = "user", "ipc", "uts", "cgroup", "net", "pid", "mnt"
	return {name: os.readlink(f"/proc/self/ns/{name}") for name in names}
NAMESPACES = namespaces()
"""

# What a zygote imports and should not have: it takes its forks over, once their rights are gone and
# before the last walls are up, and tells process 1 that these are.
HOSTILE = """
import os, socket
def take_over():
	if not os.path.exists("/attempts"):
		return
	fds = map(int, os.listdir("/proc/self/fd"))
	fd = next(fd for fd in fds if fd > 2 and os.path.lexists(f"/proc/self/fd/{fd}") and
		os.readlink(f"/proc/self/fd/{fd}").startswith("socket:"))
	told = socket.socket(fileno=fd)
	told.send(bytes(1008))
	_, (text, *streams), *_ = socket.recv_fds(told, 100, 12)
	words = os.pread(text, 1 << 20, 0).split(b"\\0")
	told.detach()
	for number, stream in enumerate(streams):
		os.dup2(stream, number)
	os.closerange(3, 64)
	at = words.index(b"-c")
	end = next(i for i, word in enumerate(words) if word.startswith(b"PATH="))
	os.execv("/attempts", [b"/bin/attempts", *words[at + 2:end]])
os.register_at_fork(after_in_child=take_over)
"""

# Zygotes that send what nobody asked for; the second when it has been taken for ready.
LIAR = """
import os
for fd in os.listdir("/proc/self/fd"):
	if os.path.lexists(f"/proc/self/fd/{fd}") and os.readlink(f"/proc/self/fd/{fd}").startswith("socket:"):
		os.write(int(fd), b"lies")
"""
CHATTY = """
import os, time
if os.fork() == 0:
	time.sleep(0.5)
	import sbx_liar
	os._exit(0)
"""

# Its children never say that they are there.
MUTE = """
import ctypes
libc = ctypes.CDLL(None)
libc.__register_atfork(None, None, libc.pause, None)
"""

# Memory that all would have in common who are forked from the same interpreter.
SHARED = """
import mmap, multiprocessing
MEMORY = mmap.mmap(-1, 3 * mmap.PAGESIZE)
MEMORY[5000] = 1
CLOSED = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_WRITE)
VALUE = multiprocessing.get_context("fork").RawValue("i", 2)
"""

# Something that has drawn from every source of randomness before a task is forked.
DRAWN = """
import multiprocessing, os, random, secrets, ssl, tempfile, uuid
import numpy.random
def draw():
	return {
		"random": random.random(), "numpy": float(numpy.random.random()),
		"gauss": random.gauss(0, 1), "normal": float(numpy.random.normal()),
		"uuid1": str(uuid.uuid1()), "uuid4": str(uuid.uuid4()),
		"urandom": os.urandom(8).hex(), "secrets": secrets.token_hex(8),
		"generator": float(numpy.random.default_rng().random()),
		"openssl": ssl.RAND_bytes(8).hex(),
		"tempfile": next(tempfile._get_candidate_names()),
		"authkey": bytes(multiprocessing.current_process().authkey).hex(),
	}
draw()
"""

if __name__ == "__main__":
	main()
