# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at each step: nothing lives on, and whatever stays is cleared by the next one."""

import contextlib
import os
import subprocess

from serve_client import CREATE, DESTROY, Client
from support import PATIENCE, Skip, equal, eventually, main

REACHED, ENDED_BEFORE = 0, 3
COMMAND = ["/bin/sh", "-c", "sleep 0 & wait"]


def limits(t):
	options = ["--memory", "64M", "--pids", "20"]
	return options if t.run("true", options=options).status == 0 else []


def killed(t, who, step, words):
	"""Whether it came to that step, and the number of the process that was started."""
	done = subprocess.run([os.environ["SBX_KILLED"], str(who), str(step), "--", *map(str, words)], env=t.env,
			      cwd=t.tmp, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
	if done.returncode == 77:
		raise Skip("nothing may be traced here")
	assert done.returncode in (REACHED, ENDED_BEFORE), done
	return done.returncode == REACHED, done.stdout.split()[0]


def groups_of(t, pids):
	return [g for g in t.groups() if any(os.path.basename(g).startswith(f"sbx-{pid}-") for pid in pids)]


def at_every_step(t, who, least, width=1):
	options = limits(t)
	words = [t.program, "run", *options, "--output", t.path("out"), "--record", "all", t.root, "--", *COMMAND]
	pids, step, reached = [], 1 - width, True
	while reached:
		step += width
		reached, pid = killed(t, who, step, words)
		pids.append(pid)
	assert step > least, f"only {step} steps"
	eventually(lambda: not t.leftovers(), lambda: f"left: {t.leftovers()}")
	# What a reaper had no time for, or was killed at, the next run sweeps.
	t.run("true", options=options).ok()
	eventually(lambda: not groups_of(t, pids), lambda: f"left: {groups_of(t, pids)}")


def test_the_parent_is_killed_at_every_step(t):
	at_every_step(t, 0, 5)


def test_the_first_process_inside_is_killed_at_many_steps(t):
	# As root it comes behind the one that makes the user namespace.
	plan = t.call(t.command([*limits(t), "--dry-run"], ["true"])).ok().out
	at_every_step(t, 1 + ("\nuser-namespace " in plan), 50, width=3)


def test_a_server_is_killed_at_many_steps(t):
	path, step, width = t.path("socket"), 1, 7
	pids, reached = [], True
	while reached:
		words = [t.program, "serve", "--socket", path, "--slots", "1", "--share", os.path.dirname(t.root)]
		process = subprocess.Popen([os.environ["SBX_KILLED"], "0", str(step), "--", *words], env=t.env,
					   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
					   text=True)
		t.processes.append(process)
		pids.append(process.stdout.readline().strip())
		client = connect(path, process)
		try:
			number = client.ask(CREATE, [t.root, "--", *COMMAND]).sandbox if client else 0
			number = client.ask(CREATE, [t.root]).sandbox if client else 0
			if client:
				client.ask(DESTROY, sandbox=number)
		except (EOFError, OSError):
			pass
		if client and alive(client):
			with contextlib.suppress(ProcessLookupError):
				os.kill(int(pids[-1]), 15)
		process.communicate(timeout=PATIENCE)
		assert process.returncode in (REACHED, ENDED_BEFORE), process.returncode
		reached = process.returncode == REACHED
		step += width
	assert len(pids) > 4, f"only {step} steps"
	eventually(lambda: not t.leftovers(), lambda: f"left: {t.leftovers()}")
	t.run("true", options=limits(t)).ok()
	eventually(lambda: not groups_of(t, pids), lambda: f"left: {groups_of(t, pids)}")
	equal(subprocess.run([t.program, "ctl", "--socket", path, "ls"], env=t.env, capture_output=True).returncode, 12)


def connect(path, process):
	"""None: it was killed before it listened."""
	found = []

	def try_it():
		try:
			found.append(Client(path))
		except (OSError, EOFError):
			pass
		return found or process.poll() is not None
	eventually(try_it, "neither a server nor its end")
	return found[0] if found else None


def alive(client):
	try:
		client.ask(CREATE, ["--nonsense"])
		return True
	except (EOFError, OSError):
		return False


if __name__ == "__main__":
	main(globals())
