#!/bin/bash
cd /tmp; echo x; printf '%s' y; read z; export A=1; local b=2; declare -a c; unset c
[ -f x ] && test -d y || [[ -n $z ]]
while true; do break; done
for i in 1 2 3; do continue; done
case $x in a) shift ;; *) exit 1 ;; esac
mapfile -t lines < f
: ; let x=1; ((x++)); type -t x >/dev/null
wait; trap - EXIT; getopts ab o; ulimit -n
if ! true; then false; fi
until [ "$i" = 3 ]; do i=3; done
