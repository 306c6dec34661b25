#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compare the facts of the tasks in golden/ with golden/expected/: one file a case.

A case's file begins with "task PATH" (below golden/), or "task -b PATH" to see behaviours too; what print-facts says follows.
    golden.py PRINT_FACTS            run all cases
    golden.py PRINT_FACTS --update   rewrite what is expected; read the difference before you keep it
"""
import difflib
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent / "golden"


def facts_of(program, task):
    *options, path = task.split()
    done = subprocess.run([program, *options, str(HERE / path)], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr.replace(str(HERE) + "/", "")


def main():
    program, update = sys.argv[1], "--update" in sys.argv
    cases = sorted((HERE / "expected").iterdir())
    failed = 0
    for case in cases:
        expected = case.read_text(encoding="utf-8")
        head = expected.split("\n", 1)[0]
        found = head + "\n" + facts_of(program, head.removeprefix("task "))
        if update:
            case.write_text(found, encoding="utf-8")
        elif found != expected:
            failed += 1
            sys.stdout.writelines(difflib.unified_diff(
                expected.splitlines(True), found.splitlines(True), case.name + " expected",
                case.name + " found"))
    print(f"{len(cases)} cases, {failed} differ")
    return 1 if failed or len(cases) < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
