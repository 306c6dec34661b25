#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Updates from small archives signed with throw-away keys: usage: test_update.py SBX-BUILD"""
import datetime
import gzip
import hashlib
import json
import lzma
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fault_server import Fault, Server  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NETWORK, UNTRUSTED, ARCHIVE, NOT_FOUND, USAGE, INPUT = 6, 7, 8, 12, 2, 3


def stamp(days):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return moment.strftime("%a, %d %b %Y %H:%M:%S UTC")


class Keys:
    """Throw-away keys: good, other, and one that expired long ago."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="sbx-gpg-")
        self.gpg("--quick-gen-key", "good <good@example.invalid>", "ed25519", "sign", "never")
        self.gpg("--quick-gen-key", "other <other@example.invalid>", "ed25519", "sign", "never")
        self.gpg("--faked-system-time", "20200101T000000", "--quick-gen-key",
                 "old <old@example.invalid>", "ed25519", "sign", "30d")
        self.ring = self.export("good")

    def gpg(self, *args, stdin=None):
        return subprocess.run(["gpg", "--homedir", self.home, "--batch", "--quiet", "--no-tty",
                               "--passphrase", "", "--pinentry-mode", "loopback", *args],
                              input=stdin, capture_output=True, check=True).stdout

    def export(self, *names, armour=False):
        path = os.path.join(self.home, "-".join(names) + (".asc" if armour else ".gpg"))
        with open(path, "wb") as f:
            f.write(self.gpg(*(["--armor"] if armour else []), "--export", *names))
        return path

    def fingerprint(self, name):
        for line in self.gpg("--with-colons", "--list-keys", name).decode().splitlines():
            if line.startswith("fpr:"):
                return line.split(":")[9]
        raise KeyError(name)

    def sign(self, data, *names, detached=False):
        args = [a for name in names for a in ("--local-user", name + "@example.invalid")]
        if names == ("old",):
            args += ["--faked-system-time", "20200110T000000"]
        return self.gpg(*args, "--detach-sign" if detached else "--clearsign", stdin=data)

    def remove(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)
        shutil.rmtree(self.home)


class UpdateTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keys = Keys()

    @classmethod
    def tearDownClass(cls):
        cls.keys.remove()

    def setUp(self):
        self.server = Server()
        self.tmp = tempfile.mkdtemp(prefix="sbx-update-")
        self.apt = os.path.join(self.tmp, "apt")
        self.root = os.path.join(self.tmp, "root")
        os.makedirs(os.path.join(self.apt, "sources.list.d"))

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.tmp)

    # ---- making archives ----

    def publish(self, suite="stable", packages="a", signer=("good",), by_hash=True, fields=None,
                inline=True, contents=True, component="main", suffix=".xz", hook=None):
        """Put an archive of a suite on the server; `packages` are names, one version each."""
        stanzas = "".join(
            "Package: %s\nVersion: 1\nArchitecture: all\nFilename: pool/%s.deb\nSize: 1\n"
            "SHA256: %064d\n\n" % (name, name, i) for i, name in enumerate(packages.split()))
        lines = "".join("usr/bin/%s  utils/%s\n" % (name, name) for name in packages.split())
        files = {component + "/binary-amd64/Packages": stanzas.encode()}
        if contents:
            files[component + "/Contents-amd64"] = lines.encode()
            files[component + "/Contents-all"] = b""
        listed = {}
        for path, body in files.items():
            packed = lzma.compress(body) if suffix == ".xz" else gzip.compress(body, mtime=0)
            listed[path] = body
            listed[path + suffix] = packed
        head = {"Origin": "Test", "Suite": suite, "Codename": suite, "Date": stamp(-1),
                "Architectures": "amd64", "Components": component,
                "Acquire-By-Hash": "yes" if by_hash else "no", **(fields or {})}
        text = "".join("%s: %s\n" % (k, v) for k, v in head.items() if v is not None)
        text += "SHA256:\n" + "".join(" %s %d %s\n" % (hashlib.sha256(b).hexdigest(), len(b), p)
                                      for p, b in listed.items())
        if hook:
            text = hook(text)
        base = "/debian/dists/%s/" % suite
        for path in [p for p in self.server.files if p.startswith(base)]:
            del self.server.files[path]
        for path, body in listed.items():
            if not path.endswith(suffix):
                continue  # as in the real archive: listed, but not there
            self.put(base + path, body)
            folder = path.rsplit("/", 1)[0]
            self.put(base + folder + "/by-hash/SHA256/" + hashlib.sha256(body).hexdigest(), body)
        data = text.encode()
        if inline and signer:
            self.put(base + "InRelease", self.keys.sign(data, *signer))
        else:
            self.put(base + "Release", data)
            if signer:
                self.put(base + "Release.gpg", self.keys.sign(data, *signer, detached=True))

    def put(self, path, body):
        self.server.files[path] = body
        self.server.etags[path] = '"%s"' % hashlib.sha256(body).hexdigest()[:16]

    # ---- running ----

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        env.update(SBX_APT_DIR=self.apt, SBX_ROOT=self.root, HOME=self.tmp, no_proxy="127.0.0.1")
        return env

    def arguments(self, mirror=True, suite="stable", keyring=None, options=()):
        args = [PROGRAM, "update", "--quiet", "--arch", "amd64"]
        if suite:
            args += ["--suite", suite]
        if mirror:
            args += ["--mirror", self.server.uri + "/debian" if mirror is True else mirror,
                     "--keyring", keyring or self.keys.ring]
        return [*args, *options]

    def update(self, **how):
        return subprocess.run(self.arguments(**how), capture_output=True, text=True, timeout=60,
                              env=self.environment())

    def works(self, **how):
        process = self.update(**how)
        self.assertEqual(process.returncode, 0, process.stderr)
        return process

    def fails(self, status, *words, **how):
        process = self.update(**how)
        self.assertEqual(process.returncode, status, process.stdout + process.stderr)
        self.assertEqual(process.stderr.count("\n"), 1, process.stderr)
        for word in words:
            self.assertIn(word, process.stderr)
        return process

    def meta(self, name="stable-amd64"):
        with open(os.path.join(self.root, "index", name, "meta.json")) as f:
            return json.load(f)

    def asked(self):
        return [path.split("/dists/")[-1] for path, _ in self.server.requests]

    def sources(self, text, name="sources.list"):
        with open(os.path.join(self.apt, name), "w") as f:
            f.write(text.replace("@URI@", self.server.uri + "/debian"))

    # ---- signatures ----

    def test_inline_signature(self):
        self.publish()
        self.works()
        self.assertEqual(self.meta()["n_packages"], 1)
        self.assertEqual(self.meta()["n_paths"], 1)

    def test_detached_signature(self):
        self.publish(inline=False)
        self.works()
        self.assertEqual(self.meta()["n_packages"], 1)

    def test_several_signatures(self):
        self.publish(signer=("other", "good"))
        self.works()

    def test_changed_after_signing(self):
        self.publish()
        body = self.server.files["/debian/dists/stable/InRelease"]
        self.put("/debian/dists/stable/InRelease", body.replace(b"Origin: Test", b"Origin: Tent"))
        self.fails(UNTRUSTED, "BAD signature", "InRelease")

    def test_detached_signature_of_other_data(self):
        self.publish(inline=False)
        body = self.server.files["/debian/dists/stable/Release"]
        self.put("/debian/dists/stable/Release", body + b"X: y\n")
        self.fails(UNTRUSTED, "BAD signature")

    def test_text_outside_the_signature_does_not_count(self):
        """What stands before the signed part is not what gpgv vouches for."""
        self.publish()
        body = self.server.files["/debian/dists/stable/InRelease"]
        self.put("/debian/dists/stable/InRelease", b"Suite: forged\nSHA256:\n\n" + body)
        process = self.update()
        if process.returncode == 0:  # ignored: what was signed was taken
            self.assertEqual(self.meta()["n_packages"], 1)
        else:
            self.assertEqual(process.returncode, UNTRUSTED)

    def test_unknown_key(self):
        self.publish(signer=("other",))
        self.fails(UNTRUSTED, "no signature by a key of", self.keys.fingerprint("other")[-16:],
                   "--keyring")

    def test_expired_key(self):
        self.publish(signer=("old",))
        self.fails(UNTRUSTED, "expired", keyring=self.keys.export("good", "old"))

    def test_no_signature(self):
        self.publish(signer=())
        self.fails(UNTRUSTED, "has no signature")
        self.works(options=["--trusted"])

    def test_in_release_without_armour(self):
        self.publish(signer=())
        files = self.server.files
        self.put("/debian/dists/stable/InRelease", files.pop("/debian/dists/stable/Release"))
        self.fails(UNTRUSTED, "has no signature")
        self.works(options=["--trusted"])

    def test_trusted_still_checks_checksums(self):
        self.publish(signer=("other",))
        for path in self.server.files:
            if "binary-amd64" in path:
                body = self.server.files[path]
                self.server.files[path] = body[:-1] + bytes([body[-1] ^ 1])
        self.fails(UNTRUSTED, "SHA-256", options=["--trusted"])

    def test_armoured_keyring(self):
        self.publish()
        self.works(keyring=self.keys.export("good", armour=True))

    def test_keyring_that_is_not_there(self):
        self.publish()
        self.fails(INPUT, "/nowhere.gpg", keyring="/nowhere.gpg")

    def test_empty_keyring(self):
        self.publish()
        self.fails(UNTRUSTED, "no key", keyring="/dev/null")

    def test_key_in_the_sources(self):
        self.publish()
        with open(self.keys.export("good", armour=True)) as f:
            block = "".join(" %s\n" % (line.strip() or ".") for line in f)
        self.sources("Types: deb\nURIs: @URI@\nSuites: stable\nComponents: main\nSigned-By:\n" +
                     block, "sources.list.d/x.sources")
        self.works(mirror=False)

    def test_fingerprint_in_the_sources(self):
        """Of the keys that apt trusts, only the named one counts."""
        self.publish()
        os.mkdir(os.path.join(self.apt, "trusted.gpg.d"))
        shutil.copy(self.keys.export("good", "other"), os.path.join(self.apt, "trusted.gpg.d"))
        entry = "deb [signed-by=%s] @URI@ stable main\n"
        self.sources(entry % self.keys.fingerprint("other"))
        self.fails(UNTRUSTED, "no signature by a key of", mirror=False)
        self.sources(entry % self.keys.fingerprint("good"))
        self.works(mirror=False)

    # ---- what a Release says ----

    def test_no_longer_valid(self):
        self.publish(fields={"Valid-Until": stamp(-0.5)})
        self.fails(UNTRUSTED, "was valid until", "clock")
        self.works(mirror="[check-valid-until=no] %s/debian stable main" % self.server.uri)

    def test_apt_s_own_leave_to_take_old_files(self):
        self.publish(fields={"Valid-Until": stamp(-0.5)})
        self.sources("deb [signed-by=%s] @URI@ stable main\n" % self.keys.ring)
        self.fails(UNTRUSTED, "was valid until", mirror=False)
        with open(os.path.join(self.apt, "apt.conf"), "w") as f:
            f.write('Acquire::Check-Valid-Until "false";\n')
        self.works(mirror=False)

    def test_older_than_what_was_there(self):
        self.publish(packages="a b", fields={"Date": stamp(-2)})
        self.works()
        now = self.meta()
        self.publish(fields={"Date": stamp(-3)})
        self.fails(UNTRUSTED, "was there before", "replays", "--allow-older")
        self.assertEqual(self.meta(), now)
        # What was seen through another index counts as well.
        self.publish("extra")
        self.fails(UNTRUSTED, "was there before", suite="stable,extra")
        process = self.works(options=["--allow-older"])
        self.assertIn("older than the one", process.stderr)
        self.assertEqual(self.meta()["n_packages"], 1)

    def test_several_suites_in_one_index(self):
        self.publish()
        self.publish("extra", packages="b", fields={"NotAutomatic": "yes", "Label": "More"})
        self.works(suite="stable,extra")
        meta = self.meta("stable,extra-amd64")
        self.assertEqual([(r["origin"], r["label"], r["archive"], r["is_host"])
                          for r in meta["releases"]],
                         [("stable/main", None, "stable", False),
                          ("extra/main", "More", "extra", False)])
        self.fails(USAGE, "several with commas", suite="stable,,extra")

    def test_another_suite_than_the_machine_s_with_its_updates(self):
        self.sources("".join("deb [signed-by=%s] @URI@ %s main\n" % (self.keys.ring, suite)
                             for suite in ("old", "old-updates", "old-security")))
        self.publish()
        self.publish("stable-security", packages="b")
        process = self.works(mirror=False)
        self.assertIn("no stable-updates: left out", process.stderr)
        self.assertEqual([r["origin"] for r in self.meta()["releases"]],
                         ["stable/main", "stable-security/main"])
        self.publish("lone-security")
        self.fails(NETWORK, "dists/lone/", mirror=False, suite="lone")

    def test_still_valid(self):
        self.publish(fields={"Valid-Until": stamp(0.5)})
        self.works()

    def test_from_the_future(self):
        self.publish(fields={"Date": stamp(30)})
        self.fails(UNTRUSTED, "is dated", "clock")

    def test_other_suite(self):
        self.publish(fields={"Suite": "unstable", "Codename": "sid"})
        self.fails(UNTRUSTED, "sid", "not for stable")

    def test_only_weak_checksums(self):
        self.publish(hook=lambda text: text.replace("SHA256:", "MD5Sum:"))
        self.fails(UNTRUSTED, "SHA256")

    def test_other_architecture(self):
        self.publish()
        self.fails(NOT_FOUND, "s390x", "amd64", options=["--arch", "s390x"])

    def test_other_component(self):
        self.publish()
        self.fails(NOT_FOUND, "contrib",
                   mirror="%s/debian stable main contrib" % self.server.uri)

    def test_no_such_suite(self):
        self.publish()
        self.fails(NETWORK, "nowhere", "404", suite="nowhere")

    # ---- indexes ----

    def test_gzip_and_no_by_hash(self):
        self.publish(by_hash=False, suffix=".gz")
        self.works()
        self.assertFalse([p for p in self.asked() if "by-hash" in p])

    def test_archive_without_its_by_hash_folders(self):
        self.publish()
        for path in [p for p in self.server.files if "by-hash" in p]:
            del self.server.files[path]
        self.works()

    def test_no_contents(self):
        self.publish(contents=False)
        process = self.works()
        self.assertIn("warning", process.stderr)
        self.assertIn("Contents", process.stderr)
        self.assertEqual(self.meta()["n_paths"], 0)

    def test_contents_listed_but_not_there(self):
        self.publish()
        for path in [p for p in self.server.files if "Contents" in p]:
            digest = hashlib.sha256(self.server.files.pop(path)).hexdigest()
            self.server.files.pop("/debian/dists/stable/main/by-hash/SHA256/" + digest, None)
        process = self.works()
        self.assertIn("has not what the Release file lists", process.stderr)

    def test_malformed_packages(self):
        self.publish(packages="a/b")
        self.fails(ARCHIVE, "Packages", "name")
        self.assertFalse(os.path.exists(os.path.join(self.root, "index/stable-amd64")))

    def test_index_that_cannot_be_decompressed(self):
        self.publish()
        broken = b"\xfd7zXZ\x00 and then nothing of the kind"

        def hook(text):
            lines = text.splitlines(True)
            return "".join(" %s %d main/binary-amd64/Packages.xz\n" % (
                hashlib.sha256(broken).hexdigest(), len(broken))
                if "Packages.xz" in line else line for line in lines)
        self.publish(hook=hook, by_hash=False)
        self.put("/debian/dists/stable/main/binary-amd64/Packages.xz", broken)
        self.fails(ARCHIVE, "decompressed")

    def test_index_larger_than_listed(self):
        """A few bytes that would unpack to gigabytes stop at the size that was signed."""
        bomb = lzma.compress(b"\n" * 50_000_000)

        def hook(text):
            return "".join(" %s %d main/binary-amd64/Packages.xz\n" % (
                hashlib.sha256(bomb).hexdigest(), len(bomb))
                if "Packages.xz" in line
                else line.replace(line.split()[1], "999999") if "Packages\n" in line else line
                for line in text.splitlines(True))
        self.publish(hook=hook, by_hash=False)
        self.put("/debian/dists/stable/main/binary-amd64/Packages.xz", bomb)
        self.fails(ARCHIVE, "more than")

    # ---- again ----

    def test_unchanged_is_one_conditional_request(self):
        self.publish()
        self.works()
        before = self.meta()
        self.server.clear()
        process = self.works()
        self.assertIn("nothing to do", process.stdout)
        self.assertEqual(self.asked(), ["stable/InRelease"])
        self.assertIn("If-None-Match", self.server.requests[0][1])
        self.assertEqual(self.server.n_bytes, 0)
        self.assertEqual(self.meta(), before)

    def test_unchanged_without_validators(self):
        self.publish()
        self.server.etags.clear()
        self.works()
        self.server.clear()
        self.assertIn("nothing to do", self.works().stdout)
        self.assertEqual(self.asked(), ["stable/InRelease"])

    def test_only_the_changed_suite_is_fetched(self):
        self.publish()
        self.publish(suite="stable-updates", packages="b")
        self.sources("deb [signed-by=%s] @URI@ stable main\n"
                     "deb [signed-by=%s] @URI@ stable-updates main\n" %
                     (self.keys.ring, self.keys.ring))
        self.works(mirror=False)
        self.assertEqual(self.meta()["n_packages"], 2)
        self.publish(suite="stable-updates", packages="b c")
        self.server.clear()
        process = self.works(mirror=False)
        self.assertRegex(process.stdout, r"unchanged +stable ")
        self.assertRegex(process.stdout, r"changed +stable-updates ")
        self.assertEqual(self.meta()["n_packages"], 3)
        self.assertEqual([p for p in self.asked() if p.startswith("stable/")],
                         ["stable/InRelease"])
        cached = os.listdir(os.path.join(self.root, "cache/index"))
        meta = self.meta()
        self.assertEqual(sorted(cached),
                         sorted({x["sha256"] for x in meta["fetched"] + meta["indexes"]}))

    def test_a_damaged_cache_is_fetched_again(self):
        self.publish()
        self.works()
        cache = os.path.join(self.root, "cache/index")
        for name in os.listdir(cache):
            with open(os.path.join(cache, name), "r+b") as f:
                f.write(b"X")
        os.unlink(os.path.join(self.root, "index/stable-amd64/packages.map"))
        self.works()
        self.assertTrue(os.path.exists(
            os.path.join(self.root, "index/stable-amd64/packages.map")))

    def test_a_failure_leaves_the_old_index(self):
        self.publish()
        self.works()
        before = self.meta()
        self.publish(packages="a b")
        self.server.faults["/debian/dists/stable/InRelease"] = Fault("status", None, 404)
        self.fails(NETWORK, "404")
        self.assertEqual(self.meta(), before)

    def test_other_components_make_another_index(self):
        self.publish()
        self.works()
        self.publish(suite="other", component="extra")
        self.works(mirror="%s/debian other extra" % self.server.uri)
        self.assertEqual(self.meta()["releases"][0]["origin"], "other/extra")

    def test_two_archives_with_one_suite(self):
        self.publish()
        copy = {p.replace("/debian/", "/vendor/"): b for p, b in self.server.files.items()}
        self.publish(packages="b")
        self.server.files.update(copy)
        self.works(options=["--mirror", self.server.uri + "/vendor"])
        self.assertEqual([r["origin"] for r in self.meta()["releases"]],
                         ["stable/main", "stable/main~2"])
        self.assertEqual(self.meta()["n_packages"], 2)

    def test_killed_at_any_time(self):
        self.publish()
        self.works()
        for i in range(12):
            self.publish(packages=" ".join("p%d" % n for n in range(3000 + i)))
            process = subprocess.Popen(self.arguments(), env=self.environment(),
                                       stdout=subprocess.DEVNULL)
            time.sleep(0.02 * i)
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.meta()  # there, and whole
        self.works()
        self.assertEqual(self.meta()["n_packages"], 3011)
        left = [n for n in os.listdir(os.path.join(self.root, "index")) if n != ".lock"]
        self.assertEqual(left, ["stable-amd64"])

    def test_two_at_once(self):
        self.publish(packages=" ".join("p%d" % n for n in range(2000)))
        processes = [subprocess.Popen(self.arguments(), env=self.environment(),
                                      stdout=subprocess.DEVNULL) for _ in range(3)]
        self.assertEqual([p.wait() for p in processes], [0, 0, 0])
        self.assertEqual(len([p for p in self.asked() if "by-hash" in p]), 2)

    # ---- telling ----

    def test_json(self):
        self.publish()
        result = json.loads(self.works(options=["--json"]).stdout)
        self.assertTrue(result["changed"])
        self.assertEqual(result["n_packages"], 1)
        self.assertEqual(result["releases"][0]["suite"], "stable")
        self.assertFalse(json.loads(self.works(options=["--json"]).stdout)["changed"])

    def test_meta_fits_its_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        self.publish(inline=False)
        self.works(mirror=self.server.uri.replace("http://", "http://u:p@") + "/debian")
        with open(os.path.join(SOURCE, "docs/schemas/index-meta.schema.json")) as f:
            jsonschema.validate(self.meta(), json.load(f))

    def test_logins_are_kept_but_not_told(self):
        self.publish()
        uri = self.server.uri.replace("http://", "http://jo:s3cret@") + "/debian"
        process = self.works(mirror=uri, options=["--json"])
        self.assertNotIn("s3cret", process.stdout + process.stderr)
        release = self.meta()["releases"][0]
        self.assertNotIn("s3cret", release["uri"])
        self.assertIn("s3cret", release["login_uri"])
        path = os.path.join(self.root, "index/stable-amd64/meta.json")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_arguments_are_refused(self):
        self.fails(USAGE, "extra", options=["extra"])


def main():
    result = unittest.main(argv=sys.argv[:1] + sys.argv[2:], exit=False).result
    for test, reason in result.skipped:
        print("SKIPPED: %s: %s" % (test.id(), reason))
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped else 0)


if __name__ == "__main__":
    main()
