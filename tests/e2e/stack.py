# SPDX-License-Identifier: Apache-2.0
"""A template that differs little from another one is a layer over that one's root."""

import json
import os
import re
import shutil
import stat
import subprocess

import harness
import schemas
from harness import BUSY, DAMAGED, SCRIPT, SIGKILL, USAGE, WARM, equal


def base_of(t, id):
	return t.sbx("show", id, "--json", archive=False).json()["base"]


def commit_of(t, id, root=None):
	return t.sbx("show", id, "--json", "--root", root or t.root, archive=False).json()["commit"]


def part(t, id, *names):
	return os.path.join(t.root, "templates", id, *names)


def files_in(folder):
	return sorted(os.path.relpath(os.path.join(at, name), folder)
		      for at, _, names in os.walk(folder) for name in names)


def stacked(t, packages="atop"):
	"""The base's id, and that of a template over it."""
	base = t.build("roomy")
	id = t.build(packages)
	equal(base_of(t, base), None, "the base's own")
	equal(base_of(t, id), base, "base")
	return base, id


def test_what_differs_is_a_layer_and_the_commit_is_that_of_a_whole_build(t):
	base, id = stacked(t)
	equal(sorted(os.listdir(part(t, id))), ["base", "layer", "lock", "lock.json", "meta.json"], "files")
	equal([f for f in files_in(part(t, id, "layer")) if not f.startswith("var/lib/")],
	      ["usr/share/atop/one", "usr/share/doc/atop/copyright"],
	      "files of the layer beside dpkg's and apt's")
	paths = ("--base", part(t, base, "root"), part(t, id, "layer"))
	seen = t.run(t.provision_program, "run", *paths, "--", "/bin/cat", "/usr/share/atop/one",
		     "/usr/share/roomy/3/300")
	equal(seen.ok().out, "1\n300\n", "inside, by paths")
	t.inside(id, "/bin/true", options=("--base", part(t, base, "root"))).fails(USAGE, "leave it out")
	t.inside(id, "/bin/true", options=("--base", base)).fails(USAGE, "path")
	bill = json.loads(t.sbx("show", id, "--sbom", archive=False).ok().out)
	schemas.check(t.source, "sbom", bill)
	licences = {p["name"]: p["licenseDeclared"] for p in bill["packages"]}
	equal((licences["atop"], licences["roomy"]), ("MIT", "ISC"), "licences, of layer and base")
	other = os.path.join(t.tmp, "other")
	t.sbx("update", "--root", other).ok()
	alone = t.sbx("build", "--root", other, "--packages", "atop").id
	equal(alone, id, "id")
	assert os.path.isdir(os.path.join(other, "templates", id, "root")), "it has nothing to lie on there"
	equal(commit_of(t, id), commit_of(t, id, other), "commit")
	t.fsck_clean()


def kept_slim(t):
	"""What was kept of packages of which something is left out: their names."""
	# <key>/<name>/<version>/<architecture>
	return {path.split("/")[1] for path in files_in(os.path.join(t.root, "repo/refs/heads/slim"))}


def test_what_is_left_out_of_a_package_is_found_out_once(t):
	slim = ("--slim", "docs")
	t.sbx("build", *slim, "--packages", "roomy").ok()
	assert "roomy" in kept_slim(t) and "atop" not in kept_slim(t), kept_slim(t)
	id = t.sbx("build", *slim, "--packages", "atop").id
	assert "atop" in kept_slim(t), kept_slim(t)
	other = os.path.join(t.tmp, "other")
	t.sbx("update", "--root", other).ok()
	equal(t.sbx("build", "--root", other, *slim, "--packages", "atop").id, id, "id")
	equal(commit_of(t, id), commit_of(t, id, other), "commit")
	bytes_in = [t.sbx("show", id, "--json", "--root", root, archive=False).json()["bytes"]
		    for root in (t.root, other)]
	equal(bytes_in[0], bytes_in[1], "bytes of its files")
	# Of another choice another tree is kept.
	whole = t.build("atop")
	assert commit_of(t, whole) != commit_of(t, id), "documentation makes no difference"
	t.fsck_clean()
	for one in json.loads(t.sbx("ls", "--json", archive=False).out)["templates"]:
		t.sbx("rm", one["id"], archive=False).ok()
	t.sbx("gc", "--unused-days", "0", archive=False).ok()
	equal(kept_slim(t), set(), "kept after gc")


def test_modules_are_compiled_as_in_a_whole_build(t):
	base = t.build("roomy,python3")
	other = os.path.join(t.tmp, "other")
	t.sbx("update", "--root", other).ok()
	modules = "usr/lib/python3/dist-packages"
	for package, module in (("python3-greet", "greet/__pycache__/words"),
				("python3-linked", "__pycache__/linked")):
		id = t.build(f"roomy,{package}")
		equal(base_of(t, id), base, "base")
		compiled = [f for f in files_in(part(t, id, "layer", modules)) if f.startswith(module + ".")]
		equal(len(compiled), 1, f"what {module} was compiled to")
		t.sbx("build", "--root", other, "--packages", f"roomy,{package}").ok()
		equal(commit_of(t, id), commit_of(t, id, other), f"commit with {package}")
		t.sbx("rm", id, "--root", other, archive=False).ok()  # the next is whole, too
	t.fsck_clean()


def test_a_build_that_fails_fetches_nothing_twice(t):
	t.build("roomy")
	t.sbx("build", "--packages", "atop-fails").fails(SCRIPT, "atop-fails")
	t.server.clear()
	t.build("atop-fails", "--skip-script", "atop-fails")
	equal(t.server.requests(r"\.deb$"), [], "packages fetched")
	equal([f for f in os.listdir(os.path.join(t.root, "cache")) if ".deb" in f], [], "packages in cache/")
	t.fsck_clean()


def test_dpkg_works_inside_and_writes_stay_inside(t):
	base, id = stacked(t)
	script = ("set -e; dpkg -s atop roomy | grep -c ^Status; dpkg --audit; dpkg -V; "
		  "cat /usr/share/atop/one /usr/share/roomy/3/300; dpkg --purge atop; "
		  "test ! -e /usr/share/atop; rm /usr/share/roomy/text; echo x >/usr/share/roomy/file")
	# dpkg sets owners, which takes the rights that building has.
	result = t.inside(id, "/bin/sh", "-c", script, options=("--profile", "build"))
	equal(re.sub(r"(?m)^\(Reading.*\n|^Removing.*\n", "", result.ok().out), "2\n1\n300\n", "output")
	equal(t.shell(id, "cat /usr/share/atop/one /usr/share/roomy/text").ok().out,
	      "1\nroomy's text\n", "afterwards")
	t.fsck_clean()


def test_what_a_script_removes_and_replaces_of_the_base(t):
	base, id = stacked(t, "atop-changes")
	for name in ("doomed", "again/old"):
		st = os.lstat(part(t, id, "layer/usr/share/roomy", name))
		assert stat.S_ISCHR(st.st_mode) and st.st_rdev == 0, f"{name}: no whiteout"
	seen = t.shell(id, """cd /usr/share/roomy && for f in $(find . ! -path './[0-9]*' | sort); do
		if [ -d $f ]; then echo $f/; else echo "$f: $(cat $f)"; fi; done; stat -c %a mode""").ok().out
	equal(seen.splitlines(),
	      ["./", "./again/", "./again/new: other", "./file/", "./file/below/",
	       "./file/below/it: a folder now", "./folder: a file now", "./mode/",
	       "./mode/it: roomy's mode/it", "./text: roomy's text", "more", "700"], "the tree inside")
	equal(t.shell(base, "cat /usr/share/roomy/doomed").ok().out, "roomy's doomed\n", "the base")
	other = os.path.join(t.tmp, "other")
	t.sbx("update", "--root", other).ok()
	t.sbx("build", "--root", other, "--packages", "atop-changes").ok()
	equal(commit_of(t, id), commit_of(t, id, other), "commit")
	t.fsck_clean()
	# On top of both: the base is the whole one again, and not the layer.
	equal(base_of(t, t.build("atop,atop-changes")), base, "the base of a third one")


def test_the_base_stays_as_long_as_something_lies_on_it(t):
	base, id = stacked(t)
	commit = commit_of(t, id)
	t.sbx("build", "--packages", "atop", "--name", "kept").ok()
	freed = t.sbx("gc", "--unused-days", "0", "--json", archive=False).json()
	equal(freed["templates"], 0, "templates that went")
	equal(t.shell(id, "cat /usr/share/roomy/3/300").ok().out, "300\n", "inside")
	t.sbx("rm", base, archive=False).ok()
	equal(sorted(os.listdir(part(t, id))), ["lock", "lock.json", "meta.json", "root"], "files")
	equal((base_of(t, id), commit_of(t, id)), (None, commit), "base and commit")
	equal(t.shell(id, "cat /usr/share/atop/one /usr/share/roomy/3/300").ok().out, "1\n300\n", "inside")
	equal(base_of(t, t.build("atop-changes")), id, "what comes after lies on that")
	t.fsck_clean()
	t.sbx("rm", "kept", archive=False).ok()
	freed = t.sbx("gc", "--unused-days", "0", "--json", archive=False).json()
	equal(freed["templates"], 2, "templates that went")
	equal(os.listdir(os.path.join(t.root, "templates")), [], "folders")


def test_a_sandbox_on_the_layer_keeps_the_base(t):  # root
	base, id = stacked(t)
	command = [t.provision_program, "run", id, "--", "/bin/sh", "-c",
		   "echo ready; read line; cat /usr/share/roomy/3/300"]
	process = subprocess.Popen(command, env=t.env, text=True, stdin=subprocess.PIPE,
				   stdout=subprocess.PIPE)
	t.processes.append(process)
	equal(process.stdout.readline(), "ready\n", "inside")
	t.sbx("rm", base, archive=False).fails(BUSY, base[:16], id[:16], "sandbox")
	equal(process.communicate("go on\n", timeout=180)[0], "300\n", "inside, afterwards")
	# It has a root meanwhile; what was begun is ended.
	equal(t.shell(id, "cat /usr/share/roomy/3/300").ok().out, "300\n", "inside")
	t.fsck_clean()
	t.sbx("rm", base, archive=False).ok()
	assert not os.path.exists(part(t, id, "layer")), "the layer is still there"
	t.fsck_clean()


def test_fsck_sees_damage_in_a_layer_and_in_a_root(t):  # root
	base, id = stacked(t, "atop-changes")
	os.unlink(part(t, id, "layer/usr/share/roomy/doomed"))
	os.unlink(part(t, base, "root/usr/share/roomy/3/300"))
	result = t.sbx("fsck", "--json", archive=False)
	equal(result.status, DAMAGED, "status")
	equal(sorted(json.loads(result.out)["problems"]), sorted([
		f"template {id[:16]}: layer/usr/share/roomy/doomed is gone",
		f"template {base[:16]}: root/usr/share/roomy/3/300 is gone"]), "problems")
	t.sbx("fsck", "--repair", archive=False)
	t.fsck_clean()
	equal(t.build("atop-changes"), id, "built again")
	t.fsck_clean()


def test_a_base_that_is_lost_is_made_anew(t):  # root
	base, id = stacked(t)
	shutil.rmtree(part(t, base, "root"))
	found = json.loads(t.sbx("fsck", "--json", archive=False).out)["problems"]
	equal(sorted(found), sorted([f"template {id[:16]}: its checkout, or its base's, is not there",
				     f"template {base[:16]}: its checkout is not there"]), "problems")
	# Making the base anew is enough: it becomes whole, though another template would do.
	equal(t.build("roomy"), base, "built again")
	equal(base_of(t, base), None, "base of the base")
	equal(t.shell(id, "cat /usr/share/roomy/3/300").ok().out, "300\n", "inside")
	t.fsck_clean()


def kill_build(t, phase, event="begin"):
	"""On a busy machine it may be done before the signal comes: then once more, without what it made."""
	for _ in range(20):
		result = t.kill_at(SIGKILL, phase, event, args=("--packages", "atop-changes"))
		if result and result.status != 0:
			equal(result.status, -SIGKILL, f"it failed before: {result}")
			return
		t.sbx("rm", t.build("atop-changes"), archive=False).ok()
		t.sbx("gc", archive=False).ok()
	raise AssertionError(f"it was never killed at {phase}, {event}")


def test_a_killed_build_of_a_layer_loses_nothing(t):  # root
	base = t.build("roomy")
	kill_build(t, "configure")
	kill_build(t, "commit")
	kill_build(t, "commit", "end")
	t.fsck_clean()
	id = t.build("atop-changes")
	equal(base_of(t, id), base, "base")
	t.sbx("gc", archive=False).ok()
	equal(t.work_in_progress(), [], "tmp/ after gc")
	t.fsck_clean()


def test_what_a_crash_left_of_giving_it_a_root_is_finished(t):  # root
	base, id = stacked(t)
	# As between the new root's coming and the layer's going.
	whole = os.path.join(t.tmp, "other")
	t.sbx("update", "--root", whole).ok()
	t.sbx("build", "--root", whole, "--packages", "atop").ok()
	os.rename(os.path.join(whole, "templates", id, "root"), part(t, id, "root"))
	equal(t.shell(id, "cat /usr/share/roomy/3/300").ok().out, "300\n", "inside")
	t.sbx("gc", archive=False).ok()
	equal(sorted(os.listdir(part(t, id))), ["lock", "lock.json", "meta.json", "root"], "files")
	equal(base_of(t, id), None, "base")


def test_two_at_once(t):  # root
	base = t.build("roomy")
	both = [t.start("build", "--packages", p) for p in ("atop", "atop", "atop-changes")]
	ids = [t.finish(process).id for process in both]
	equal(ids[0], ids[1], "the same lock")
	equal([base_of(t, id) for id in ids], [base] * 3, "bases")
	t.fsck_clean()


def test_a_failed_script_over_a_layer_can_be_looked_at(t):  # root
	t.build("roomy")
	result = t.sbx("build", "--keep-failed", "--packages", "atop-fails").fails(SCRIPT, "atop-fails")
	kept = re.search(r"the tree is kept at (\S+): ", result.err)[1]
	for name in ("usr/share/atop-fails/one", "usr/share/roomy/3/300"):
		assert os.path.isfile(os.path.join(kept, name)), f"{name} is not in the tree that was kept"


if __name__ == "__main__":
	harness.main(globals(), store=WARM)
