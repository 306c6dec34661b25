#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What every back end has to do (conformance/cases.c), for each of them by name."""

import os
import subprocess

import support


def conform(t, backend):
	done = subprocess.run([os.environ["SBX_CONFORMANCE"], backend, t.root], cwd=t.tmp, env=t.env,
			      stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=270)
	assert done.returncode == 0, done.stdout + done.stderr


def test_the_container_back_end_conforms(t):
	conform(t, "container")


def test_the_container_back_end_conforms_in_slots(t):
	conform(t, "container@slot")


if __name__ == "__main__":
	support.main(globals())
