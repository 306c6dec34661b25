# SPDX-License-Identifier: Apache-2.0
"""What a kernel lacks is told in one line that names it and the option that does without; in a virtual machine."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "provisioner"))

from support import equal, main  # noqa: E402

RELEASE = tuple(int(n) for n in os.uname().release.split("-")[0].split(".")[:2])
POSTURES = ("low", "medium", "high", "paranoid")


def posture(t, name, *options):
	return t.run("sh", "-c", "id -u; touch /tmp/x && echo works", options=["--policy", name, *options])


def test_postures(t):  # root
	"""Those that ask for a user namespace take mapped ids (Linux 5.19), or --best-effort."""
	for name in POSTURES:
		needs = name in ("high", "paranoid") and RELEASE < (5, 19)
		result = posture(t, name)
		if needs:
			result.fails(125, "--user-namespace yes", "Linux 5.19", "--best-effort")
			equal(result.record["error"]["code"], "unsupported", "code")
			result = posture(t, name, "--best-effort")
			assert "warning" in result.err and "user-namespace" in result.err, result
			assert "user-namespace" in result.record["unenforced"], result
		equal((result.status, result.out), (0, "0\nworks\n"), f"{name}: {result}")


def test_ordinary_users(t):  # user
	result = t.run("true")
	if RELEASE < (5, 11):
		result.fails(125, "overlay", "Linux 5.11", "run as root")
		equal(result.record["error"]["code"], "unsupported", "code")
	else:
		result.ok()
		for name in POSTURES:
			equal(posture(t, name, "--best-effort").out, "0\nworks\n", name)


def test_mapped_ids(t):  # root
	"""--user-namespace auto does without where it has to, yes does not."""
	result = t.run("cat", "/proc/self/uid_map").ok()
	mapped = not result.out.split()[1] == "0"
	equal(mapped, RELEASE >= (6, 3), f"mapped on a tmpfs: {result.out}")
	result = t.run("true", options=["--user-namespace", "yes"])
	if not mapped:
		result.fails(125, "--user-namespace", "Linux" if RELEASE < (5, 19) else "tmpfs", "auto")
	else:
		result.ok()


if __name__ == "__main__":
	main(globals())
