# SPDX-License-Identifier: Apache-2.0
"""What the SPDX project's own validator says of the SBOMs of real templates."""

import os
import subprocess

import harness
from harness import Skip, equal

PYTHON = "/usr/bin/python3"


def validator(t):
	"""spdx-tools from PyPI, pinned by checksums; returns the environment that it runs in."""
	folder = os.path.join(t.tmp, "spdx-tools")
	pip = [PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check"]
	pinned = os.path.join(t.source, "tests/sbom/spdx-tools.txt")
	# With the host's own settings: proxies, certificates and mirrors.
	done = subprocess.run([*pip, "install", "--target", folder, "--no-deps", "--only-binary", ":all:",
			       "--require-hashes", "-r", pinned], capture_output=True, text=True)
	if "No matching distribution" in done.stderr or "Max retries" in done.stderr:
		raise Skip("PyPI has it not, or cannot be reached: " + done.stderr.strip().splitlines()[-1])
	assert done.returncode == 0, done.stderr
	return {"PYTHONPATH": folder}


def validate(t, env, text):
	path = t.file("bill.spdx.json", text)
	return t.run(PYTHON, "-m", "spdx_tools.spdx.clitools.pyspdxtools", "--infile", path, "--version",
		     "SPDX-2.3", env=env)


def test_a_whole_a_stacked_and_a_slimmed_one_are_valid_spdx(t):  # root
	env = validator(t)
	t.host_archive()
	def build(packages, *options):
		return t.sbx("build", "--packages", packages, *options, archive=False, timeout=900).id
	whole, stacked = build("python3-yaml"), build("python3-yaml,bc")
	equal(t.sbx("show", stacked, "--json", archive=False).json()["base"], whole, "base")
	bill = None
	for id in (whole, stacked, build("python3-yaml", "--slim", "runtime")):
		bill = t.sbx("show", id, "--sbom", archive=False).ok().out
		told = validate(t, env, bill)
		assert told.status == 0, f"{id}: not valid:\n{told}"
	# It does look.
	for right, wrong in (("SPDXRef-template", "SPDXRef_template"), ('"CC0-1.0"', '"MIT"'),
			     ('"licenseDeclared": "(', '"licenseDeclared": "no licence (')):
		assert right in bill, right
		told = validate(t, env, bill.replace(right, wrong))
		assert told.status != 0, f"{wrong} is valid?\n{told}"


if __name__ == "__main__":
	harness.main(globals())
