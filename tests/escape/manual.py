# SPDX-License-Identifier: Apache-2.0
"""docs/security.md has a table of all attempts, which must be the list's own."""

import os
import re
import subprocess

BEGIN, END = "<!-- attempts -->\n", "<!-- /attempts -->\n"


def shown(bite):
	kind, _, rest = bite.partition(":")
	return {"host": "outside", "root": "outside, as root", "unshared": "outside, in namespaces of its own",
		"options": "without the option", "custom": "without it", "no": "not shown:" + rest,
		"without": "without " + rest.replace(",", ", ")}[kind]


def table():
	listed = subprocess.run([os.environ["SBX_ATTEMPTS"], "--list"], capture_output=True, text=True,
				check=True)
	rows = [line.split("\t") for line in listed.stdout.splitlines()]
	lines = ["| attempt | what it tries | held back by | seen to get out |", "|---|---|---|---|"]
	lines += [f"| {name} | {title} | {needs} | {shown(bite)} |" for name, _, needs, bite, title in rows]
	return "\n".join(lines) + "\n"


def check():
	path = os.path.join(os.environ["SBX_SOURCE"], "docs", "security.md")
	with open(path, encoding="utf-8") as f:
		text = f.read()
	found = re.search(re.escape(BEGIN) + "(.*)" + re.escape(END), text, re.S)
	if not found:
		print(f"docs/security.md: no table between {BEGIN.strip()} and {END.strip()}")
		return 1
	if found[1] == table():
		return 0
	if os.environ.get("SBX_UPDATE"):
		with open(path, "w", encoding="utf-8") as f:
			f.write(text[:found.start(1)] + table() + text[found.end(1):])
		return 0
	print("docs/security.md: its table is not that of `sbx-attempts --list`; run this test with SBX_UPDATE=1")
	return 1
