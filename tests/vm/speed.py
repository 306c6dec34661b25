# SPDX-License-Identifier: Apache-2.0
"""
What a run takes whose limits are joined at birth, beside its peers: in a virtual machine, on a pure
version 2 tree of cgroups. ci/bench starts it (ci/bench_vm.py), with SBX_ROOT_IMAGE, a template's root as
an ext4 image, and reads the line that begins with `figures: `: seconds of each command in each round.
"""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "provisioner"))

from support import equal, eventually  # noqa: E402

MOUNTED = "/mnt/template"
BUNDLE = "/tmp/bundle"
LIMITS = ["--memory", "256M", "--pids", "64", "--cpus", "1"]
IN_FILES = {"memory.max": str(256 << 20), "memory.swap.max": "0", "pids.max": "65", "cpu.max": "100000 100000"}
WARM_UP = 3
# One takes seconds where the processor is emulated.
RUNC_ROUNDS = 10


def call(*command, **how):
	return subprocess.run(command, check=True, text=True, capture_output=True, **how).stdout


def mount_template():
	"""Ids are mapped on ext4, as on any host; not on a virtual machine's first file system."""
	os.makedirs(MOUNTED)
	device = call("losetup", "-f").strip()
	call("losetup", device, os.environ["SBX_ROOT_IMAGE"])
	call("mount", "-t", "ext4", device, MOUNTED)


def runc():
	"""By its own defaults, in a group of its own."""
	os.makedirs(BUNDLE)
	call("runc", "spec", cwd=BUNDLE)
	path = f"{BUNDLE}/config.json"
	with open(path, encoding="utf-8") as f:
		config = json.load(f)
	config["process"].update(terminal=False, args=["/bin/true"])
	config["root"] = {"path": MOUNTED, "readonly": True}
	config["linux"]["cgroupsPath"] = "/bench-runc"
	with open(path, "w", encoding="utf-8") as f:
		json.dump(config, f)
	return ["runc", "run", "-b", BUNDLE, "bench"]


def ours(*options, command=("/bin/true",)):
	return [os.environ["SBX_PROVISION"], "run", *options, f"{MOUNTED}/", "--", *command]


def giver():
	"""The group that gives its controllers on: the one above ours (place.py, slice)."""
	with open("/proc/self/cgroup", encoding="ascii") as f:
		return "/sys/fs/cgroup" + os.path.dirname(f.read().strip().removeprefix("0::"))


def commands():
	return {
		"bare": [os.environ["SBX_BARE"], MOUNTED, "/bin/true"],
		"bare-group": [os.environ["SBX_BARE"], "--group", giver(), MOUNTED, "/bin/true"],
		"run": ours(),
		"limits": ours(*LIMITS),
		"bwrap": ["bwrap", "--unshare-all", "--ro-bind", MOUNTED, "/", "--proc", "/proc", "--dev", "/dev",
			  "/bin/true"],
	}


def number_in(group):
	with open(f"{group}/cgroup.procs", encoding="ascii") as f:
		return len(f.read().split())


def check_limits():
	"""What is measured has every limit, in the group that it was born in, and its ids mapped."""
	script = "cat /proc/self/uid_map; read line"
	reader, writer = os.pipe()
	with subprocess.Popen(ours(*LIMITS, "--status-fd", str(writer), command=("/bin/sh", "-c", script)),
			      pass_fds=[writer], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
		os.close(writer)
		ids = process.stdout.readline().split()
		own = f"/sbx-{process.pid}-"
		groups = [folder for folder, _, _ in os.walk("/sys/fs/cgroup") if own in folder]
		equal(len(groups), 1, f"groups: {groups}")
		for name, value in IN_FILES.items():
			with open(f"{groups[0]}/{name}", encoding="ascii") as f:
				equal(f.read().strip(), value, name)
		# Process 1 and the command; what this one has started may not be gone yet.
		eventually(lambda: number_in(groups[0]) == 2, "two processes in the group")
		process.communicate("\n")
	with os.fdopen(reader, encoding="utf-8") as f:
		record = json.load(f)
	equal((record["reason"], record["exit_status"], record.get("unenforced", [])), ("exited", 0, []), "record")
	assert ids[0] == "0" and ids[1] != "0", f"ids are not mapped: {ids}"


def check_birth():
	calls = "/tmp/calls"
	call("strace", "-f", "-qq", "-e", "trace=clone3,openat", "-o", calls, *ours(*LIMITS))
	with open(calls, encoding="utf-8") as f:
		text = f.read()
	assert "CLONE_INTO_CGROUP" in text, text
	assert not re.search(r'cgroup.procs", O_(WRONLY|RDWR)', text), text


def turns(named, rounds):
	"""Seconds of each command in each round; the first rounds do not count."""
	done = subprocess.run([os.environ["SBX_TURNS"], str(rounds + WARM_UP)], check=True, text=True,
			      stdout=subprocess.PIPE, input="".join(" ".join(c) + "\n" for c in named.values()))
	lines = [[float(word) for word in line.split()] for line in done.stdout.splitlines()[WARM_UP:]]
	equal(len(lines), rounds, "rounds")
	return dict(zip(named, zip(*lines)))


def main():
	rounds = int(os.environ["SBX_ROUNDS"])
	mount_template()
	check_limits()
	check_birth()
	print("figures: " + json.dumps({**turns(commands(), rounds), **turns({"runc": runc()}, RUNC_ROUNDS)}), flush=True)
	print("passed: speed", flush=True)


main()
