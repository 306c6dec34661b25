# SPDX-License-Identifier: Apache-2.0
# Runs a maintainer script inside the build sandbox, as dpkg would (deb-postinst(5), policy 6).
#
# /run/sbx/step is one line: package, architecture, script's name, its path, the names of the
# package's control files with blanks between, and then the script's arguments, with tabs between. What the script says goes to /run/sbx/log, "end STATUS" to stdout.

umask 022
cd /
export PATH=/run/sbx/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C.UTF-8 LANG=C.UTF-8
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true
export DPKG_ROOT= DPKG_ADMINDIR=/var/lib/dpkg DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1
export DPKG_FRONTEND_LOCKED=1 DPKG_COLORS=never
# Whatever writes a date takes this one, so that the tree is the same whenever it is built.
export SOURCE_DATE_EPOCH=1577836800
# Modules are compiled natively, beside the scripts: what an interpreter leaves behind by merely
# running would depend on which of the two was first.
export PYTHONDONTWRITEBYTECODE=1
unset TERM

# While a package is unpacked, dpkg has its control files in tmp.ci: a preinst runs from there, and
# debconf looks there for the package's name and templates.
stage_preinst() {
	rm -rf "$staged"
	mkdir "$staged"
	printf 'Package: %s\nArchitecture: %s\n' "$package" "$architecture" >"$staged/control"
	# By their names: to list the folder would make what the script does depend on all packages.
	for member in $members; do
		cp "${script%preinst}$member" "$staged/$member"
	done
	script=$staged/preinst
}

staged=/var/lib/dpkg/tmp.ci
tab=$(printf '\t')
IFS=$tab read -r package architecture name script members arguments </run/sbx/step
export DPKG_MAINTSCRIPT_PACKAGE="$package" DPKG_MAINTSCRIPT_ARCH="$architecture"
export DPKG_MAINTSCRIPT_NAME="$name"
IFS=$tab
set -f
# shellcheck disable=SC2086 # the arguments are to be split at tabs
set -- $arguments
set +f
unset IFS
# dpkg gives the version configured before, and "" when there is none.
[ "$name$1" = postinstconfigure ] && set -- configure ""
[ "$name" != preinst ] || stage_preinst
"$script" "$@" </dev/null >/run/sbx/log 2>&1
status=$?
[ "$name" != preinst ] || rm -rf "$staged"
echo "end $status"
