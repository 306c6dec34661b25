# SPDX-License-Identifier: Apache-2.0
"""What a task is given, what it leaves, and what is observed of it."""

import os
import signal
import subprocess

from serve_client import name_of
from support import PATIENCE, check_schema, equal, eventually, main


def written(t, script, *options):
	result = t.shell(script, options=["--record", "files", *options]).ok()
	check_schema(t, result.record)
	found = result.record["written"]
	return found, {entry["path"]: (entry["what"], entry["bytes"]) for entry in found["paths"]}


def test_input_is_a_copy_that_cannot_be_written(t):
	path = t.file("given.json", '{"n": 1}\n', 0o600)
	script = "cat /task/input.json; echo x 2>/dev/null >/task/input.json || echo kept; " \
		 "rm -f /task/input.json 2>/dev/null || echo there; echo y >/task/beside && echo beside"
	for options in ([], ["--overlay", f"{t.folder('task')}:/task"], ["--user", "1000"] * t.is_root):
		lines = t.shell(script, options=["--input", path, *options]).out.splitlines()
		equal(lines[:3], ['{"n": 1}', "kept", "there"], f"output with {options}")
	with open(path, encoding="utf-8") as f:
		equal(f.read(), '{"n": 1}\n', "the file outside")
	equal(os.listdir(t.path("task")), [], "the task's folder")
	# A policy that lets /task be written to does not let this.
	policy = t.file("p.policy", "[files]\nwritable=/task\n")
	lines = t.shell(script, options=["--input", path, "--policy", policy]).out.splitlines()
	equal(lines, ['{"n": 1}', "kept", "there", "beside"], "output with a policy")


def test_inputs_that_make_no_sense(t):
	os.mkfifo(t.path("pipe"))
	for path, why in ((t.path("none.json"), "none.json"), (t.tmp, "no regular file"),
			  ("/dev/zero", "no regular file"), (t.path("pipe"), "no regular file")):
		t.run("true", options=["--input", path]).fails(125, "--input", why)
	big = t.file("big", "x" * (3 << 20))
	t.run("true", options=["--input", big, "--disk", "1M"]).fails(125, "--input", "No space")


def test_plain_files_come_out(t):
	out = t.path("out")
	script = "echo a >/output/a; mkdir /output/d; echo b >/output/d/b; chmod 4755 /output/a; " \
		 "ln -s /etc/passwd /output/link; ln -s / /output/all; mkfifo /output/pipe; exit 3"
	result = t.shell(script, options=["--output", out])
	equal(result.status, 3, "status")
	check_schema(t, result.record)
	equal(result.record["output"], {"files": 2, "bytes": 4, "left_out": 3, "complete": True}, "record")
	assert "left out, with others" in result.err, result
	found = sorted(os.path.relpath(os.path.join(folder, name), out)
		       for folder, folders, files in os.walk(out) for name in folders + files)
	equal(found, ["a", "d", "d/b"], "what came out")
	st = os.stat(os.path.join(out, "a"))
	equal((st.st_mode & 0o7777, st.st_uid), (0o755, os.geteuid()), "mode and owner")


def test_output_of_a_sandbox_that_was_killed_comes_out(t):
	out = t.path("out")
	result = t.timed("echo a >/output/a; sleep 1000", "--output", out, "--grace", "0",
			 begun=lambda _: os.listdir(out))
	equal((result.status, os.listdir(out)), (124, ["a"]), "status and output")


def test_output_is_held_by_the_disk_limit_and_not_larger_outside(t):
	out = t.path("out")
	fill = "dd if=/dev/zero of=/output/big bs=64k count=100 2>/dev/null; stat -c %s /output/big"
	size = int(t.shell(fill, options=["--output", out, "--disk", "2M"]).lines[0])
	assert 0 < size <= 2 << 20, size
	equal(os.stat(os.path.join(out, "big")).st_size, size, "size outside")
	# A hole, and a file of many names, seem larger than there was room for.
	many = "dd if=/dev/zero of=/output/0 bs=64k count=8 2>/dev/null; " \
	       "for i in 1 2 3 4 5 6 7 8 9; do ln /output/0 /output/$i; done"
	for script in ("truncate -s 1000000000000 /output/hole", many):
		out = t.path("out" + str(len(script)))
		result = t.shell(script, options=["--output", out, "--disk", "2M"]).fails(125, "--output", "more than")
		equal(result.record["output"]["complete"], False, "record")
		check_schema(t, result.record)
		assert sum(os.stat(os.path.join(out, n)).st_size for n in os.listdir(out)) <= 2 << 20, out


def test_output_follows_no_link_outside(t):
	out, victim = t.folder("out"), t.file("victim", "untouched\n")
	os.symlink(victim, os.path.join(out, "a"))
	t.shell("echo new >/output/a", options=["--output", out]).ok()
	with open(victim, encoding="utf-8") as f:
		equal(f.read(), "untouched\n", "what the link leads to")
	os.symlink(t.folder("elsewhere"), os.path.join(out, "d"))
	t.shell("mkdir /output/d; echo new >/output/d/x", options=["--output", out]).fails(125, "--output")
	equal(os.listdir(t.path("elsewhere")), [], "what the folder leads to")


def test_output_folders_that_cannot_be(t):
	t.file("file", "x")
	t.run("true", options=["--output", t.path("file")]).fails(125, "--output", "file")
	t.run("true", options=["--output", t.path("no/such")]).fails(125, "--output", "such")
	policy = t.file("p.policy", "[files]\nwritable=/tmp\n")
	result = t.shell("echo x >/output/a", options=["--output", t.path("out"), "--policy", policy])
	assert result.status != 0 and "Read-only" in result.err, result


def test_what_was_written_is_listed(t):
	task = t.folder("task")
	t.file("task/data", "old")
	t.file("task/seen", "old")
	found, paths = written(t, "echo new >/etc/new; rm /etc/motd; mkdir /var/d; echo x >/task/data; ln -s a /task/l; "
			       "cat /task/seen >/dev/null; echo t >/tmp/t; mkfifo /dev/shm/p",
			       "--overlay", f"{task}:/task", "--ro-bind", f"{t.file('f', 'x')}:/opt/f")
	equal(paths, {"/etc/new": ("file", 4), "/etc/motd": ("deleted", 0), "/task/data": ("file", 2),
		      "/task/l": ("link", 0), "/tmp/t": ("file", 2), "/dev/shm/p": ("special", 0)}, "paths")
	equal((found["files"], found["bytes"], found["deleted"], found["complete"]), (5, 8, 1, True), "sums")
	equal(written(t, "true")[0]["files"], 0, "files of a command that writes nothing")


def test_what_was_written_is_listed_within_bounds(t):
	script = "mkdir /tmp/m; cd /tmp/m; i=0; while [ $i -lt 300 ]; do : >$i; i=$((i+1)); done; " \
		 "printf x >\"$(printf 'a\\nb\\377')\"; cd /; i=0; p=/var; while [ $i -lt 80 ]; do p=$p/d; " \
		 "i=$((i+1)); done; mkdir -p $p; : >$p/x"
	found, paths = written(t, script)
	equal((found["files"], len(paths), found["complete"]), (301, 100, False), "counts")
	gone = t.timed("echo x >/etc/x; sleep 1000", "--record", "files", "--grace", "0",
		       begun=lambda result: result.record["written"]["paths"])
	equal([e["path"] for e in gone.record["written"]["paths"]], ["/etc/x"], "paths of what was killed")


def test_a_kept_layer_is_listed(t):
	found, paths = written(t, "echo x >/etc/x; rm -r /etc/motd", "--layer", t.path("layer"))
	equal(set(paths), {"/etc/x", "/etc/motd"}, "paths")
	equal(found["complete"], True, "complete")


def refused(result):
	check_schema(None, result.record)
	return {entry["call"]: (entry["count"], entry["errno"]) for entry in result.record["refused"]}


def test_refused_calls_are_counted(t):
	options = ["--record", "calls"]
	result = t.probe("refused", "1000", options=options).ok()
	equal((result.out, refused(result)), ("1000\n", {"mount": (1000, "EPERM")}), "calls")
	# The same calls fail in the same way as without a record, and others stay as they are.
	for what in ("calls", "sockets"):
		equal(t.probe(what, options=options).out, t.probe(what).out, f"what the probe of {what} saw")
	many = refused(t.probe("calls", options=options))
	assert len(many) > 20 and many["unshare"][1] == "EPERM", many
	equal(refused(t.run("true", options=options)), {}, "of a command that makes none")


def test_calls_that_a_class_lacks_are_counted(t):
	options = ["--record", "all", "--syscalls", "sh,fs.write"]
	result = t.shell("mount -t tmpfs x /mnt; nc -w 1 192.0.2.7 80 </dev/null; echo done", options=options)
	found = refused(result)
	equal((found["mount"], found["socket"]), ((1, "EPERM"), (1, "EAFNOSUPPORT")), "calls")
	policy = t.file("kill.policy", "[system-calls]\ndangerous=kill\n")
	result = t.probe("refused", "1", options=["--record", "calls", "--policy", policy])
	equal((result.status, result.record["signal"], refused(result)), (128 + 31, 31, {}), "what is killed for it")


def test_a_flood_of_refused_calls_costs_the_sandbox_alone(t):
	limits = ["--grace", "0"] + (["--cpus", "0.2", "--best-effort"] if t.is_root else [])
	result = t.timed("exec probe refused 0", "--record", "calls", *limits,
			 begun=lambda result: refused(result).get("mount", (0,))[0] > 100)
	equal((result.status, result.record["reason"]), (124, "timed-out"), "end")
	assert refused(result)["mount"][0] > 100, result
	if t.is_root and not result.record["unenforced"]:
		assert result.record["cpu_usec"] < 300000 + 0.2 * result.record["wall_usec"], result.record


def test_whom_it_tried_to_reach_is_told(t):
	result = t.probe("reach", "3", options=["--record", "network"]).ok()
	check_schema(t, result.record)
	found = result.record["network"]
	peers = [(p["address"], p["port"], p["count"]) for p in found["peers"]]
	equal(peers, [("192.0.2.7", 1, 1), ("192.0.2.7", 2, 1), ("192.0.2.7", 3, 1), ("2001:db8::7", 443, 1)], "peers")
	equal((found["attempts"], found["complete"]), (4, True), "attempts")
	many = t.probe("reach", "3000", options=["--record", "network"]).ok().record["network"]
	equal((many["attempts"], len(many["peers"]), many["complete"]), (1000, 64, False), "of many")
	equal(t.run("true", options=["--record", "network"]).record["network"]["attempts"], 0, "of none")


def test_connections_work_while_they_are_recorded(t):
	# A client may come before the listener is there, or be stopped once it is connected and
	# before it has said anything: both begin anew.
	script = ("(while ! [ -s /tmp/got ]; do timeout 60 nc -l -p 7777 >/tmp/got; done) &"
		  " while ! [ -s /tmp/got ]; do echo hello | timeout 5 nc 127.0.0.1 7777; sleep 0.1; done;"
		  " wait; cat /tmp/got")
	result = t.shell(script, options=["--record", "all"])
	assert "hello" in result.out, result
	equal([(p["address"], p["port"]) for p in result.record["network"]["peers"]], [("127.0.0.1", 7777)], "peers")


def test_records_that_make_no_sense(t):
	for what in ("", "calls,", "everything", "calls,,files"):
		t.run("true", options=["--record", what]).fails(2, "--record", "calls, network, files")


def test_stages_and_use_are_told(t):
	record = t.shell("dd if=/dev/zero of=/tmp/x bs=64k count=16 2>/dev/null; sleep 0.05; (exit 0) & wait").ok().record
	check_schema(t, record)
	stages = record["stages"]
	assert all(isinstance(v, int) for v in stages.values()), stages
	assert stages["run"] >= 50000, record
	assert sum(stages.values()) - stages["plan"] <= record["wall_usec"] + 1000, record
	assert 1 << 20 <= record["io"]["write_call_bytes"] < 1 << 24, record
	equal(record["user_usec"] + record["system_usec"], record["cpu_usec"], "CPU time")
	failed = t.run("no-such-command").record
	equal((failed["stages"]["run"], failed["stages"]["exec"]), (None, None), "stages of what never ran")
	assert failed["stages"]["mounts"] is not None or failed["stages"]["spawn"] is not None, failed


def test_what_processes_in_the_background_wrote_counts(t):
	script = "dd if=/dev/zero of=/tmp/x bs=64k count=16 2>/dev/null; touch /tmp/done; sleep 1000"
	record = t.shell(f"({script}) & while ! [ -e /tmp/done ]; do sleep 0.01; done").ok().record
	assert record["io"]["write_call_bytes"] >= 1 << 20, record
	script = "dd if=/dev/zero of=/x bs=64k count=16 conv=fsync 2>/dev/null; touch /done; sleep 1000"
	layer = t.disk_folder()
	killed = t.timed(script, "--layer", layer, "--grace", "0",
			 begun=lambda _: os.path.exists(f"{layer}/upper/done")).record
	check_schema(t, killed)
	assert os.path.exists(f"{layer}/upper/done"), "it had no time"
	assert killed["io"]["write_bytes"] >= 1 << 20, killed
	assert killed["io"]["write_call_bytes"] >= 1 << 20, killed
	enough = lambda result: result.record["cpu_usec"] > 100_000
	busy = t.timed("while :; do :; done", "--grace", "0", begun=enough)
	assert enough(busy), busy


def test_what_cannot_end_itself_is_killed(t):
	"""Process 1 is asked first, so that what was killed counts; here it is stopped."""
	for seconds in ("1", "10", "60"):
		process = t.start("sh", "-c", "touch /layer-is-up; exec sleep 1000",
				  options=["--status-fd", "2", "--layer", t.folder("layer"), "--timeout", seconds,
					   "--grace", "0"])
		mark = t.path("layer/upper/layer-is-up")
		eventually(lambda p=process: os.path.exists(mark) or p.poll() is not None, "it runs")
		is_stopped = stop_process_1(process.pid)
		equal(process.wait(timeout=PATIENCE), 124)
		if is_stopped:
			return
		os.unlink(mark)
	raise AssertionError("the time was up before it could be stopped")


def stop_process_1(pid):
	"""Of the sandbox of that sbx-provision; whether it was there."""
	try:
		with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as f:
			inits = [int(child) for child in f.read().split() if name_of(child) == "sbx-init"]
		os.kill(inits[0], signal.SIGSTOP)
		return True
	except (OSError, IndexError):
		return False


def test_most_processes_at_once(t):  # root
	result = t.shell("sleep 1000 & sleep 1000 & sleep 1000 &", options=["--pids", "20", "--best-effort"])
	if result.record["unenforced"] or not os.path.exists("/sys/fs/cgroup"):
		return
	equal(result.record["pids_peak"], 4, "most processes")


def test_what_cannot_be_written_is_told(t):
	"""A full disk behind stdout or --status-fd: whoever trusts status 0 would have less than there was."""
	def full(*words):
		with open("/dev/full", "wb") as disk:
			done = subprocess.run(words, env=t.env, cwd=t.tmp, stdin=subprocess.DEVNULL, stdout=disk,
					      stderr=subprocess.PIPE, text=True)
		assert done.returncode == 125 and len(done.stderr.splitlines()) == 1, (words, done)
		assert "No space left" in done.stderr, (words, done)
		return done.stderr

	for words in (["--help"], ["--version"], ["--classes"], ["policy"], ["policy", "high"], ["serve", "--help"],
		      ["ctl", "--help"], ["run", "--dry-run", t.root, "--", "true"]):
		assert "standard output" in full(t.program, *words), words
	assert "is not all there" in full(*t.command(["--output-limit", "1K"], ["/bin/echo", "hi"]))
	with open("/dev/full", "wb") as disk:
		result = t.call(t.command(["--status-fd", disk.fileno()], ["true"]), pass_fds=(disk.fileno(),))
	result.fails(125, "--status-fd", "No space left")
	# How the command ended goes before that.
	with open("/dev/full", "wb") as disk:
		result = t.call(t.command(["--status-fd", disk.fileno()], ["false"]), pass_fds=(disk.fileno(),))
	result.fails(1, "--status-fd")
	# A file that may not grow, for which the kernel would end us.
	with open(t.path("log"), "wb") as log:
		done = subprocess.run(["prlimit", "--fsize=1000", *t.command([], ["/bin/sh", "-c", "cat /bin/busybox"])],
				      env=t.env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.PIPE, text=True)
	assert "is not all there: File too large" in done.stderr and done.returncode > 0, done
	equal(os.path.getsize(t.path("log")), 1000, "what the file took")


if __name__ == "__main__":
	main(globals())
