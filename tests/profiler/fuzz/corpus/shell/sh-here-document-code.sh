#!/bin/sh
python3 - <<'EOF'
import numpy
print("import not_this")
EOF
python3 <<EOF | sort
import pandas
EOF
python3 script-elsewhere.py <<EOF
import data_only
EOF
bash <<'EOF'
jq . x
EOF
