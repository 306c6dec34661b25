# SPDX-License-Identifier: Apache-2.0
"""summary.py ALLOWED-SKIPS PRESET=JUNIT.xml...: judge what CTest wrote; last line: the counts."""

import re
import sys
import xml.etree.ElementTree as xml


def read_allowed(path):
	allowed = []
	with open(path, encoding="utf-8") as f:
		for line in f:
			if line.strip() and not line.startswith("#"):
				pattern, _, reason = line.strip().partition(" ")
				allowed.append((re.compile(pattern), reason.strip()))
	return allowed


def skip_reason(case):
	"""What the test printed about it, else CTest's word."""
	output = case.findtext("system-out") or ""
	match = re.search(r"SKIPPED?:? *(.*)", output)
	if match:
		return match[1]
	node = case.find("skipped")
	return (node.get("message") if node is not None else "") or "no reason given"


def main():
	allowed = read_allowed(sys.argv[1])
	passed, failed, skipped = [], [], []
	for argument in sys.argv[2:]:
		preset, _, path = argument.partition("=")
		try:
			cases = xml.parse(path).getroot().iter("testcase")
		except (OSError, xml.ParseError) as error:
			failed.append((f"{preset}:ctest", f"wrote no result: {error}"))
			continue
		for case in cases:
			name, status = f"{preset}:{case.get('name')}", case.get("status")
			if status == "run":
				passed.append(name)
			elif status in ("notrun", "disabled") or case.find("skipped") is not None:
				skipped.append((name, skip_reason(case)))
			else:
				failed.append((name, ""))
	for name, reason in skipped:
		fits = [why for pattern, why in allowed if pattern.fullmatch(name)]
		print(f"skipped: {name}: {reason}" + ("" if fits else " (NOT ALLOWED)"))
		if not fits:
			failed.append((name, "was skipped and is not in tests/allowed-skips"))
	for name, why in failed:
		print(f"FAILED: {name}" + (f": {why}" if why else ""))
	if not passed and not failed:
		print("FAILED: no test was run")
		failed.append(("", ""))
	skipped_fine = len([s for s in skipped if s[0] not in {f[0] for f in failed}])
	print(f"{len(passed)} passed, {len(failed)} failed, {skipped_fine} skipped")
	sys.exit(1 if failed else 0)


if __name__ == "__main__":
	main()
