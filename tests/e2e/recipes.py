# SPDX-License-Identifier: Apache-2.0
"""sbx-build recipes and prebuild: templates with a name, made, tested and named in one go."""

import json
import os
import shutil
import tempfile

import harness
import schemas
from harness import INPUT, NOT_FOUND, TIMED_OUT, USAGE, Skip, contains, equal
from trees import compare_with_dpkgs

GREETER = "[recipe]\ndescription=Says hello\ncategory=greeting\n[packages]\ninstall={0}\n" \
	  "[content]\nslim={1}\n[test]\ncommand={2}\noutput={3}\n"
MERGED_USR = 'for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d"; ln -s "usr/$d" "$1/$d"; done'
ALSO_ALLOWED = [
	(r"etc/dpkg(/dpkg\.cfg\.d(/.*)?)?", "mmdebstrap names the file otherwise", None),
	(r"var/lib/dpkg/(arch|statoverride)", "an empty file or none", None),
	(r"usr/share/man/man1/wordy-also.1.gz", "dpkg keeps links to pages that it leaves out", None),
]


def recipe(t, name, install="hello", slim="none", command="hello", output="Hello", folder="recipes"):
	return t.file(f"{folder}/{name}.recipe", GREETER.format(install, slim, command, output))


def only_ours(t):
	"""Neither the ones that came with the program nor, from now on, missing ones."""
	os.makedirs(os.path.join(t.tmp, "recipes"), exist_ok=True)
	t.env["SBX_RECIPES"] = os.path.join(t.tmp, "recipes")


def report(t, *args, status=0):
	result = t.sbx("prebuild", "--json", *args)
	equal(result.status, status, f"exit status of {result}")
	data = json.loads(result.out)
	schemas.check(t.source, "prebuild", data)
	return {r["name"]: r for r in data["recipes"]}


def named(t, name):
	return t.sbx("show", name, "--json", archive=False).json()["id"]


def test_the_ones_that_we_ship_are_listed(t):  # root
	data = t.sbx("recipes", "--json", archive=False).json()
	names = {r["name"] for r in data["recipes"]}
	assert names >= {"base", "python", "python-data-science", "python-web", "node",
			 "java-web-server", "cpp-build", "cpp-machine-learning", "perl", "ruby",
			 "r-statistics", "shell-tools", "media-tools"}, names
	contains(t.sbx("recipes", archive=False).ok().out, r"^python +python +\S")


def test_a_site_recipe_takes_the_place_of_ours(t):  # root
	recipe(t, "python", folder="root/recipes")
	rows = t.sbx("recipes", "--json", archive=False).json()["recipes"]
	equal([r["category"] for r in rows if r["name"] == "python"], ["greeting"], "category")


def test_prebuild_builds_tests_and_names(t):
	only_ours(t)
	recipe(t, "greeter")
	recipe(t, "shaper", "shapes,hello".replace(",", ";"), command="shapes-su", output=".")
	t.update()
	rows = report(t)
	equal({n: r["status"] for n, r in rows.items()}, {"greeter": "built", "shaper": "built"}, "status")
	for name, row in rows.items():
		equal(named(t, name), row["id"], name)
	equal({r["status"] for r in report(t).values()}, {"present"}, "the second time")
	contains(t.sbx("prebuild", "greeter").ok().out, r"^present +greeter +[0-9a-f]{16} ")


def test_options_leave_out_what_a_recipe_does(t):  # root
	only_ours(t)
	recipe(t, "slimmed", "wordy", slim="docs\nlocales=de\nman=yes", command="echo fine", output="fine")
	t.update()
	options = ("--slim", "docs", "--locales", "de", "--man", "yes")
	id = report(t)["slimmed"]["id"]
	equal(t.build("wordy", *options), id, "id")
	lock = t.sbx("resolve", "--packages", "wordy", "--json", *options).json()
	schemas.check(t.source, "lock", lock)
	equal((lock["options"]["without"], lock["options"]["locales"]), (["docs", "locales"], ["de"]), "lock")
	whole, changelog = t.build("wordy"), "usr/share/doc/wordy/changelog.gz"
	equal([os.path.exists(os.path.join(t.template(i), changelog)) for i in (id, whole)], [False, True],
	      "whether documentation is there")
	rows = {c["id"]: c for c in t.sbx("match", "--packages", "wordy,shapes", "--json").json()["candidates"]}
	equal((rows[id]["refused"], rows[whole]["refused"]), (True, False), "as a beginning for the whole")
	equal(t.sbx("match", "--packages", "wordy", "--json", *options).json()["id"], id, "match")
	for wrong in (("--slim", "thin"), ("--docs", "perhaps"), ("--locales", "de;../etc")):
		t.sbx("build", "--packages", "wordy", *wrong).fails(USAGE, "^sbx-build: " + wrong[0])
	path = t.file("wordy.lock", json.dumps(lock))
	equal(t.sbx("build", path).id, id, "id of the lock")
	t.sbx("build", path, *options).fails(USAGE, "is a lock")


def test_a_failed_smoke_test_keeps_the_name_and_the_others(t):  # root
	only_ours(t)
	recipe(t, "greeter")
	t.update()
	before = report(t)["greeter"]["id"]
	recipe(t, "greeter", "hello;shapes", output="Goodbye")
	recipe(t, "zz-after", "hello-tool", command="hello-tool", output="plain")
	rows = report(t, status=harness.FAILED)
	equal([rows[n]["status"] for n in ("greeter", "zz-after")], ["failed", "built"], "status")
	contains(rows["greeter"]["error"]["message"], "smoke test: its output does not match Goodbye",
		 "It ends: Hello")
	equal(named(t, "greeter"), before, "what the name stands for")
	recipe(t, "greeter", command="exit 7")
	contains(report(t, "greeter", status=harness.FAILED)["greeter"]["error"]["message"],
		 "exited with status 7")


def test_a_smoke_test_is_held_to_its_posture_and_time(t):  # root
	only_ours(t)
	path = recipe(t, "curious", command="grep -c . /proc/net/dev || id -u; cat /proc/self/status",
		      output="CapEff:\\t0+$")
	slow = recipe(t, "slow", command="sleep 1000")
	with open(slow, "a", encoding="utf-8") as f:
		f.write("timeout=1\n")
	t.update()
	report(t, path)
	equal(report(t, "slow", status=TIMED_OUT)["slow"]["error"]["code"], "timed-out", "code")


def test_bad_recipes_and_names_are_told(t):  # root
	only_ours(t)
	t.sbx("prebuild", "no-such").fails(NOT_FOUND, "no-such: no recipe", "none")
	t.sbx("prebuild").fails(NOT_FOUND, "no recipe to make")
	t.sbx("prebuild", "--jobs", "0").fails(USAGE, "--jobs")
	t.file("recipes/wrong.recipe", "[recipe]\ndescription=x\ncolour=red\n")
	for verb in ("recipes", "prebuild"):
		t.sbx(verb, archive=False).fails(INPUT, r"wrong\.recipe:3: \[recipe\] colour=red")
	os.mkdir(os.path.join(t.tmp, "recipes", "folder.recipe"))
	t.sbx("prebuild", "folder", archive=False).fails(INPUT, "is no file")


def test_content_is_left_out_and_the_rest_is_not(t):
	only_ours(t)
	recipe(t, "slim", "wordy", "runtime", "wordy", "^copyright$")
	with open(os.path.join(t.tmp, "recipes", "slim.recipe"), "a", encoding="utf-8") as f:
		f.write("[content]\nlocales=de;pt_BR\n")
	t.update()
	root = t.template(report(t)["slim"]["id"])
	there = {p for p in ("doc/wordy/copyright", "doc/wordy-common", "doc/wordy/changelog.gz",
			     "doc/wordy/examples/one", "man/man1/wordy.1.gz", "man/man1/wordy-also.1.gz",
			     "man/de", "locale/de",
			     "locale/pt_BR/LC_MESSAGES/wordy.mo", "locale/fr")
		 if os.path.lexists(os.path.join(root, "usr/share", p))}
	equal(there, {"doc/wordy/copyright", "doc/wordy-common", "locale/de",
		      "locale/pt_BR/LC_MESSAGES/wordy.mo"}, "what is there")
	assert not os.path.exists(os.path.join(root, "usr/lib/wordy/libwordy.a"))
	seen = open(os.path.join(root, "var/lib/wordy.seen"), encoding="utf-8").read()
	assert "changelog" not in seen, f"a script saw what is left out: {seen}"
	full = t.build("wordy")
	assert os.path.exists(os.path.join(t.template(full), "usr/share/doc/wordy/changelog.gz"))


def test_content_is_what_dpkgs_path_exclude_leaves(t):  # root
	if not shutil.which("mmdebstrap"):
		raise Skip("mmdebstrap is not installed")
	only_ours(t)
	recipe(t, "slim", "wordy;shapes;scripted", "runtime", "true", "")
	t.file("recipes/slim.recipe", open(os.path.join(t.tmp, "recipes/slim.recipe"),
					   encoding="utf-8").read().replace("output=\n", ""))
	t.update()
	ours = t.template(report(t)["slim"]["id"])
	with tempfile.TemporaryDirectory(prefix="sbx-mm-") as folder:
		os.chmod(folder, 0o755)
		theirs, keyring = os.path.join(folder, "root"), shutil.copy(t.keyring, folder)
		config = shutil.copy(os.path.join(ours, "etc/dpkg/dpkg.cfg.d/sbx-left-out"), folder)
		t.run("mmdebstrap", "--variant=custom", "--mode=root", f"--setup-hook={MERGED_USR}",
		      f"--dpkgopt={config}", "--include=?essential",
		      "--include=wordy,shapes,scripted", t.suite, theirs,
		      f"deb [signed-by={keyring}] {t.server.uri} {t.suite} main",
		      env={"TMPDIR": folder}).ok()
		allowed = [*ALSO_ALLOWED, (r"var/lib/scripted/environment", "has dpkg's version in it", None)]
		found = compare_with_dpkgs(ours, theirs, allowed)
		assert not found, f"{len(found)} differences (ours / dpkg's):\n" + "\n".join(found[:60])
		also = "missing     /usr/share/man/man1/wordy-also.1.gz\n"
		equal(t.run("chroot", ours, "dpkg", "-V").out.replace(also, ""),
		      t.run("chroot", theirs, "dpkg", "-V").out, "dpkg -V")


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
