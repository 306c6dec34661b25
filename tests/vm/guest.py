# SPDX-License-Identifier: Apache-2.0
"""
Process 1's only work: run the list of tests (machine.py explains it) and print what came of each. The
lines that begin with `vm: ` are for machine.py, all others for people.
"""
import os
import subprocess
import sys
import time

import place

TEST_LIMIT = 600  # seconds


def run_line(line, env):
	words = line.split()
	where, script, arguments = words[0], words[1], words[2:]
	started = time.monotonic()
	with place.of(where) as inside:
		command = [sys.executable, "-B", f"/vm/source/tests/{script}", *arguments]
		try:
			done = subprocess.run(command, env={**env, "SBX_VM_PLACE": where}, preexec_fn=inside.enter,
					      stdin=subprocess.DEVNULL, timeout=TEST_LIMIT, check=False).returncode
		except subprocess.TimeoutExpired:
			done = "time limit"
	print(f"vm: end: {done}: {time.monotonic() - started:.1f} s: {line}", flush=True)


def main():
	os.umask(0o022)
	print(f"vm: Linux {os.uname().release}, up {time.clock_gettime(time.CLOCK_BOOTTIME):.1f} s", flush=True)
	env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
	with open("/vm/environment", encoding="utf-8") as f:
		env.update(line.rstrip("\n").split("=", 1) for line in f)
	place.prepare()
	with open("/vm/list", encoding="utf-8") as f:
		for line in f:
			if line.strip() and not line.startswith("#"):
				run_line(line.strip(), env)
	print("vm: done", flush=True)


main()
