# SPDX-License-Identifier: Apache-2.0
"""What a sandbox cannot do, see or reach."""

import os
import stat
import subprocess

from support import Skip, equal, main, tree


def status_of(result):
	return dict(line.split(":\t", 1) for line in result.lines if ":\t" in line)


def test_no_rights(t):
	status = status_of(t.run("cat", "/proc/self/status"))
	for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
		equal(int(status[name], 16), 0, name)
	equal(status["NoNewPrivs"], "1", "no_new_privs")
	equal(status["Seccomp"], "2", "seccomp mode")
	equal(status["Uid"].split(), ["0"] * 4, "uid")


def test_first_process_has_no_rights_either(t):
	status = status_of(t.run("cat", "/proc/1/status"))
	equal(status["Name"], "sbx-init", "process 1")
	for name in ("CapPrm", "CapEff", "CapBnd"):
		equal(int(status[name], 16), 0, name)
	equal(status["Seccomp"], "2", "seccomp mode")


def test_build_profile_has_what_scripts_need(t):
	status = status_of(t.run("cat", "/proc/self/status", options=["--profile", "build"]))
	# CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, FSETID 4, KILL 5, SETGID 6, SETUID 7, SYS_CHROOT 18,
	# SETFCAP 31
	kept = sum(1 << bit for bit in (0, 1, 3, 4, 5, 6, 7, 18, 31))
	equal(int(status["CapEff"], 16), kept, "effective")
	equal(int(status["CapBnd"], 16), kept, "bounding set")
	equal(int(status["CapAmb"], 16), 0, "ambient")
	equal(status["NoNewPrivs"], "1", "no_new_privs")
	facts = t.probe("ids", options=["--profile", "build"]).facts
	for name in ("chown", "chown-other", "mkfifo", "fsync", "setgroups", "setgid", "setuid"):
		equal(facts[name], "ok", name)
	equal(facts["mknod"], "EPERM" if t.is_root else "ok", "mknod")
	assert "lo" in t.run("ip", "-o", "link", options=["--profile", "build"]).lines[0]


def test_task_cannot_change_owners(t):
	facts = t.probe("ids").facts
	for name in ("chown", "mknod", "setuid"):
		assert facts[name] in ("EPERM", "EINVAL"), facts


def test_user_is_the_one_asked_for(t):
	result = t.shell("id -u; id -g; echo $HOME; kill -0 1 && echo reached",
			 options=["--user", "1234"])
	equal(result.out.split()[:3], ["1234", "1234", "/tmp"], "ids")
	result = t.run("sleep", "1000", options=["--user", "1234", "--timeout", "0.3"])
	equal(result.status, 124, "a time-out reaches another user's processes")


def test_dangerous_calls_are_refused(t):
	facts = t.probe("calls").facts
	expected = {"clone3": "ENOSYS", "io_uring_setup": "ENOSYS", "unknown": "ENOSYS",
		    "personality-ask": "ok"}
	for name, result in facts.items():
		equal(result, expected.get(name, "EPERM"), name)
	assert len(facts) > 30, facts


def test_foreign_calls_end_the_process(t):
	if os.uname().machine != "x86_64":
		raise Skip("this machine's processor knows no calls of 32 bits")
	facts = t.probe("foreign").facts
	equal(facts, {"i386": "31", "x32": "31"}, "signals")


def test_sockets_of_four_families_alone(t):
	facts = t.probe("sockets").facts
	allowed = sorted(int(f) for f, result in facts.items() if result == "ok")
	equal(allowed, [1, 2, 10, 16], "families")
	equal(facts["audit"], "EAFNOSUPPORT", "netlink to the audit system")


def all_classes(t):
	text = subprocess.run([t.program, "--classes"], capture_output=True, text=True, check=True)
	return [line.split()[0] for line in text.stdout.splitlines() if not line.startswith(" ")]


def test_classes_can_only_take_away(t):
	"""Not even all of them give a call that the sandbox has not, or another refusal."""
	every = ["--syscalls", ",".join(all_classes(t))]
	for probe in ("calls", "sockets", "ids"):
		equal(t.probe(probe, options=every).facts, t.probe(probe).facts, probe)
	refused = t.probe("calls", options=["--syscalls", "base"]).facts
	assert all(result != "ok" for result in refused.values()), refused


def test_classes_are_enforced(t):
	base = ["--syscalls", "base"]
	families = t.probe("sockets", options=base).facts
	equal(set(families.values()), {"EAFNOSUPPORT"}, "without a network class")
	families = t.probe("sockets", options=["--syscalls", "net.unix"]).facts
	equal([f for f, result in families.items() if result == "ok"], ["1"], "net.unix")
	families = t.probe("sockets", options=["--syscalls", "base,net.client"]).facts
	equal(sorted(f for f, r in families.items() if r == "ok"), ["1", "10", "16", "2"], "net.client")
	equal(t.run("mkdir", "/tmp/x", options=["--syscalls", "fs.write"]).status, 0, "fs.write")
	result = t.run("mkdir", "/tmp/x", options=base)
	equal(result.status, 1, "mkdir")
	assert "not permitted" in result.err, result
	result = t.shell("true & wait; echo spawned", options=base)
	assert result.status != 0 and "spawned" not in result.out, result
	equal(t.shell("true & wait; echo spawned", options=["--syscalls", "sh"]).lines, ["spawned"], "sh")


def test_classes_do_not_hold_process_1(t):
	"""It reaps, passes signals on and ends the sandbox, whatever the command may do."""
	result = t.run("sleep", "1000", options=["--syscalls", "base", "--timeout", "0.3"])
	equal(result.status, 124, "exit status")
	equal(t.run("sh", "-c", "exit 7", options=["--syscalls", "base"]).status, 7, "exit status")


def test_classes_are_in_the_plan(t):
	result = t.run("true", options=["--syscalls", "base,threads", "--dry-run"])
	assert "seccomp-classes classes=base,threads refusals=0" in result.lines, result
	t.run("true", options=["--syscalls", "base,nonsense"]).fails(2, "--syscalls", "'nonsense'")


def test_namespaces_are_its_own(t):
	kinds = ["mnt", "pid", "ipc", "uts", "net", "cgroup"] + ([] if t.is_root else ["user"])
	inside = t.shell("".join(f"readlink /proc/self/ns/{k};" for k in kinds)).lines
	for kind, link in zip(kinds, inside):
		assert link != os.readlink(f"/proc/self/ns/{kind}"), f"{kind} is the host's"


def test_network_is_a_loopback_that_works(t):
	links = t.run("ip", "-o", "link").lines
	equal(len(links), 1, "interfaces")
	assert ": lo:" in links[0] and "UP" in links[0], links
	result = t.shell("nc -l -p 4321 -e echo it works & until nc 127.0.0.1 4321 2>/dev/null; do sleep 0.05; done")
	equal(result.out, "it works\n", "a connection inside")


def test_network_of_the_host_when_asked_for(t):
	link = t.run("readlink", "/proc/self/ns/net", options=["--net", "host"]).lines[0]
	equal(link, os.readlink("/proc/self/ns/net"), "network namespace")


def test_process_1_is_ours_and_out_of_reach(t):
	lines = t.probe("dumpable").lines
	equal(lines[:2], ["-1", "-1"], "opening /proc/1/mem and /proc/1/root")
	result = t.shell("kill -9 1; kill -TERM 1; kill -INT 1; sleep 0.2; echo alive")
	equal(result.lines, ["alive"], "after signals to process 1")
	result = t.shell("cat /proc/1/cmdline; readlink /proc/1/exe; cat /proc/1/environ; true",
			 options=["--bind", f"{t.folder('secret-name')}:/mnt"])
	assert "secret-name" not in result.out and "sbx-provision" not in result.out, result


def test_only_the_sandbox_can_be_seen(t):
	pids = [p for p in t.run("ls", "/proc").lines if p.isdigit()]
	assert set(pids) <= {"1", "2", "3"}, pids
	mounts = t.run("cat", "/proc/self/mountinfo").out
	assert t.tmp not in mounts, "the host's paths are in mountinfo"
	points = [line.split()[4] for line in mounts.splitlines()]
	equal(points[0], "/", "first mount")
	assert all(p == "/" or p.startswith(("/proc", "/dev", "/tmp")) for p in points), points
	equal(sorted(t.run("ls", "/").lines), sorted(os.listdir(t.root)), "the root folder")


def test_mounts_give_no_rights(t):
	for line in t.run("cat", "/proc/self/mountinfo").lines:
		point, options = line.split()[4], line.split()[5].split(",")
		assert "nosuid" in options, line
		# Devices are reached in /dev alone, where nobody inside may make any.
		if not point.startswith(("/dev", "/proc/")):
			assert "nodev" in options, line
		assert "shared:" not in line and "master:" not in line, line


def test_proc_is_masked(t):
	for name in ("sys/kernel/hostname", "sys/vm/drop_caches", "sysrq-trigger"):
		result = t.shell(f"echo 1 > /proc/{name}")
		assert result.status != 0, f"/proc/{name} can be written"
	for name in ("kcore", "keys", "timer_list", "interrupts"):
		if os.path.exists(f"/proc/{name}"):
			equal(t.run("head", "-c", "8", f"/proc/{name}").out, "", f"/proc/{name}")
	for name in ("acpi", "scsi", "asound"):
		if os.path.isdir(f"/proc/{name}"):
			equal(t.run("ls", "-A", f"/proc/{name}").out, "", f"/proc/{name}")


def test_devices_are_few_and_not_shared(t):
	names = set(t.run("ls", "/dev").lines)
	equal(names, {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "fd",
		      "stdin", "stdout", "stderr"}, "/dev")
	result = t.shell("echo x > /dev/null && head -c 4 /dev/zero | wc -c && "
			 "echo to stderr > /dev/stderr && echo to stdout > /dev/stdout && "
			 "touch /dev/shm/x; chmod 000 /dev/null")
	equal(result.out.split(), ["4", "to", "stdout"], "devices")
	assert result.err.startswith("to stderr\n"), result
	if not t.is_root:
		assert "Read-only" in result.err, result
	equal(stat.S_IMODE(os.stat("/dev/null").st_mode), 0o666, "the host's /dev/null")


def test_nothing_open_leaks(t):
	readers = [os.open("/", os.O_RDONLY), os.open("/etc/passwd", os.O_RDONLY)]
	for fd in readers:
		os.set_inheritable(fd, True)
	try:
		equal(t.probe("fds", pass_fds=tuple(readers)).lines, ["0", "1", "2"], "descriptors")
		equal(t.probe("fds", pass_fds=tuple(readers), options=["--output-limit", "1M"]).lines,
		      ["0", "1", "2"], "descriptors")
	finally:
		for fd in readers:
			os.close(fd)


def test_closed_standard_descriptors_are_replaced(t):
	result = subprocess.run(["sh", "-c", 'exec "$@" 0<&- 2>&-', "sh",
				 *t.command([], ["/bin/probe", "fds"])],
				capture_output=True, text=True, env=t.env)
	equal((result.returncode, result.stdout.split()), (0, ["0", "1", "2"]), "descriptors")


def test_folders_as_standard_descriptors_are_refused(t):
	"""CVE-2024-21626: a descriptor of a folder outside is a way out."""
	with open("/dev/null", encoding="utf-8") as null:
		folder = os.open("/", os.O_RDONLY)
		for name in ("stdin", "stdout", "stderr"):
			streams = {"stdin": null, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
				   name: folder}
			done = subprocess.run(t.command([], ["/bin/true"]), env=t.env, **streams)
			equal(done.returncode, 2, name)
		os.close(folder)


def test_working_directory_does_not_leak(t):
	equal(t.run("pwd", cwd="/").lines, ["/"], "pwd")
	result = t.shell("ls; ls ..; ls ../../../..", cwd=t.folder("somewhere"))
	assert "template" not in result.out, result


def test_environment_is_cleared(t):
	result = t.run("env", env={"SECRET": "x", "LD_PRELOAD": "/nowhere.so", "TERM": "vt100"})
	env = dict(line.split("=", 1) for line in result.lines)
	equal(sorted(env), ["HOME", "LANG", "PATH", "TERM"], "variables")
	equal((env["LANG"], env["TERM"], env["HOME"]), ("C.UTF-8", "vt100", "/root"), "values")
	result = t.run("env", options=["--env", "A=1", "--env", "A=2", "--env", "HOME=/x", "--env", "E="])
	env = dict(line.split("=", 1) for line in result.lines)
	equal((env["A"], env["HOME"], env["E"]), ("2", "/x", ""), "values")


def test_template_is_never_written_to(t):
	before = tree(t.root)
	t.shell("rm -rf /etc /var; mkdir /etc; echo x > /etc/motd; chmod 777 /bin/probe; "
		"touch /new; mv /bin/ls /bin/ll; ln -sf /etc /usr/link").ok()
	equal(tree(t.root), before, "the template")


def test_proc_self_exe_is_no_way_out(t):
	"""CVE-2019-5736: a template that makes the host's program its interpreter."""
	t.file("template/root/bin/trap", "#!/proc/self/exe\n", 0o755)
	os.symlink("/proc/self/exe", os.path.join(t.root, "bin/self"))
	for command in ("/bin/trap", "/proc/self/exe", "/bin/self", "/proc/1/exe"):
		result = t.run(command)
		assert result.status in (126, 127), result
	equal(t.run("true").status, 0, "sbx-provision still works")


def test_interpreter_in_the_template_works(t):
	t.file("template/root/bin/script", "#!/bin/sh\necho from $0 $1\n", 0o755)
	equal(t.run("script", "a").lines, ["from /bin/script a"], "a script")


def test_host_name(t):
	equal(t.run("hostname").lines, ["sbx"], "default")
	equal(t.run("hostname", options=["--hostname", "a.b-c"]).lines, ["a.b-c"], "given")


def test_no_terminal_is_controlled(t):
	import pty
	leader, follower = pty.openpty()
	try:
		result = subprocess.run(t.command([], ["/bin/sh", "-c", "exec 3<>/dev/tty"]),
					stdin=follower, capture_output=True, text=True, env=t.env)
		assert result.returncode != 0, "the caller's terminal could be opened"
	finally:
		os.close(leader)
		os.close(follower)


def test_sys_is_empty_unless_asked_for(t):
	equal(t.run("ls", "/sys").out, "", "/sys")
	names = t.run("ls", "/sys", options=["--sys"]).lines
	assert "class" in names, names
	assert t.shell("echo x > /sys/kernel/uevent_helper", options=["--sys"]).status != 0


def test_renames_and_links_across_folders(t):
	"""What Landlock, which keeps what is executed inside, would otherwise refuse."""
	t.shell("mkdir /a /tmp/b && echo x > /a/x && mv /a/x /var/x && ln /var/x /a/y && "
		"touch /tmp/z && mv /tmp/z /tmp/b/z && mv /etc/motd /a/motd && cat /a/y /a/motd").ok()
	t.shell("cp /bin/busybox /tmp/echo && /tmp/echo works && cp /tmp/echo /dev/shm/e; "
		"cd /var && cp /tmp/echo ./e && mv e echo && ./echo works").ok()


def test_programs_in_memory_run(t):  # root
	script = ("import os\n"
		  "fd = os.memfd_create('x')\n"
		  "os.write(fd, open('/bin/echo', 'rb').read())\n"
		  "os.execve(fd, ['echo', 'from memory'], {})\n")
	equal(t.run("/usr/bin/python3", "-c", script, template="/").lines, ["from memory"], "output")


def test_real_programs_run(t):  # root
	"""Threads, processes, sockets, a compiler: on the host's own root."""
	script = ("import threading, multiprocessing, subprocess, socket, tempfile, ssl, sqlite3\n"
		  "x = threading.Thread(target=print, args=('thread',)); x.start(); x.join()\n"
		  "with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1, -2]))\n"
		  "print(subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout.strip())\n"
		  "a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))\n"
		  "tempfile.TemporaryFile().write(b'x'); sqlite3.connect('/tmp/x').execute('create table x(y)')\n")
	result = t.run("/usr/bin/python3", "-c", script, template="/")
	equal(result.ok().lines, ["thread", "[1, 2]", "child", "b'x'"], "python")
	if os.path.exists("/usr/bin/cc"):
		result = t.run("/bin/sh", "-c", "echo 'int main(void){return 7;}' > /tmp/x.c && "
			       "cc -o /tmp/x /tmp/x.c && /tmp/x", template="/")
		assert result.status == 7, f"a program compiled inside:\n{result}"


if __name__ == "__main__":
	main(globals())
