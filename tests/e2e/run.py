# SPDX-License-Identifier: Apache-2.0
"""sbx-build run: from a script to its output, in a sandbox that fits it."""

import json
import os
import signal
import time

import harness
from harness import SANDBOX, USAGE, equal

TASK = """\
import os
import sys
from polite import bow

print(bow("you"), *sys.argv[1:], sep="|")
print("to stderr", file=sys.stderr)
with open("left-behind.txt", "w") as f:
	f.write("x")
if os.path.isdir("/output"):
	with open("/output/result.txt", "w") as f:
		f.write("the result\\n")
"""


def task(t, text=TASK, name="task/app.py"):
	return t.file(name, text, 0o755)


def script(t, body="echo ran\n", name="task/go.sh"):
	"""A task that needs no more than the base: quick to build for."""
	return t.file(name, "#!/bin/sh\n" + body, 0o755)


def without_warnings(text):
	"""What cannot be enforced for an ordinary user is said on stderr before the task starts."""
	return "".join(line for line in text.splitlines(True)
		       if not line.startswith("sbx-provision: warning: "))


def test_output_is_the_tasks(t):
	t.update()
	result = t.sbx("run", task(t))
	equal((result.status, result.out), (0, "Hello, you! Pleased.\n"), f"outcome of\n{result}")
	equal(without_warnings(result.err), "to stderr\n", "stderr")


def test_status_is_the_tasks(t):
	t.update()
	for status in (0, 1, 2, 3, 42, 124, 125, 255):
		result = t.sbx("run", script(t, 'exit "$1"\n'), str(status))
		equal(result.status, status, f"exit status of\n{result}")


def test_arguments_go_to_the_task(t):
	t.update()
	path = script(t, 'printf "%s|" "$#" "$@"\n')
	out = t.sbx("run", path, "one", "two words", "--json", "-v", "", "*").ok().out
	equal(out, "6|one|two words|--json|-v||*|", "output")


def test_command_after_dashes_replaces_the_default(t):
	t.update()
	result = t.sbx("run", script(t), "--", "ls", "-a")
	equal(result.ok().out.split(), [".", "..", "go.sh"], "output")
	equal(t.sbx("run", script(t), "--", "sh", "-c", "exit 7").status, 7, "exit status")


def test_command_that_is_not_there(t):
	t.update()
	equal(t.sbx("run", script(t), "--", "no-such-command").status, 127, "exit status")
	equal(t.sbx("run", script(t), "--", "/etc/passwd").status, 126, "exit status")


def test_killed_by_a_signal(t):
	t.update()
	equal(t.sbx("run", script(t), "--", "sh", "-c", "kill -9 $$").status, 128 + 9, "exit status")


def test_stdin(t):
	t.update()
	out = t.sbx("run", script(t, "tr a-z A-Z\n"), stdin="some words").ok().out
	equal(out, "SOME WORDS", "output")


def test_task_folder_stays_untouched(t):
	t.update()
	path = script(t, "echo more >>data.csv; cat data.csv\n")
	t.file("task/data.csv", "a,b\n")
	before = sorted(os.listdir(os.path.dirname(path)))
	equal(t.sbx("run", path).ok().out, "a,b\nmore\n", "output")
	t.sbx("run", path, "--", "sh", "-c", "rm -rf /task/*; echo x >/task/new; ls /task").ok()
	equal(sorted(os.listdir(os.path.dirname(path))), before, "the task's folder")
	with open(os.path.join(t.tmp, "task/data.csv"), encoding="utf-8") as f:
		equal(f.read(), "a,b\n", "the task's data")


def test_task_reads_what_lies_beside_it(t):
	t.update()
	t.file("task/data.txt", "data\n")
	t.file("task/helper.py", "def read():\n\treturn open('data.txt').read()\n")
	path = task(t, "import os, helper\nprint(os.getcwd(), helper.read(), end='')\n")
	equal(t.sbx("run", path).ok().out, "/task data\n", "output")


def test_output_folder(t):
	t.update()
	folder = os.path.join(t.tmp, "out")
	t.sbx("run", "--output", folder, task(t)).ok()
	equal(os.listdir(folder), ["result.txt"], "the output folder")
	with open(os.path.join(folder, "result.txt"), encoding="utf-8") as f:
		equal(f.read(), "the result\n", "the output")
	equal(os.stat(os.path.join(folder, "result.txt")).st_uid, os.geteuid(), "owner")


def test_output_of_a_failed_task_is_kept(t):
	t.update()
	folder = os.path.join(t.tmp, "out")
	path = script(t, "echo x >/output/part.txt\nexit 5\n")
	equal(t.sbx("run", "--output", folder, path).status, 5, "exit status")
	equal(os.listdir(folder), ["part.txt"], "the output folder")


def test_links_in_the_output_lead_nowhere(t):
	"""What a task leaves in /output must not make us write or read elsewhere."""
	t.update()
	folder = os.path.join(t.tmp, "out")
	secret = t.file("secret", "secret\n")
	body = f"ln -s {secret} /output/link; ln -s / /output/root; mkdir /output/d; echo x >/output/d/f\n"
	t.sbx("run", "--output", folder, script(t, body))
	with open(secret, encoding="utf-8") as f:
		equal(f.read(), "secret\n", "the file outside")
	for name in os.listdir(folder):
		path = os.path.join(folder, name)
		assert os.path.islink(path) or not os.path.isfile(path) or \
			"secret" not in open(path, encoding="utf-8").read(), name


def test_unresolved_import_stops_before_anything_is_built(t):
	t.update()
	path = task(t, "import json\nimport no_such_module\nprint('ran')\n")
	t.server.clear()
	t.sbx("run", path).fails(SANDBOX, "no_such_module", r"app\.py:2", "--allow-unresolved")
	equal(t.server.requests(), [], "requests")


def test_allow_unresolved(t):
	t.update()
	path = task(t, "try:\n\tx = 1\nfinally:\n\tprint('ran')\nimport no_such_module\n")
	result = t.sbx("run", "--allow-unresolved", path)
	equal((result.status, result.out), (1, "ran\n"), f"outcome of\n{result}")
	harness.contains(result.err, "ModuleNotFoundError.*no_such_module")


def test_bad_tasks(t):
	t.update()
	t.sbx("run", "/nonexistent/task.py").fails(SANDBOX, "/nonexistent/task.py")
	t.sbx("run", t.file("blob.py", b"\0\1\2" * 50)).fails(SANDBOX, r"blob\.py")
	t.sbx("run", t.file("empty.py", "")).fails(SANDBOX, r"empty\.py", "empty")
	t.sbx("run").fails(USAGE)
	t.sbx("run", "--no-such-option", task(t)).fails(USAGE, "no-such-option")


def test_shell_script(t):
	t.update()
	path = script(t, "hello\necho \"$# $1\"\n")
	out = t.sbx("run", path, "a b").ok().out.splitlines()
	assert out[0] in ("Hello", "Hallo"), out
	equal(out[1:], ["1 a b"], "output")


def test_folder_task(t):
	t.update()
	t.file("task/__main__.py", "import sub\nprint(sub.greet('all'))\n")
	t.file("task/sub/__init__.py", "from greet import greet\n")
	equal(t.sbx("run", os.path.join(t.tmp, "task")).ok().out, "Hello, all!\n", "output")


def test_no_network_no_devices_no_other_processes(t):
	t.update()
	body = "tail -n +3 /proc/net/dev | grep -vc lo: ; ls /proc | grep -c '^[0-9]' ; id -u; ls /dev | tr '\\n' ' '"
	out = t.sbx("run", script(t, body + "\n")).out.splitlines()
	equal(out[0], "0", "interfaces besides lo")
	assert int(out[1]) < 8, f"{out[1]} processes are visible"
	assert "sda" not in out[-1] and "kmsg" not in out[-1] and "mem" not in out[-1].split(), out[-1]


def test_host_files_are_not_visible(t):
	t.update()
	secret = t.file("secret", "secret\n")
	result = t.sbx("run", script(t), "--", "cat", secret)
	assert result.status != 0 and "secret\n" not in result.out, str(result)


def test_template_cannot_be_written(t):
	id = t.build("hello")
	path = script(t, "hello\necho changed >/usr/share/greeting/text\nrm -rf /usr/bin\ntrue\n")
	t.sbx("run", path)
	equal(t.sbx("ls", "--json", archive=False).out.count('"id"'), 1, "templates")
	t.inside(id, "hello").ok()
	t.fsck_clean()


def test_second_run_fetches_and_builds_nothing(t):
	t.update()
	path = script(t, "hello\n")
	t.sbx("run", path).ok()
	t.server.clear()
	again = t.sbx("run", path).ok()
	equal(t.server.requests(), [], "requests")
	assert again.processor_seconds < 1, again.processor_seconds
	equal(t.sbx("ls", "--json", archive=False).out.count('"id"'), 1, "templates")


def test_changed_task_is_looked_at_again(t):
	t.update()
	path = task(t, "print('before')\n")
	equal(t.sbx("run", path).ok().out, "before\n", "output")
	path = task(t, "from greet import greet\nprint(greet('after'))\n")
	equal(t.sbx("run", path).ok().out, "Hello, after!\n", "output")


def test_runs_without_update(t):
	"""The first run fetches what it needs to know, or says what to do."""
	result = t.sbx("run", script(t))
	if result.status == 0:
		equal(result.out, "ran\n", "output")
	else:
		result.fails(SANDBOX, "sbx-build update")


def test_verbose_shows_the_stages(t):
	t.update()
	command = [a for a in t.command("run", "-v", task(t)) if a != "--quiet"]
	result = t.run(*command).ok()
	equal(result.out, "Hello, you! Pleased.\n", "stdout")
	harness.contains(result.err, "profile", "python3-polite|packages", "template")


def test_timeout(t):
	t.update()
	t.sbx("run", script(t)).ok()
	path = script(t, "sleep 1000\n", "task/long.sh")
	result = t.sbx("run", "--timeout", "1", path)
	equal(result.status, 124, f"exit status of\n{result}")


def test_posture_and_policies_hold_the_task(t):
	"""The usual limits are a posture's, a named one holds options too, a policy file anything."""
	t.update()
	path = script(t, "ulimit -n; cat /proc/net/dev | grep -c eth\n")
	nofile = lambda *options: without_warnings(t.sbx("run", *options, path).out).split()[0]
	equal(nofile(), "4096", "open files, usually")
	equal(nofile("--posture", "high"), "1024", "open files of a named posture")
	ours = t.file("ours.policy", "[limits]\nnofile=77\n[network]\nmode=none\n[output]\nsecrets=redact\n")
	equal(nofile("--policy", ours), "77", "open files of a policy")
	namespace = lambda *options: t.sbx("run", *options, path, "--", "readlink", "/proc/self/ns/net").ok().out.strip()
	assert namespace() != os.readlink("/proc/self/ns/net"), "the host's network"
	equal(namespace("--net", "host"), os.readlink("/proc/self/ns/net"), "network asked for")
	for held in (["--posture", "medium"], ["--policy", ours]):
		assert namespace("--net", "host", *held) != os.readlink("/proc/self/ns/net"), held


def test_policies_that_make_no_sense(t):
	"""Said before anything is looked at, by name."""
	path = script(t)
	t.sbx("run", "--posture", "soft", path).fails(USAGE, "soft", "medium")
	t.sbx("run", "--policy", t.file("x.policy", "[limits]\nspeed=1\n"), path).fails(USAGE, "speed")
	t.sbx("run", "--policy", os.path.join(t.tmp, "none.policy"), path).fails(USAGE, r"none\.policy")
	t.sbx("run", "--net", "some", path).fails(USAGE, "--net", "some")
	t.sbx("run", "--memory", "0", path).fails(USAGE, "--memory")


def test_what_a_task_wants_and_does_not_get_is_told(t):  # root
	t.update()
	text = "import urllib.request\ntry:\n\turllib.request.urlopen('http://192.0.2.7:80/x', timeout=1)\n" \
	       "except OSError as e:\n\tprint('no')\n"
	path = t.file("task/net.py", text)
	result = t.sbx("run", path).ok()
	harness.contains(result.err, r"net\.py: wants the network \(net\.py:\d.*\) and gets none; --net host")
	assert "wants the network" not in t.sbx("run", "--net", "host", path).err


def test_what_was_refused_is_told_with_the_way_out(t):  # root
	t.update()
	text = "import os, socket, sys\nfor what in (lambda: os.chroot('/'), " \
	       "lambda: socket.create_connection(('192.0.2.7', 80), 1)):\n\ttry:\n\t\twhat()\n" \
	       "\texcept OSError:\n\t\tpass\nsys.exit(int(sys.argv[1]))\n"
	path, file = t.file("task/app.py", text), os.path.join(t.tmp, "result.json")
	result = t.sbx("run", "--result", file, path, "1")
	harness.contains(result.err, r"app\.py: needs the network: it tried to reach 192\.0\.2\.7 port 80; --net host",
			 r"app\.py: system calls were refused: chroot \(1x\); no sandbox has them")
	with open(file, encoding="utf-8") as f:
		record = json.load(f)
	equal((record["reason"], record["exit_status"]), ("exited", 1), "record")
	shown = t.sbx("run", "--result", "-", path, "0").ok().err
	assert "were refused" not in shown and "tried to reach" not in shown, shown
	harness.contains(shown, "^ended +exited, exit status 0$", "^used .* memory [0-9.]+ MiB$",
			 "^stages .*run [0-9.]+ ms", "^refused +chroot EPERM 1x$", r"^network +192\.0\.2\.7 port 80 1x$")


def test_what_may_not_leave_stays(t):
	t.update()
	out, given = os.path.join(t.tmp, "out"), t.file("given.json", '{"n": 1}\n')
	schema = t.file("schema.json", '{"type": "object", "required": ["n"]}')
	path = script(t, "cat /task/input.json >/output/result.json; echo token s3cret-17 >/output/log\n")
	run = lambda *options: t.sbx("run", "--output", out, "--input", given, *options, path)
	run("--output-schema", schema).ok()
	equal(sorted(os.listdir(out)), ["log", "result.json"], "the output folder")
	for policy, why in (("max-bytes=5", "more than 5 bytes"), ("secrets=refuse\npatterns=s3cret-[0-9]+", r"/output/log:1.*secret")):
		out = os.path.join(t.tmp, "out" + policy[:3])
		held = run("--policy", t.file("ours.policy", f"[output]\n{policy}\n"))
		equal(held.status, SANDBOX, f"exit status of\n{held}")
		harness.contains(held.err, why)
		assert not os.path.exists(out), "something came out"
	out = os.path.join(t.tmp, "redacted")
	redact = t.file("ours.policy", "[output]\nsecrets=redact\npatterns=s3cret-[0-9]+\n")
	harness.contains(run("--policy", redact).ok().err, "blotted out in 1 file")
	with open(os.path.join(out, "log"), encoding="utf-8") as f:
		equal(f.read(), "token [redacted]\n", "the log")
	given = t.file("given.json", "[]\n")
	harness.contains(run("--output-schema", schema).err, "schema.json, /output/result.json: /: must be of type object")
	t.sbx("run", "--output-schema", schema, path).fails(USAGE, "--output-schema", "--output")


def test_input_file(t):
	t.update()
	path = script(t, "cat /task/input.json; ls\n")
	given = t.file("given.json", '{"n": 1}\n')
	equal(t.sbx("run", "--input", given, path).ok().out, '{"n": 1}\ngo.sh\ninput.json\n', "output")
	equal(os.listdir(os.path.dirname(path)), ["go.sh"], "the task's folder")
	result = t.sbx("run", "--input", os.path.join(t.tmp, "none"), path)
	equal(result.status, SANDBOX, f"exit status of\n{result}")
	harness.contains(result.err, "--input: .*none: .*No such file")


def test_ctrl_c_ends_the_task(t):
	t.update()
	# A trap: a shell that forks at that moment loses a SIGINT, wherever it runs.
	path = script(t, "trap 'exit 130' INT\necho ready\nwhile :; do sleep 0.1; done\n")
	process = t.start("run", path, start_new_session=True)
	equal(process.stdout.readline(), "ready\n", "first line")
	os.killpg(process.pid, signal.SIGINT)
	result = t.finish(process, timeout=120)
	equal(result.status, 128 + signal.SIGINT, "exit status")


def test_kill_leaves_nothing_running(t):
	t.update()
	path = script(t, "echo ready\nsleep 600\n")
	process = t.start("run", path)
	equal(process.stdout.readline(), "ready\n", "first line")
	process.kill()
	# Whoever lives on has these pipes: at their end there are only those who clear up.
	t.finish(process, timeout=60)
	deadline = time.monotonic() + 60
	while (left := t.leftovers()) and time.monotonic() < deadline:
		time.sleep(0.02)
	equal([text[:200] for text in left], [], "left behind")
	t.sbx("run", script(t, name="task/other.sh")).ok()


def test_use_is_recorded(t):
	t.update()
	path = script(t)
	for _ in range(2):
		t.sbx("run", path).ok()
	out = t.sbx("ls", "--json", archive=False).json()
	row = (out["templates"] if isinstance(out, dict) else out)[0]
	shown = json.dumps(t.sbx("show", row["id"], "--json", archive=False).json())
	harness.contains(shown, r'"(n_)?uses": 2')


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
