#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands before fc-cache(1) while maintainer scripts run: font caches are made once, when all have
# run (builder/build/batch.h). What else is asked of it is for the template's own.
for argument; do
	case $argument in
	--force | --system-only | --verbose | --really-force) ;;
	-*[!fsvr]* | - | -- | [!-/]* | '') exec /run/sbx/fc-cache "$@" ;;
	esac
done
echo sbx-fonts >>/var/lib/dpkg/triggers/Unincorp
