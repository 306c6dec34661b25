# SPDX-License-Identifier: Apache-2.0
"""debconf with packages that ask it, and font caches with fonts (e2e/native)."""

import os
import re
import subprocess
import tempfile

from debfile import Package

# One setting for each way in which debconf is run in a build.
SETTINGS = ("/etc/debconf.conf", "builder/build/debconf.conf")

# As Debian's fontconfig has it.
FONTCONFIG = """if [ "$1" = triggered ]; then
  # Force regeneration of all fontconfig cache files.
  mkdir -p /var/cache/fontconfig
  fc-cache -s -v 1>/var/log/fontconfig.log 2>&1 || printf "fc-cache failed.\\n"
  exit 0
fi

if [ "$1" = configure ]; then
  # Force regeneration of all fontconfig cache files.
  mkdir -p /var/cache/fontconfig
  printf "Regenerating fonts cache... "
  fc-cache -s -f -v 1>/var/log/fontconfig.log 2>&1 || (printf "failed.\\n"; exit 1)
  printf "done.\\n"
fi
"""

# It sleeps after a change, as the real one does: so long that it is noticed where it must not.
FC_CACHE = """case "$*" in *v* | --really-force* | -E) ;; *) sleep 100000 ;; esac
[ "$*" != -E ] || echo at once >/var/lib/fonts-asked
find /usr/share/fonts -type f | sort | while read -r font; do
	md5sum "$font"
done >/var/cache/fontconfig/cache
"""


def _modules():
	"""What of perl is loaded to ask questions, with either driver of a database."""
	found = set()
	with tempfile.TemporaryDirectory() as folder:
		script = os.path.join(folder, "x.postinst")
		kinds = ("string", "boolean", "password")
		ask = "".join(f"db_input high x/{kind} || true\ndb_go\n" for kind in kinds)
		for path, text in ((script, "db_get x/string\n"), (os.path.join(folder, "x.config"), ask)):
			with open(path, "w", encoding="utf-8") as file:
				file.write("#!/bin/sh\n. /usr/share/debconf/confmodule\n" + text)
			os.chmod(path, 0o755)
		with open(os.path.join(folder, "x.templates"), "w", encoding="utf-8") as file:
			file.write("\n".join(f"Template: x/{kind}\nType: {kind}\nDescription: What?\n"
					     for kind in kinds))
		source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
		for settings in SETTINGS:
			with open(os.path.join(source, settings), encoding="utf-8") as file:
				text = file.read().replace("/var/cache/debconf", folder)
			with open(os.path.join(folder, "conf"), "w", encoding="utf-8") as file:
				file.write(text)
			out = subprocess.run(
				["perl", "-e", """END { print STDERR map { "$_\\n" } values %INC,
					@DynaLoader::dl_shared_objects } do "/usr/share/debconf/frontend" """,
				 script, "configure"], capture_output=True, text=True, check=False,
				env={"PATH": "/usr/bin:/bin", "DEBCONF_SYSTEMRC": os.path.join(folder, "conf"),
				     "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "HOME": folder,
				     "DPKG_MAINTSCRIPT_PACKAGE": "x"})
			found |= {line for line in out.stderr.split() if line.startswith("/")}
	return sorted(found)


def debconf(libraries, where):
	p = Package("debconf", "1.5.82", section="admin", compression="gz")
	for path in _modules() + ["/usr/bin/perl", "/usr/share/debconf/confmodule"]:
		p.host_file(path)
	p.host_file("/usr/share/debconf/frontend")
	p.host_file("/etc/debconf.conf")
	p.conffiles.append("/etc/debconf.conf")
	p.dir("var/cache/debconf")
	for name, path in libraries("/usr/bin/perl").items():
		if re.match(r"libcrypt\.", name):
			p.host_file(path, f"usr/lib/{where}/{name}")
	return p


def asking(name, question, kind="string", **fields):
	p = Package(name, "1.0", Depends="debconf", **fields)
	p.controls["templates"] = (f"Template: {name}/{question}\nType: {kind}\nDefault: plain\n"
				   f"Description: Which {question}?\n Of many.\n\n"
				   f"Template: {name}/b\nType: boolean\nDefault: true\nDescription: Really?\n")
	p.script("config", f". /usr/share/debconf/confmodule\ndb_input high {name}/{question} || true\ndb_go\n")
	p.script("postinst", f""". /usr/share/debconf/confmodule
db_get {name}/{question}
echo "$RET" >/var/lib/{name}
db_set {name}/{question} "chosen $RET"
""")
	return p


def askers():
	other = Package("tells-colour", "1.0", Depends="debconf")
	other.script("postinst", """. /usr/share/debconf/confmodule
db_get asks-colour/colour || RET=none
echo "$RET" >/var/lib/tells-colour
""")
	return [asking("asks-colour", "colour"), asking("asks-size", "size"),
		asking("asks-word", "word", "password"), other]


def fonts():
	tool = Package("fontconfig", "1.0").program("usr/bin/fc-cache", FC_CACHE)
	tool.script("postinst", FONTCONFIG).trigger("interest-noawait /usr/share/fonts")
	asked = Package("fonts-asked", "1.0", Depends="fontconfig")
	asked.script("postinst", "fc-cache --really-force /usr/share/fonts\nfc-cache -E\n")
	return [tool, asked] + [Package(f"fonts-{name}").file(f"usr/share/fonts/{name}/{name}.ttf", name)
				 for name in ("one", "two")]


def batch_packages(libraries, where):
	return [debconf(libraries, where)] + askers() + fonts()
