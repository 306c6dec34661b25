#!/bin/bash
for f in $(seq 3); do optipng "$f"; done
while read -r l; do iconv x; done < <(lsof)
case $(uname) in
Linux) ldconfig ;;
esac
select x in a b; do figlet "$x"; done
until ping -c1 x; do sleep 1; done
x=${y:-$(hostname)}
echo "$(nproc) $((1 + $(getconf PAGESIZE)))"
coproc socat - x
