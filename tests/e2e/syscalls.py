# SPDX-License-Identifier: Apache-2.0
"""The system calls that a profile predicts, beside those that its task makes."""

import os
import shutil

import harness
import schemas
import straced
from harness import Skip, equal

PYTHON = """\
import json, os, shutil, subprocess, tempfile, time
import greet
folder = tempfile.mkdtemp()
with open(folder + "/x", "w") as f:
	json.dump({"pid": os.getpid(), "time": time.time()}, f)
shutil.copy(folder + "/x", folder + "/y")
os.rename(folder + "/y", folder + "/z")
shutil.rmtree(folder)
print(subprocess.run(["sh", "-c", "echo from a child"], capture_output=True, text=True).stdout)
"""
QUIET = """\
import json
print(json.dumps(sorted([3, 1, 2])))
"""
SHELL = """\
set -e
folder=$(mktemp -d)
for i in 1 2 3; do echo "$i" >"$folder/$i"; done
cat "$folder"/* | sort -r | head -1
ls -l "$folder" | wc -l
( cd "$folder" && rm -f 1 2 3 )
rmdir "$folder" & wait
id -u
"""
TASKS = {"app.py": PYTHON, "quiet.py": QUIET, "go.sh": "#!/bin/sh\n" + SHELL}


def prepared(t, name, text):
	"""The task's profile and template, and the command line that runs it as `run` would."""
	path = t.file(f"{name}-task/{name}", text, 0o755)
	profile = t.sbx("profile", "--json", path).json()
	template = t.sbx("build", path).id
	command = [t.provision_program, "run", "--root", t.root, "--overlay", f"{profile['folder']}:/task",
		   "--workdir", "/task"]
	return profile, command, [template, "--", *profile["run"]]


def test_every_call_that_is_made_is_predicted(t):  # root
	if not shutil.which("strace"):
		raise Skip("strace is not installed")
	t.update()
	for name, text in TASKS.items():
		profile, options, command = prepared(t, name, text)
		done, used = straced.trace([*options, *command], os.path.join(t.tmp, "trace"))
		equal(done.returncode, 0, f"{name}: exit status ({done.stderr})")
		assert {"execve", "read", "write", "exit_group"} <= used, f"{name}: seen by strace: {used}"
		equal(straced.missing_from(used, profile["syscalls"]), [], f"{name}: not predicted")


def test_predicted_classes_can_be_enforced(t):
	t.update()
	for name, text in TASKS.items():
		profile, options, command = prepared(t, name, text)
		options += ["--syscalls", ",".join(profile["classes"])]
		t.run(*options, *command).ok()
		result = t.run(*options, command[0], "--", "mount", "-t", "tmpfs", "none", "/tmp")
		assert result.status != 0, result


def test_no_network_class_no_internet_sockets(t):  # root
	t.update()
	for name, text in TASKS.items():
		profile = prepared(t, name, text)[0]
		schemas.check(t.source, "profile", profile)
		assert not [c for c in profile["classes"] if c in ("net.client", "net.server")], profile
		sockets = [call for call in profile["syscalls"] if call.startswith("socket")]
		assert set(sockets) <= {"socket(AF_UNIX)", "socketpair"}, sockets
		equal(profile["syscalls"], sorted(set(profile["syscalls"])), "sorted, none twice")
	quiet = prepared(t, "quiet.py", QUIET)[0]
	assert "proc.spawn" not in quiet["classes"], quiet["classes"]
	assert "clone" not in quiet["syscalls"] and "listen" not in quiet["syscalls"], quiet["syscalls"]


def test_explain_tells_classes_and_resources(t):  # root
	t.update()
	path = t.file("task/quiet.py", QUIET)
	text = t.sbx("profile", "--explain", path).ok().out
	assert "base" in text.split("Classes of system calls")[1].splitlines()[0], text
	for word in ("CPU", "Memory", "Disk", "Time", "(default)", "(packages)"):
		assert word in text, f"{word} is not in\n{text}"
	assert "Classes of" not in t.sbx("profile", path).ok().out


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
