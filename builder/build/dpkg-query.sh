#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands before dpkg-query(1) while maintainer scripts run. Which files a package has is in its own
# list, but dpkg-query reads the status of all packages before it looks there: a script that asks
# (`dpkg -L`, as the interpreters' do) would depend on every package there is, and be run again
# whenever one is added. All else, and whatever is not plain, is dpkg-query's.
real=/usr/bin/dpkg-query
info=/var/lib/dpkg/info

case $1 in
-L | --listfiles) ;;
*) exec $real "$@" ;;
esac
package=$2
count=$#
[ "$2" != -- ] || { package=$3 count=$((count - 1)); }
list=$info/$package.list
case $package in
'' | -* | *[!a-z0-9+.:-]*) exec $real "$@" ;;
esac
# Files that are diverted are told with where they went.
if [ "$count" != 2 ] || [ ! -s "$list" ] || grep -Fxq -f /var/lib/dpkg/diversions "$list"; then
	exec $real "$@"
fi
cat "$list"
