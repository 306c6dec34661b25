# SPDX-License-Identifier: Apache-2.0
"""A template's tree equals what dpkg itself makes of the same packages of the tests' archive."""

import os
import shutil
import tempfile

import harness
from harness import Skip
from trees import compare_with_dpkgs

PACKAGES = ("hello,diverter,shapes,scripted,takes-over,note-second,python3-polite,lists-files,"
	    "chain-2,cycle-a,generated-alpha,generated-beta,generated-gamma,generated-service,"
	    "generated-trigger,links-folder,old-style,certificates-changed,wordy")
ALSO_ALLOWED = [
	(r"var/lib/note-keeper/triggered", "how triggers are batched is dpkg's choice", None),
	(r"var/lib/scripted/environment", "has dpkg's own version in it", None),
]
MERGED_USR = 'for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d"; ln -s "usr/$d" "$1/$d"; done'


def test_equals_dpkgs(t):  # root
	if not shutil.which("mmdebstrap"):
		raise Skip("mmdebstrap is not installed")
	ours = t.template(t.build(PACKAGES))
	with tempfile.TemporaryDirectory(prefix="sbx-mm-") as folder:
		os.chmod(folder, 0o755)  # apt verifies as a user of its own
		theirs = os.path.join(folder, "root")
		keyring = shutil.copy(t.keyring, folder)
		t.run("mmdebstrap", "--variant=custom", "--mode=root", f"--setup-hook={MERGED_USR}",
		      "--include=?essential", f"--include={PACKAGES}", t.suite, theirs,
		      f"deb [signed-by={keyring}] {t.server.uri} {t.suite} main",
		      env={"TMPDIR": folder}).ok()
		found = compare_with_dpkgs(ours, theirs, ALSO_ALLOWED)
		assert not found, f"{len(found)} differences (ours / dpkg's):\n" + "\n".join(found[:60])


if __name__ == "__main__":
	harness.main(globals())
