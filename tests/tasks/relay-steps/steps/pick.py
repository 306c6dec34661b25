import json
import subprocess
import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as f:
    orders = yaml.safe_load(f)
program = ".[] | select(.open) | .item"
subprocess.run(["jq", "-r", program], input=json.dumps(orders), text=True, check=True)
