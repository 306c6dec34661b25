# SPDX-License-Identifier: Apache-2.0
"""What the programs are linked with (DESIGN, layers): read with ldd."""

import os
import subprocess
import unittest


def libraries(program):
	done = subprocess.run(["ldd", program], capture_output=True, text=True)
	return done.stdout + done.stderr


class LinkageTest(unittest.TestCase):
	def test_nothing_of_rpm_or_dpkg(self):
		text = libraries(os.environ["SBX_BUILD"])
		self.assertIn("libostree", text)
		for name in ("librpm", "libdpkg", "libsolvext", "libapt"):
			self.assertNotIn(name, text)

	def test_one_tls_library(self):
		text = libraries(os.environ["SBX_BUILD"])
		self.assertIn("libgnutls", text)
		self.assertNotIn("libcurl.so", text)  # the OpenSSL flavour

	@unittest.skipIf(os.environ.get("SBX_SANITIZE") == "1", "sanitizers can't be linked statically")
	def test_the_provisioner_is_static(self):
		self.assertRegex(libraries(os.environ["SBX_PROVISION"]),
				 "statically linked|not a dynamic executable")


if __name__ == "__main__":
	unittest.main()
