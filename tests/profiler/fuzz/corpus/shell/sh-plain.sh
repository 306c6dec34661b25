#!/bin/sh
set -eu
ls -l | grep x | sort -u > out
wc -l < out
x=$(curl -s http://x | jq -r .y)
y=`date +%s`
diff <(sort a) <(sort b)
A=1 B=2 gcc -o x x.c
(cd sub && make -j4)
{ sed -n 1p f; awk '{print $1}' f; }
! cmp a b
xmllint --noout x.xml &
"quoted-tool" arg
'single-tool' arg
\escaped-tool
/usr/bin/file x
/opt/vendor/bin/tool
