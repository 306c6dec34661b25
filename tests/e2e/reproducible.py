# SPDX-License-Identifier: Apache-2.0
"""The same lock gives the same commit, wherever and whenever; its provenance stands beside it."""

import json
import os

import harness
import schemas
from certificate_packages import keystore
from harness import contains, equal

ALL = "diverter,hello,note-second,python3-polite,scripted,shapes,takes-over,wordy"


def commit_of(t, id, root):
	shown = t.sbx("show", id, "--json", "--root", root, archive=False).json()
	return shown["commit"]


def test_the_same_commit_in_two_roots_in_other_orders_on_other_numbers_of_processors(t):
	t.update()
	lock = t.file("all.lock", t.sbx("resolve", "--packages", ALL, "--json").ok().out)
	first = t.sbx("build", lock).id
	other = os.path.join(t.tmp, "other")
	t.sbx("update", "--root", other).ok()
	# Closest instead of base: everything but one package was there before.
	t.sbx("build", "--root", other, "--packages", ALL.replace(",wordy", "")).ok()
	t.sbx("build", "--root", other, "--packages", "wordy,hello").ok()
	with open(lock, encoding="utf-8") as f:
		turned = json.load(f)
	turned["packages"].reverse()
	again = t.file("turned.lock", json.dumps(turned))
	command = t.command("build", "--root", other, again)
	second = t.run("taskset", "-c", str(min(os.sched_getaffinity(0))), *command).id
	equal(second, first, "id")
	equal(commit_of(t, second, other), commit_of(t, first, t.root), "commit")


def test_a_keystore_does_not_tell_when_it_was_made(t):
	"""Java's, of certificates: dated as everything is, and sealed again; no other file is touched."""
	folder = os.path.join(t.template(t.build("certificates-java")), "etc/ssl/certs/java")
	names = ("one", "two")
	with open(os.path.join(folder, "cacerts"), "rb") as f:
		equal(f.read(), keystore(*names, msec=1577836800000, step=0), "keystore")
	with open(os.path.join(folder, "other"), "rb") as f:
		equal(f.read(), keystore(*names, msec=1700000000000), "another file")


def test_provenance_stands_beside_the_template(t):  # root
	id = t.build("hello")
	with open(os.path.join(t.root, "templates", id, "meta.json"), encoding="utf-8") as f:
		meta = json.load(f)
	equal(meta["id"], id, "id")
	contains(meta["created"], r"^\d{4}-\d\d-\d\dT")
	equal(meta["uid"], os.geteuid(), "who")
	equal([r["origin"] for r in meta["releases"]], [t.suite + "/main"], "releases")
	contains(meta["releases"][0]["sha256"], "^[0-9a-f]{64}$")


def test_sbom(t):  # root
	id = t.build("wordy,python3-polite", "--name", "words")
	data = json.loads(t.sbx("show", "words", "--sbom", archive=False).ok().out)
	schemas.check(t.source, "sbom", data)
	lock = t.sbx("show", id, "--json", archive=False).json()["lock"]
	debs = {p["name"]: p for p in data["packages"] if p["SPDXID"] != "SPDXRef-template"}
	equal({n: p["checksums"][0]["checksumValue"] for n, p in debs.items()},
	      {p["name"]: p["sha256"] for p in lock["packages"]}, "packages and checksums")
	ids = [p["SPDXID"] for p in data["packages"]]
	equal(len(set(ids)), len(ids), "ids that differ")
	equal({r["relatedSpdxElement"] for r in data["relationships"]}, set(ids), "related elements")
	equal(debs["wordy"]["licenseDeclared"], "(MIT AND GPL-2.0-or-later)", "licence")
	equal(debs["hello"]["licenseDeclared"], "NOASSERTION", "licence of one without a file")
	equal(debs["wordy"]["externalRefs"][0]["referenceLocator"],
	      f"pkg:deb/debian/wordy@1.0?arch=all&distro={t.suite}", "purl")
	named = {w for p in debs.values() for w in p["licenseDeclared"].split() if "LicenseRef" in w}
	told = {i["licenseId"] for i in data.get("hasExtractedLicensingInfos", [])}
	assert {w.strip("()") for w in named} == told, (named, told)


def test_sbom_of_a_slimmed_template_names_what_is_in_it(t):  # root
	"""What is left out are files: every package is named, and with the same licence."""
	def packages_of(*options):
		id = t.build("wordy,shapes", *options)
		data = json.loads(t.sbx("show", id, "--sbom", archive=False).ok().out)
		schemas.check(t.source, "sbom", data)
		left = {path for path in ("usr/share/doc/wordy", "usr/share/locale")
			for _, _, files in os.walk(os.path.join(t.template(id), path)) for f in files
			if f not in ("copyright", "locale.alias")}
		return left, {p["name"]: (p.get("versionInfo"), p.get("checksums"), p["licenseDeclared"])
			      for p in data["packages"] if p["SPDXID"] != "SPDXRef-template"}
	whole, slim = packages_of(), packages_of("--slim", "runtime")
	assert len(whole[0]) == 2 and not slim[0], f"documentation, whole and slimmed: {whole[0]}, {slim[0]}"
	equal(slim[1], whole[1], "packages, checksums and licences")


if __name__ == "__main__":
	harness.main(globals())
