#!/bin/bash
run() { echo "+ $*"; "$@"; }
retry() { local n=$1; shift; for ((i=0;i<n;i++)); do "$@" && return; done; }
need() { command -v "$1" >/dev/null 2>&1 || { echo "need $1"; exit 1; }; }
need pdftotext
for t in qpdf sox; do command -v $t >/dev/null || exit 1; done
run ffmpeg -i a b
retry 3 curl -f http://x
CONVERT=${CONVERT:-convert}
$CONVERT a b
