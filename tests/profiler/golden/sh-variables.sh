#!/bin/bash
$TOOL --version
"${CC:-gcc}" -v
"$@"
eval "bc -l <<< 1"
eval $x
