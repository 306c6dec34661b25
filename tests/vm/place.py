# SPDX-License-Identifier: Apache-2.0
"""
Where in a pure version 2 tree of cgroups a test runs: what systemd makes, without systemd.

  root       the tree's root, as a process of a small container or an appliance
  slice      root in /system.slice/test.service: the slice gives its children the controllers
  manager    an ordinary user in a leaf below groups of the user's own that give the controllers on
             (user@1000.service/app.slice/test.scope)
  session    an ordinary user in a group of root's (a login without a delegation)
"""
import contextlib
import glob
import os

TREE = "/sys/fs/cgroup"
UID = 1000
CONTROLLERS = "+memory +cpu +pids +io"
DELEGATED = ("cgroup.procs", "cgroup.threads", "cgroup.subtree_control")
# Folders from the top, what is behind a star is the user's.
PLACES = {
	"root": (),
	"slice": ("system.slice", "test.service"),
	"manager": ("user.slice", "*user@1000.service", "*app.slice", "*test.scope"),
	"session": ("user.slice", "session-1.scope"),
}


def write(path, text):
	with open(path, "w", encoding="ascii") as f:
		f.write(text)


def prepare():
	write(f"{TREE}/cgroup.subtree_control", CONTROLLERS)


class Inside:
	def __init__(self, folder):
		self.folder = folder

	def enter(self):
		write(f"{self.folder}/cgroup.procs", "0")


def give(folder):
	os.chown(folder, UID, UID)
	for name in DELEGATED:
		os.chown(f"{folder}/{name}", UID, UID)


@contextlib.contextmanager
def of(name):
	made, folder = [], TREE
	for step in PLACES[name]:
		if made:
			write(f"{folder}/cgroup.subtree_control", CONTROLLERS)
		folder = f"{folder}/{step.lstrip('*')}"
		os.makedirs(folder, exist_ok=True)
		made.append(folder)
		if step.startswith("*"):
			give(folder)
	try:
		yield Inside(folder)
	finally:
		for folder in reversed(made):
			left = glob.glob(f"{folder}/*/")
			if left:
				print(f"vm: left: {left}", flush=True)
			with contextlib.suppress(OSError):
				os.rmdir(folder)
