# SPDX-License-Identifier: Apache-2.0
"""Maintainer scripts that are done natively: what running them gives, byte for byte."""

import json
import os
import shutil

import harness
from harness import contains, equal
from trees import describe, differences

NATIVE = {"generated-alpha", "generated-beta", "generated-gamma", "generated-service",
	  "generated-modules", "generated-trigger"}
RUN = {"generated-almost", "generated-template"}
ALL = ",".join(sorted(NATIVE | RUN))


def build(t, packages, *options):
	"""The id, the commit, the report."""
	path = os.path.join(t.tmp, "report.json")
	id = t.build(packages, "--report", path, *options)
	with open(os.path.join(t.root, "templates", id, "meta.json"), encoding="utf-8") as file:
		commit = json.load(file)["commit"]
	with open(path, encoding="utf-8") as file:
		return id, commit, json.load(file)


def forget(t, id):
	"""The template, and all that scripts have ever done."""
	t.sbx("rm", id, archive=False).ok()
	for kind in ("base", "script"):
		shutil.rmtree(os.path.join(t.root, "repo/refs/heads", kind), ignore_errors=True)


def compare(t, packages):
	"""Natively and not, in one store; returns what was told of the first."""
	id, commit, report = build(t, packages)
	tree = describe(t.template(id))
	forget(t, id)
	same_id, same_commit, ran = build(t, packages, "--run-all-scripts")
	equal(same_id, id, "id")
	equal({s["fate"] for s in ran["scripts"]} & {"native", "replayed"}, set(), "what was not run")
	equal(differences(tree, describe(t.template(id))), [], "differences")
	equal(same_commit, commit, "commit")
	return report


def test_running_gives_the_same_commit(t):
	fates = {}
	for script in compare(t, ALL)["scripts"]:
		fates.setdefault(script["package"], set()).add(script["fate"])
	equal({p: f for p, f in fates.items() if p in NATIVE}, {p: {"native"} for p in NATIVE}, "native")
	equal({p: f for p, f in fates.items() if p in RUN}, {p: {"ran"} for p in RUN}, "run")


def test_alternatives_lead_to_the_best(t):
	"""As update-alternatives sees them, who then goes on with what it finds."""
	id, _, _ = build(t, "generated-alpha,generated-beta,generated-gamma")
	equal(t.inside(id, "tiny").ok().out, "beta\n", "what the link leads to")
	told = t.shell(id, "update-alternatives --query tiny").ok().out
	for line in ("Status: auto", "Best: /usr/bin/beta", "Value: /usr/bin/beta"):
		assert line in told.splitlines(), told
	equal(t.shell(id, "ls /usr/share/man/de/tiny.1.gz || true").ok().out, "", "a link of the second best")
	out = t.shell(id, "update-alternatives --remove tiny /usr/bin/beta && readlink /etc/alternatives/tiny",
		      ).ok().out
	equal(out.splitlines()[-1], "/usr/bin/alpha", "what the link leads to then")


def test_units_are_enabled(t):
	id, _, _ = build(t, "generated-service")
	links = t.shell(id, "cd /etc/systemd && find . -type l | sort").ok().out.split()
	equal(links, ["./system/gen-also.service", "./system/graphical.target.wants/gen.service",
		      "./system/multi-user.target.wants/gen.service",
		      "./system/sockets.target.requires/gen.socket",
		      "./user/sockets.target.wants/gen-user.socket"], "links")


def test_certificates_are_kept_as_the_program_keeps_them(t):
	"""Added, removed, local, with hooks; and what is out of the ordinary is left to the program."""
	compare(t, "certificates-changed")
	id = t.build("certificates-changed")
	told = {name: t.shell(id, f"cat /var/lib/certificates/{name}").ok().out
		for name in ("hook", "openssl", "calls/0")}
	contains(told["calls/0"], "^7 added, 0 removed; done.$", "^Second_=of_two=__really.pem -> /usr/share/")
	equal(told["openssl"], "/etc/ssl/certs: rehash .\n" * 4, "calls of openssl")
	contains(told["hook"], r"^\+/etc/ssl/certs/odd_name.pem$", r"^-/etc/ssl/certs/First.pem$", "update.d/told$")


def test_certificates_need_no_program_for_each(t):
	t.update()
	watched = "var/lib/certificates-watched"
	id = t.sbx("build", "--packages", "certificates-watched").id
	assert not os.path.exists(os.path.join(t.template(id), watched)), "basename was called"
	forget(t, id)
	t.sbx("build", "--packages", "certificates-watched", "--run-all-scripts").ok()
	assert os.path.exists(os.path.join(t.template(id), watched)), "the test sees nothing"


def test_a_state_that_is_not_plain_is_left_to_the_script(t):
	"""Somebody else's file where the link should be: update-alternatives itself decides."""
	id, _, report = build(t, "generated-alpha,generated-tiny")
	fates = {s["fate"] for s in report["scripts"] if s["package"] == "generated-alpha"}
	equal(fates, {"ran"}, "what happened")
	equal(t.inside(id, "tiny").ok().out, "not a link\n", "what is there")


def test_a_script_depends_on_the_questions_that_it_asked(t):
	"""debconf keeps those of all packages in one file."""
	def fates(packages):
		_, _, report = build(t, packages)
		return {s["package"]: s["fate"] for s in report["scripts"] if s["package"].startswith(("asks-", "tells-"))}
	equal(fates("asks-size,asks-word,tells-colour"),
	      {"asks-size": "ran", "asks-word": "ran", "tells-colour": "ran"}, "the first time")
	equal(fates("asks-size,asks-word,asks-colour"),
	      {"asks-size": "replayed", "asks-word": "replayed", "asks-colour": "ran"}, "beside another")
	equal(fates("asks-size,tells-colour"), {"asks-size": "replayed", "tells-colour": "replayed"},
	      "with fewer")
	equal(fates("asks-colour,tells-colour"), {"asks-colour": "replayed", "tells-colour": "ran"},
	      "who asks another one's question")


def test_answers_are_kept_as_debconf_keeps_them(t):
	compare(t, "asks-colour,asks-size,asks-word,tells-colour")
	id = t.build("asks-colour,asks-size,asks-word,tells-colour")
	told = t.shell(id, "cd /var/cache/debconf && ls -a && cat config.dat").ok().out
	equal(told.split("Name: ")[0].split(), [".", "..", "config.dat", "passwords.dat", "templates.dat"],
	      "names")
	contains(told, "^Name: asks-colour/colour\nTemplate: asks-colour/colour\nValue: chosen plain\nOwners: ")
	assert "asks-word/word" not in told, told
	contains(t.shell(id, "cat /var/cache/debconf/passwords.dat").ok().out, "^Name: asks-word/word$")
	# A layer over it goes on from there.
	contains(t.shell(t.build("asks-size"), "cat /var/cache/debconf/config.dat").ok().out,
		 "^Name: asks-size/size$")


def test_font_caches_are_made_once(t):
	def fates(packages):
		id, _, report = build(t, packages)
		cached = t.shell(id, "cut -c35- /var/cache/fontconfig/cache").ok().out.split()
		return cached, {s["arguments"].split()[0]: s["fate"] for s in report["scripts"]
				if s["package"] == "fontconfig"}
	one, two = "/usr/share/fonts/one/one.ttf", "/usr/share/fonts/two/two.ttf"
	native = {"configure": "native", "triggered": "native"}
	equal(fates("fontconfig,fonts-one"), ([one], {**native, "fonts": "ran"}), "the first time")
	equal(fates("fontconfig,fonts-one,hello"), ([one], {**native, "fonts": "replayed"}), "the same fonts")
	equal(fates("fontconfig,fonts-one,fonts-two"), ([one, two], {**native, "fonts": "ran"}), "one more")


def test_font_caches_are_those_of_running(t):
	"""What a script asks for that is not plain is done at once."""
	report = compare(t, "fonts-asked,fonts-one")
	equal([s["fate"] for s in report["scripts"] if s["script"] == "batch"], ["ran"], "batch")


if __name__ == "__main__":
	harness.main(globals())
