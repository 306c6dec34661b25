#!/bin/bash
tar -tf "$w/d.tar" | grep -v '/$' | sort
files=$(tar -tf "$w/d.tar" | grep -vc '/$')
magic=$(head -c 6 "$w/d.tar" | od -An -tx1 | tr -d ' \n')
zipped=$(head -c 2 "$w/d.zip")
[[ $files -eq 2 && $magic == fd377a585a00 && $zipped == PK ]]
