# SPDX-License-Identifier: Apache-2.0
"""
Tests work in folders of their own below /tmp and /var/tmp and remove them, also when they are
interrupted or CTest is about to end them. What one leaves behind that was killed, the next run
sweeps away.
"""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

PREFIXES = ("sbx-test-", "sbx-user-", "sbx-provision-test-", "sbx-provision-user-", "sbx-escape-",
	    "sbx-apt-compare-", "sbx-mm-", "sbx-names-", "sbx-golden-", "sbxgpg")
# No test takes as long.
MAX_SECONDS = 2 * 3600
# Of the time that CTest gives a test.
SECONDS_TO_CLEAR_UP = 30


class TimeIsUp(Exception):
	"""Raised in a test that takes so long that CTest would kill it, and nobody clear up behind it."""


def is_up(*_):
	raise TimeIsUp("CTest would end this test in a moment")


def end_in_order():
	"""
	SIGTERM unwinds as Ctrl-C does, so that what is in `finally` is done. A shell's background job
	has SIGINT and SIGQUIT ignored, and so would have what it starts: neither is inherited.
	"""
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
	signal.signal(signal.SIGINT, signal.default_int_handler)
	signal.signal(signal.SIGQUIT, signal.SIG_DFL)
	signal.signal(signal.SIGALRM, is_up)
	signal.alarm(max(0, int(os.environ.get("SBX_TEST_SECONDS", 0)) - SECONDS_TO_CLEAR_UP))


def processes_of(folder):
	"""Those, wherever, that have a test's folder in their arguments or environment, but ourselves."""
	found = []
	for pid in filter(str.isdigit, os.listdir("/proc")):
		for name in ("cmdline", "environ"):
			try:
				with open(f"/proc/{pid}/{name}", "rb") as f:
					if folder.encode() in f.read() and int(pid) != os.getpid():
						found.append(int(pid))
						break
			except OSError:
				pass
	return found


def end_all(folder):
	"""What a test that failed left in its folder: its processes end, its mounts go."""
	for pid in processes_of(folder):
		try:
			os.kill(pid, signal.SIGKILL)
		except OSError:
			pass
	with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as f:
		mounts = [line.split()[4] for line in f if f" {folder}/" in line]
	for path in reversed(mounts):
		subprocess.run(["umount", "--lazy", path], capture_output=True, check=False)


def remove_tree(path):
	"""rm -rf, of folders without permissions too (an overlay's work folder has none)."""
	for folder, folders, _ in os.walk(path):
		for name in folders:
			below = os.path.join(folder, name)
			if not os.path.islink(below):
				os.chmod(below, 0o700)
	shutil.rmtree(path)


def is_left_over(path):
	st = os.lstat(path)
	return stat.S_ISDIR(st.st_mode) and os.geteuid() in (0, st.st_uid) and \
		time.time() - st.st_ctime > MAX_SECONDS


def sweep():
	"""Remove folders of tests that no longer run; none that something is mounted in."""
	with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as f:
		mounts = [line.split()[4] + "/" for line in f]
	for parent in {tempfile.gettempdir(), "/var/tmp"}:
		for name in os.listdir(parent):
			path = os.path.join(parent, name)
			try:
				if name.startswith(PREFIXES) and is_left_over(path) and \
						not any(m.startswith(path + "/") for m in mounts):
					remove_tree(path)
			except OSError as error:
				print(f"{path}: left as it is: {error}")
