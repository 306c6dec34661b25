# SPDX-License-Identifier: Apache-2.0
"""
Which system calls a sandbox's command makes, seen by strace from outside, and which are missing
from a list such as the profile's `syscalls` or a line of `sbx-provision --classes`.
"""

import os
import re
import subprocess

LINE = re.compile(r"(?P<pid>\d+) +(?P<call>[a-z_0-9]+)\((?P<rest>.*)")


def with_condition(call, rest):
	"""The call as the table names it: its socket family, or whether a clone makes a thread."""
	if call == "socket":
		return f"socket({rest.split(',')[0]})"
	if call == "clone" and "CLONE_THREAD" in rest:
		return "clone(CLONE_THREAD)"
	return call


def used_in(trace):
	"""
	The calls of the sandbox's command and all that it starts, from a trace of sbx-provision
	(strace -f). Everything up to the filter of the sandbox's first process is our own.
	"""
	ours, used, command, is_ready = set(), set(), None, False
	for line in trace:
		match = LINE.match(line)
		if not match:
			continue
		pid, call, rest = match["pid"], match["call"], match["rest"]
		if not is_ready:
			ours.add(pid)
			is_ready = call == "seccomp"
		elif pid in ours:
			continue
		elif command is None and call != "execve":
			continue # between vfork and exec
		else:
			command = command or pid
			used.add(with_condition(call, rest))
	return used


def trace(command, path, **how):
	"""Run a command line of sbx-provision under strace; the finished process and the calls."""
	done = subprocess.run(["strace", "-f", "-qq", "-s", "0", "-o", path, *command],
			      capture_output=True, text=True, errors="replace", check=False, **how)
	with open(path, encoding="utf-8", errors="replace") as lines:
		used = used_in(lines)
	os.unlink(path)
	return done, used


def missing_from(used, listed):
	"""What was used and is not listed; a call without a condition stands for all of them."""
	return sorted(call for call in used if call not in listed and call.split("(")[0] not in listed)


def classes(provisioner):
	"""Class or run-time -> its calls, from `sbx-provision --classes`."""
	text = subprocess.run([provisioner, "--classes"], capture_output=True, text=True, check=True)
	table, name = {}, None
	for line in text.stdout.splitlines():
		if line.startswith(" "):
			table[name] = set(line.split())
		else:
			name = line.split()[0]
	return table
