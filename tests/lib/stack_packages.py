# SPDX-License-Identifier: Apache-2.0
"""Packages for templates that lie on others (e2e/stack)."""

from debfile import Package

# More than a root of its own has to have before another template lies on it (builder/build/stack.c).
N_FILES = 1100

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2026 tests
License: {0}
"""

CHANGES = """rm /usr/share/roomy/doomed
rm -r /usr/share/roomy/folder
echo a file now >/usr/share/roomy/folder
rm /usr/share/roomy/file
mkdir -p /usr/share/roomy/file/below
echo a folder now >/usr/share/roomy/file/below/it
rm -r /usr/share/roomy/again
mkdir /usr/share/roomy/again
echo other >/usr/share/roomy/again/new
chmod 700 /usr/share/roomy/mode
echo more >>/usr/share/roomy/text
"""


def stack_packages():
	roomy = Package("roomy", "1.0", compression="gz")
	for i in range(N_FILES):
		roomy.file(f"usr/share/roomy/{i // 100}/{i}", f"{i}\n")
	roomy.file("usr/share/doc/roomy/copyright", COPYRIGHT.format("ISC"))
	for name in ("doomed", "file", "folder/one", "folder/two", "again/old", "mode/it", "text"):
		roomy.file(f"usr/share/roomy/{name}", f"roomy's {name}\n")
	atop = Package("atop", "1.0", Depends="roomy").file("usr/share/atop/one", "1\n")
	atop.file("usr/share/doc/atop/copyright", COPYRIGHT.format("Expat"))
	changes = Package("atop-changes", "1.0", Depends="roomy").script("postinst", CHANGES)
	failing = Package("atop-fails", "1.0", Depends="roomy").script("postinst", "exit 3\n")
	failing.file("usr/share/atop-fails/one", "1\n")
	# A module that is a link, and one that is no Python.
	linked = Package("python3-linked", "1.0", Depends="python3:any, roomy", section="python")
	linked.symlink("usr/lib/python3/dist-packages/linked.py", "/usr/share/linked/real.py")
	linked.file("usr/share/linked/real.py", "WORD = 'linked'\n")
	linked.file("usr/lib/python3/dist-packages/broken.py", "def (:\n")
	linked.script("postinst", "py3compile -p python3-linked\n")
	return [roomy, atop, changes, failing, linked]
