# SPDX-License-Identifier: Apache-2.0
"""
machine.py KERNEL LIST...: run tests in a virtual machine of its own, on another kernel.

KERNEL is a folder that kernel.py made. A line of a LIST names a place among the cgroups (place.py), a
script below tests/, and its arguments:

    slice provisioner/limits.py test_memory_limit
    manager provisioner/limits.py --user test_time_limit

The machine has no disk and no network: its files are an initramfs with this machine's Python, busybox
and the programs under test; what comes of the tests is read from its serial console. On a
processor with virtualization by KVM, else in software, which takes some twenty times as long.

Exit status: 0 all passed, 1 a test failed or was skipped inside, 77 there is no qemu or no kernel.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

from initramfs import Initramfs

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
QEMU = "qemu-system-x86_64"
PROGRAMS = ("SBX_PROVISION", "SBX_PROBE", "SBX_KILLED", "SBX_CONFORMANCE", "SBX_WARM", "SBX_ZYGOTE",
	    "SBX_ATTEMPTS", "SBX_WEAKENED", "SBX_BARE", "SBX_TURNS")
SYSTEM = ("/usr/bin/unshare", "/usr/sbin/mke2fs", "/usr/sbin/mkfs.xfs", "/usr/bin/strace", "/usr/bin/setpriv", "/usr/bin/prlimit")
LIMIT = 900  # seconds
# The least has no table of processors, and so one of them, and a clock of jiffies: enough for what only passes or fails.
LEAST, TO_MEASURE = ("microvm,acpi=off", ""), ("q35", "tsc=reliable")


def find(path):
	"""A program of this machine, in /usr or not."""
	return next((p for p in (path, path.removeprefix("/usr")) if os.path.exists(p)), None)


def add_system(image):
	for name in ("bin", "sbin", "lib", "lib64"):
		image.folder(f"usr/{name}")
		image.link(name, f"usr/{name}")
	for name in ("dev", "proc", "sys", "run", "root", "var", "etc", "mnt"):
		image.folder(name)
	for name in ("tmp", "var/tmp"):
		image.folder(name, 0o1777)
	image.device("dev/console", 5, 1)
	image.device("dev/null", 1, 3)
	image.text("etc/passwd", "root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n")
	image.text("etc/group", "root:x:0:\nuser:x:1000:\n")
	image.text("etc/hosts", "127.0.0.1 localhost\n")
	busybox = find("/usr/bin/busybox")
	image.file(busybox, "usr/bin/busybox")
	# A shell that starts what it is told to, and not what it has built in of that name.
	image.program("/bin/dash", "usr/bin/sh")
	listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
	for program in filter(None, map(find, SYSTEM)):
		image.program(program, "usr/bin/" + os.path.basename(program))
	for applet in listed.stdout.split():
		image.link(f"usr/bin/{applet}", "busybox")
	image.python(("jsonschema",))


def add_tests(image, kernel, lists, more_environment=()):
	for folder in ("tests/provisioner", "tests/escape", "tests/vm", "docs/schemas", "tests/lib"):
		for name in os.listdir(f"{SOURCE}/{folder}"):
			if name.endswith((".py", ".json")):
				image.file(f"{SOURCE}/{folder}/{name}", f"vm/source/{folder}/{name}")
	for name in ("guest.py", "place.py", "boot.sh"):
		image.file(f"{HERE}/{name}", f"vm/{name}")
	image.text("init", "#!/bin/busybox sh\nexec /bin/busybox sh /vm/boot.sh\n", 0o755)
	image.text("vm/list", "\n".join(lists) + "\n")
	environment = ["SBX_SOURCE=/vm/source", *more_environment]
	for variable in PROGRAMS:
		if variable in os.environ:
			path = f"vm/bin/{os.path.basename(os.environ[variable])}"
			image.program(os.environ[variable], path)
			environment.append(f"{variable}=/{path}")
	image.text("vm/environment", "\n".join(environment) + "\n")
	for name in sorted(os.listdir(kernel)):
		if name.endswith(".ko"):
			image.file(f"{kernel}/{name}", f"vm/modules/{name}")


def has_virtualization():
	with open("/proc/cpuinfo", encoding="utf-8") as f:
		flags = re.search(r"^flags\s*:.*$", f.read(), re.M)
	# Not every /dev/kvm is hardware's: one in software is slower than qemu's own.
	return bool(flags and re.search(r"\b(vmx|svm)\b", flags[0])) and os.access("/dev/kvm", os.R_OK | os.W_OK)


def command(kernel, initramfs, hardware):
	accelerator = ["-accel", "kvm", "-cpu", "host"] if has_virtualization() else \
		["-accel", "tcg,thread=multi", "-cpu", "max"]
	model, parameters = hardware
	return [QEMU, "-M", model, *accelerator, "-smp", "2", "-m", "1536", "-nodefaults", "-no-user-config",
		"-display", "none", "-serial", "stdio", "-no-reboot", "-kernel", f"{kernel}/vmlinuz", "-initrd", initramfs,
		"-append", f"console=ttyS0 loglevel=1 panic=-1 reboot=t no_timer_check {parameters}"]


class Outcome:
	def __init__(self):
		self.passed, self.failed, self.skipped, self.done = 0, [], [], False
		self.figures = None

	def take(self, line):
		if line.startswith("passed: "):
			self.passed += 1
		elif line.startswith("figures: "):
			self.figures = json.loads(line.removeprefix("figures: "))
		elif line.startswith("SKIPPED"):
			self.skipped.append(line)
		elif line.startswith(("FAILED: ", "vm: left", "vm: guest.py failed", "vm: no module")):
			self.failed.append(line)
		elif re.match(r"vm: end: (?!0:)", line):
			self.failed.append(line)
		self.done |= line == "vm: done"


def start(kernel, initramfs, hardware):
	outcome = Outcome()
	with subprocess.Popen(command(kernel, initramfs, hardware), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
			      stderr=subprocess.STDOUT, text=True, errors="replace") as process:
		clock = threading.Timer(LIMIT, process.kill)
		clock.start()
		try:
			for line in process.stdout:
				line = re.sub(r"\x1b\S*?[A-Za-z]", "", line).rstrip()
				if not line.startswith("figures: "):
					print(line.replace("SKIPPED", "skipped inside"), flush=True)
				outcome.take(line)
		finally:
			clock.cancel()
			process.kill()
	return outcome


def run(kernel, image, hardware=LEAST):
	"""A machine with these files; what came of its tests."""
	with tempfile.NamedTemporaryFile(prefix="sbx-vm-", dir="/var/tmp") as out:
		image.write(out)
		out.flush()
		outcome = start(kernel, out.name, hardware)
	if not outcome.done:
		outcome.failed.append("the machine did not come to the list's end")
	return outcome


def main():
	kernel, *paths = sys.argv[1:]
	if not shutil.which(QEMU):
		print(f"SKIPPED: no {QEMU} (package qemu-system-x86)")
		return 77
	if not os.path.exists(f"{kernel}/release"):
		print(f"SKIPPED: no kernel in {kernel}: kernel.py could not fetch one")
		return 77
	texts = []
	for path in paths:
		with open(path, encoding="utf-8") as f:
			texts.append(f.read())
	image = Initramfs()
	add_system(image)
	add_tests(image, kernel, texts)
	outcome = run(kernel, image)
	failed = outcome.failed + outcome.skipped
	with open(f"{kernel}/release", encoding="utf-8") as f:
		print(f"Linux {f.read().strip()}: {outcome.passed} passed, {len(failed)} failed")
	for line in failed:
		print(f"FAILED: {line.removeprefix('FAILED: ')}")
	return 1 if failed or not outcome.passed else 0


if __name__ == "__main__":
	sys.exit(main())
