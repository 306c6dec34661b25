#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What grammars/notebook/run.py, which is {runner} of a notebook, does with a notebook's cells.

    notebook_runner.py RUN_PY
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

RUNNER = pathlib.Path(sys.argv.pop(1)).read_text(encoding="utf-8")


def run(*cells, metadata=None, notebook=None):
    notebook = notebook or {"nbformat": 4, "metadata": metadata or {},
                            "cells": [c if isinstance(c, dict) else
                                      {"cell_type": "code", "source": c} for c in cells]}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "x.ipynb")
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return subprocess.run([sys.executable, "-c", RUNNER, "x.ipynb"], cwd=folder,
                              capture_output=True, text=True, timeout=60)


class Runner(unittest.TestCase):
    def prints(self, done, expected):
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, expected)

    def test_cells_share_one_process_and_come_in_order(self):
        self.prints(run("x = 1", {"cell_type": "markdown", "source": "x = 2"},
                        ["y = x + 1\n", "print(x,\n", "      y)"], "print(__name__)"),
                    "1 2\n__main__\n")

    def test_magic_and_shell_lines_are_left_out(self):
        self.prints(run("%matplotlib inline\n!exit 3\nprint(1)",
                        "if True:\n    !ls\nelse:\n    %pwd\nx = !ls\nprint(x)",
                        "!gs -q \\\n  -o x.pdf\nprint(2)", "print?\n?print\nprint(3)"),
                    "1\nNone\n2\n3\n")

    def test_percent_signs_inside_of_texts_stay(self):
        self.prints(run('print("""\n%s\n!x\n""" % 1)', 'print("%d"\n  % 7)'),
                    "\n1\n!x\n\n7\n")

    def test_cells_of_other_languages_are_left_out(self):
        self.prints(run("%%bash\necho no", "%%html\n<b>", "%%time\nprint('timed')"), "timed\n")

    def test_await_stands_outside_of_functions(self):
        self.prints(run("import asyncio", "await asyncio.sleep(0)\nprint('waited')"), "waited\n")

    def test_futures_hold_for_later_cells(self):
        self.prints(run("from __future__ import annotations", "def f(x: Nowhere): pass\nprint(4)"),
                    "4\n")

    def test_arguments_and_display(self):
        self.prints(run("import sys\nprint(sys.argv)", "display(5, metadata={})"),
                    "['x.ipynb']\n5\n")

    def test_failures_name_the_cell(self):
        done = run("x = 1", "y = 2\nprint(1 / 0)")
        self.assertEqual(done.returncode, 1)
        self.assertIn('"<cell 2 of x.ipynb>", line 2', done.stderr)
        self.assertIn("print(1 / 0)", done.stderr)
        self.assertEqual(run("import sys", "sys.exit(7)").returncode, 7)

    def test_classes_can_be_pickled_as_in_a_program(self):
        self.prints(run("import pickle\nclass A: pass", "print(pickle.loads(pickle.dumps(A)) is A)"),
                    "True\n")

    def test_the_form_before_nbformat_4(self):
        self.prints(run(notebook={"nbformat": 3, "metadata": {}, "worksheets": [
            {"cells": [{"cell_type": "code", "input": ["print('old')"]}]}]}), "old\n")

    def test_other_kernels_are_refused(self):
        done = run("x <- 1", metadata={"kernelspec": {"language": "R"}})
        self.assertEqual(done.returncode, 1)
        self.assertIn("runs R", done.stderr)


if __name__ == "__main__":
    unittest.main()
