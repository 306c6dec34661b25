# SPDX-License-Identifier: Apache-2.0
"""
The attempts in tasks that a server forks from a zygote (docs/zygotes.md): such a task joins its
sandbox instead of being born in it. A reduced list: not what is about limits, or about what stands at
0, 1 and 2, which are the same there and take seconds.
"""

import os
import signal
import subprocess
import time

import run
from support import PATIENCE

TEMPLATE = os.environ.get("SBX_PYTHON_ROOT", "")
# The attempt is what the task becomes; everything but its program is the zygote's child's.
TASK = "import os, sys; os.execv('/attempts', ['/bin/attempts', *sys.argv[1:]])"
LEFT_OUT = (set(run.PREPARE) | set(run.LIMITS) | {"write-sys", "inotify-instances"}) - {"inherited-descriptors"}
# Of that nothing is left to run where a module of the zygote has taken the fork over (python_root.py).
HIJACKED = "raise SystemExit(77)"


class Server:
	def __init__(self, h, modules="-", task=TASK):
		self.modules, self.task = modules, task
		self.path = h.path("socket")
		self.process = subprocess.Popen(
			[h.provision, "serve", "--socket", self.path, "--slots", "3", "--share", TEMPLATE, "--share",
			 h.tmp, "--zygote", os.environ["SBX_ZYGOTE"]], env=h.env(), stdin=subprocess.DEVNULL)
		h.undo.append(self.end)
		self.ctl = [h.provision, "ctl", "--socket", self.path]
		deadline = time.monotonic() + PATIENCE
		while subprocess.run([*self.ctl, "ls"], env=h.env(), capture_output=True).returncode != 0:
			assert self.process.poll() is None and time.monotonic() < deadline, "the server does not answer"
			time.sleep(0.05)
		if modules:
			self.warm(h, modules)

	def warm(self, h, modules):
		subprocess.run([*self.ctl, "warm", "mine", modules, TEMPLATE, "3"], env=h.env(), check=True,
			       capture_output=True)

	def end(self):
		self.process.send_signal(signal.SIGTERM)
		self.process.wait(60)


class Trial(run.Trial):
	def words(self, program=None, without=None):
		facts = [f"{k}={v}" for k, v in self.facts.items()]
		options = ["--ro-bind", f"{self.h.public}:/attempts", "--ro-bind", f"{self.h.path('ro')}:/mnt/ro",
			   "--bind", f"{self.rw}:/output", "--policy", self.posture, "--best-effort"]
		return [*self.h.server.ctl, "create", "--zygote", "mine", "--modules", self.h.server.modules, *options, TEMPLATE, "--",
			"python3", "-c", self.h.server.task, self.a.name, *facts]


def chosen(attempts, names):
	return [a for a in run.chosen(attempts, names) if a.name not in LEFT_OUT and a.topic != "memory"]


def attempt(a, posture, h, kind=Trial):
	if posture not in run.ONLY.get(a.name, (posture,)):
		return True, "not in this posture"
	if a.name == "metadata-address" and not h.has_network:
		return True, "takes a network of the tests' own: run by root"
	if a.name in run.GIVEN.get(posture, ()):
		return True, "given by the posture"
	t = kind(a, h, posture)
	came_to = run.verdict(t.run())
	return came_to == run.REFUSED, f"{t.text()} (status {t.process.returncode})"
