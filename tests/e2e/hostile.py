# SPDX-License-Identifier: Apache-2.0
"""Archives with something in them that few packages have: taken as it is, or refused by name."""

import os
import resource

import harness
from harness import ARCHIVE, equal


def refused(t, package, *patterns, **env):
	t.sbx("build", "--packages", package, env=env).fails(ARCHIVE, package, *patterns)
	equal(t.work_in_progress(), [], "tmp/")
	t.fsck_clean()


def test_a_capability_is_kept_and_no_other_attribute(t):  # root
	path = os.path.join(t.template(t.build("with-xattrs")), "usr/bin/with-xattrs")
	equal(os.listxattr(path), ["security.capability"], "attributes")
	equal(os.getxattr(path, "security.capability")[:4], b"\1\0\0\2", "version")


def test_a_malformed_capability_is_refused(t):  # root
	t.update()
	refused(t, "hostile-capability", "usr/bin/hostile-capability", "capability")


def test_four_gib_of_zeros_end_at_the_limit_in_little_memory(t):  # root
	t.update()
	refused(t, "hostile-4-gib", "usr/share/zeros", "packed size", "SBX_MAX_PACKAGE_RATIO sets another")
	refused(t, "hostile-4-gib", "usr/share/zeros", "limit of unpacked bytes", "SBX_MAX_PACKAGE_BYTES",
		SBX_MAX_PACKAGE_RATIO="1000000", SBX_MAX_PACKAGE_BYTES="150000000")
	peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
	assert peak < 300 * 1024 or "ASAN_OPTIONS" in t.env, f"a child took {peak} KiB"


def test_a_sparse_file_has_its_holes(t):  # root
	id = t.build("sparse")
	with open(os.path.join(t.template(id), "usr/share/sparse/sparse"), "rb") as file:
		data = file.read()
	expected = bytes(1 << 20) + b"x" * 512 + bytes((2 << 20) - 512)
	assert data == expected, f"{len(data)} bytes, {data.count(b'x')} of them written"


def test_a_hole_counts_like_bytes(t):  # root
	t.update()
	refused(t, "hostile-sparse", "sparse", "packed size")


def test_names(t):  # root
	t.update()
	refused(t, "hostile-not-utf8", "not UTF-8")
	refused(t, "hostile-deep", "longer")
	refused(t, "hostile-twice", "twice")


def test_what_lies_beside_control_files(t):  # root
	t.update()
	refused(t, "hostile-control-dotdot", "sbx-evil")
	refused(t, "hostile-control-link", "postinst")
	refused(t, "hostile-control-twice", "control")


if __name__ == "__main__":
	harness.main(globals(), store=harness.WARM)
