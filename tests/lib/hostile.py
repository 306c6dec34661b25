# SPDX-License-Identifier: Apache-2.0
"""Packages that nobody should unpack. Each is named after what is wrong with it."""

import io
import tarfile

from debfile import EPOCH, Package, ar_member, compress


def _member(name, kind=tarfile.REGTYPE, data=b"", target="", mode=0o644):
	info = tarfile.TarInfo(name)
	info.type, info.linkname, info.mode, info.mtime = kind, target, mode, EPOCH
	info.size = len(data)
	return info, data


class RawMembers(Package):
	"""A sound package with further tar members taken as they are."""

	def __init__(self, name, *members):
		super().__init__(name)
		self.members = members
		self.file(f"usr/share/{name}/readme", "harmless\n")

	def add_raw(self, tar):
		for info, data in self.members:
			if info.type in (tarfile.CHRTYPE, tarfile.BLKTYPE):
				info.devmajor, info.devminor = 1, 3
			tar.addfile(info, io.BytesIO(data))


class Mangled(Package):
	"""A sound package whose finished bytes are changed."""

	def __init__(self, name, mangle):
		super().__init__(name)
		self.mangle = mangle
		self.file(f"usr/share/{name}/readme", "harmless\n" * 1000)

	def build(self):
		return self.mangle(self, super().build())


def _without_control(package, _):
	tar = io.BytesIO()
	with tarfile.open(fileobj=tar, mode="w", format=tarfile.GNU_FORMAT):
		pass
	return (b"!<arch>\n" + ar_member("debian-binary", b"2.0\n") +
		ar_member("control.tar.gz", compress(tar.getvalue(), "gz")[1]) +
		ar_member("data.tar.gz", compress(package.data_tar(), "gz")[1]))


def _without_data(package, _):
	return (b"!<arch>\n" + ar_member("debian-binary", b"2.0\n") +
		ar_member("control.tar.gz", compress(package.control_tar(), "gz")[1]))


def _huge_size(package, _):
	return (b"!<arch>\n" + ar_member("debian-binary", b"2.0\n") +
		ar_member("control.tar.gz", compress(package.control_tar(), "gz")[1]) +
		ar_member("data.tar.gz", compress(package.data_tar(), "gz")[1], 9999999999))


def _broken_compression(package, _):
	data = bytearray(compress(package.data_tar(), "gz")[1])
	for i in range(len(data) // 2, len(data)):
		data[i] ^= 0x5A
	return (b"!<arch>\n" + ar_member("debian-binary", b"2.0\n") +
		ar_member("control.tar.gz", compress(package.control_tar(), "gz")[1]) +
		ar_member("data.tar.gz", bytes(data)))


def _other_name(package, _):
	other = Package("innocent", package.version)
	other.file("usr/share/innocent/readme", "not what the index says\n")
	return other.build()


def packages():
	evil = b"owned\n"
	return [
		RawMembers("hostile-dotdot", _member("./usr/../../sbx-evil", data=evil)),
		RawMembers("hostile-dotdot-deep", _member("./usr/share/../../../sbx-evil", data=evil)),
		RawMembers("hostile-absolute", _member("/sbx-evil", data=evil)),
		RawMembers("hostile-char-device", _member("./dev/sbx-null", tarfile.CHRTYPE)),
		RawMembers("hostile-block-device", _member("./dev/sbx-disk", tarfile.BLKTYPE)),
		RawMembers("hostile-hardlink-absolute",
			   _member("./usr/share/stolen", tarfile.LNKTYPE, target="/etc/passwd")),
		RawMembers("hostile-hardlink-dotdot",
			   _member("./usr/share/stolen", tarfile.LNKTYPE, target="../../etc/passwd")),
		RawMembers("hostile-hardlink-nowhere",
			   _member("./usr/share/stolen", tarfile.LNKTYPE, target="./no/such/file")),
		RawMembers("hostile-through-symlink",
			   _member("./usr/share/door", tarfile.SYMTYPE, target="/etc", mode=0o777),
			   _member("./usr/share/door/sbx-evil", data=evil)),
		RawMembers("hostile-through-symlink-dotdot",
			   _member("./door", tarfile.SYMTYPE, target="../../..", mode=0o777),
			   _member("./door/sbx-evil", data=evil)),
		Mangled("hostile-no-control", _without_control),
		Mangled("hostile-no-data", _without_data),
		Mangled("hostile-truncated", lambda _, deb: deb[:len(deb) * 2 // 3]),
		Mangled("hostile-not-ar", lambda _, deb: b"PK\3\4" + deb[4:]),
		Mangled("hostile-empty", lambda _, deb: b""),
		Mangled("hostile-huge-size", _huge_size),
		Mangled("hostile-broken-compression", _broken_compression),
		Mangled("hostile-other-name", _other_name),
	]
