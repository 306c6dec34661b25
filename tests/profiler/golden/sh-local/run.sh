#!/bin/sh
. ./lib.sh
here=$(dirname "$0")
. "$here/more.sh"
./step.sh
python3 report.py
"$here/bin/tool" x
"$here/bin/missing" x
bash sub/deep.sh
from_lib x
