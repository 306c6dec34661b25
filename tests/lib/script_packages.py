# SPDX-License-Identifier: Apache-2.0
"""Packages whose maintainer scripts, order or shape each show one rule (e2e/scripts, e2e/fidelity)."""

from debfile import Package

READS = """mkdir -p /var/lib/reads-things
cd /usr/share/greeting
ln -s /usr/share/greeting /var/lib/reads-things/link
{
	cat text
	cat /var/lib/reads-things/link/text
	if [ -e /usr/share/shapes/original ]; then echo has shapes; else echo no shapes; fi
	ls /usr/share/greeting | wc -l
} >/var/lib/reads-things/result
rm /var/lib/reads-things/link
"""

# Asks as debconf or passwd would that insist on a terminal.
ASKS = """if ! (: </dev/tty) 2>/dev/null; then
	echo "no terminal to ask on" >&2
	exit 10
fi
"""


def scripts():
	"""What a script may read, and ways for one not to end well."""
	reads = Package("reads-things", "1.0", Depends="greeting-en | greeting").script("postinst", READS)
	beside = Package("clash-free").file("usr/share/greeting/second", "2\n")
	folder = Package("renames-folder").file("usr/share/renames/before/file", "1\n")
	folder.script("postinst", "mv /usr/share/renames/before /usr/share/renames/after\n")
	link = Package("links-folder").dir("var/links").file("usr/share/links-folder/one", "1\n")
	link.script("postinst", "[ -L /var/links ] || { rmdir /var/links && ln -s /run/links /var/links; }\n")
	lists = Package("lists-files", Depends="hello-tool").file("usr/share/lists-files/one", "1\n")
	lists.script("postinst", "{ dpkg -L lists-files; dpkg-query --listfiles hello-tool; } >/var/lib/listed\n")
	own = Package("own-machine").script("postinst", """cat /proc/sys/kernel/random/uuid >/etc/machine-id
mkdir -p /var/cache/man/de
cat /proc/uptime >/var/cache/man/index.db
""")
	hanging = Package("hanging-postinst").script("postinst", "echo waiting for an answer\nsleep 3600\n")
	asking = Package("asking-postinst").script("postinst", ASKS)
	return [reads, beside, folder, link, lists, own, hanging, asking]


def order():
	"""Pre-Depends are configured before the one that needs them is unpacked; cycles are broken."""
	first = Package("pre-first", "1.0").script("postinst", "echo pre-first ready >>/var/lib/order-log\n")
	then = Package("pre-then", "1.0", Pre_Depends="pre-first")
	then.script("preinst", "grep -q 'pre-first ready' /var/lib/order-log\n")
	then.script("postinst", "echo pre-then ready >>/var/lib/order-log\n")
	log = "echo {0} >>/var/lib/cycle-log\n"
	a = Package("cycle-a", Depends="cycle-b").script("postinst", log.format("a"))
	b = Package("cycle-b", Depends="cycle-c").script("postinst", log.format("b"))
	c = Package("cycle-c", Depends="cycle-a").script("postinst", log.format("c"))
	# By name the one that needs would come first.
	late = Package("order-needed").script("postinst", "echo needed >>/var/lib/order-log\n")
	early = Package("needs-order", Depends="order-needed")
	early.script("postinst", "grep -q needed /var/lib/order-log\n")
	return [first, then, a, b, c, late, early]


def chained_triggers():
	"""Triggers that set off triggers: to a fixed point, or without end."""
	out = []
	for i in range(3):
		p = Package(f"chain-{i}", "1.0").trigger(f"interest-noawait chain-trigger-{i}")
		p.script("postinst", f"""if [ "$1" = triggered ]; then
	echo {i} >>/var/lib/chain-log
	[ {i} = 2 ] || dpkg-trigger --no-await chain-trigger-{i + 1}
elif [ {i} = 0 ]; then
	dpkg-trigger --no-await chain-trigger-0
fi
""")
		if i:
			p.fields["Depends"] = f"chain-{i - 1}"
		out.append(p)
	endless = Package("endless-trigger").trigger("interest-noawait endless")
	endless.script("postinst", "dpkg-trigger --no-await endless\n")
	activates = Package("activates-trigger", Depends="note-keeper").trigger("activate-noawait sbx-named")
	return out + [endless, activates]


def shapes_of_roots():
	links = Package("merged-links", "13.0", section="admin")
	for name in ("bin", "sbin", "lib"):
		links.symlink(name, "usr/" + name)
	old = Package("old-style", "1.0").program("bin/old-style", "echo old\n")
	old.file("lib/old-style/data", "data\n")
	folder = Package("has-folder").file("usr/share/folder/one", "1\n")
	link = Package("has-link", Depends="has-folder").symlink("usr/share/folder", "elsewhere")
	link.file("usr/share/elsewhere/two", "2\n")
	through = Package("through-link", Depends="has-door").file("usr/share/door/three", "3\n")
	door = Package("has-door").symlink("usr/share/door", "room").file("usr/share/room/two", "2\n")
	late = Package("takes-later", "1.0", Depends="hello-tool", Replaces="hello-tool (>= 2)")
	late.file("usr/share/hello-tool/words", "words of a later one\n")
	return [links, old, folder, link, door, through, late]


def awkward():
	"""Large, many, odd: what limits are for."""
	many = Package("many-files", compression="gz")
	for i in range(3000):
		many.file(f"usr/share/many-files/{i % 10}/{i}", f"{i}\n")
	bomb = Package("bomb").file("usr/share/bomb/zeros", bytes(80 * 1024 * 1024))
	large = Package("large-file", compression="zst")
	large.file("usr/share/large-file/data", b"0123456789abcdef" * (40 * 65536))
	long = Package("too-long").file("usr/share/too-long/" + "n" * 300, "x\n")
	foreign = Package("base-enemy", Conflicts="base-files")
	fields = Package("odd-fields", "1.0", Status="deinstall ok half-installed",
			 Conffiles="\n /etc/shadow 00000000000000000000000000000000",
			 X_Escape="\x1b[31mred", Origin="x")
	return [many, bomb, large, long, foreign, fields]


def capability(libraries, where):
	"""File capabilities are set by scripts: with the host's own setcap."""
	p = Package("with-capability", "1.0").program("usr/bin/with-capability", "echo able\n")
	p.host_file("/sbin/setcap", "usr/lib/with-capability/setcap")
	for name, path in libraries("/sbin/setcap").items():
		if name.startswith("libcap"):
			p.host_file(path, f"usr/lib/{where}/{name}")
	p.script("postinst", "/usr/lib/with-capability/setcap cap_net_raw+ep /usr/bin/with-capability\n")
	return p


def script_packages():
	return scripts() + order() + chained_triggers() + shapes_of_roots() + awkward()
