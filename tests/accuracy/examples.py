# SPDX-License-Identifier: Apache-2.0
"""
Profiles a sample of the archive's own examples (usr/share/doc/PACKAGE/examples/) and compares what
is predicted with what the package that ships each declares: itself, what is made from the same
source, and the closure of its Depends and Recommends.

	examples.py --build PROGRAM --root SBX_ROOT [--per-language N] [--languages A,B]
		[--cache FOLDER] [--json FILE] [--verbose]

An example may use what its package never declares, so what is outside the closure is looked at by
eye: tests/accuracy/review.conf sorts it into classes. The sample is the same each time the archive
and the seed are.
"""

import argparse
import collections
import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from archive import Archive  # noqa: E402
from import_lines import unseen_names  # noqa: E402

SEED = 20261121
FILES_PER_PACKAGE = 3
PACKAGES_AT_ONCE = 25
MAX_DEB_BYTES = 3 << 20
MAX_TOTAL_BYTES = 400 << 20
MAX_FILE_BYTES = 256 << 10
GRAMMARS = os.path.join(HERE, "..", "..", "grammars")


def extensions():
	"""Extension -> language, of every language there is."""
	found = {}
	for language in sorted(os.listdir(GRAMMARS)):
		path = os.path.join(GRAMMARS, language, "language.conf")
		if not os.path.exists(path):
			continue
		with open(path, encoding="utf-8") as f:
			for line in f:
				if line.startswith("extensions="):
					for extension in line.strip().partition("=")[2].split(";"):
						found[extension] = language
	return found


def language_of(path, by_extension):
	name = path[:-3] if path.endswith(".gz") else path
	return by_extension.get(os.path.splitext(name)[1].lstrip("."))


def choose(archive, by_extension, per_language, languages):
	"""Package -> [(path, language)], the same for the same archive."""
	by_language = collections.defaultdict(lambda: collections.defaultdict(list))
	for package, paths in archive.examples.items():
		size = int(archive.packages.get(package, {}).get("Size", MAX_DEB_BYTES + 1))
		if size > MAX_DEB_BYTES:
			continue
		for path in paths:
			if language := language_of(path, by_extension):
				by_language[language][package].append(path)
	chosen, total = collections.defaultdict(list), 0
	for language in languages or sorted(by_language):
		dice = random.Random(f"{SEED} {language}")
		packages = sorted(by_language[language])
		dice.shuffle(packages)
		n = 0
		for package in packages:
			if n >= per_language or total > MAX_TOTAL_BYTES:
				break
			paths = sorted(by_language[language][package])
			paths = dice.sample(paths, min(FILES_PER_PACKAGE, len(paths), per_language - n))
			total += 0 if package in chosen else int(archive.packages[package]["Size"])
			chosen[package] += [(path, language) for path in paths]
			n += len(paths)
	return chosen


def download(packages, folder):
	"""Their .deb files, in one call: apt takes a second to start. One that fails costs no other."""
	os.makedirs(folder, exist_ok=True)
	command = ["apt-get", "-q", "-o", "Acquire::Retries=2", "download", *packages]
	if subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode != 0 and \
			len(packages) > 1:
		for package in packages:
			download([package], folder)


def unpack(deb, folder):
	os.makedirs(folder + ".new", exist_ok=True)
	subprocess.run(f"dpkg-deb --fsys-tarfile '{deb}' | tar -x -C '{folder}.new' --wildcards "
		       "--no-same-owner './usr/share/doc/*/examples/*'", shell=True, check=False,
		       stderr=subprocess.DEVNULL)
	inflate(folder + ".new")
	os.rename(folder + ".new", folder)


def fetch_all(packages, cache):
	"""Package -> the folder with its examples; without those that cannot be had."""
	folders = {package: os.path.join(cache, package) for package in packages}
	missing = [package for package in packages if not os.path.isdir(folders[package])]
	for i in range(0, len(missing), PACKAGES_AT_ONCE):
		with tempfile.TemporaryDirectory(dir=cache) as work:
			os.chmod(work, 0o755)
			download(missing[i:i + PACKAGES_AT_ONCE], work)
			for name in os.listdir(work):
				unpack(os.path.join(work, name), folders[name.partition("_")[0]])
	return {package: folder for package, folder in folders.items() if os.path.isdir(folder)}


def inflate(folder):
	for place, _, names in os.walk(folder):
		for name in names:
			path = os.path.join(place, name)
			if name.endswith(".gz") and os.path.isfile(path) and not os.path.islink(path):
				with gzip.open(path, "rb") as source, open(path[:-3], "wb") as target:
					shutil.copyfileobj(source, target)


def usable(path):
	return os.path.isfile(path) and 0 < os.path.getsize(path) <= MAX_FILE_BYTES


def profile(build, root, path):
	done = subprocess.run([build, "profile", "--root", root, "--json", path],
			      capture_output=True, check=False, timeout=60)
	if not done.stdout:
		return None, done.stderr.decode(errors="replace").strip()
	return json.loads(done.stdout), None


class Declared:
	"""What the package that ships an example says it takes."""

	def __init__(self, archive, package):
		family = archive.family(package)
		self.closure = archive.closure(family, "Recommends")
		self.suggested = archive.closure(family, "Recommends", "Suggests")

	def judge(self, need):
		"""How a need stands to what is declared."""
		provider = need["provider"]
		if need["status"] in ("base", "standard", "unresolved", "unknown"):
			return need["status"]
		if provider is None:
			return "optional, nobody's"
		if provider in self.closure:
			return "declared"
		if any(c["package"] in self.closure for c in need["candidates"]):
			return "other candidate"
		return "suggested" if provider in self.suggested else "undeclared"


def look_at(options, archive, package, folder, path, language):
	place = os.path.join(folder, path[:-3] if path.endswith(".gz") else path)
	result = {"package": package, "file": path, "language": language}
	if not usable(place):
		return None
	found, why = profile(options.build, options.root, place)
	if not found:
		return {**result, "refused": why}
	declared = Declared(archive, package)
	keys = ("kind", "name", "grade", "status", "confidence", "provider", "language")
	result["needs"] = [{**{key: need[key] for key in keys}, "judged": declared.judge(need),
			    "line": need["evidence"][0]["line"] if need["evidence"] else 0,
			    "text": need["evidence"][0]["text"] if need["evidence"] else ""}
			   for need in found["needs"]]
	result["broken"] = bool(found["files_with_errors"])
	result["unseen"] = unseen_names(place, language, found, folder)
	return result


def sample(options):
	archive = Archive(options.root)
	chosen = choose(archive, extensions(), options.per_language, options.languages)
	os.makedirs(options.cache, exist_ok=True)
	folders = fetch_all(list(chosen), options.cache)
	results = []
	for package, files in chosen.items():
		for path, language in files if package in folders else []:
			if one := look_at(options, archive, package, folders[package], path, language):
				results.append(one)
	return results


def print_language(language, results):
	counts = collections.Counter(need["judged"] for r in results for need in r.get("needs", [])
				     if need["status"] != "optional")
	installed = sum(counts[j] for j in ("declared", "other candidate", "suggested", "undeclared"))
	found = counts["declared"] + counts["other candidate"]
	print(f"{language:11} files {len(results):3}, refused {sum('refused' in r for r in results):2}, "
	      f"to install {installed:4}, declared {found:4} "
	      f"({100 * found / max(installed, 1):.0f} %), suggested {counts['suggested']:3}, "
	      f"undeclared {counts['undeclared']:3}, unresolved {counts['unresolved']:3}, "
	      f"unknown {counts['unknown']:3}, "
	      f"unseen {sum(len(r.get('unseen', [])) for r in results):3}")


def print_details(results):
	for r in results:
		where = f"{r['language']:10} {r['package']} {r['file'].partition('/examples/')[2]}"
		if "refused" in r:
			print(f"{where}: refused: {r['refused']}")
		for need in r.get("needs", []):
			if need["judged"] in ("undeclared", "unresolved", "suggested") and \
					need["status"] != "optional":
				print(f"{where}:{need['line']}: {need['judged']} {need['kind']} "
				      f"{need['name']} ({need['grade']}) -> {need['provider']}: {need['text']}")
		for name in r.get("unseen", []):
			print(f"{where}: unseen {name}")


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("--build", required=True)
	parser.add_argument("--root", required=True)
	parser.add_argument("--per-language", type=int, default=60)
	parser.add_argument("--languages", type=lambda text: text.split(","))
	parser.add_argument("--cache", required=True)
	parser.add_argument("--json")
	parser.add_argument("--verbose", action="store_true")
	options = parser.parse_args()
	results = sample(options)
	for language in sorted({r["language"] for r in results}):
		print_language(language, [r for r in results if r["language"] == language])
	if options.verbose:
		print_details(results)
	if options.json:
		with open(options.json, "w", encoding="utf-8") as f:
			json.dump(results, f, indent=1)
	print(f"{len(results)} files of {len({r['package'] for r in results})} packages")


if __name__ == "__main__":
	main()
