#!/bin/bash
# Code in one word of a command that runs commands, and behind options of an interpreter.
ls | parallel -j2 'dos2unix {} && jq . {}'
rsync -az -e "ssh -p 2222" src/ dst/
rsync -az src/ user@host:/backup
python3 - "$1" <<'PY'
import numpy
PY
sh -s -- "$1" <<'SH'
xmllint --format "$1"
SH
