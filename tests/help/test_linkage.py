# SPDX-License-Identifier: Apache-2.0
"""What the programs are linked with (DESIGN, layers): read with ldd."""

import os
import subprocess
import unittest


def libraries(program):
	done = subprocess.run(["ldd", program], capture_output=True, text=True)
	return done.stdout + done.stderr


class LinkageTest(unittest.TestCase):
	def setUp(self):
		front = os.environ["SBX_BUILD"]
		self.engine, self.front = libraries(front + "-engine"), libraries(front)

	def test_nothing_of_rpm_or_dpkg(self):
		self.assertIn("libostree", self.engine)
		for name in ("librpm", "libdpkg", "libsolvext", "libapt"):
			self.assertNotIn(name, self.engine + self.front)

	def test_one_tls_library(self):
		self.assertIn("libgnutls", self.engine)
		self.assertNotIn("libcurl.so", self.engine)  # the OpenSSL flavour

	def test_the_front_stays_light(self):
		"""What answers for a known task neither loads nor links what only building needs."""
		self.assertIn("libc.so", self.front)
		for name in ("libostree", "libsolv", "libcurl", "libarchive", "libgio"):
			self.assertNotIn(name, self.front)

	@unittest.skipIf(os.environ.get("SBX_SANITIZE") == "1", "sanitizers can't be linked statically")
	def test_the_provisioner_is_static(self):
		self.assertRegex(libraries(os.environ["SBX_PROVISION"]),
				 "statically linked|not a dynamic executable")


if __name__ == "__main__":
	unittest.main()
