# SPDX-License-Identifier: Apache-2.0
"""What policies hold down, whatever options ask for."""

import json
import os
import socket
import subprocess

from support import Skip, check_schema, equal, main

POSTURES = ("low", "medium", "high", "paranoid")


def policy(t, name, text):
	path = t.path(name)
	with open(path, "w", encoding="utf-8") as f:
		f.write(text)
	return path


def limits(t, *options):
	"""The limits that are in force, by the shell's ulimit."""
	return dict(zip(("nofile", "fsize", "cpu"), t.run(
		"sh", "-c", "ulimit -n; ulimit -f; ulimit -t", options=options).lines))


def test_a_printed_policy_reads_as_it_was_written(t):
	result = t.call([t.program, "policy", "paranoid"]).ok()
	for line in ("grace=0", "timeout=30", "cpus=0.5"):
		assert line in result.lines, result
	again = t.call([t.program, "policy", t.file("printed.policy", result.out)]).ok()
	equal(again.out, result.out, "printed once more")


def test_a_wish_above_the_policy_gets_what_the_policy_allows(t):
	path = policy(t, "p.policy", "[limits]\nnofile=50\ncpu-time=9\n")
	found = limits(t, "--policy", path, "--nofile", "60")
	equal((found["nofile"], found["cpu"]), ("50", "9"), "limits")
	equal(limits(t, "--policy", path, "--nofile", "20")["nofile"], "20", "a lower wish")


def test_what_a_policy_holds_down_is_told(t):
	"""Once on stderr, in the record, and by --dry-run; what was not held down is not."""
	path = policy(t, "p.policy", "[limits]\nnofile=50\ntimeout=80.5\n[network]\nmode=none\n"
		      "[capabilities]\nkeep=\n[isolation]\nuser-namespace=auto\n")
	wide = policy(t, "wide.policy", "[limits]\nnofile=55\ncpu-time=10\n")
	asked = ["--policy", wide, "--policy", path, "--nofile", "60", "--timeout", "90", "--cpu-time", "9",
		 "--net", "host", "--cap", "net_raw", "--user-namespace", "no", "--syscalls", "sh"]
	expected = {"nofile": ("60", "50"), "timeout": ("90", "80.5"), "net": ("host", "none"),
		    "cap": ("net_raw", ""), "user-namespace": ("no", "auto")}
	lines = [f"sbx-provision: warning: --{name} {was}: reduced to {now or 'none'} because of {path}"
		 for name, (was, now) in expected.items()]
	result = t.run("true", options=asked)
	equal(sorted(result.err.splitlines()), sorted(lines), "stderr")
	found = {one["option"]: (one["asked"], one["got"]) for one in result.record["reduced"]}
	equal(found, expected, "record")
	planned = t.run("true", options=[*asked, "--dry-run", "--json"]).ok()
	equal(json.loads(planned.out)["reduced"], result.record["reduced"], "dry run")
	equal(sorted(planned.err.splitlines()), sorted(lines), "stderr of a dry run")
	equal(t.run("true", options=["--policy", path, "--nofile", "20"]).record["reduced"], [], "a lower wish")


def test_a_plan_is_as_its_schema_says(t):
	here = t.folder("here")
	every = ["--policy", "paranoid", "--best-effort", "--bind", f"{here}:/data", "--ro-bind", f"{here}:/ro",
		 "--overlay", f"{here}:/over", "--sys", "--input", t.file("in", "{}"), "--output", here, "--layer", here,
		 "--hostname", "other", "--user", "7", "--record", "all", "--memory", "1T"]
	for options in ([], every, ["--profile", "build"], ["--net", "host", "--dns", "192.0.2.1"]):
		plan = json.loads(t.run("true", options=[*options, "--dry-run", "--json"]).ok().out)
		check_schema(t, plan, "provision-plan")
		assert plan["operations"][-1] == {"operation": "command", "file": "true", "arguments": ["true"]}, plan


def test_a_bind_that_is_made_read_only_is_told(t):
	path = policy(t, "p.policy", "[files]\nwritable=/tmp\n")
	here = t.folder("here")
	result = t.run("true", options=["--policy", path, "--bind", f"{here}:/data", "--ro-bind", f"{here}:/x"])
	equal(result.ok().err, f"sbx-provision: warning: --bind {here}:/data: read-only inside, "
	      "policies let others be written to\n", "stderr")


def test_the_network_of_a_policy_is_the_most_there_is(t):
	path = policy(t, "p.policy", "[network]\nmode=none\n")
	links = t.run("ls", "/sys/class/net", options=["--sys", "--net", "host", "--policy", path])
	equal(links.lines, ["lo"], "network interfaces")


def test_a_filtered_network_comes_later(t):
	filtered = policy(t, "p.policy", "[network]\nmode=filtered\n")
	for options in (["--net", "filtered"], ["--net", "host", "--policy", filtered],
			["--defaults", filtered]):
		t.run("true", options=options).fails(125, "--net filtered", "later", "none")
	# Less than that can be had.
	t.run("true", options=["--policy", filtered]).ok()
	equal(t.call([t.program, "policy", filtered]).lines[:2], ["[network]", "mode=filtered"], "policy")


def test_policies_are_as_their_schema_says(t):  # root
	try:
		import jsonschema
	except ImportError:
		raise Skip("python3-jsonschema is not installed") from None
	with open(os.path.join(t.source, "docs/schemas/policy.schema.json"), encoding="utf-8") as f:
		schema = json.load(f)
	lists = {("system-calls", "classes"), ("capabilities", "keep"), ("files", "hidden"),
		 ("files", "read-only"), ("files", "writable"), ("output", "patterns")}
	known = set()
	for name in ("low", "medium", "high", "paranoid"):
		text = t.call([t.program, "policy", name]).ok().out
		found, section = {}, None
		for line in text.splitlines():
			if line.startswith("["):
				section = line.strip("[]")
			elif line and not line.startswith("#"):
				key, value = line.split("=", 1)
				known.add((section, key))
				found.setdefault(section, {})[key] = \
					[v for v in value.split(";") if v] if (section, key) in lists else value
		jsonschema.validate(found, schema)
		# And is the same policy, read as JSON.
		path = t.file(f"{name}.policy", json.dumps(found))
		equal(t.call([t.program, "policy", path]).ok().out, text, name)
	assert len(known) > 12, known
	# Every key of the schema is one that the program knows, and none more.
	for section, rules in schema["properties"].items():
		for key in rules.get("properties", {}):
			got = t.call([t.program, "policy", t.file("one", json.dumps({section: {key: ["?"]}}))])
			assert "no such key" not in got.err, (section, key, got)
		got = t.call([t.program, "policy", t.file("one", json.dumps({section: {"nonsense": "1"}}))])
		assert "no such key" in got.err, (section, got)
	for section, key in known:
		assert key in schema["properties"][section]["properties"], (section, key)


def test_only_writable_paths_can_be_written(t):
	path = policy(t, "p.policy", "[files]\nwritable=/tmp;/output;/var/work\n")
	script = "for d in / /etc /var /tmp /output /var/work /dev/shm; do " \
		 "if touch $d/x 2>/dev/null; then echo $d; fi; done"
	out = t.run("sh", "-c", script, options=["--policy", path]).lines
	equal(out, ["/tmp", "/output", "/var/work"], "folders that can be written to")


def test_a_bind_that_the_policy_does_not_name_is_read_only(t):
	path = policy(t, "p.policy", "[files]\nwritable=/tmp;/out\n")
	here, there = t.folder("here"), t.folder("there")
	script = "touch /out/x; touch /data/x 2>/dev/null && echo written; true"
	out = t.run("sh", "-c", script, options=["--policy", path, "--bind", f"{here}:/out",
						 "--bind", f"{there}:/data"])
	equal(out.lines, [], "output")
	t.run("cat", "/out/x", options=["--bind", f"{here}:/out"]).ok()


def test_hidden_paths_cannot_be_read(t):
	path = policy(t, "p.policy", "[files]\nhidden=/etc/mo*;/usr\n")
	t.run("sh", "-c", "test ! -s /etc/motd && test -e /etc/motd", options=["--policy", path]).ok()
	equal(t.run("ls", "/usr", options=["--policy", path]).lines, [], "what is in /usr")
	removal = t.run("sh", "-c", "rm -rf /etc/motd; mv /etc /etc2; cat /etc*/motd 2>/dev/null",
			options=["--policy", path])
	assert "of the template" not in removal.out, removal


def test_read_only_paths_cannot_be_written(t):
	path = policy(t, "p.policy", "[files]\nread-only=/etc;/nowhere\n")
	out = t.run("sh", "-c", "touch /etc/x 2>/dev/null || echo no; touch /var/x && echo yes",
		    options=["--policy", path])
	equal(out.lines, ["no", "yes"], "output")


def test_a_call_that_no_task_needs_ends_it_when_the_policy_says_so(t):
	path = policy(t, "p.policy", "[system-calls]\ndangerous=kill\n")
	calls = ("sh", "-c", "unshare -m true; echo $?")
	equal(t.run(*calls, options=["--policy", path]).lines, ["159"], "128 + SIGSYS")
	assert t.run(*calls).lines != ["159"]


def test_classes_of_a_policy_and_of_an_option_are_those_of_both(t):
	path = policy(t, "p.policy", "[system-calls]\nclasses=sh;fs.read\n")
	options = ["--syscalls", "sh,fs.read,net.client", "--policy", path]
	result = t.run("nc", "127.0.0.1", "1", options=options)
	assert result.status != 0 and "ddress family" in result.err, result
	t.run("sh", "-c", "echo", options=options).ok()


def test_capabilities_need_a_wish_and_the_policy(t):  # root
	path = policy(t, "p.policy", "[capabilities]\nkeep=chown;net_raw\n")
	def effective(*options):
		text = t.run("cat", "/proc/self/status", options=options).out
		return int(text.split("CapEff:\t")[1].split()[0], 16)
	equal(effective("--policy", path), 0, "nothing asked for")
	equal(effective("--policy", path, "--cap", "chown", "--cap", "sys_admin"), 1, "asked for two")
	equal(effective("--cap", "net_raw"), 1 << 13, "no policy")


def test_every_posture_runs_a_plain_program(t):
	for posture in POSTURES:
		options = ["--policy", posture, "--best-effort"]
		equal(t.run("sh", "-c", "echo fine | cat", options=options).lines, ["fine"], posture)


def test_postures_are_listed_and_printed(t):
	def say(*args):
		return subprocess.run([t.program, "policy", *args], capture_output=True, text=True)
	listed = say()
	equal([line.split()[0] for line in listed.stdout.splitlines()], list(POSTURES), "names")
	both = say("medium", "high").stdout
	equal(both, say("high", "medium").stdout, "the order of policies")
	assert "memory=1073741824" in both, both
	for option in ("--help", "-h"):
		assert say("high", option).stdout.startswith("Usage: sbx-provision policy\n"), option
	# What would not be heeded is not taken.
	for option in ("--json", "--dry-run"):
		refused = say(option, "high")
		equal((refused.returncode, refused.stdout), (2, ""), option)
		assert option in refused.stderr and "run" in refused.stderr, refused.stderr
	bad = say("nothing-of-that-name")
	equal((bad.returncode, bad.stdout), (12, ""), "an unknown name")


def test_mistakes_in_a_policy(t):
	path = policy(t, "p.policy", "[limits]\nmemroy=1M\n")
	t.run("true", options=["--policy", path]).fails(125, "--policy", "[limits] memroy")
	t.run("true", options=["--policy", t.path("missing")]).fails(125, "missing")
	path = policy(t, "empty.policy", "")
	t.run("true", options=["--policy", path]).ok()
	path = policy(t, "huge.policy", "# " + "x" * (1 << 20))
	t.run("true", options=["--policy", path]).fails(125, "huge.policy")


def test_a_policy_is_a_file(t):
	"""Whatever else would be no policy at all to one who does not wait for it: nothing is started."""
	os.mkfifo(t.path("pipe"))
	listener = socket.socket(socket.AF_UNIX)
	listener.bind(t.path("socket"))
	for path, kind in ((t.path("pipe"), "pipe"), (t.path("socket"), "socket"), ("/dev/null", "device"),
			   ("/dev/zero", "device"), (t.folder("folder"), "folder")):
		for option in ("--policy", "--defaults"):
			result = t.call(t.command([option, path], ["true"]), timeout=60)
			result.fails(125, option, path, kind, "a file was expected")
		assert kind in t.call([t.program, "policy", path], timeout=60).err
	listener.close()


if __name__ == "__main__":
	main(globals())
