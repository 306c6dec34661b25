#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The largest files below a folder, as JSON: the second example, a shell script that needs jq.
set -eu
folder=${1:-/usr/lib}
find "$folder" -xdev -type f -printf '%s %p\n' | sort -rn | head -n 5 |
	jq -Rn '[inputs | split(" ") | {bytes: (.[0] | tonumber), path: .[1]}]'
