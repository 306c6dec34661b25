# SPDX-License-Identifier: Apache-2.0
"""sbx-build update: what is fetched, when, and what every kind of bad archive leads to."""

import os
import shutil
import socket

import harness
from harness import NETWORK, UNTRUSTED, equal


def state(t):
	"""Names, sizes and bytes of the index, to see that a failure changed nothing."""
	found = {}
	for folder, _, names in os.walk(os.path.join(t.root, "index")):
		for name in names:
			if name.endswith("lock"):
				continue
			with open(os.path.join(folder, name), "rb") as f:
				found[os.path.join(folder, name)] = f.read()
	return found


def refused(t, status, *patterns):
	"""An update that must fail and leave nothing; if it can, also with a good index there."""
	t.sbx("update").fails(status, *patterns)
	assert not [p for p in state(t) if p.endswith((".solv", ".db"))], "a failed update left an index"
	if t.suite != harness.SUITE:
		return
	faults, t.server.rules = t.server.rules, []
	t.update()
	before = state(t)
	later(t)  # so that there is something to fetch
	t.server.rules = faults
	t.sbx("update").fails(status, *patterns)
	equal(state(t), before, "the index after a failed update")


def later(t):
	"""The server's archive moves on to its next state."""
	moved = os.path.join(t.tmp, "later")
	if not os.path.isdir(moved):
		shutil.copytree(os.path.join(t.archive, "later"), moved)
		os.symlink(os.path.join(t.archive, "pool"), os.path.join(moved, "pool"))
	t.server.folder = moved


def test_fetches_compressed_indexes_by_hash(t):
	t.update()
	paths = [r.path for r in t.server.requests()]
	assert any("by-hash/SHA256/" in p for p in paths), paths
	assert not any(p.endswith("/Packages") or "Contents" in p and not p.endswith(".gz")
		       for p in paths), paths
	equal([r for r in t.server.requests() if r.status >= 400], [], "requests that failed")


def test_unchanged_costs_only_conditional_requests(t):
	t.update()
	before = state(t)
	t.server.clear()
	t.update()
	asked = t.server.requests()
	assert 1 <= len(asked) <= 4, asked
	assert all(r.conditional() and r.status == 304 for r in asked), asked
	equal(t.server.n_bytes(), 0, "bytes fetched")
	equal(state(t), before, "the index")


def test_fetches_only_what_changed(t):
	t.update()
	later(t)
	t.server.clear()
	t.update()
	out = t.sbx("resolve", "--packages", "hello", "--json").json()
	equal([p["version"] for p in out["packages"] if p["name"] == "hello"], ["2.2-1"], "hello")
	whole = [r.path for r in t.server.requests() if r.status == 200]
	# Contents-all did not change: there is nothing to fetch again.
	with open(os.path.join(t.archive, "dists", t.suite, "Release"), encoding="utf-8") as f:
		unchanged = [line.split()[0] for line in f if line.strip().endswith("Contents-all.gz")]
	assert not [p for p in whole if unchanged[0] in p or p.endswith("Contents-all.gz")], whole


def test_first_use_fetches_what_it_needs(t):
	assert t.sbx("resolve", "--packages", "hello", "--json").json()["packages"]
	t.server.clear()
	t.sbx("resolve", "--packages", "hello").ok()
	equal(t.server.requests(), [], "requests of a second use")


def test_first_use_without_a_network(t):
	t.server.fault(".", status=503)
	t.sbx("resolve", "--packages", "hello").fails(NETWORK, "503")


def test_unknown_suite(t):
	t.suite = "no-such-suite"
	t.sbx("update").fails(NETWORK, "no-such-suite", "404")


def test_index_answers_404(t):
	t.server.fault(r"/binary-", status=404)
	refused(t, NETWORK, "404")


def test_release_answers_500(t):
	t.server.fault(r"Release", status=500)
	refused(t, NETWORK, "500")


def test_one_lost_connection_is_tried_again(t):
	t.server.fault(r"InRelease", drop=True, times=1)
	t.server.fault(r"/binary-", truncate=500, times=1)
	t.update()


def test_truncated_index(t):
	t.server.fault(r"/binary-", truncate=500)
	assert t.sbx("update").status in (NETWORK, UNTRUSTED)
	refused(t, NETWORK)


def test_wrong_bytes_in_an_index(t):
	t.server.fault(r"/binary-", corrupt=200)
	refused(t, UNTRUSTED)


def test_wrong_bytes_in_contents(t):
	t.server.fault(r"Contents|main/by-hash", corrupt=100)
	refused(t, UNTRUSTED)


def test_a_mirror_between_two_states_has_other_contents(t):
	"""Not there by its hash, another version under its name: told, and nothing is read of it."""
	t.server.fault(r"main/by-hash", status=404)
	t.server.fault(r"Contents", corrupt=100)
	result = t.run(*[word for word in t.command("update") if word != "--quiet"]).ok()
	harness.contains(result.err, "Contents-.*has not what the Release file lists")
	equal(t.sbx("build", "--packages", "hello").status, 0, "exit status")


def test_wrong_bytes_in_the_release_file(t):
	t.server.fault(r"InRelease", corrupt=300)
	refused(t, UNTRUSTED, "InRelease|signature")


def test_bad_signature(t):
	t.suite = "bad-signature"
	refused(t, UNTRUSTED, "signature")


def test_expired(t):
	t.suite = "expired"
	refused(t, UNTRUSTED, "[Vv]alid-?\\s?[Uu]ntil|expired")


def test_unsigned(t):
	t.suite = "unsigned"
	assert t.sbx("update").status in (UNTRUSTED, NETWORK)
	assert not state(t), f"files of an unsigned archive were kept: {sorted(state(t))}"


def test_unsigned_but_trusted(t):
	t.suite = "unsigned"
	t.sbx("update", "--trusted").ok()
	assert t.sbx("resolve", "--packages", "hello", "--json").json()["packages"]


def test_unknown_key(t):
	t.suite = "unknown-key"
	refused(t, UNTRUSTED, "key|signature")


def test_key_that_has_expired(t):
	t.suite = "expired-key"
	refused(t, UNTRUSTED, "key|signature|expired")


def test_keyring_without_the_key(t):
	t.keyring = os.path.join(t.archive, "other-keyring.gpg")
	t.sbx("update").fails(UNTRUSTED, "key|signature")


def test_missing_keyring(t):
	t.keyring = "/nonexistent/keyring.gpg"
	result = t.sbx("update")
	assert result.status not in (0, 1), str(result)
	result.fails(result.status, "/nonexistent/keyring.gpg")


def test_signature_of_another_suite_is_no_signature_of_this_one(t):
	"""Replaying a signed Release under another suite's name is refused."""
	moved = os.path.join(t.tmp, "moved")
	os.makedirs(os.path.join(moved, "dists"))
	shutil.copytree(os.path.join(t.archive, "dists", t.suite),
			os.path.join(moved, "dists", "other-suite"))
	t.server.folder, t.suite = moved, "other-suite"
	t.sbx("update").fails(UNTRUSTED, "other-suite|testing-sbx")


def test_no_network(t):
	with socket.socket() as unused:
		unused.bind(("127.0.0.1", 0))
		t.server.uri = f"http://127.0.0.1:{unused.getsockname()[1]}/"
	t.sbx("update").fails(NETWORK, "127.0.0.1")


def test_dropped_connections(t):
	t.server.fault(".", drop=True)
	t.sbx("update").fails(NETWORK)


def test_unknown_host(t):
	t.server.uri = "http://no-such-host.invalid/"
	t.sbx("update").fails(NETWORK, "no-such-host.invalid")


def test_password_in_a_mirror_is_not_printed(t):
	t.server.uri = t.server.uri.replace("http://", "http://user:hunter2@")
	t.server.fault(".", status=403)
	result = t.sbx("update").fails(NETWORK, "403")
	assert "hunter2" not in result.out + result.err, str(result)


if __name__ == "__main__":
	harness.main(globals())
