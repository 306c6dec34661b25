# SPDX-License-Identifier: Apache-2.0
"""Packages whose maintainer scripts are what debhelper generates (e2e/native), and nearly so."""

import subprocess

from debfile import Package

CONFIGURING = ('[ "$1" = "configure" ] || [ "$1" = "abort-upgrade" ] || '
	       '[ "$1" = "abort-deconfigure" ] || [ "$1" = "abort-remove" ]')

SYSTEM_UNIT = """if CONFIGURING ; then
	# The following line should be removed in trixie or trixie+1
	deb-systemd-helper unmask 'UNIT' >/dev/null || true

	# was-enabled defaults to true, so new installations run enable.
	if deb-systemd-helper --quiet was-enabled 'UNIT'; then
		# Enables the unit on first installation, creates new
		# symlinks on upgrades if the unit file has changed.
		deb-systemd-helper enable 'UNIT' >/dev/null || true
	else
		# Update the statefile to add new symlinks (if any), which need to be
		# cleaned up on purge. Also remove old symlinks.
		deb-systemd-helper update-state 'UNIT' >/dev/null || true
	fi
fi
"""

USER_UNIT = """if CONFIGURING ; then
	if [ -z "${DPKG_ROOT:-}" ] ; then
		deb-systemd-helper --user unmask 'UNIT' >/dev/null || true
		if deb-systemd-helper --quiet --user was-enabled 'UNIT' ; then
			deb-systemd-helper --user enable 'UNIT' >/dev/null || true
		else
			deb-systemd-helper --user update-state 'UNIT' >/dev/null || true
		fi
	fi
fi
"""

START = """if CONFIGURING ; then
	if [ -d /run/systemd/system ]; then
		systemctl --system daemon-reload >/dev/null || true
		if [ -n "$2" ]; then
			_dh_action=restart
		else
			_dh_action=start
		fi
		deb-systemd-invoke $_dh_action 'UNIT' >/dev/null || true
	fi
fi
"""

TMPFILES = """if CONFIGURING ; then
	if [ -x "$(command -v systemd-tmpfiles)" ]; then
		systemd-tmpfiles ${DPKG_ROOT:+--root="$DPKG_ROOT"} --create x.conf >/dev/null || true
	fi
fi
"""

MODULES = """if command -v py3compile >/dev/null 2>&1; then
	py3compile -p generated
fi
if command -v pypy3compile >/dev/null 2>&1; then
	pypy3compile -p generated  || true
fi
"""


def snippet(tool, text, **values):
	text = text.replace("CONFIGURING", CONFIGURING)
	for name, value in values.items():
		text = text.replace(name, value)
	return (f"# Automatically added by {tool}/13.11.4\n{text}"
		"# End automatically added section\n")


def alternatives(install, *slaves):
	lines = [f"update-alternatives --install {install}"] + [f"    --slave {s}" for s in slaves]
	joined = " \\\n        ".join(lines)
	return snippet("dh_installalternatives", f"if CONFIGURING; then\n        {joined}\nfi\n")


def helpers(libraries, where):
	"""deb-systemd-helper, and as much of perl as it needs."""
	p = Package("generated-helpers", "1.0", section="admin")
	program = "/usr/bin/deb-systemd-helper"
	out = subprocess.run(
		["perl", "-e", f"""END {{ print STDERR map {{ "$_\\n" }} values %INC, "{program}",
			@DynaLoader::dl_shared_objects }} @ARGV = qw(unmask no.service); do "{program}" """],
		env={"DPKG_MAINTSCRIPT_PACKAGE": "x", "PATH": "/usr/bin:/bin", "DPKG_ROOT": "/nonexistent"},
		capture_output=True, text=True)
	for path in sorted(set(out.stderr.split())):
		if path.startswith("/usr/"):
			p.host_file(path)
	p.host_file("/usr/bin/perl")
	for name, path in libraries("/usr/bin/perl").items():
		if name.startswith("libcrypt."):
			p.host_file(path, f"usr/lib/{where}/{name}")
	return p


def editors():
	"""Three choices: the second is the best of them, and has a link that the others have not."""
	out = []
	for name, priority, pages in (("alpha", 30, ["1", "de"]), ("beta", 50, ["1", "fr"]),
				      ("gamma", -5, [])):
		p = Package(f"generated-{name}", "1.0").program(f"usr/bin/{name}", f"echo {name}\n")
		slaves = []
		for page in pages:
			p.file(f"usr/share/man/{page}/{name}.1.gz", "x")
			slaves.append(f"/usr/share/man/{page}/tiny.1.gz tiny.{page}.1.gz "
				      f"/usr/share/man/{page}/{name}.1.gz")
		slaves.append(f"/usr/bin/tiny-gone tiny-gone /usr/bin/{name}-gone")
		p.script("postinst", alternatives(f"/usr/bin/tiny tiny /usr/bin/{name} {priority}", *slaves) +
			 alternatives(f"/bin/tiny-{name} tiny-{name} /bin/{name} 10"))
		out.append(p)
	return out


def units():
	"""Wanted, required, under another name, with others."""
	service = Package("generated-service", "1.0", Depends="generated-helpers")
	service.file("lib/systemd/system/gen.service", "[Service]\nExecStart=/bin/true\n[Install]\n"
		     "WantedBy=multi-user.target graphical.target\nAlias=gen-also.service\n"
		     "Also=gen.socket\n")
	service.file("usr/lib/systemd/system/gen.socket", "[Install]\nRequiredBy=sockets.target\n"
		     "Also=gen.service\n")
	service.file("usr/lib/systemd/user/gen-user.socket", "[Install]\nWantedBy=sockets.target\n")
	service.script("postinst", snippet("dh_installsystemd", SYSTEM_UNIT, UNIT="gen.service") +
		       snippet("dh_installsystemduser", USER_UNIT, UNIT="gen-user.socket") +
		       snippet("dh_installsystemd", START, UNIT="gen.service") +
		       snippet("dh_installtmpfiles", TMPFILES))
	template = Package("generated-template", "1.0", Depends="generated-helpers")
	template.file("lib/systemd/system/gen@.service", "[Install]\nWantedBy=multi-user.target\n"
		      "DefaultInstance=one\n")
	template.script("postinst", snippet("dh_installsystemd", SYSTEM_UNIT, UNIT="gen@.service"))
	return [service, template]


def generated_packages(libraries, where):
	old = snippet("dh_installdeb", 'dpkg-maintscript-helper rm_conffile /etc/old 1.0-1\\~ -- "$@"\n'
		      'dpkg-maintscript-helper dir_to_symlink /usr/share/old ../new 2:1.0\\~ gen -- "$@"\n')
	modules = Package("generated-modules", "1.0").script("postinst", snippet("dh_python3", MODULES) + old)
	modules.script("preinst", old)
	trigger = Package("generated-trigger", "1.0", Depends="note-keeper")
	trigger.script("postinst", 'case "$1" in\n  configure|abort-upgrade)\n    dpkg-trigger sbx-named\n'
		       '    ;;\n  triggered) ;;\n  *)\n    echo "$1?" >&2\n    exit 1\n    ;;\nesac\n'
		       'exit 0\n')
	# Nearly generated: the same, and one thing more.
	almost = Package("generated-almost", "1.0")
	almost.script("postinst", snippet("dh_python3", MODULES) + "echo done >/var/lib/generated-almost\n")
	tiny = Package("generated-tiny", "1.0").program("usr/bin/tiny", "echo not a link\n")
	return [helpers(libraries, where), tiny] + editors() + units() + [modules, trigger, almost]
