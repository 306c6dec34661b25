#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Transfers that go wrong: usage: test_fetch.py PATH-OF-FETCH-PROBE"""
import concurrent.futures
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fault_server import Fault, Server, http_date  # noqa: E402

PROBE = os.path.abspath(sys.argv[1])
BODY = random.Random(1).randbytes(400_000)
SHA = hashlib.sha256(BODY).hexdigest()


class Result:
    def __init__(self, process, seconds):
        self.text, self.seconds = process.stdout + process.stderr, seconds
        self.lines = process.stdout.splitlines()
        self.ok = process.returncode == 0 and self.lines[-1] == "ok"
        self.code = self.lines[-1].split()[1] if self.lines and not self.ok else None


class FetchTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "file")
        self.server.files["/f"] = BODY
        os.makedirs(os.path.join(self.folder.name, "apt"))

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()

    def config(self, text):
        with open(os.path.join(self.folder.name, "apt/apt.conf"), "w") as f:
            f.write(text)

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        env.update(SBX_APT_DIR=os.path.join(self.folder.name, "apt"), APT_CONFIG="/dev/null")
        return env

    def fetch(self, *specs, uri="/f", env=None, prefix=(), **pairs):
        if not specs:
            pairs = {"uri": self.server.uri + uri if uri.startswith("/") else uri,
                     "path": self.path, **pairs}
            specs = [" ".join("%s=%s" % pair for pair in pairs.items())]
        began = time.monotonic()
        process = subprocess.run([*prefix, PROBE, *specs], capture_output=True, text=True,
                                 timeout=100, env={**self.environment(), **(env or {})})
        return Result(process, time.monotonic() - began)

    def fault(self, kind, left=None, value=None, path="/f"):
        self.server.faults[path] = Fault(kind, left, value)

    def content(self):
        with open(self.path, "rb") as f:
            return f.read()

    def part(self, body=None):
        """Write the .part, or tell its size (None: there is none)."""
        if body is not None:
            with open(self.path + ".part", "wb") as f:
                f.write(body)
        elif os.path.exists(self.path + ".part"):
            return os.path.getsize(self.path + ".part")
        return None

    def assertFetched(self, result):
        self.assertTrue(result.ok, result.text)
        self.assertEqual(self.content(), BODY)
        self.assertIsNone(self.part())

    def assertFailed(self, result, code, *words):
        self.assertEqual(result.code, code, result.text)
        for word in words:
            self.assertIn(word, result.lines[-1])
        self.assertFalse(os.path.exists(self.path))

    def test_plain_file(self):
        result = self.fetch(sha256=SHA, size=len(BODY))
        self.assertFetched(result)
        self.assertIn(SHA, result.text)
        self.assertEqual(self.server.n_bytes, len(BODY))

    def test_checksum_in_capitals(self):
        self.assertFetched(self.fetch(sha256=SHA.upper()))

    def test_empty_file(self):
        self.server.files["/f"] = b""
        result = self.fetch()
        self.assertTrue(result.ok, result.text)
        self.assertEqual(self.content(), b"")

    def test_many_files_at_once(self):
        specs = []
        for i in range(30):
            body = b"%d " % i * 5000
            self.server.files["/%d" % i] = body
            specs.append("uri=%s/%d path=%s%d sha256=%s" % (
                self.server.uri, i, self.path, i, hashlib.sha256(body).hexdigest()))
        result = self.fetch(*specs)
        self.assertTrue(result.ok, result.text)
        for i in range(30):
            with open(self.path + str(i), "rb") as f:
                self.assertEqual(f.read(), b"%d " % i * 5000)

    def test_not_there(self):
        result = self.fetch(uri="/nowhere")
        self.assertFailed(result, "network", "/nowhere", "404")
        self.assertEqual(len(self.server.requests), 1)  # nothing a retry would mend
        self.assertIsNone(self.part())

    def test_optional_not_there(self):
        result = self.fetch(uri="/nowhere", optional=1)
        self.assertTrue(result.ok, result.text)
        self.assertIn("missing=1", result.text)
        self.assertFalse(os.path.exists(self.path))

    def test_fallback(self):
        result = self.fetch(uri="/nowhere", sha256=SHA, optional=1,
                            fallback="%s/nor-here,%s/f" % (self.server.uri, self.server.uri))
        self.assertFetched(result)
        self.assertIn("missing=0", result.text)

    def test_fallback_does_not_hide_a_wrong_checksum(self):
        result = self.fetch(sha256="0" * 64, fallback=self.server.uri + "/nowhere")
        self.assertFailed(result, "untrusted", "/f", "wrong content")

    def test_server_error_passes(self):
        self.fault("status", 2, 503)
        self.assertFetched(self.fetch(sha256=SHA))
        self.assertEqual(len(self.server.requests), 3)

    def test_server_error_stays(self):
        self.config('Acquire::Retries "1";\n')
        self.fault("status", None, 500)
        self.assertFailed(self.fetch(sha256=SHA), "network", "500")
        self.assertEqual(len(self.server.requests), 2)

    def test_cut_answer_is_resumed(self):
        self.fault("cut", 1, 150_000)
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))
        self.assertEqual(self.server.n_bytes, len(BODY))  # no byte twice
        self.assertEqual(self.server.requests[1][1]["Range"], "bytes=150000-")

    def test_progress_is_no_failed_retry(self):
        self.config('Acquire::Retries "1";\n')
        self.fault("cut", 4, 90_000)
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))
        self.assertEqual(self.server.n_bytes, len(BODY))

    def test_always_cut_answer(self):
        self.config('Acquire::Retries "1";\n')
        self.fault("cut", None, 0)
        self.assertFailed(self.fetch(sha256=SHA, size=len(BODY)), "network", "/f")

    def test_unannounced_short_answer(self):
        self.fault("unannounced", 1, BODY[:100_000])
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))

    def test_resume_of_an_earlier_process(self):
        self.part(BODY[:300_000])
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))
        self.assertEqual(self.server.n_bytes, 100_000)

    def test_resume_where_ranges_are_ignored(self):
        self.fault("no_range")
        self.part(BODY[:300_000])
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))
        self.assertEqual(self.server.n_bytes, len(BODY))

    def test_resume_answered_with_another_part(self):
        self.fault("wrong_part")
        self.part(BODY[:300_000])
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))

    def test_resume_of_wrong_bytes_begins_anew(self):
        self.part(b"\0" * 300_000)
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))
        self.assertEqual(self.server.n_bytes, 100_000 + len(BODY))

    def test_part_longer_than_the_file(self):
        self.part(BODY + b"more")
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))
        self.assertEqual(self.server.n_bytes, len(BODY))

    def test_part_longer_than_the_server_has(self):
        self.part(BODY + b"more")
        self.assertFetched(self.fetch(sha256=SHA))

    def test_complete_part_needs_no_request(self):
        self.part(BODY)
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))
        self.assertEqual(self.server.requests, [])

    def test_complete_part_of_wrong_bytes(self):
        self.part(b"\0" * len(BODY))
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))

    def test_whole_file_needs_no_request(self):
        with open(self.path, "wb") as f:
            f.write(BODY)
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))
        self.assertEqual(self.server.requests, [])

    def test_changed_file_is_not_mixed(self):
        """Without a checksum, If-Range keeps the bytes of two versions apart."""
        self.server.etags["/f"] = '"one"'
        self.fault("cut", 1, 150_000)
        self.config('Acquire::Retries "0";\n')
        self.assertFailed(self.fetch(), "network")
        self.server.etags["/f"] = '"two"'
        self.server.files["/f"] = new = bytes(reversed(BODY))
        result = self.fetch()
        self.assertTrue(result.ok, result.text)
        self.assertEqual(self.content(), new)

    def test_unknown_content_without_validator_begins_anew(self):
        self.part(b"\0" * 1000)
        self.assertFetched(self.fetch())
        self.assertNotIn("Range", self.server.requests[0][1])

    def test_not_modified(self):
        self.server.etags["/f"] = '"one"'
        result = self.fetch()
        self.assertIn('etag="one"', result.text)
        os.unlink(self.path)
        result = self.fetch(etag='"one"')
        self.assertTrue(result.ok, result.text)
        self.assertIn("modified=0", result.text)
        self.assertFalse(os.path.exists(self.path))
        self.assertIsNone(self.part())

    def test_modified(self):
        self.server.etags["/f"] = '"two"'
        self.server.dates["/f"] = http_date(1_000_000_000)
        self.assertFetched(self.fetch(etag='"one"'))

    def test_wrong_bytes(self):
        self.fault("bytes", None, b"\0" * len(BODY))
        result = self.fetch(sha256=SHA, size=len(BODY))
        self.assertFailed(result, "untrusted", self.server.uri + "/f", "SHA-256")
        self.assertIsNone(self.part())
        self.assertEqual(len(self.server.requests), 1)

    def test_larger_than_announced(self):
        self.fault("bytes", None, BODY + b"x")
        self.assertFailed(self.fetch(sha256=SHA, size=len(BODY)), "untrusted", "more than")
        self.assertEqual(self.part(), None)

    def test_unannounced_larger_than_it_should_be(self):
        self.fault("unannounced", None, BODY * 20)
        self.assertFailed(self.fetch(sha256=SHA, size=len(BODY)), "untrusted", "more than")
        self.assertIsNone(self.part())

    def test_shorter_than_it_should_be(self):
        self.fault("bytes", None, BODY[:-1])
        self.assertFailed(self.fetch(sha256=SHA, size=len(BODY)), "untrusted", "instead of")

    def test_larger_than_accepted(self):
        self.assertFailed(self.fetch(max=1000), "network", "larger than")

    def test_redirect(self):
        self.fault("redirect", None, self.server.uri + "/f", path="/there")
        self.assertFetched(self.fetch(uri="/there", sha256=SHA))

    def test_redirect_to_a_file(self):
        secret = os.path.join(self.folder.name, "secret")
        with open(secret, "wb") as f:
            f.write(BODY)
        self.fault("redirect", None, "file://" + secret)
        self.assertFailed(self.fetch(sha256=SHA), "network", "redirected")

    def test_endless_redirects(self):
        self.fault("redirect", None, self.server.uri + "/f")
        self.assertFailed(self.fetch(sha256=SHA), "network", "redirected")
        self.assertLess(len(self.server.requests), 20)

    def test_connection_refused(self):
        self.config('Acquire::Retries "1";\n')
        self.assertFailed(self.fetch(uri="http://127.0.0.1:1/f"), "network", "127.0.0.1:1")

    def test_unknown_host(self):
        self.config('Acquire::Retries "0";\n')
        self.assertFailed(self.fetch(uri="http://nowhere.invalid/f"), "network",
                          "nowhere.invalid")

    def test_stalled_server(self):
        self.config('Acquire::http::Timeout "2";\nAcquire::Retries "0";\n')
        self.fault("hang", None, 90)
        result = self.fetch(sha256=SHA)
        self.assertFailed(result, "network", "too slow")
        self.assertLess(result.seconds, 60)

    def test_slow_but_steady_server(self):
        self.config('Acquire::http::Timeout "3";\nAcquire::Retries "0";\n')
        self.fault("slow", None, 5)
        self.assertFetched(self.fetch(sha256=SHA))

    def test_credentials_are_sent_but_never_told(self):
        uri = self.server.uri.replace("http://", "http://jo%40home:s3cret@")
        self.fault("status", None, 403)
        result = self.fetch(uri=uri + "/f")
        self.assertFailed(result, "network", self.server.uri + "/f")
        self.assertNotIn("s3cret", result.text)
        self.assertEqual(self.server.requests[0][1]["Authorization"],
                         "Basic am9AaG9tZTpzM2NyZXQ=")

    def test_login_from_auth_conf(self):
        host = self.server.uri.replace("http://", "")
        with open(os.path.join(self.folder.name, "apt/auth.conf"), "w") as f:
            f.write("# machine %s login no password no\n"
                    "machine other.invalid login no password no\n"
                    "machine %s login no password no\n"  # without a scheme: https only
                    "machine http://%s/ login jo password s3cret\n" % (host, host, host))
        self.assertFetched(self.fetch(sha256=SHA))
        self.assertEqual(self.server.requests[0][1]["Authorization"], "Basic am86czNjcmV0")

    def test_proxy_of_apt(self):
        self.config('Acquire::http::Proxy "%s";\n' % self.server.uri)
        self.server.files["http://mirror.invalid/f"] = BODY
        self.assertFetched(self.fetch(uri="http://mirror.invalid/f", sha256=SHA))

    def test_proxy_of_apt_not_for_this_host(self):
        self.config('Acquire::http::Proxy "http://127.0.0.1:1";\n'
                    'Acquire::http::Proxy::127.0.0.1 "DIRECT";\n')
        self.assertFetched(self.fetch(sha256=SHA))

    def test_proxy_of_the_environment(self):
        self.server.files["http://mirror.invalid/f"] = BODY
        self.assertFetched(self.fetch(uri="http://mirror.invalid/f", sha256=SHA,
                                      env={"http_proxy": self.server.uri}))

    def test_local_file(self):
        source = os.path.join(self.folder.name, "source")
        with open(source, "wb") as f:
            f.write(BODY)
        for form in "file:", "file://", "copy:":
            self.assertFetched(self.fetch(uri=form + source, sha256=SHA, size=len(BODY)))
            os.unlink(self.path)
        self.assertFailed(self.fetch(uri="file:/nowhere"), "network", "no such file")
        self.assertFailed(self.fetch(uri="file:relative"), "usage", "absolute")

    def test_other_schemes(self):
        self.assertFailed(self.fetch(uri="ftp://example.invalid/f"), "usage", "ftp://")
        self.assertFailed(self.fetch(uri="http:///f"), "usage", "no host")

    def test_cancelled(self):
        self.fault("slow", None, 90)
        result = self.fetch(sha256=SHA, env={"CANCEL": self.path + ".part"})
        self.assertFailed(result, "interrupted")
        self.assertLess(result.seconds, 60)
        had = self.part()
        self.assertGreater(had, 0)
        self.server.clear()
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))
        self.assertEqual(self.server.n_bytes, len(BODY) - had)

    def test_killed_then_again(self):
        self.fault("slow", None, 90)
        spec = "uri=%s/f path=%s sha256=%s" % (self.server.uri, self.path, SHA)
        process = subprocess.Popen([PROBE, spec], env=self.environment())
        deadline = time.monotonic() + 60
        while not self.part():
            self.assertLess(time.monotonic(), deadline, "nothing was written")
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        had = self.part()
        self.assertGreater(had, 0)
        self.server.clear()
        self.assertFetched(self.fetch(sha256=SHA, size=len(BODY)))
        self.assertEqual(self.server.n_bytes, len(BODY) - had)

    def test_two_processes_want_one_file(self):
        self.fault("slow", None, 2)
        spec = "uri=%s/f path=%s sha256=%s size=%d" % (self.server.uri, self.path, SHA, len(BODY))
        processes = [subprocess.Popen([PROBE, spec], env=self.environment(),
                                      stdout=subprocess.DEVNULL) for _ in range(3)]
        self.assertEqual([p.wait() for p in processes], [0, 0, 0])
        self.assertEqual(self.server.n_bytes, len(BODY))  # one fetched, the others used it
        self.assertEqual(self.content(), BODY)

    def test_first_failure_stops_the_others(self):
        self.fault("slow", None, 90, path="/slow")
        self.server.files["/slow"] = BODY
        result = self.fetch("uri=%s/slow path=%s.slow" % (self.server.uri, self.path),
                            "uri=%s/nowhere path=%s" % (self.server.uri, self.path))
        self.assertFailed(result, "network", "/nowhere")
        self.assertLess(result.seconds, 60)

    def test_full_disk(self):
        """Run in a mount namespace of its own with a 256 KiB file system for the file."""
        if os.geteuid() != 0:
            self.skipTest("mounting a small tmpfs needs root")
        script = 'mount -t tmpfs -o size=256k none "$1" && shift && exec "$@"'
        small = os.path.join(self.folder.name, "small")
        os.mkdir(small)
        self.path = os.path.join(small, "file")
        result = self.fetch(sha256=SHA, size=len(BODY),
                            prefix=["unshare", "-m", "sh", "-c", script, "sh", small])
        self.assertFailed(result, "no-space", "file.part", "No space left")


def run_one(name):
    result = unittest.TestResult()
    FetchTest(name).run(result)
    return result


def main():
    """Most of them wait for a server of their own: several at once. Arguments: names of tests."""
    names = sys.argv[2:] or unittest.defaultTestLoader.getTestCaseNames(FetchTest)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(run_one, names))
    for result in results:
        for test, text in result.failures + result.errors:
            print("FAILED: %s\n%s" % (test.id(), text))
        for test, reason in result.skipped:
            print("SKIPPED: %s: %s" % (test.id(), reason))
    failed = not names or not all(result.wasSuccessful() for result in results)
    print("%d tests" % sum(result.testsRun for result in results))
    sys.exit(1 if failed else 77 if any(result.skipped for result in results) else 0)


if __name__ == "__main__":
    main()
