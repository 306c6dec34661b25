# SPDX-License-Identifier: Apache-2.0
"""
An ordinary user who has ids of subuid(5) keeps owners, groups, set-id bits and capabilities: the
same template as root's. Without them it is the same but for these.
"""

import json
import os
import re
import stat
import subprocess
import time

import harness
import trees
from harness import DENIED, UNSUPPORTED, USAGE, contains, equal

# What has owners, set-id bits, a capability, a script that gives files away, and one with setcap.
OWNED = "shapes,scripted,diverter"
FIRST = 0x30000000  # tests/lib/as-user

EXPECTED = """755 root:root /usr
4755 root:root /usr/bin/shapes-su
2755 root:mail /usr/bin/shapes-mail
640 root:shadow /etc/shapes.secret
2775 root:mail /var/lib/shapes/group
2755 root:mail /usr/bin/scripted-tool
"""


def commit(t, id):
	return t.sbx("show", id, "--json", archive=False).json()["commit"]


def owners_inside(t, id, **how):
	paths = " ".join(line.split()[2] for line in EXPECTED.splitlines())
	return t.shell(id, f"stat -c '%a %U:%G %n' {paths}", **how)


def test_owners_and_set_id_bits_are_kept_in_a_range_of_ids(t):  # range
	id = t.build(OWNED)
	equal(owners_inside(t, id).ok().out, EXPECTED, "owners inside")
	info = os.lstat(os.path.join(t.template(id), "etc/shapes.secret"))
	equal((info.st_uid, info.st_gid), (os.geteuid(), FIRST + 41), "owner on disk")
	shown = t.sbx("show", id, "--json", archive=False).json()
	equal((shown["ids"], shown["lost"]), ("range", []), "how it was made")
	contains(t.sbx("show", id, archive=False).ok().out, rf"^owners +kept, of user .* {FIRST} to ")
	equal(t.shell(id, "dpkg --audit").ok().out, "", "dpkg --audit")
	t.fsck_clean()


def test_a_task_runs_in_a_range_of_ids_built_or_known(t):  # range
	t.update()
	script = t.file("task/go.sh", "#!/bin/sh\nshapes-mail 2>/dev/null\n"
			"stat -c '%a %U:%G' /usr/bin/shapes-mail /var/lib/shapes/group\n"
			"echo written >/output/file\n", 0o755)
	for again in (False, True):
		folder = os.path.join(t.tmp, f"out-{again}")
		done = t.sbx("run", "--output", folder, script).ok()
		equal(done.out.splitlines()[-2:], ["2755 root:mail", "2775 root:mail"], f"known: {again}")
		equal(os.stat(os.path.join(folder, "file")).st_uid, os.geteuid(), "owner of the output")


def test_other_users_inside_are_of_the_range(t):  # range
	id = t.build(OWNED)
	equal(t.inside(id, "id", "-u", options=("--user", "8")).ok().out, "8\n", "user inside")
	secret = t.inside(id, "cat", "/etc/shapes.secret", options=("--user", "8"))
	assert secret.status != 0 and "denied" in secret.err, secret
	t.inside(id, "cat", "/etc/shapes.secret").ok()
	path = os.path.join(t.template(id))
	equal(t.run(t.provision_program, "run", path, "--", "stat", "-c", "%G", "/etc/shapes.secret")
	      .ok().out, "shadow\n", "by its path")


def test_a_server_of_a_range_of_ids(t):  # range
	id = t.build(OWNED)
	socket = os.path.join(t.tmp, "socket")
	server = subprocess.Popen([t.provision_program, "serve", "--root", t.root, "--socket", socket],
				  env=t.env, stderr=subprocess.PIPE, text=True)
	t.processes.append(server)
	while t.run(t.provision_program, "ctl", "--socket", socket, "ls").status != 0:
		assert server.poll() is None, server.stderr.read()
		time.sleep(0.05)
	for _ in range(3):
		done = t.run(t.provision_program, "ctl", "--socket", socket, "create", id, "--",
			     "stat", "-c", "%a %G", "/usr/bin/shapes-mail")
		equal(done.ok().out, "2755 mail\n", "owner")
	server.terminate()
	equal(server.wait(180), 0, "status of the server")


def test_a_layer_over_another_template_in_a_range_of_ids(t):  # range
	"""Owners of both, whiteouts, writes with every right that building has; and a root of its own later."""
	base = t.build("roomy")
	id = t.build("atop-changes," + OWNED)
	equal(t.sbx("show", id, "--json", archive=False).json()["base"], base, "base")
	equal(owners_inside(t, id).ok().out, EXPECTED, "owners inside")
	layer = os.path.join(t.root, "templates", id, "layer")
	assert stat.S_ISCHR(os.lstat(os.path.join(layer, "usr/share/roomy/doomed")).st_mode), "no whiteout"
	info = os.lstat(os.path.join(layer, "etc/shapes.secret"))
	equal((info.st_uid, info.st_gid), (os.geteuid(), FIRST + 41), "owner on disk")
	script = ("set -e; dpkg --audit; dpkg --verify shapes; dpkg --configure -a; "
		  "cat /usr/share/roomy/3/300 /usr/share/roomy/folder; dpkg --purge atop-changes shapes >/dev/null; "
		  "test ! -e /usr/bin/shapes-su; chown 33:33 /usr/share/roomy/3/300; chmod 4711 /usr/share/roomy/3/301; "
		  "stat -c '%u:%g %a' /usr/share/roomy/3/300 /usr/share/roomy/3/301; "
		  "rm -r /usr/share/roomy/3; mkdir /usr/share/roomy/3; ls /usr/share/roomy/3")
	inside = t.shell(id, script, options=("--profile", "build")).ok().out.splitlines()
	equal([line for line in inside if "roomy/" not in line],
	      ["300", "a file now", "33:33 644", "0:0 4711"], "inside")
	other = os.path.join(t.tmp, "other")
	t.sbx("update", "--root", other).ok()
	equal(t.sbx("build", "--root", other, "--packages", "atop-changes," + OWNED).id, id, "id")
	alone = t.sbx("show", "--root", other, id, "--json", archive=False).json()
	equal((alone["base"], alone["commit"]), (None, commit(t, id)), "built alone")
	t.fsck_clean()
	t.sbx("rm", base, archive=False).ok()
	equal(t.sbx("show", id, "--json", archive=False).json()["base"], None, "base, when that is gone")
	equal(owners_inside(t, id).ok().out, EXPECTED, "owners inside a root of its own")
	t.fsck_clean()


def test_a_store_of_one_kind_is_not_used_in_the_other_way(t):  # range
	id = t.build("hello")
	t.sbx("build", "--ids", "single", "--packages", "wordy").fails(
		DENIED, "keeps owners in a range of ids", "--root")
	single = os.path.join(t.tmp, "single")
	t.sbx("update", "--root", single).ok()
	build = ("build", "--root", single, "--packages", "hello")
	equal(t.sbx(*build, "--ids", "single").id, id, "id")
	t.sbx(*build, "--ids", "range").fails(DENIED, "made with a single id", "--root")
	# Left to the store, it is what it is.
	equal(t.sbx(*build, env={"SBX_IDS": "auto"}).id, id, "id")
	shown = t.sbx("show", "--root", single, id, "--json", archive=False).json()
	equal(shown["ids"], "single", "how it was made")
	t.sbx(*build, "--ids", "some").fails(USAGE, "--ids some: it is auto, range or single")


def test_a_range_that_is_gone_is_told(t):  # range
	id = t.build("hello")
	path = os.path.join(t.root, "ids")
	with open(path, encoding="utf-8") as f:
		text = f.read()
	t.file("root/ids", text.replace(str(FIRST), "5000000"))
	t.sbx("build", "--packages", "wordy").fails(UNSUPPORTED, "5000000 to", "newuidmap: ")
	t.inside(id, "true").fails(harness.SANDBOX, "newuidmap: ")
	t.file("root/ids", text.replace(f"uid={os.geteuid()}\n", "uid=4711\n"))
	t.sbx("ls", archive=False).ok()
	t.sbx("build", "--packages", "wordy").fails(DENIED, "of user 4711")
	t.inside(id, "true").fails(harness.SANDBOX, "of user 4711")
	t.file("root/ids", text.replace("count=", "count=x"))
	t.sbx("build", "--packages", "wordy").fails(harness.DAMAGED, "count")
	t.file("root/ids", text)
	t.inside(id, "true").ok()


def test_a_range_that_a_service_gives(t):  # range
	"""nsswitch.conf says so; getsubids asks, here a stand-in, since there is no such service."""
	with open("/etc/nsswitch.conf", "a", encoding="utf-8") as f:
		f.write("subid:\t sbx-nowhere # of the tests\n")
	t.env["PATH"] = f"{t.tmp}/bin:{t.env['PATH']}"
	t.file("bin/getsubids", "#!/bin/sh\necho Error fetching ranges; exit 1\n", 0o755)
	t.sbx("update").fails(UNSUPPORTED, "--ids range: getsubids sbx-tester: ", "/etc/nsswitch.conf")
	second = FIRST + 0x10000
	t.file("bin/getsubids", f"""#!/bin/sh
		echo 0: sbx-tester 4711 100
		echo 1: sbx-tester {second} 65536
		echo "$@" >>{t.tmp}/asked\n""", 0o755)
	t.update()
	with open(os.path.join(t.tmp, "asked"), encoding="utf-8") as f:
		equal(f.read(), "sbx-tester\n-g sbx-tester\n", "what was asked")
	id = t.build("hello")
	contains(t.sbx("show", id, archive=False).ok().out, rf"^owners +kept, of user .* {second} to ")
	t.inside(id, "true").ok()


def test_without_a_range_there_is_a_single_id(t):  # user
	t.update()
	env = {"SBX_IDS": "range", "PATH": "/nonexistent"}
	t.sbx("build", "--packages", "hello", env=env).fails(UNSUPPORTED, "--ids range: ")
	equal(os.path.exists(os.path.join(t.root, "repo")), False, "a store")
	id = t.sbx("build", "--packages", "hello", env={"SBX_IDS": "auto", "PATH": "/nonexistent"}).id
	equal(t.sbx("show", id, "--json", archive=False).json()["ids"], "single", "how it was made")


# The same as root ----------------------------------------------------------------------------------


def print_commit(t):
	t.update()
	print("commit", commit(t, t.build(OWNED)))


def print_tree(t):
	print("tree", json.dumps(trees.describe(t.template(t.build(OWNED)), owners=False)))


def as_user(t, function, *options):
	"""What that function prints as an ordinary user, behind its first word."""
	done = t.run(os.path.join(t.source, "tests/lib/as-user"), *options, os.path.abspath(__file__),
		     function, env=dict(os.environ)).ok()
	return re.search(r"^(?:commit|tree) (.*)$", done.out, re.M)[1]


def test_root_and_a_user_with_a_range_make_the_same_commit(t):  # root
	equal(as_user(t, "print_commit", "--range"), commit(t, t.build(OWNED)), "commit")


def test_a_user_with_a_single_id_makes_the_same_but_for_owners(t):  # root
	def plain(tree):
		kept = {stat.S_IFREG: (0o755, 0o600), stat.S_IFDIR: (0o1777, 0o700), stat.S_IFLNK: (0, 0)}
		return {path: [kind, oct(int(mode, 8) & kept[kind][0] | kept[kind][1]),
			       what.partition(" ")[0]]
			for path, (kind, mode, what, _) in tree.items()}
	theirs = plain(json.loads(as_user(t, "print_tree")))
	ours = plain(trees.describe(t.template(t.build(OWNED)), owners=False))
	equal(trees.differences(ours, theirs), [], "differences")


def test_root_does_not_use_a_users_store(t):  # root
	id = t.build("hello")
	t.file("root/ids", "[ids]\nuid=1000\ngid=1000\nfirst_uid=100000\nfirst_gid=100000\ncount=65535\n")
	t.sbx("build", "--packages", "wordy").fails(DENIED, "range of ids of user 1000")
	t.inside(id, "true").fails(harness.SANDBOX, "of user 1000")


if __name__ == "__main__":
	harness.main(globals())
