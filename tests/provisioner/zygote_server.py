# SPDX-License-Identifier: Apache-2.0
"""A server that has zygotes, for tests."""
import json
import os
import signal

import serve_client
from support import PATIENCE

ROOT = os.environ["SBX_PYTHON_ROOT"]


class Server(serve_client.Server):
	"""A server with two slots."""

	def __init__(self, t, *options):
		super().__init__(t, "--slots", "2", "--share", ROOT, "--share", t.tmp, "--zygote",
				 os.environ["SBX_ZYGOTE"], *options)

	def create(self, name, modules, *words, **how):
		return self.ctl("create", "--zygote", name, "--modules", modules, *words, **how)

	def end(self):
		self.process.send_signal(signal.SIGTERM)
		_, said = self.process.communicate(timeout=PATIENCE)
		assert self.process.returncode == 0 and not said, (self.process.returncode, said)

	def zygotes(self):
		"""By their modules: what it tells of each that is not retired."""
		rows = [json.loads(line) for line in self.ctl("zygotes").ok().out.splitlines()]
		return {row["modules"]: row for row in rows if row["state"] != "retired"}

	def is_ready(self, modules):
		return self.zygotes().get(modules, {}).get("state") == "ready"
