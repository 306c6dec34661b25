# SPDX-License-Identifier: Apache-2.0
"""The same attempts where the protection in question is not there: they must get out."""

import os
import shutil
import subprocess
import time

from run import GOT_OUT, Trial, outcome, verdict
from support import PATIENCE, tree, unlock


def outside(t, *prefix, program=None):
	"""Run it without a sandbox, behind a prefix such as unshare."""
	t.words = lambda **_: [*prefix, program or t.h.public, t.a.name,
			       *(f"{k}={v}" for k, v in t.facts.items())]
	return outcome(t)


def unshare(h, *flags):
	"""In namespaces of its own, with a /tmp that is thrown away."""
	own = flags if h.is_root else ("-U", "-r", *flags)
	return ["unshare", *own, "--propagation", "private", "sh", "-c",
		'mount -t tmpfs none /tmp && exec "$@"', "sh"]


class Copy:
	"""A copy of the template to chroot to: what is written there stays to be looked at."""

	def __init__(self, t):
		self.root = t.rw + ".copy"
		shutil.copytree(t.h.root, self.root, symlinks=True)
		os.makedirs(os.path.join(self.root, "output"))
		flags = ["-m"] if t.h.is_root else ["-U", "-r", "-m"]
		self.prefix = ["unshare", *flags, "chroot", self.root]

	def __enter__(self):
		return self

	def __exit__(self, *_):
		shutil.rmtree(self.root, onerror=unlock)

	def run(self, t):
		words = [*self.prefix, "/bin/attempts", t.a.name, *(f"{k}={v}" for k, v in t.facts.items())]
		done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)
		t.out = done.stdout + done.stderr
		return done.returncode


def bite_write_template(t):
	with Copy(t) as copy:
		before = tree(copy.root)
		copy.run(t)
		return GOT_OUT if tree(copy.root) != before else None


def bite_chroot_break(t):
	with Copy(t) as copy:
		return verdict(copy.run(t))


def bite_outlive(t):
	with Copy(t) as copy:
		copy.run(t)
		mark, deadline = os.path.join(copy.root, "output/outlived"), time.monotonic() + PATIENCE
		os.mkdir(os.path.join(copy.root, "output/go"))
		while not os.path.exists(mark) and time.monotonic() < deadline:
			time.sleep(0.01)
		return GOT_OUT if os.path.exists(mark) else None


def bite_propagation(t):
	flags = ["-m"] if t.h.is_root else ["-U", "-r", "-m"]
	return outside(t, "unshare", *flags, "--propagation", "shared")


def bite_program(t):
	"""As nobody, outside."""
	name = "cap" if t.a.name == "capable-program" else "su"
	t.command = []
	t.facts[("capable" if name == "cap" else "setuid") + "_program"] = \
		os.path.join(t.h.root, f"bin/{name}-attempts")
	words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", t.h.public, t.a.name,
		 *(f"{k}={v}" for k, v in t.facts.items())]
	done = subprocess.run(words, capture_output=True, text=True, check=False)
	t.out = done.stdout + done.stderr
	return verdict(done.returncode)


def bite_ignore_signals(t):
	t.start(t.words())
	time.sleep(1)
	lives = t.process.poll() is None
	t.process.kill()
	t.finish()
	return GOT_OUT if lives else None


def bite_output(t):
	t.run()
	return GOT_OUT if len(t.out) > t.facts["output"] else None


CUSTOM = {
	"write-template": bite_write_template,
	"preload": bite_write_template,
	"chroot-break": bite_chroot_break,
	"outlive": bite_outlive,
	"propagation": bite_propagation,
	"setuid-program": bite_program,
	"capable-program": bite_program,
	"ignore-signals": bite_ignore_signals,
	"output-bomb": bite_output,
}
# Whose right nobody but root has to begin with.
ROOT_ALONE = {"setuid-program", "capable-program"}
# Seen only where something is: options of the weakened sandbox.
WITH = {"cgroup-path": ["--pids", "100"], "write-read-only-bind": ["rw"], "reopen-read-only-bind": ["rw"]}


def without_protection(t):
	kind, _, names = t.a.bite.partition(":")
	if kind == "custom":
		return CUSTOM[t.a.name](t)
	if kind in ("host", "root"):
		prefix = unshare(t.h, "-m") if kind == "root" else ()
		return outside(t, *prefix)
	if kind == "unshared":
		return outside(t, *unshare(t.h, "-m", "-n", "-i", "-u", "-p", "-f"))
	extra = WITH.get(t.a.name, [])
	if extra == ["rw"]:
		t.options = ["--bind", f"{t.rw}.ro:/mnt/ro"]
		shutil.copytree(t.h.path("ro"), t.rw + ".ro")
	else:
		t.options += extra
	return outcome(t, without=names) if kind == "without" else outcome(t)


def bite(a, h):
	kind, _, reason = a.bite.partition(":")
	if kind == "no":
		return True, f"not shown:{reason}"
	if (kind == "root" or a.name in ROOT_ALONE) and not h.is_root:
		return True, "shown as root"
	if a.name in ("metadata-address", "interfaces", "host-address") and not h.has_network:
		return True, "takes a network of the tests' own: run by root"
	t = Trial(a, h, None)
	return without_protection(t) == GOT_OUT, t.text()
