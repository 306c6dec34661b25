# SPDX-License-Identifier: Apache-2.0
"""What sbx-build profile prints where, and what becomes of texts that no person wrote."""

import json
import os
import pty
import subprocess

import harness
from harness import INPUT, UNRESOLVED, USAGE, equal

TASK = "import greet\nimport no_such_module\n"


def on_a_terminal(t, *args, env=None):
	"""The output of a command whose stdout is a terminal."""
	main, side = pty.openpty()
	done = subprocess.Popen(t.command("profile", *args), stdout=side, stderr=subprocess.DEVNULL,
				env={**t.env, "TERM": "xterm", **(env or {})}, cwd=t.tmp)
	os.close(side)
	text = b""
	while True:
		try:
			part = os.read(main, 4096)
		except OSError:
			break
		if not part:
			break
		text += part
	done.wait()
	os.close(main)
	return text.decode()


def test_colours_only_on_a_terminal_that_wants_them(t):
	t.update()
	task = t.file("task/app.py", TASK)
	assert "\x1b" not in t.sbx("profile", task).out
	assert "\x1b[1;31m" in on_a_terminal(t, task)
	assert "\x1b" not in on_a_terminal(t, task, env={"NO_COLOR": "1"})
	assert "\x1b" not in on_a_terminal(t, task, env={"TERM": "dumb"})
	assert "\x1b" not in on_a_terminal(t, task, "--json")


def test_sarif_tells_what_is_missing(t):
	t.update()
	done = t.sbx("profile", t.file("task/app.py", TASK), "--sarif")
	equal(done.status, UNRESOLVED, "exit status")
	(run,) = json.loads(done.out)["runs"]
	levels = {r["ruleId"]: r["level"] for r in run["results"]}
	equal(levels["need-not-found"], "error")
	equal(levels["need"], "note")


def test_one_form_at_a_time(t):
	task = t.file("task/app.py", TASK)
	for forms in (["--json", "--sarif"], ["--explain", "--requirements"], ["--sarif", "--explain"]):
		t.sbx("profile", task, *forms).fails(USAGE, "give one of them")


def survives(t, text, status, *patterns):
	"""In time, and with a clear word; a folder loses nothing else by it."""
	task = t.file("task/app.py", text)
	done = t.sbx("profile", task)
	assert done.status in status, done
	if done.status == INPUT:
		done.fails(INPUT, r"app\.py: ", *patterns)
	t.file("folder/main.py", "import greet\n")
	t.file("folder/bad.py", text)
	profile = t.sbx("profile", t.tmp + "/folder", "--json")
	assert profile.status in (0, UNRESOLVED), profile
	assert "python3-greet" in json.loads(profile.out)["packages"], profile


def test_unclosed_brackets(t):
	t.update()
	survives(t, "(" * 100000, (0, INPUT), "longer to parse")


def test_deep_nesting(t):
	t.update()
	survives(t, "x = " + "[" * 50000 + "]" * 50000 + "\n", (0, INPUT), "to parse|crash")


def test_a_line_of_fifty_megabytes(t):
	t.update()
	survives(t, "x" * (50 << 20), (INPUT,), "more than the limit")


def test_random_bytes(t):
	t.update()
	noise = os.urandom(1 << 16)
	survives(t, noise, (INPUT,), "binary")
	survives(t, noise.replace(b"\0", b" "), (0, INPUT, UNRESOLVED))


if __name__ == "__main__":
	harness.main(globals())
