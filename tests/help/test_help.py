# SPDX-License-Identifier: Apache-2.0
"""Help, usage errors and the manual page of sbx-build."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

VERBS = "run profile resolve build update ls show rm gc fsck".split()
USAGE = 2


class HelpTest(unittest.TestCase):
	def setUp(self):
		self.folder = tempfile.TemporaryDirectory()
		self.env = dict(os.environ, SBX_ROOT=os.path.join(self.folder.name, "root"), LC_ALL="C.UTF-8")

	def tearDown(self):
		self.folder.cleanup()

	def sbx(self, *args):
		return subprocess.run([os.environ["SBX_BUILD"], *args], capture_output=True, text=True,
				      env=self.env, timeout=30)

	def test_overview_lists_every_verb(self):
		for command in (["help"], ["--help"], ["-h"]):
			done = self.sbx(*command)
			self.assertEqual((done.returncode, done.stderr), (0, ""))
			for verb in VERBS:
				self.assertRegex(done.stdout, rf"(?m)^\s+{verb}\b")
			self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)

	def test_without_a_verb_it_is_a_usage_error(self):
		self.assertEqual(self.sbx().returncode, USAGE)

	def test_every_verb_has_help(self):
		for verb in VERBS:
			for command in ([verb, "--help"], ["help", verb]):
				with self.subTest(command=command):
					done = self.sbx(*command)
					self.assertEqual((done.returncode, done.stderr), (0, ""), done)
					self.assertIn(verb, done.stdout)
			done = self.sbx(verb, "--help-all")
			for option in ("--json", "--root", "--help"):
				self.assertIn(option, done.stdout, verb)
		self.assertFalse(os.path.exists(self.env["SBX_ROOT"]), "asking for help made SBX_ROOT")

	def test_version(self):
		done = self.sbx("--version")
		self.assertEqual(done.returncode, 0)
		self.assertRegex(done.stdout, r"^sbx-build \d+\.\d+\.\d+\n$")

	def test_unknown_verb(self):
		done = self.sbx("no-such-verb")
		self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
		self.assertRegex(done.stderr, r"^sbx-build: no-such-verb: [^\n]*\n$")
		self.assertEqual(self.sbx("help", "no-such-verb").returncode, USAGE)

	def test_option_before_the_verb(self):
		done = self.sbx("--quiet", "ls")
		self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
		self.assertRegex(done.stderr, r"^sbx-build: --quiet: begin with a verb[^\n]*\n$")

	def test_manual_page_has_every_variable(self):
		page = self.sbx("help", "--man").stdout
		for name in set(re.findall(r'"(SBX_[A-Z_]+)"', self.sources())):
			self.assertRegex(page, rf"(?m)^\.B {name}$")

	def sources(self):
		folder = os.path.join(os.environ["SBX_SOURCE"], "builder")
		return "\n".join(pathlib.Path(at, name).read_text(encoding="utf-8")
				 for at, _, names in os.walk(folder) for name in names if name.endswith((".c", ".h")))

	def test_unknown_option(self):
		for verb in VERBS:
			with self.subTest(verb=verb):
				done = self.sbx(verb, "--no-such-option")
				self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
				self.assertRegex(done.stderr, r"^sbx-build: [^\n]*no-such-option[^\n]*\n$")

	def test_bad_option_values(self):
		for args in (["ls", "--progress-fd", "x"], ["ls", "--root"], ["update", "--arch", "../x"],
			     ["update", "--suite", "../../etc"], ["ls", "surplus"]):
			with self.subTest(args=args):
				done = self.sbx(*args)
				self.assertEqual(done.returncode, USAGE, done)
				self.assertRegex(done.stderr, r"^sbx-build: [^\n]+\n$")

	def test_help_to_a_full_disk_fails(self):
		with open("/dev/full", "w", encoding="utf-8") as full:
			done = subprocess.run([os.environ["SBX_BUILD"], "help"], stdout=full,
					      stderr=subprocess.PIPE, env=self.env)
		self.assertNotEqual(done.returncode, 0)

	def test_manual_page(self):
		done = self.sbx("help", "--man")
		self.assertEqual((done.returncode, done.stderr), (0, ""))
		for verb in VERBS:
			self.assertRegex(done.stdout, rf"\b{verb}\b")
		for section in ("NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS"):
			self.assertTrue(re.search(rf'(?m)^\.SH "?{section}\b', done.stdout), section)
		if not shutil.which("groff"):
			self.skipTest("groff is not installed")
		lint = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z"], input=done.stdout,
				      capture_output=True, text=True)
		self.assertEqual((lint.returncode, lint.stderr), (0, ""))

	def test_every_option_of_help_is_in_the_manual(self):
		manual = self.sbx("help", "--man").stdout.replace("\\-", "-")
		for verb in VERBS:
			for option in set(re.findall(r"--[a-z][a-z-]+", self.sbx(verb, "--help-all").stdout)):
				if not option.startswith("--help"):
					self.assertTrue(option in manual, f"{option} of {verb}")


class ProvisionHelpTest(unittest.TestCase):
	def provision(self, *args):
		return subprocess.run([os.environ["SBX_PROVISION"], *args], capture_output=True, text=True,
				      timeout=30)

	def test_help(self):
		for args in (["--help"], ["help"], ["run", "--help"]):
			done = self.provision(*args)
			self.assertEqual((done.returncode, done.stderr), (0, ""), args)
		for option in ("--bind", "--ro-bind", "--memory", "--timeout", "--pids"):
			self.assertIn(option, done.stdout)

	def test_usage_errors(self):
		for args in ([], ["no-such-verb"], ["run"], ["run", "--no-such-option"],
			     ["run", "--memory", "lots", "/", "--", "true"],
			     ["run", "--timeout", "-1", "/", "--", "true"]):
			done = self.provision(*args)
			with self.subTest(args=args):
				self.assertEqual((done.returncode, done.stdout), (USAGE, ""), done)
				self.assertRegex(done.stderr, r"^sbx-provision: [^\n]+\n$" if args else ".")


class CompletionTest(unittest.TestCase):
	"""What bash offers is what --help shows: both programs make it of the same tables."""

	@classmethod
	def setUpClass(cls):
		cls.folder = tempfile.TemporaryDirectory()
		os.mkdir(os.path.join(cls.folder.name, "folder"))
		with open(os.path.join(cls.folder.name, "file"), "w", encoding="utf-8"):
			pass
		cls.scripts = {}
		for program, how in (("SBX_BUILD", ["help", "--completion"]), ("SBX_PROVISION", ["--completion"])):
			done = subprocess.run([os.environ[program], *how], capture_output=True, text=True, timeout=30, check=True)
			cls.scripts[program] = os.path.join(cls.folder.name, program)
			with open(cls.scripts[program], "w", encoding="utf-8") as f:
				f.write(done.stdout)

	@classmethod
	def tearDownClass(cls):
		cls.folder.cleanup()

	def offered(self, program, *words):
		"""What is offered for the last of the words behind the program's name."""
		name = program.lower().replace("sbx_", "sbx-")
		script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
			  'complete -p "$1" >/dev/null && _${1//-/_} && printf "%s\\n" "${COMPREPLY[@]}"')
		done = subprocess.run(["bash", "-c", script, "bash", self.scripts[program], name, *words],
				      capture_output=True, text=True, timeout=30, cwd=self.folder.name)
		self.assertEqual((done.returncode, done.stderr), (0, ""), words)
		return done.stdout.split()

	def help_of(self, program, *words):
		done = subprocess.run([os.environ[program], *words], capture_output=True, text=True, timeout=30, check=True)
		return done.stdout

	def shown(self, program, *words):
		options = re.findall(r"(?m)^\s+(?:-\w, )?(--[a-z][a-z-]+)", self.help_of(program, *words))
		self.assertGreater(len(options), 9, words)
		return {option for option in options if not option.startswith("--help")}

	def test_every_verb_and_option_of_sbx_build(self):
		verbs = re.findall(r"(?m)^  ([a-z]+)\b", self.help_of("SBX_BUILD", "help"))
		self.assertGreater(len(verbs), 12)
		self.assertEqual(set(self.offered("SBX_BUILD", "")), {*verbs, "help", "--help", "--version"})
		self.assertEqual(set(verbs) - set(self.offered("SBX_BUILD", "help", "")), set())
		for verb in verbs:
			offered = {o for o in self.offered("SBX_BUILD", verb, "--") if not o.startswith("--help")}
			self.assertEqual(offered, self.shown("SBX_BUILD", verb, "--help-all"), verb)

	def test_every_verb_and_option_of_sbx_provision(self):
		verbs = ["run", "policy", "serve", "ctl"]
		self.assertEqual(set(verbs) - set(self.offered("SBX_PROVISION", "")), set())
		for verb in ("run", "serve"):
			offered = {o for o in self.offered("SBX_PROVISION", verb, "--") if o != "--help"}
			self.assertEqual(offered, self.shown("SBX_PROVISION", verb, "--help"), verb)
		text = self.help_of("SBX_PROVISION", "ctl", "--help")
		named = set(re.findall(r"(?m)^  ([a-z]+)\b", text))
		self.assertGreater(len(named), 9)
		self.assertEqual(named - set(self.offered("SBX_PROVISION", "ctl", "")), set())
		self.assertEqual(set(re.findall(r"--[a-z][a-z-]+", text)) - set(self.offered("SBX_PROVISION", "ctl", "--")), set())

	def test_values(self):
		for program, words, expected in (
			("SBX_BUILD", ("run", "--net", ""), ["none", "host"]),
			("SBX_BUILD", ("run", "--net", "=", "h"), ["host"]),
			("SBX_BUILD", ("run", "--net", "="), ["none", "host"]),
			("SBX_BUILD", ("run", "-o", "f"), ["folder"]),
			("SBX_BUILD", ("run", "-i", "f"), ["file", "folder"]),
			("SBX_BUILD", ("run", "--memory", "f"), []),
			("SBX_BUILD", ("profile", "f"), ["file", "folder"]),
			("SBX_BUILD", ("pro",), ["profile"]),
			("SBX_PROVISION", ("run", "--user-namespace", ""), ["auto", "yes", "no"]),
			("SBX_PROVISION", ("run", "--policy", "h"), ["high"]),
			("SBX_PROVISION", ("run", "--layer", "f"), ["folder"]),
			("SBX_PROVISION", ("policy", "para"), ["paranoid"]),
			("SBX_PROVISION", ("ctl", "zyg"), ["zygotes"]),
			("SBX_PROVISION", ("ctl", "create", "--output", "f"), ["folder"]),
			("SBX_PROVISION", ("serve", "--zygote", "f"), ["file", "folder"])):
			self.assertEqual(sorted(self.offered(program, *words)), sorted(expected), words)


if __name__ == "__main__":
	unittest.main()
