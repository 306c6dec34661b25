# SPDX-License-Identifier: Apache-2.0
"""
The packages of the tests' archive: a small system that works, made of this host's own programs and
libraries (so that it fits the host's kernel and architecture), and packages that each show one
thing a package can do.
"""

import os
import re
import subprocess

from debfile import Package

APPLETS = """[ awk basename cat chgrp chmod chown cmp cp cut date dd df diff dirname du echo egrep
env expr false fgrep find getopt grep gunzip gzip head hostname id kill ln ls md5sum mkdir mknod
mktemp mv nice od paste printf ps pwd readlink realpath rev rm rmdir sed seq sha256sum sleep sort
stat sync tail tee test timeout touch tr true tty uname uniq wc which whoami xargs yes
zcat""".split()

C_LIBRARY = re.compile(r"/(ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv|util|nss_files))\.so(\.\d+)?$")


def architecture():
	return subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()


def triplet():
	return os.path.basename(os.path.dirname(libraries("/usr/bin/dpkg")["libc.so.6"]))


def libraries(*programs):
	"""What the dynamic linker would load for them: name -> path; the linker itself included."""
	found = {}
	for program in programs:
		out = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
		for name, path in re.findall(r"^\s*(\S+) => (/\S+)", out, re.M):
			found[name] = path
		for path in re.findall(r"^\s*(/\S*ld-linux\S*) \(", out, re.M):
			found[path] = path
	return found


DPKG_PROGRAMS = ["dpkg", "dpkg-deb", "dpkg-divert", "dpkg-query", "dpkg-split", "dpkg-statoverride",
		 "dpkg-trigger", "update-alternatives", "dpkg-maintscript-helper", "dpkg-realpath"]


# The base: Essential packages ----------------------------------------------------------------

def base_files():
	p = Package("base-files", "12.4", Essential="yes", section="admin", Pre_Depends="awk")
	for path in ("boot home media mnt opt proc srv sys dev run usr/local/bin var/cache var/log "
		     "var/lib/dpkg etc/default usr/sbin bin sbin lib").split():
		p.dir(path)
	p.dir("tmp", 0o1777).dir("var/tmp", 0o1777).dir("root", 0o700)
	p.symlink("var/run", "/run").symlink("etc/os-release", "../usr/lib/os-release")
	p.file("usr/lib/os-release", 'NAME="sbx tests"\nID=sbx-tests\n')
	p.conffile("etc/debian_version", "12.4\n").conffile("etc/host.conf", "multi on\n")
	p.file("usr/share/base-files/registry", "shipped\n")
	return p


def base_passwd():
	p = Package("base-passwd", "3.6", section="admin", Essential="yes")
	master = "root:x:0:0:root:/root:/bin/sh\nmail:x:8:8:mail:/var/mail:/usr/sbin/nologin\n" \
		 "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
	groups = "root:x:0:\nmail:x:8:\nshadow:x:42:\nstaff:x:50:\nnogroup:x:65534:\n"
	p.file("usr/share/base-passwd/passwd.master", master)
	p.script("preinst", f"""if [ ! -e /etc/passwd ]; then
	mkdir -p /etc
	cat >/etc/passwd <<'END'
{master}END
fi
if [ ! -e /etc/group ]; then
	cat >/etc/group <<'END'
{groups}END
fi
""")
	return p


def libc6():
	"""The C library through /lib, as Debian 12 ships it: it has to follow the usr-merge link."""
	p = Package("libc6", "2.36-9", architecture(), "libs", Multi_Arch="same",
		    Replaces="libc6-old")
	where = "lib/" + triplet()
	found = libraries("/usr/bin/dpkg", "/usr/bin/python3", "/bin/dash")
	folder = os.path.dirname(found["libc.so.6"])
	for name in sorted(os.listdir(folder)):
		if C_LIBRARY.search("/" + name):
			p.host_file(os.path.join(folder, name), f"{where}/{name}")
	for path in found:
		if path.startswith("/") and path.lstrip("/") not in p.entries:
			name = os.path.basename(path)
			if f"{where}/{name}" not in p.entries:
				p.host_file(path, f"{where}/{name}", 0o755)
			if os.path.dirname(path) != "/" + where:
				p.symlink(path.lstrip("/"), f"/{where}/{name}")
	p.entries[f"{where}/libc.so.6"][0].mode = 0o755
	return p


def libc_bin():
	p = Package("libc-bin", "2.36-9", architecture(), Essential="yes", Depends="libc6 (>= 2.36)")
	p.host_file("/sbin/ldconfig", "sbin/ldconfig")
	p.conffile("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n")
	p.conffile("etc/ld.so.conf.d/libc.conf", "/usr/local/lib\n")
	p.file(f"etc/ld.so.conf.d/{triplet()}.conf", f"/usr/local/lib/{triplet()}\n/lib/{triplet()}\n"
	       f"/usr/lib/{triplet()}\n")
	p.conffiles.append(f"/etc/ld.so.conf.d/{triplet()}.conf")
	p.trigger("interest-noawait ldconfig")
	p.file("usr/share/libc-bin/diverted", "libc-bin's own\n")
	# As Debian's dash does: the base has a diversion before anything else is unpacked.
	p.script("postinst", """if [ "$1" = triggered ] || [ "$1" = configure ]; then
	ldconfig
fi
if [ "$1" = configure ]; then
	dpkg-divert --package libc-bin --no-rename --add --divert /usr/share/libc-bin/diverted.distrib \\
		/usr/share/libc-bin/diverted
fi
""")
	return p


def libs_base():
	p = Package("libs-base", "1.0", architecture(), "libs", Multi_Arch="same", Depends="libc6")
	wanted = libraries(*(f"/usr/bin/{name}" for name in DPKG_PROGRAMS), "/usr/bin/python3",
			   "/bin/tar")
	for name, path in sorted(wanted.items()):
		if not C_LIBRARY.search(path):
			p.host_file(path, f"usr/lib/{triplet()}/{name}")
	p.trigger("activate-noawait ldconfig")
	return p


def dash():
	p = Package("dash", "0.5.12-2", architecture(), "shells", Essential="yes",
		    Pre_Depends="libc6 (>= 2.34)")
	return p.host_file("/bin/dash", "bin/dash").symlink("bin/sh", "dash")


def tar():
	"""dpkg-deb asks tar for more than busybox's can do."""
	p = Package("tar", "1.34", architecture(), "utils", Essential="yes",
		    Pre_Depends="libc6 (>= 2.34), libs-base")
	return p.host_file("/bin/tar", "bin/tar")


def busybox():
	"""Every small tool in one static program; half its names in /bin, through the merged link."""
	p = Package("busybox-base", "1:1.35.0-4+b1", architecture(), "utils", Essential="yes",
		    Provides="awk, coreutils (= 9.1)", compression="zst")
	p.host_file("/bin/busybox", "bin/busybox")
	for i, name in enumerate(APPLETS):
		if i % 2:
			p.symlink(f"bin/{name}", "busybox")
		else:
			p.symlink(f"usr/bin/{name}", "../../bin/busybox")
	return p


def dpkg():
	p = Package("dpkg", "1.21.22", architecture(), "admin", Essential="yes",
		    Pre_Depends="libc6 (>= 2.34), libs-base (>= 1.0)", Multi_Arch="foreign")
	for name in DPKG_PROGRAMS:
		if os.path.exists(f"/usr/bin/{name}"):
			p.host_file(f"/usr/bin/{name}", f"usr/bin/{name}")
	p.host_file("/sbin/start-stop-daemon", "sbin/start-stop-daemon")
	for name in ("abitable", "cputable", "ostable", "tupletable", "sh/dpkg-error.sh"):
		p.host_file(f"/usr/share/dpkg/{name}", f"usr/share/dpkg/{name}")
	p.conffile("etc/dpkg/dpkg.cfg", "no-debsig\nlog /var/log/dpkg.log\n")
	p.dir("etc/dpkg/dpkg.cfg.d").dir("etc/alternatives")
	for name in ("alternatives", "info", "parts", "updates"):
		p.dir(f"var/lib/dpkg/{name}")
	return p


# Packages that each show one thing -----------------------------------------------------------

def greeting_family():
	"""Alternatives, a virtual package with two providers, versioned dependencies, Provides."""
	hello = Package("hello", "2.0-1", compression="gz",
			Depends="greeting, libmissing | libfarewell (>= 2.0), base-files (>= 12)")
	hello.program("usr/bin/hello", "cat /usr/share/greeting/text\n")
	en = Package("greeting-en", "1.0", Provides="greeting", Conflicts="greeting",
		     Replaces="greeting")
	en.file("usr/share/greeting/text", "Hello\n")
	de = Package("greeting-de", "1.0", Provides="greeting", Conflicts="greeting",
		     Replaces="greeting")
	de.file("usr/share/greeting/text", "Hallo\n")
	farewell = Package("libfarewell", "2.1-1", architecture(), "libs", Multi_Arch="same",
			   Recommends="greeting-de")
	farewell.file(f"usr/lib/{triplet()}/libfarewell.so.2", "not really a library\n")
	farewell.trigger("activate-noawait ldconfig")
	tool = Package("hello-tool", "1.0", Depends="hello (>= 2.0~)")
	tool.program("usr/bin/hello-tool", "echo plain tool\n")
	tool.file("usr/share/hello-tool/words", "plain words\n")
	return [hello, en, de, farewell, tool]


def diverter():
	p = Package("diverter", "1.0", Depends="hello-tool", compression="none")
	p.program("usr/bin/hello-tool", "echo diverted tool; exec /usr/bin/hello-tool.distrib\n")
	p.script("preinst", """if [ "$1" = install ]; then
	dpkg-divert --package diverter --add --rename --divert /usr/bin/hello-tool.distrib \\
		/usr/bin/hello-tool
fi
""")
	p.script("postrm", """if [ "$1" = remove ]; then
	dpkg-divert --package diverter --remove --rename /usr/bin/hello-tool
fi
""")
	return p


def base_diverter():
	"""Diverts a file of the base, and has one where the base itself diverts."""
	p = Package("base-diverter", "1.0")
	p.file("usr/share/base-files/registry", "the diverter's\n")
	p.file("usr/share/libc-bin/diverted", "another's\n")
	p.script("preinst", """dpkg-divert --package base-diverter --add --rename \\
	--divert /usr/share/base-files/registry.distrib /usr/share/base-files/registry
""")
	return p


def trigger_family():
	"""A file trigger and a named one; the order of what happens is left in a log."""
	keeper = Package("note-keeper", "1.0")
	keeper.trigger("interest /usr/share/sbx-notes").trigger("interest-noawait sbx-named")
	keeper.dir("usr/share/sbx-notes").dir("var/lib/note-keeper")
	keeper.script("postinst", """case "$1" in
configure) echo configured >>/var/lib/note-keeper/log ;;
triggered)
	for name in $2; do echo "$name" >>/var/lib/note-keeper/triggered; done
	ls /usr/share/sbx-notes >/var/lib/note-keeper/index ;;
esac
""")
	first = Package("note-first", "1.0", Depends="note-keeper")
	first.file("usr/share/sbx-notes/first", "1\n")
	second = Package("note-second", "1.0", Depends="note-first")
	second.script("postinst", 'if [ "$1" = configure ]; then dpkg-trigger sbx-named; fi\n')
	second.file("usr/share/doc/note-second/copyright", "public domain\n")
	return [keeper, first, second]


def shapes():
	"""Every kind of file that a package may ship."""
	p = Package("shapes", "1.0", compression="bz2")
	p.program("usr/bin/shapes-su", "id -u\n", 0o4755)
	p.program("usr/bin/shapes-mail", "id -g\n", 0o2755, (0, 8))
	p.file("etc/shapes.secret", "secret\n", 0o640, (0, 42))
	p.file("usr/share/shapes/original", "same bytes\n")
	p.hardlink("usr/share/shapes/second name", "usr/share/shapes/original")
	p.hardlink("usr/share/shapes/third", "usr/share/shapes/original")
	p.symlink("usr/share/shapes/absolute", "/usr/share/shapes/original")
	p.symlink("usr/share/shapes/relative", "original")
	p.symlink("usr/share/shapes/dangling", "/nowhere/at all")
	p.file("usr/share/shapes/with blanks and \u00fcml\u00e4ute \u2603", "odd name\n")
	p.file("usr/share/shapes/-dash\\back'quote", "odd name\n")
	p.file("usr/share/shapes/" + "long" * 50, "a long name\n")
	p.file("/".join(["usr/share/shapes"] + ["deep"] * 40 + ["leaf"]), "a deep path\n")
	p.dir("var/lib/shapes/empty").dir("var/lib/shapes/sticky", 0o1777)
	p.dir("var/lib/shapes/group", 0o2775, (0, 8))
	p.file("usr/share/shapes/empty", "").file("usr/share/shapes/readonly", "r\n", 0o444)
	p.file("usr/share/shapes/big", bytes(range(256)) * 4096)
	return p


def wordy():
	"""What a template can be made without."""
	p = Package("wordy", "1.0", Depends="hello")
	p.program("usr/bin/wordy", "ls /usr/share/doc/wordy\n")
	p.file("usr/share/doc/wordy/copyright", "Format: https://www.debian.org/doc/packaging-manuals/"
	       "copyright-format/1.0/\n\nFiles: *\nCopyright: nobody\nLicense: Expat and GPL-2+\n\n"
	       "License: Expat\n Do as you like.\n\nLicense: GPL-2+\n As the GPL says.\n")
	p.file("usr/share/doc/wordy/changelog.gz", "x" * 5000)
	p.file("usr/share/doc/wordy/examples/one", "1\n")
	p.symlink("usr/share/doc/wordy-common", "wordy")
	p.file("usr/share/man/man1/wordy.1.gz", "man\n")
	p.symlink("usr/share/man/man1/wordy-also.1.gz", "wordy.1.gz")
	p.file("usr/share/man/de/man1/wordy.1.gz", "man\n")
	for language in ("de", "fr", "pt_BR"):
		p.file(f"usr/share/locale/{language}/LC_MESSAGES/wordy.mo", language)
	p.file("usr/share/locale/locale.alias", "")
	p.file("usr/lib/wordy/libwordy.a", "static\n")
	p.script("postinst", 'ls -R /usr/share/doc/wordy >/var/lib/wordy.seen\n')
	return p


def scripted():
	"""Maintainer scripts with effects: conffile, user, alternatives, statoverride, in-place edit."""
	p = Package("scripted", "1.0")
	p.conffile("etc/scripted.conf", "key=value\n")
	p.program("usr/bin/scripted-tool", "cat /etc/scripted.conf\n")
	p.program("usr/lib/scripted/editor-big", "echo big\n")
	p.program("usr/lib/scripted/editor-small", "echo small\n")
	p.script("preinst", 'mkdir -p /var/lib/scripted\necho "preinst $*" >>/var/lib/scripted/log\n')
	p.script("postinst", """echo "postinst $1" >>/var/lib/scripted/log
[ "$1" = configure ] || exit 0
grep -q ^_scripted: /etc/passwd ||
	echo '_scripted:x:900:65534::/nonexistent:/bin/false' >>/etc/passwd
echo scripted >>/usr/share/base-files/registry
update-alternatives --install /usr/bin/tiny-editor tiny-editor /usr/lib/scripted/editor-small 10
update-alternatives --install /usr/bin/tiny-editor tiny-editor /usr/lib/scripted/editor-big 20
dpkg-statoverride --list /usr/bin/scripted-tool >/dev/null ||
	dpkg-statoverride --update --add root mail 2755 /usr/bin/scripted-tool
env | sort | grep ^DPKG_MAINTSCRIPT >/var/lib/scripted/environment
umask >/var/lib/scripted/umask
""")
	other = Package("takes-over", "1.0", Depends="hello-tool", Replaces="hello-tool (<< 2)")
	other.file("usr/share/hello-tool/words", "words taken over\n")
	return [p, other]


def refused():
	"""Sound packages that cannot be installed, or whose scripts fail."""
	failing = Package("failing-postinst").script(
		"postinst", 'echo "the disk of doom is missing" >&2\nexit 3\n')
	early = Package("failing-preinst").script("preinst", "exit 4\n")
	endless = Package("slow-postinst").script("postinst", "sleep ${SBX_TEST_SLEEP:-2}\n")
	outbound = Package("network-postinst").script(
		"postinst", "cat /proc/net/dev | grep -v lo: >/var/lib/network-postinst || true\n")
	clash = Package("clash", "1.0").file("usr/share/greeting/clash", "")
	clash.program("usr/bin/hello", "echo clash\n")
	return [
		failing, early, endless, outbound, clash,
		Package("conflict-a", Conflicts="conflict-b"),
		Package("conflict-b"),
		Package("needs-missing", Depends="no-such-package"),
		Package("needs-newer", Depends="libfarewell (>= 99)"),
		Package("needs-both", Depends="conflict-a, conflict-b"),
	]


def all_packages():
	from batch_packages import batch_packages
	from certificate_packages import certificate_packages
	from generated_packages import generated_packages
	from hostile_packages import packages as hostile_packages
	from python_packages import python_packages
	from script_packages import capability, script_packages
	from stack_packages import stack_packages

	base = [base_files(), base_passwd(), libc6(), libc_bin(), libs_base(), dash(), tar(), busybox(),
		dpkg()]
	return (base + greeting_family() + [diverter(), base_diverter(), shapes(), wordy()] +
		trigger_family() + scripted() + refused() + generated_packages(libraries, triplet()) +
		certificate_packages() + batch_packages(libraries, triplet()) + python_packages() + script_packages() +
		[capability(libraries, triplet())] + hostile_packages() + stack_packages())
