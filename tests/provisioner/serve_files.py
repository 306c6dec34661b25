#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a request hands in and what comes out: the task's input and output, descriptors, the record."""

import json
import os
import signal
import subprocess

import support
from serve_client import CREATE, DESTROY, ENDED, ERROR, EXEC, INPUT, OK, OUTPUT, Server, code
from support import check_schema, equal, eventually


def opened(*paths):
	return [os.open(path, os.O_RDONLY) for path in paths]


def test_what_is_given_and_what_is_left_are_those_of_run(t):
	server = Server(t)
	client = server.client()
	given, out = t.file("given.json", "{}\n", 0o600), t.folder("out")
	script = "cat /task/input.json; echo a >/output/a; mkdir /output/d; echo b >/output/d/b; " \
		 f"chmod {0 if t.is_root else 400} /output/a; " \
		 "ln -s / /output/all; echo x >/etc/x; mount -t proc none /mnt; nc -w 1 192.0.2.7 80; exit 3"
	reader, writer = os.pipe()
	null = os.open("/dev/null", os.O_RDWR)
	fds = [null, writer, null, *opened(given, out)]
	number = client.create("--record", "all", t.root, "--", "/bin/sh", "-c", script, flags=INPUT | OUTPUT, fds=fds)
	os.close(writer)
	record = client.wait(ENDED, number).record
	check_schema(t, record)
	equal((os.read(reader, 100), record["exit_status"]), (b"{}\n", 3), "input and status")
	equal(record["output"], {"files": 2, "bytes": 4, "left_out": 1, "complete": True}, "record")
	equal([e["path"] for e in record["written"]["paths"] if e["path"].startswith("/etc")], ["/etc/x"], "written")
	assert any(e["call"] == "mount" for e in record["refused"]), record
	equal(record["network"]["peers"][0]["address"], "192.0.2.7", "peers")
	assert record["io"]["write_call_bytes"] > 0, record
	found = {os.path.relpath(os.path.join(d, n), out): os.stat(os.path.join(d, n)).st_uid
		 for d, ds, fs in os.walk(out) for n in ds + fs}
	equal(found, {name: os.geteuid() for name in ("a", "d", "d/b")}, "what came out, and whose it is")
	# Without standard descriptors, each of them alone, and nothing at all.
	for flags, fds in ((INPUT, opened(given)), (OUTPUT, opened(t.folder("two"))), (INPUT | OUTPUT, opened(given, out))):
		number = client.create(t.root, "--", "/bin/sh", "-c", "echo c >/output/c; test -e /task/input.json",
				       flags=flags, fds=fds)
		record = client.wait(ENDED, number).record
		equal((record["exit_status"] == 0, "output" in record), (bool(flags & INPUT), bool(flags & OUTPUT)))
	equal(os.listdir(t.path("two")), ["c"])
	record = client.wait(ENDED, client.create("--record", "files", t.root, "--", "/bin/true")).record
	equal((record["written"]["files"], "output" in record), (0, False))


def test_what_was_destroyed_hands_out_what_it_left(t):
	server = Server(t)
	client = server.client()
	out = t.folder("out")
	number = client.create(t.root, flags=OUTPUT, fds=opened(out))
	equal(client.shell(number, "echo a >/output/a")[0], 0)
	equal(client.ask(DESTROY, sandbox=number).record["output"]["files"], 1)
	equal(os.listdir(out), ["a"])
	before = server.descriptors()
	for _ in range(5):
		number = client.create(t.root, "--", "/bin/sh", "-c", "echo x >/output/x", flags=OUTPUT, fds=opened(out))
		client.wait(ENDED, number)
	equal(sorted(os.listdir(out)), ["a", "x"])
	eventually(lambda: server.descriptors() <= before, lambda: f"{before} descriptors before, {server.descriptors()} now")
	equal(server.stop(), 0)


def test_what_cannot_be_given_or_left_is_refused(t):
	server = Server(t)
	client = server.client()
	folder, given = t.folder("out"), t.file("given", "x")
	path = os.open(given, os.O_PATH)
	reader, _ = os.pipe()
	for flags, fds in ((INPUT, opened(folder)), (INPUT, [path]), (INPUT, [reader]), (OUTPUT, opened(given)),
			   (OUTPUT, [os.open(folder, os.O_PATH)]), (INPUT, []), (OUTPUT, []), (INPUT | OUTPUT, opened(given)),
			   (0, opened(given)), (INPUT, opened(given, folder)), (INPUT, [0, 1, *opened(given)])):
		answer = client.ask(CREATE, [t.root, "--", "/bin/true"], flags=flags, fds=fds)
		equal((answer.type, answer.value), (ERROR, code("INPUT")), f"{flags} {len(fds)}")
	for words in (["--input", given], ["--output", folder]):
		equal(client.ask(CREATE, [*words, t.root, "--", "/bin/true"]).value, code("DENIED"), str(words))


def test_a_client_gets_no_more_written_than_it_could(t):  # root
	"""The server is root and the folder is not the client's: what was left stays inside."""
	server = Server(t, "--mode", "0666", "--share", t.tmp)
	os.chmod(t.tmp, 0o755)
	program = t.path("program")
	subprocess.run(["cp", t.program, program], check=True)
	ours, theirs = t.folder("ours"), t.folder("theirs")
	os.chown(theirs, 1234, 1234)

	def left(folder, *options):
		reader, writer = os.pipe()
		helper = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"]
		done = t.call([*helper, program, "ctl", "--socket", server.path, "create", "--output", folder, "--status-fd",
			       str(writer), *options, t.root, "--", "/bin/sh", "-c", "echo x >/output/x; chmod 0 /output/x"],
			      pass_fds=(writer,))
		os.close(writer)
		with os.fdopen(reader) as f:
			return done, json.loads(f.read())
	for options in ((), ("--user-namespace", "no"), ("--user", "77")):
		done, record = left(ours, *options)
		equal((done.status, record["output"]["complete"], os.listdir(ours)), (125, False, []), str(done))
		done, record = left(theirs, *options)
		equal((done.status, record["output"]["complete"]), (0, True), str(done))
		found = os.stat(os.path.join(theirs, "x"))
		equal((found.st_uid, found.st_gid, found.st_mode & 0o7777), (1234, 1234, 0o644))
		os.unlink(os.path.join(theirs, "x"))


def test_a_layer_is_one_sandbox_s_at_a_time(t):
	"""Of this server, another one, or `run`; as soon as one's end is told it is the next one's."""
	server, other = Server(t, "--share", t.tmp), Server(t, "--share", t.tmp, socket_path=t.path("other"))
	client, another = server.client(), other.client()
	layer = t.folder("layer")
	words = ["--layer", layer, t.root]

	def is_refused():
		for asked in (client, another):
			answer = asked.ask(CREATE, [*words, "--", "/bin/true"])
			equal((answer.type, answer.value), (ERROR, code("BUSY")), answer.words)
			assert f"--layer {layer}: another sandbox writes to it" in answer.words[0], answer
		t.run("true", options=words[:2]).fails(125, "--layer", layer, "another sandbox")

	number = client.create(*words)
	is_refused()
	client.create("--layer", t.folder("layer-of-another"), t.root)
	client.ask(DESTROY, sandbox=number)
	t.run("true", options=words[:2]).ok()
	# With what it left still being looked at; and when it could not even be started.
	for options, command in (((), "/bin/true"), (("--record", "files"), "/bin/true"), ((), "/nowhere")):
		for asked in (client, another, client):
			answer = asked.ask(CREATE, [*options, *words, "--", command])
			if answer.type == OK:
				equal(asked.wait(ENDED, answer.sandbox).record["exit_status"], 0)
			else:
				equal(answer.value, code("NO_COMMAND"), answer.words)
	first = t.start("/bin/sh", "-c", "echo started; read end", options=words[:2], stdin=subprocess.PIPE)
	equal(first.stdout.readline(), "started\n")
	is_refused()
	first.communicate("\n", timeout=60)
	another.create(*words)
	is_refused()
	other.stop(signal.SIGKILL)
	eventually(lambda: client.ask(CREATE, words).type == OK, "it was never let go of")


def test_a_layer_in_the_template_is_refused(t):
	client = Server(t).client()
	answer = client.ask(CREATE, ["--layer", f"{t.root}/tmp", t.root, "--", "/bin/true"])
	equal((answer.type, answer.value), (ERROR, code("USAGE")), answer.words)
	assert f"--layer {t.root}/tmp: it lies in the template {t.root}" in answer.words[0], answer
	equal(os.listdir(f"{t.root}/tmp"), [])


def test_descriptors_are_looked_at(t):
	server = Server(t)
	client = server.client()
	folder = os.open("/", os.O_RDONLY)
	answer = client.ask(CREATE, [t.root, "--", "/bin/true"], fds=(folder, 1, 2))
	assert answer.type == ERROR and "way out" in answer.words[0], answer
	number = client.create(t.root)
	answer = client.ask(EXEC, ["/bin/true"], sandbox=number, command=1, fds=(0, folder, 2))
	assert answer.type == ERROR and "way out" in answer.words[0], answer
	# Half of them are none.
	equal(client.ask(EXEC, ["/bin/true"], sandbox=number, command=1, fds=(0, 1)).type, ERROR)
	equal(client.shell(number, "echo lives"), (0, "lives\n"))
	reader, writer = os.pipe()
	ended = client.create("--output-limit", "100", t.root, "--", "/bin/sh", "-c",
			      "while :; do echo 0123456789; done", fds=(0, writer, writer))
	os.close(writer)
	record = client.wait(ENDED, ended).record
	equal(record["reason"], "output-limit")
	equal(len(os.read(reader, 1000)), 100)


if __name__ == "__main__":
	support.main(globals())
