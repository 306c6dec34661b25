#!/bin/sh
# Three steps in three languages; the last one's status is ours.
set -eu
here=$(dirname "$0")
python3 "$here/steps/pick.py" "$here/orders.yaml" | perl "$here/steps/count.pl"
