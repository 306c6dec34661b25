# SPDX-License-Identifier: Apache-2.0
"""--disk with --layer on file systems with project quotas: a virtual machine has some of its own."""

import ctypes
import fcntl
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "provisioner"))

from support import check_schema, equal, main  # noqa: E402

MIB = 1 << 20
FILL = "dd if=/dev/zero of=/big bs=64k count=2000"
# ext4 and xfs do not agree on which it is.
FULL = ("No space left", "Disk quota exceeded")
FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR, FS_XFLAG_PROJINHERIT = 0x801C581F, 0x401C5820, 0x200
Q_SETQUOTA, PRJQUOTA, QIF_BLIMITS = 0x800008, 2, 1
Q_XSETQLIM, FS_DQ_BHARD, FS_DQ_BSOFT = 0x5804, 8, 4
libc = ctypes.CDLL(None, use_errno=True)


def checked(result, what):
	if result:
		raise OSError(ctypes.get_errno(), what)


def project(folder, number):
	"""The folder, and what is made in it, are of a project."""
	fd = os.open(folder, os.O_RDONLY)
	try:
		attributes = bytearray(fcntl.ioctl(fd, FS_IOC_FSGETXATTR, b"\0" * 28))
		flags, = struct.unpack_from("I", attributes)
		struct.pack_into("I", attributes, 0, flags | FS_XFLAG_PROJINHERIT)
		struct.pack_into("I", attributes, 12, number)
		fcntl.ioctl(fd, FS_IOC_FSSETXATTR, bytes(attributes))
	finally:
		os.close(fd)


def limit_ext4(device, number, n_bytes):
	quota = struct.pack("8QI4x", n_bytes // 1024, 0, 0, 0, 0, 0, 0, 0, QIF_BLIMITS)
	checked(libc.quotactl(Q_SETQUOTA << 8 | PRJQUOTA, device.encode(), number, quota), "Q_SETQUOTA")


def limit_xfs(device, number, n_bytes):
	quota = struct.pack("bbHIQQ", 1, 2, FS_DQ_BHARD | FS_DQ_BSOFT, number, n_bytes // 512, n_bytes // 512)
	checked(libc.quotactl(Q_XSETQLIM << 8 | PRJQUOTA, device.encode(), number, quota.ljust(112, b"\0")),
		"Q_XSETQLIM")


def mounted(t, kind, command, options, size):
	image, folder = t.path(f"{kind}.image"), t.folder(kind)
	with open(image, "wb") as f:
		f.truncate(size)
	subprocess.run([*command, image], check=True, capture_output=True)
	device = subprocess.run(["losetup", "-f"], capture_output=True, text=True, check=True).stdout.strip()
	subprocess.run(["losetup", device, image], check=True)
	subprocess.run(["mount", "-t", kind, "-o", options, device, folder], check=True)
	return device, folder


def used(folder):
	return sum(os.lstat(os.path.join(where, name)).st_blocks * 512
		   for where, _, names in os.walk(folder) for name in names)


def is_held(t, kind, command, options, size, limit):
	device, folder = mounted(t, kind, command, options, size)
	try:
		layer = os.path.join(folder, "layer")
		os.mkdir(layer)
		asked = ["--layer", layer, "--disk", "8M"]
		# Without a quota it lies on a file system that is larger.
		result = t.run("true", options=asked).fails(125, "--disk", layer, "project quota")
		equal(result.record["error"]["code"], "unsupported", "code")
		project(layer, 42)
		limit(device, 42, 16 * MIB)
		t.run("true", options=asked).fails(125, "--disk", "project quota")
		limit(device, 42, 8 * MIB)
		result = t.shell(FILL, options=[*asked, "--record", "files"])
		assert result.status == 1 and any(word in result.err for word in FULL), result
		check_schema(t, result.record)
		written = result.record["written"]["bytes"]
		assert 5 * MIB < written <= 8 * MIB, result
		assert 5 * MIB < used(layer) <= 8 * MIB, used(layer)
		# Full to the last block no overlay can be made of it; what is freed can be written again.
		result = t.shell("rm /big", options=asked)
		if result.status != 0:
			result.fails(125, "--layer", "no room")
			os.unlink(os.path.join(layer, "upper/big"))
		t.run("dd", "if=/dev/zero", "of=/new", "bs=1M", "count=4", options=asked).ok()
		result = t.run("true", options=["--layer", layer, "--disk", "4M", "--best-effort"])
		result.fails(0, "warning", "--disk")
		equal(result.record["unenforced"], ["disk"], "record")
		# The file system itself has room.
		with open(os.path.join(folder, "beside"), "wb") as f:
			f.write(b"\0" * 10 * MIB)
	finally:
		subprocess.run(["umount", folder], check=True)
		subprocess.run(["losetup", "-d", device], check=True)


def test_project_quota_of_ext4(t):  # root
	is_held(t, "ext4", ["mke2fs", "-q", "-F", "-t", "ext4", "-O", "quota,project", "-E",
			    "quotatype=usrquota:prjquota"], "prjquota", 48 * MIB, limit_ext4)


def test_project_quota_of_xfs(t):  # root
	is_held(t, "xfs", ["mkfs.xfs", "-q", "-f"], "prjquota", 320 * MIB, limit_xfs)


def test_a_file_system_of_that_size(t):  # root
	device, folder = mounted(t, "ext4", ["mke2fs", "-q", "-F", "-t", "ext4"], "nodev", 8 * MIB)
	try:
		options = ["--layer", os.path.join(folder, "layer"), "--disk", "8M"]
		result = t.shell(FILL, options=options)
		assert result.status == 1 and any(word in result.err for word in FULL), result
	finally:
		subprocess.run(["umount", folder], check=True)
		subprocess.run(["losetup", "-d", device], check=True)


if __name__ == "__main__":
	main(globals())
