# SPDX-License-Identifier: Apache-2.0
"""Exit statuses, limits, signals, and what is left behind: nothing."""

import json
import os
import re
import signal
import struct
import subprocess
import time

from serve_client import KEEP, Server
from support import PATIENCE, Skip, check_schema, equal, eventually, main


PT_LOAD, PT_INTERP = 1, 3  # elf(5)


def has_cgroups(t):
	return t.run("true", options=["--memory", "1G"]).status == 0


def test_exit_statuses(t):
	for status in (0, 1, 3, 126, 255):
		result = t.shell(f"exit {status}")
		equal((result.status, result.err), (status, ""), "status")
		equal((result.record["reason"], result.record["exit_status"]), ("exited", status), "record")
	result = t.shell("kill -9 $$")
	equal((result.status, result.record["reason"], result.record["signal"]), (137, "signalled", 9),
	      "killed")
	equal(t.shell("kill -TERM $$").status, 143, "terminated")
	check_schema(t, result.record)


def test_commands_that_cannot_be_run(t):
	t.file("template/root/bin/plain", "no program", 0o755)
	t.file("template/root/bin/forbidden", "#!/bin/sh\n", 0o644)
	t.file("template/root/bin/lost", "#!/no/such/interpreter\n", 0o755)
	result = t.run("no-such-command").fails(127, "no-such-command")
	equal(result.record["error"]["code"], "no-command", "code")
	check_schema(t, result.record)
	t.run("/no/such/file").fails(127, "/no/such/file")
	t.run("lost").fails(127, "lost")
	t.run("/bin/lost").fails(127, "interpreter")
	t.run("forbidden").fails(126, "forbidden", "chmod +x")
	t.run("plain").fails(126, "plain", "#!")
	t.run("/etc").fails(126, "/etc", "is a folder")
	for name in ("x" * 5000, "/" + "x" * 5000):
		t.run(name).fails(127, "not found inside", "[...]")


def test_wrong_command_lines(t):
	run = [t.program, "run"]
	cases = [
		([t.program], "missing"),
		([t.program, "walk"], "walk"),
		(run, "TEMPLATE"),
		([*run, t.root], "--"),
		([*run, t.root, "true"], "--"),
		([*run, t.root, "--"], "command"),
		([*run, "", "--", "true"], "TEMPLATE"),
		([*run, "--bogus", t.root, "--", "true"], "--bogus"),
		([*run, "-x", t.root, "--", "true"], "-x"),
		([*run, "--sys=1", t.root, "--", "true"], "--sys"),
		([*run, t.root, "--memory"], "--memory"),
		([*run, "--json", t.root, "--", "true"], "--json"),
		([*run, "--user", "5", "--profile", "build", t.root, "--", "true"], "--user"),
		([*run, "--status-fd", "99", t.root, "--", "true"], "--status-fd"),
	]
	for option, values in {
		"--memory": ("0", "-1", "x", "1.5G", "1GG", "99999999999999999999", ""),
		"--cpus": ("0", "x", "-1", "0.001", "1."), "--pids": ("0", "x", "1k"),
		"--timeout": ("0", "x", "1s", "-1"), "--output-limit": ("0", "x"),
		"--bind": ("x", ":/x", "/x:", "/x:y", "/x:/", "/x:/a/../b", "/x:/proc/a", "/x:/dev",
			   "/x:/sys", "/x://", "/x:/a/"),
		"--env": ("x", "=x"), "--hostname": ("", "a b", "-x", "x" * 65), "--net": ("x",),
		"--profile": ("x",), "--workdir": ("x", ""), "--user": ("root", "-1", "4294967295"),
		"--status-fd": ("x", "0"), "--grace": ("x",), "--layer": ("",),
	}.items():
		cases += [([*run, option, value, t.root, "--", "true"], option) for value in values]
	for command, word in cases:
		t.call(command).fails(2, word)


def test_output_and_input_pass_through(t):
	result = t.shell("cat; echo to stderr >&2", stdin="to stdin")
	equal((result.out, result.err), ("to stdin", "to stderr\n"), "streams")
	data = "x" * 300000
	equal(len(t.run("cat", stdin=data, options=["--output-limit", "1M"]).ok().out), 300000,
	      "through the counter")


def test_time_limit(t):
	result = t.run("sleep", "1000", options=["--timeout", "0.3"])
	result.fails(124, "--timeout")
	equal(result.record["reason"], "timed-out", "reason")
	check_schema(t, result.record)
	up = lambda result: result.out.startswith("up\n")
	result = t.timed("trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.1; done", "--grace", "60", begun=up)
	equal((result.status, result.out), (124, "up\nbye\n"), "a command that takes the hint")
	result = t.timed("trap '' TERM; echo up; while :; do sleep 0.1; done", "--grace", "0.3", begun=up)
	equal((result.status, result.record["signal"]), (124, 9), "one that does not")
	assert 0.5 < result.seconds, result
	result = t.timed("trap 'echo asked' TERM; echo up; while :; do sleep 0.1; done", "--grace", "0", begun=up)
	equal((result.status, result.record["signal"]), (124, 9), "one that is not waited for")
	equal(result.out, "up\n", "what it says when it is not asked")
	t.run("true", options=["--timeout", "100"]).ok()


def test_output_limit(t):
	result = t.shell("echo 12345; echo 67890; sleep 1000", options=["--output-limit", "8"])
	result.fails(137, "--output-limit")
	equal((result.out, result.record["reason"]), ("12345\n67", "output-limit"), "output")
	equal(result.record["output_bytes"], 8, "counted")
	check_schema(t, result.record)
	result = t.shell("yes; sleep 1000", options=["--output-limit", "1M"])
	equal((result.status, len(result.out)), (137, 1 << 20), "a flood")
	result = t.shell("echo 1234 >&2; echo 567", options=["--output-limit", "9"])
	equal((result.status, result.out, result.err), (0, "567\n", "1234\n"), "within the limit")


def test_reader_that_stops_does_not_hang_the_limits(t):
	process = t.start("yes", options=["--output-limit", "10M", "--timeout", "0.5"])
	equal(process.wait(timeout=PATIENCE), 124, "status though nobody reads")


def test_reader_that_leaves_ends_the_writer(t):
	for options in ([], ["--output-limit", "100M"]):
		process = t.start("sh", "-c", "yes; echo $? >&2", options=options)
		process.stdout.read(10)
		process.stdout.close()
		equal(process.wait(timeout=PATIENCE), 0, "status")


def test_memory_limit(t):  # root
	result = t.probe("memory", "200", options=["--memory", "32M"])
	if result.status == 125:
		raise Skip(result.err.strip())
	result.fails(137, "--memory")
	equal(result.record["reason"], "oom", "reason")
	assert result.record["oom_kills"] >= 1, result
	check_schema(t, result.record)
	result = t.probe("memory", "20", options=["--memory", "64M"])
	equal(result.lines, ["had it"], "within the limit")
	assert 20 << 20 <= result.record["peak_memory_bytes"] <= 64 << 20, result
	result = t.shell("head -c 100000000 /dev/zero > /big", options=["--memory", "32M"])
	assert result.status != 0, "the layer in memory counts too"


def test_pids_limit(t):
	"""As root by the cgroup, else by RLIMIT_NPROC, which Linux 5.14 counts per user namespace."""
	result = t.probe("processes", "300", options=["--pids", "10"])
	if result.status == 125:
		raise Skip(result.err.strip())
	equal(result.lines, ["9 EAGAIN"], "processes beside the probe")
	bomb = "bomb() { bomb | bomb & }; bomb; sleep 0.3; echo survived"
	t.shell(bomb, options=["--pids", "20", "--timeout", "10"])
	eventually(lambda: not t.marked(), "processes of the bomb are left")


def test_pids_are_counted_for_each_sandbox(t):
	first = t.start("sh", "-c", "sleep 1000 & sleep 1000 & sleep 1000 & echo up; wait",
			options=["--pids", "5"])
	equal(first.stdout.readline(), "up\n", "first")
	equal(t.probe("processes", "300", options=["--pids", "5"]).lines, ["4 EAGAIN"], "second")
	first.kill()


def test_cpu_limit(t):  # root
	result = t.probe("burn", "1", options=["--cpus", "0.2"])
	if result.status == 125:
		raise Skip(result.err.strip())
	result.ok()
	assert result.record["cpu_usec"] < 200000 + 0.25 * result.record["wall_usec"], result


def become_real_time():
	os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))


def test_what_a_real_time_process_starts_is_none(t):  # root
	"""No quota would hold it, and version 1's cpu groups would not take it."""
	try:
		subprocess.run(["true"], preexec_fn=become_real_time, check=True)
	except subprocess.SubprocessError:
		raise Skip("root is no root enough here to be real-time") from None
	policy_of = "cut -d' ' -f41 /proc/self/stat"
	with open("/proc/self/stat", encoding="ascii") as f:
		equal(f.read().split()[40], "0", "this test's own, in that field")
	limits = ["--cpus", "1"] if has_cgroups(t) else []
	equal(t.shell(policy_of, options=limits, preexec_fn=become_real_time).lines, ["0"], "run")
	server = Server(t, preexec_fn=become_real_time)
	equal(os.sched_getscheduler(server.process.pid) & ~os.SCHED_RESET_ON_FORK, os.SCHED_FIFO, "server")
	equal(server.ctl("create", *limits, t.root, "--", "/bin/sh", "-c", policy_of).lines, ["0"], "serve")
	client = server.client()
	number = client.create(t.root, flags=KEEP)
	equal(client.shell(number, policy_of), (0, "0\n"), "exec")
	equal(server.stop(), 0)


def test_limits_of_resources(t):
	facts = t.probe("limits", options=["--nofile", "123", "--fsize", "5K"]).facts
	equal((facts["nofile"], facts["fsize"], facts["core"]), ("123", "5120", "1"), "limits")
	result = t.shell("head -c 10000 /dev/zero > /x", options=["--fsize", "5K"])
	assert result.status != 0, "a larger file could be written"
	if not t.is_root:
		t.run("true", options=["--nofile", "999999999"]).fails(125, "--nofile")
	t.run("true", options=["--nofile", "3"]).fails(2, "--nofile", "16")
	everything = ["--record", "all", "--output-limit", "1M", "--ro-bind", f"{t.root}:/x", "--overlay", f"{t.root}:/y"]
	t.run("true", options=["--nofile", "16", *everything]).ok()
	# The kernel's signal is told by the option that it stands for.
	t.run("dd", "if=/dev/zero", "of=/x", "bs=10k", "count=1", options=["--fsize", "5K"]).fails(128 + 25, "--fsize")
	t.shell("kill -XCPU $$", options=["--cpu-time", "9"]).fails(128 + 24, "--cpu-time")
	equal(t.shell("kill -XCPU $$").err, "", "nothing when there is no limit")


def test_what_cannot_be_enforced_is_refused_or_announced(t):  # user
	if has_cgroups(t):
		raise Skip("this user has been delegated a cgroup")
	for option, value in (("--memory", "64M"), ("--cpus", "1")):
		result = t.run("true", options=[option, value]).fails(125, option, "--best-effort")
		equal(result.record["error"]["code"], "unsupported", "code")
		check_schema(t, result.record)
	result = t.run("true", options=["--memory", "64M", "--cpus", "1", "--pids", "9", "--best-effort"])
	result.fails(0, "warning", "--memory", "--cpus")
	assert "--pids" not in result.err, result
	equal(result.record["unenforced"], ["memory", "cpu"], "record")
	result = t.probe("memory", "200", options=["--memory", "64M", "--best-effort"])
	equal((result.status, result.out), (3, "refused\n"), "memory of one process")


def test_signals_are_passed_on(t):
	for signo in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
		      signal.SIGQUIT, signal.SIGWINCH):
		name = signal.Signals(signo).name[3:]
		process = t.start("sh", "-c", f"trap 'echo got; exit 9' {name}; echo up; "
				  "while :; do sleep 0.05; done")
		equal(process.stdout.readline(), "up\n", "output")
		process.send_signal(signo)
		equal((process.wait(timeout=PATIENCE), process.stdout.read()), (9, "got\n"), name)


def test_signal_without_a_handler_ends_it(t):
	process = t.start("sh", "-c", "echo up; sleep 1000")
	process.stdout.readline()
	process.send_signal(signal.SIGINT)
	equal(process.wait(timeout=PATIENCE), 130, "status")


def test_stop_and_continue(t):
	process = t.start("sh", "-c", "while :; do echo tick; sleep 0.05; done")
	process.stdout.readline()
	process.send_signal(signal.SIGTSTP)
	eventually(lambda: state_of(process.pid) == "T", "it did not stop")
	os.set_blocking(process.stdout.fileno(), False)
	eventually(lambda: is_silent(process.stdout), "the sandbox goes on while we are stopped")
	process.send_signal(signal.SIGCONT)
	eventually(lambda: readable(process.stdout), "it did not continue")
	process.kill()


def is_silent(stream):
	while readable(stream):
		os.read(stream.fileno(), 65536)
	time.sleep(0.5)
	return not readable(stream)


def readable(stream):
	import select
	return bool(select.select([stream], [], [], 0)[0])


def state_of(pid):
	with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
		return f.read().rsplit(")", 1)[1].split()[0]


def test_background_processes_end_with_the_command(t):
	process = t.start("sh", "-c", "sleep 1000 & (setsid sleep 1000 &) ; echo done")
	equal(process.wait(timeout=PATIENCE), 0, "status")
	eventually(lambda: not t.marked(), lambda: f"left: {t.marked()}")


def limits_that_work(t):
	options = ["--pids", "20", "--env", f"MARK={t.tmp}"]
	return options + (["--memory", "100M", "--cpus", "1"] if has_cgroups(t) else [])


def start_marked(t, **popen):
	process = t.start("sh", "-c", "sleep 1000 & (setsid sleep 1000 &); echo up; exec sleep 1000",
			  options=limits_that_work(t), **popen)
	equal(process.stdout.readline(), "up\n", "output")
	eventually(lambda: len(t.marked()) >= 3, lambda: f"only {t.marked()}")  # executing, one is none for a moment
	return process


def groups_of(t, process):
	return [g for g in t.groups() if f"/sbx-{process.pid}-" in g]


def test_kill_leaves_nothing(t):
	process = start_marked(t)
	if t.is_root and has_cgroups(t):
		assert groups_of(t, process), "no cgroup was made"
	process.kill()
	process.communicate()
	eventually(lambda: not t.marked(), lambda: f"left: {t.marked()}")
	eventually(lambda: not groups_of(t, process), lambda: f"left: {groups_of(t, process)}")


def test_kill_of_the_whole_group_leaves_nothing(t):
	process = start_marked(t, start_new_session=True)
	os.killpg(process.pid, signal.SIGKILL)
	process.communicate()
	eventually(lambda: not t.marked(), lambda: f"left: {t.marked()}")
	eventually(lambda: not groups_of(t, process), lambda: f"left: {groups_of(t, process)}")


def children_of(pid):
	with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as f:
		return [int(p) for p in f.read().split()]


def reapers_of(pid):
	return [p for p in children_of(pid) if open(f"/proc/{p}/comm", encoding="utf-8").read() == "sbx-reaper\n"]


def test_next_run_sweeps_what_a_killed_reaper_left(t):  # root
	if not has_cgroups(t):
		raise Skip("no cgroup can be made here")
	# Another test's sandbox may be the next one; then once more.
	for _ in range(50):
		process = start_marked(t)
		# The command may run before the reaper has its name.
		eventually(lambda of=process.pid: len(reapers_of(of)) == 1, "it has a reaper")
		os.kill(reapers_of(process.pid)[0], signal.SIGKILL)
		process.kill()
		process.communicate()
		eventually(lambda: not t.marked(), lambda: f"left: {t.marked()}")
		if groups_of(t, process):
			break
	else:
		raise AssertionError("expected the groups to be left")
	t.run("true", options=limits_that_work(t)).ok()
	equal(groups_of(t, process), [], "groups after the next run")


def test_kill_at_any_moment_leaves_nothing(t):
	options = limits_that_work(t)
	pids = []
	for i in range(40):
		process = t.start("sh", "-c", "sleep 1000 & exec sleep 1000", options=options)
		time.sleep(0.001 * i)
		process.kill()
		process.communicate()
		pids.append(process)
	eventually(lambda: not t.marked(), lambda: f"left: {t.marked()}")
	# One that was killed before its reaper was there: the next run sweeps.
	t.run("true", options=options).ok()
	for process in pids:
		eventually(lambda: not groups_of(t, process), lambda: f"left: {groups_of(t, process)}")


def test_nothing_is_left_after_an_ordinary_end(t):
	for command, options in (("true", []), ("no-such-command", []), ("true", ["--workdir", "/no"]),
				 ("true", limits_that_work(t))):
		process = t.start(command, options=options)
		process.wait(timeout=PATIENCE)
		equal(groups_of(t, process), [], "groups")
		equal(t.marked(), [], "processes")


def test_many_at_once(t):
	options = limits_that_work(t)
	processes = [t.start("sh", "-c", f"echo {i}; exit {i}", options=options) for i in range(20)]
	for i, process in enumerate(processes):
		out, err = process.communicate(timeout=PATIENCE)
		equal((process.returncode, out, err), (i, f"{i}\n", ""), "sandbox")


def test_record_tells_what_was_used(t):
	result = t.probe("burn", "0.3")
	record = result.record
	assert 300000 <= record["wall_usec"] <= result.seconds * 1e6, result
	assert 1000 <= record["cpu_usec"] <= 2 * record["wall_usec"], result
	assert record["peak_memory_bytes"] > 10000, record
	equal((record["oom_kills"], record["output_bytes"], record["error"]), (0, None, None), "record")


def test_dry_run_prints_the_plan_and_does_nothing(t):
	options = ["--dry-run", "--bind", "/nowhere:/mnt", "--timeout", "3", "--layer", t.path("no")]
	result = t.call(t.command(options, ["/no/command"])).ok()
	assert re.search(r"^bind source=/nowhere target=/mnt$", result.out, re.M), result
	assert not os.path.exists(t.path("no"))
	result = t.call(t.command([*options, "--json"], ["/no/command", "a b"])).ok()
	plan = json.loads(result.out)
	names = [op["operation"] for op in plan["operations"]]
	assert names.index("root") < names.index("bind") < names.index("pivot"), names
	assert names.index("capabilities") < names.index("seccomp") < names.index("command"), names
	equal(plan["operations"][-1]["arguments"], ["/no/command", "a b"], "command")


def test_help_names_every_option(t):
	text = t.call([t.program, "run", "--help"]).ok().out
	equal(text, t.call([t.program, "--help"]).ok().out, "both helps")
	options = re.findall(r"^  --([a-z-]+)", text, re.M)
	assert len(options) > 20, options
	man = t.call([t.program, "--man"]).ok().out
	completion = t.call([t.program, "--completion"]).ok().out
	for option in options:
		assert "\\-\\-" + option.replace("-", "\\-") in man, f"{option} is not in the manual"
		assert f"--{option}" in completion, f"{option} is not completed"
	for verb, least in (("serve", 10), ("ctl", 10)):
		named = re.findall(r"^  (?:--)?([a-z-]+)", t.call([t.program, verb, "--help"]).ok().out, re.M)
		assert len(named) > least, (verb, named)
		for name in named:
			assert re.search(r"^\.B (\\-\\-)?" + re.escape(name.replace("-", "\\-")), man, re.M), f"{verb} {name}"
	assert all(len(line) <= 80 for line in text.splitlines()), "a line of the help is too long"
	checked = subprocess.run(["bash", "-n"], input=completion, capture_output=True, text=True)
	equal((checked.returncode, checked.stderr), (0, ""), "the completion's syntax")
	assert t.call([t.program, "--version"]).ok().out.startswith("sbx-provision ")


def test_manual_is_good_roff(t):
	man = t.call([t.program, "--man"]).ok().out
	try:
		done = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=man, capture_output=True,
				      text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
	except FileNotFoundError:
		raise Skip("groff is not installed") from None
	equal((done.returncode, done.stderr), (0, ""), "groff")


def test_program_is_small(t):
	"""As it is installed, without symbols: 1.5 MiB at most."""
	if "__asan_init" in subprocess.run(["nm", t.program], capture_output=True, text=True).stdout:
		raise Skip("with sanitizers it is larger")
	subprocess.run(["strip", "-o", t.path("stripped"), t.program], check=True)
	size = os.stat(t.path("stripped")).st_size
	assert 100000 < size <= 3 << 19, size
	equal(t.call([t.path("stripped"), "--version"]).ok().out, t.call([t.program, "--version"]).out)


def test_program_is_static(t):
	with open(t.program, "rb") as f:
		data = f.read()
	table, = struct.unpack_from("<Q", data, 32)
	size, n = struct.unpack_from("<HH", data, 54)
	kinds = [struct.unpack_from("<I", data, table + i * size)[0] for i in range(n)]
	assert PT_LOAD in kinds and PT_INTERP not in kinds, kinds
	for name in (b"glib", b"ostree", b"curl", b"archive"):
		assert b"lib" + name + b".so" not in data, name


if __name__ == "__main__":
	main(globals())
