# SPDX-License-Identifier: Apache-2.0
"""The tests' server does what the tests of fetching rely on."""

import http.client
import os
import tempfile
import unittest

from server import Server


class ServerTest(unittest.TestCase):
	def setUp(self):
		self.folder = tempfile.TemporaryDirectory()
		with open(os.path.join(self.folder.name, "file"), "wb") as f:
			f.write(bytes(range(100)))
		self.server = Server(self.folder.name)

	def tearDown(self):
		self.server.close()
		self.folder.cleanup()

	def get(self, path="/file", **headers):
		client = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
		client.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
		answer = client.getresponse()
		try:
			return answer, answer.read()
		except http.client.IncompleteRead as error:
			return answer, error.partial
		finally:
			client.close()

	def test_ranges(self):
		answer, body = self.get(Range="bytes=10-19")
		self.assertEqual((answer.status, body), (206, bytes(range(10, 20))))
		self.assertEqual(answer.headers["Content-Range"], "bytes 10-19/100")
		self.assertEqual(self.get(Range="bytes=90-")[1], bytes(range(90, 100)))
		self.assertEqual(self.get(Range="bytes=-5")[1], bytes(range(95, 100)))
		self.assertEqual(self.get(Range="bytes=100-")[0].status, 416)

	def test_if_range_of_another_version_gives_the_whole_file(self):
		answer, body = self.get(Range="bytes=10-19", If_Range='"other"')
		self.assertEqual((answer.status, len(body)), (200, 100))

	def test_conditional_requests(self):
		first, _ = self.get()
		again, body = self.get(If_None_Match=first.headers["ETag"])
		self.assertEqual((again.status, body), (304, b""))
		again, _ = self.get(If_Modified_Since=first.headers["Last-Modified"])
		self.assertEqual(again.status, 304)
		self.assertEqual(self.get(If_None_Match='"other"')[0].status, 200)

	def test_nothing_outside_the_folder(self):
		self.assertEqual(self.get("/../../etc/passwd")[0].status, 404)
		self.assertEqual(self.get("/%2e%2e/%2e%2e/etc/passwd")[0].status, 404)

	def test_faults_strike_as_often_as_told(self):
		self.server.fault("file", status=503, times=1)
		self.assertEqual([self.get()[0].status for _ in range(2)], [503, 200])
		self.server.fault("file", truncate=7, times=1)
		self.assertEqual([len(self.get()[1]) for _ in range(2)], [7, 100])
		self.server.fault("file", corrupt=50)
		self.assertEqual(self.get()[1][50], 50 ^ 0xFF)

	def test_a_dropped_connection_is_an_error(self):
		self.server.fault("file", drop=True)
		self.assertRaises((ConnectionError, http.client.HTTPException), self.get)

	def test_log(self):
		self.get()
		self.get("/nowhere")
		self.assertEqual([(r.path, r.status) for r in self.server.requests()],
				 [("/file", 200), ("/nowhere", 404)])
		self.assertEqual(self.server.n_bytes("file"), 100)


if __name__ == "__main__":
	unittest.main()
