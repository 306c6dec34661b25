# SPDX-License-Identifier: Apache-2.0
"""Real packages with many generated scripts: natively and run, the same commit."""

import os
import sys

import harness

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import native  # noqa: E402

# The last three make a bundle of certificates, hash links, Java's keystore and font caches.
PACKAGES = ("bc,dirmngr,e2fsprogs,gpg-agent,logrotate,psmisc,python3-six,tmux,vim-tiny,xdg-user-dirs,"
	    "ca-certificates-java,default-jre-headless,fontconfig")


def test_running_gives_the_same_commit(t):  # root
	t.sbx = lambda verb, *args, archive=False, **how: t.run(*t.command(verb, *args, archive=False), **how)
	t.host_archive()
	report = native.compare(t, PACKAGES)
	fates = [s["fate"] for s in report["scripts"]]
	assert fates.count("native") >= 15, report["scripts"]


if __name__ == "__main__":
	harness.main(globals())
