# SPDX-License-Identifier: Apache-2.0
"""Packages that keep the bundle of certificates, for Java too (e2e/native, e2e/reproducible)."""

import hashlib
import struct

from debfile import Package

# Who calls whom, and with what, is to be the same; real certificates need not be.
OPENSSL = """echo "$PWD: $*" >>/var/lib/certificates/openssl
for pem in *.pem; do
	name=$(md5sum "$pem") && ln -sf "$pem" "$(echo "$name" | cut -c1-8).0"
done
"""

# What the folder looks like, and what was said, after each call.
CALL = """call() {
	update-ca-certificates "$@" >/var/lib/certificates/said 2>&1
	n=$(ls /var/lib/certificates/calls | wc -l)
	{
		cat /var/lib/certificates/said
		cd /etc/ssl/certs
		for name in *; do
			if [ -L "$name" ]; then
				echo "$name -> $(readlink "$name")"
			elif [ -d "$name" ]; then
				ls "$name"
			else
				md5sum "$name"
			fi
		done
	} >"/var/lib/certificates/calls/$n"
}
"""

HOOK = """cat >>/var/lib/certificates/hook
echo "$0" >>/var/lib/certificates/hook
"""

# Someone looks for one of the tools that the shell script needs for each certificate.
WATCHED = """echo called >>/var/lib/certificates-watched
exec /bin/busybox basename "$@"
"""


def authorities():
	p = Package("certificates", "1.0", Pre_Depends="certificates-tools")
	p.host_file("/usr/sbin/update-ca-certificates")
	p.program("usr/bin/openssl", OPENSSL)
	names = ("mozilla/First.crt", "mozilla/Second_(of_two),_really.crt", "mozilla/F\u0151.crt",
		 "odd name.crt")
	for name in names:
		p.file(f"usr/share/ca-certificates/{name}", f"{name}\nits certificate\n")
	p.file("usr/share/ca-certificates/mozilla/unended.crt", "no newline at the end")
	p.file("usr/share/ca-certificates/mozilla/empty.crt", "")
	p.file("usr/share/certificates/conf", "# which\n\n" + "".join(
		f"{line}\n" for line in (names[0], names[1], "!mozilla/Never.crt", "mozilla/missing.crt",
					 names[2], "mozilla/unended.crt", "mozilla/empty.crt")))
	p.dir("etc/ssl/certs").dir("usr/local/share/ca-certificates").dir("var/lib/certificates/calls")
	p.symlink("etc/ssl/certs/dangling", "/nowhere")
	p.dir("etc/ssl/certs/below").symlink("etc/ssl/certs/below/dangling", "/nowhere")
	p.program("etc/ca-certificates/update.d/told", HOOK)
	p.script("postinst", CALL + """cp /usr/share/certificates/conf /etc/ca-certificates.conf
call --hooksdir ""
call
""")
	return p


def changes():
	"""Local ones come, one is not wanted any more; and what is left to the program itself."""
	p = Package("certificates-changed", "1.0", Depends="certificates")
	p.file("usr/local/share/ca-certificates/b.crt", "b\n").file("usr/local/share/ca-certificates/a.crt", "a\n")
	p.file("usr/local/share/ca-certificates/readme", "not one\n")
	p.script("postinst", CALL + """call
sed -i 's/^mozilla.First/!&/' /etc/ca-certificates.conf
call
rm /usr/local/share/ca-certificates/a.crt
call --fresh
mkdir /usr/local/share/ca-certificates/folder
echo c >/usr/local/share/ca-certificates/folder/c.crt
echo 'odd name.crt' >>/etc/ca-certificates.conf
call
""")
	return p


def watched():
	p = Package("certificates-watched", "1.0", Pre_Depends="certificates")
	p.program("usr/local/bin/basename", WATCHED).script("postinst", "update-ca-certificates\n")
	return p


def keystore(*names, msec, step=1000):
	"""Of Java, with its password; each certificate was added at another time."""
	data = struct.pack(">III", 0xfeedfeed, 2, len(names))
	for i, name in enumerate(names):
		alias, kind, content = name.encode(), b"X.509", name.encode() * 100
		data += struct.pack(">IH", 2, len(alias)) + alias + struct.pack(">QH", msec + i * step, len(kind))
		data += kind + struct.pack(">I", len(content)) + content
	return data + hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + data).digest()


def java():
	p = Package("certificates-java", "1.0")
	p.file("usr/share/certificates-java/made-now", keystore("one", "two", msec=1700000000000))
	p.script("postinst", "mkdir -p /etc/ssl/certs/java && cd /usr/share/certificates-java\n"
		 "cp made-now /etc/ssl/certs/java/cacerts && cp made-now /etc/ssl/certs/java/other\n")
	return p


def certificate_packages():
	# busybox's sed gives a text that has no newline at its end another end.
	tools = Package("certificates-tools").host_file("/bin/run-parts", "usr/bin/run-parts")
	tools.host_file("/bin/sed", "usr/local/bin/sed")
	return [tools, authorities(), changes(), watched(), java()]
