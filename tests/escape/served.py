# SPDX-License-Identifier: Apache-2.0
"""
The attempts in sandboxes that a server made ahead of the request (docs/serve-protocol.md): what waits
there was locked up before it learned what to run. Nothing of the host is shown in these, so what is
about binds is left out, as is what is about limits or about 0, 1 and 2.
"""

import subprocess
import time

import run
import zygote
from support import PATIENCE

LEFT_OUT = zygote.LEFT_OUT | {"inherited-descriptors"}
ABOUT_BINDS = {"write-read-only-bind", "reopen-read-only-bind", "remount-writable"}


class Trial(run.Trial):
	def words(self, program=None, without=None):
		facts = [f"{k}={v}" for k, v in self.facts.items()]
		# The same of all, so that what was made after one fits the next.
		options = ["--policy", self.posture, "--defaults", self.posture, "--best-effort"]
		return [*self.h.server.ctl, "create", *options, self.h.root, "--", *self.command, *facts]


def is_made_ahead(server):
	"""When nobody has a sandbox, whoever is process 1 of one waits for a request."""
	def names():
		listed = subprocess.run(["ps", "-o", "comm=", "--ppid", str(server.process.pid)], capture_output=True,
					text=True, check=False)
		return listed.stdout.split()
	deadline = time.monotonic() + PATIENCE
	while "sbx-init" not in names() and time.monotonic() < deadline:
		time.sleep(0.05)
	return "sbx-init" in names()


def chosen(attempts, names):
	left_out = LEFT_OUT | ABOUT_BINDS
	return [a for a in run.chosen(attempts, names) if a.name not in left_out and a.topic != "memory"]


def attempt(a, posture, h):
	return zygote.attempt(a, posture, h, Trial)
