# SPDX-License-Identifier: Apache-2.0
"""
A second pair of eyes for examples.py: names on lines that look like imports, found by regular
expressions alone, which the profile does not have. Some are in strings and comments, where they
belong to be overlooked; the rest are defects.
"""

import os
import re

LINES = {
	"python": [r"^\s*import\s+([A-Za-z_][\w.]*)", r"^\s*from\s+([A-Za-z_][\w.]*)\s+import"],
	"perl": [r"^\s*(?:use|require)\s+([A-Z][\w:]*)"],
	"ruby": [r"""^\s*require\s*\(?\s*['"]([^'"]+)['"]"""],
	"javascript": [r"""\brequire\s*\(\s*['"]([^'"./][^'"]*)['"]""",
		       r"""^\s*(?:import|\}).*\bfrom\s+['"]([^'"./][^'"]*)['"]"""],
	"php": [r"^\s*use\s+\\?([A-Z][\w\\]*)"],
	"lua": [r"""\brequire\s*\(?\s*['"]([^'"]+)['"]"""],
	"r": [r"""^\s*(?:library|require)\s*\(\s*['"]?([A-Za-z][\w.]*)"""],
	"c": [r"^\s*#\s*include\s*<([^>]+)>"],
	"java": [r"^\s*import\s+(?:static\s+)?([a-z][\w.]*)"],
	"go": [r"""^\s*(?:import\s+)?(?:\w+\s+)?"([a-z][\w.-]*\.[a-z]+/[^"]+)"\s*$"""],
	"rust": [r"^\s*(?:pub\s+)?use\s+([a-z]\w*)::", r"^\s*extern\s+crate\s+(\w+)"],
}
LINES["typescript"] = LINES["javascript"]
LINES["cpp"] = LINES["c"]
COMMENT = re.compile(r"^\s*(#(?!\s*include)|//|--|\*|%)")


def names_of(text, language):
	for line in text.splitlines():
		if COMMENT.match(line):
			continue
		for pattern in LINES.get(language, []):
			yield from re.findall(pattern, line)


def is_beside(name, folder, names):
	"""Does the task bring it: is there a file or folder called like a part of it?"""
	parts = [part for part in re.split(r"::|[./\\]", name) if part]
	return any(part in names for part in parts[:1] + parts[-1:] + parts[-2:-1])


def unseen_names(path, language, profile, folder):
	with open(path, encoding="utf-8", errors="replace") as f:
		text = f.read()
	known = {need["name"] for need in profile["needs"]} | {"__future__"}
	beside = {os.path.splitext(name)[0] for place in os.walk(folder)
		  for name in place[1] + place[2]}
	unseen = []
	for name in dict.fromkeys(names_of(text, language)):
		# A need is named as far as a file was found for it.
		if not any(n and (name.startswith(n) or n.startswith(name)) for n in known) and \
				not is_beside(name, folder, beside):
			unseen.append(name)
	return unseen
