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


class Xattrs(RawMembers):
	"""Extended attributes, which only the pax format has."""

	def add_raw(self, tar):
		tar.format = tarfile.PAX_FORMAT
		super().add_raw(tar)


def _with_xattrs(name, **xattrs):
	info, data = _member(f"./usr/bin/{name}", data=b"#!/bin/sh\n", mode=0o755)
	info.pax_headers = {"SCHILY.xattr." + key.replace("_", "."): value
			    for key, value in xattrs.items()}
	return Xattrs(name, (info, data))


def _zeros(size):
	"""The data of a package with one file of zeros, packed in pieces, so that none is ever whole."""
	piece = 64 << 20
	header = tarfile.TarInfo("./usr/share/zeros")
	header.size = size
	frame = compress(bytes(piece), "zst")[1]
	return (compress(header.tobuf(tarfile.GNU_FORMAT), "zst")[1] + frame * (size // piece) +
		compress(bytes(1024), "zst")[1])


def _four_gib(package, _):
	return (b"!<arch>\n" + ar_member("debian-binary", b"2.0\n") +
		ar_member("control.tar.gz", compress(package.control_tar(), "gz")[1]) +
		ar_member("data.tar.zst", _zeros(4 << 30)))


class Sparse(RawMembers):
	"""A file of `size` bytes of which the tar holds but 512, at `offset` (GNU's format)."""

	def __init__(self, name, size, offset):
		super().__init__(name)
		self.where = size, offset

	def add_raw(self, tar):
		size, offset = self.where
		info = tarfile.TarInfo(f"./usr/share/{self.name}/sparse")
		info.size, info.mtime = 512, EPOCH
		header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
		number = lambda n: (b"%011o\0" % n if n < 8 ** 11 else
				    b"\x80" + n.to_bytes(11, "big"))
		header[156:157] = b"S"
		header[386:410] = number(offset) + number(512)
		header[483:495] = number(size)
		header[148:156] = b" " * 8
		header[148:156] = b"%06o\0 " % sum(header)
		tar.fileobj.write(bytes(header) + b"x" * 512)
		tar.offset += 1024


class ControlMember(Package):
	"""Something beside the control files."""

	def __init__(self, name, info, data):
		super().__init__(name)
		self.extra = info, data

	def control_tar(self):
		out = io.BytesIO(super().control_tar())
		with tarfile.open(fileobj=out, mode="a", format=tarfile.GNU_FORMAT) as tar:
			tar.addfile(self.extra[0], io.BytesIO(self.extra[1]))
		return out.getvalue()


def _of_tars():
	evil, control = b"owned\n", b"Package: other\nVersion: 1\nArchitecture: all\n"
	capability = "\x01\0\0\x02\0\x20\0\0" + "\0" * 12
	return [
		_with_xattrs("with-xattrs", security_capability=capability, user_note="mine",
			     trusted_overlay_opaque="y"),
		_with_xattrs("hostile-capability", security_capability="\x01\0\0\x02too short"),
		Mangled("hostile-4-gib", _four_gib),
		Sparse("sparse", 3 << 20, 1 << 20),
		Sparse("hostile-sparse", 1 << 40, 1 << 39),
		RawMembers("hostile-not-utf8", _member("./usr/share/\udcff\udcfe", data=evil)),
		RawMembers("hostile-deep", _member("./" + "deep/" * 2000 + "leaf", data=evil)),
		RawMembers("hostile-twice", _member("./usr/share/x", data=evil),
			   _member("./usr/share/x", data=evil)),
		ControlMember("hostile-control-dotdot", *_member("./../sbx-evil", data=evil)),
		ControlMember("hostile-control-link",
			      *_member("./postinst", tarfile.SYMTYPE, target="/bin/true")),
		ControlMember("hostile-control-twice", *_member("./control", data=control)),
	]


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
	] + _of_tars()
