# SPDX-License-Identifier: Apache-2.0
"""Compile the Python modules of packages, each package on its own.

Run inside the template's sandbox by its own interpreter:

    python3 -I -S bytecompile.py SOURCES OUT JOBS

Its input has a line for each package: its number, a tab, and the absolute paths of its modules with
tabs between; they are read below the folder SOURCES. What is compiled lands in OUT/<number>/<path
of the .pyc>. A line "done <number> <microseconds>" is printed for each package. A module that does
not compile is passed over, as py3compile does.

Every package is compiled in a fresh fork of this process: what the marshalled code looks like
depends on which strings the interpreter has met before, so a package must not see its neighbours.
For the same reason each new name in this file may change what comes out.
"""
import importlib._bootstrap_external as external
import importlib.util
import os
import sys
import time

# Everything a child needs is loaded here, once, so that all start from the same state.
MODE = importlib.util.cache_from_source


def compile_module(source, out):
    with open(sys.argv[1] + source, "rb") as file:
        data = file.read()
    loader = external.SourceFileLoader("<py_compile>", source)
    code = loader.source_to_code(data, source)
    digest = importlib.util.source_hash(data)
    # Unchecked: a template's files do not change behind its back, and time stamps mean nothing
    # in a store that keeps none.
    compiled = external._code_to_hash_pyc(code, digest, False)
    target = out + MODE(source, optimization="")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        file.write(compiled)


def compile_package(number, sources, out):
    for source in sources:
        try:
            compile_module(source, os.path.join(out, number))
        except (SyntaxError, UnicodeError, ValueError, RecursionError, OSError) as error:
            if isinstance(error, OSError) and error.filename != sys.argv[1] + source:
                raise


def main():
    out, jobs = sys.argv[2], int(sys.argv[3])
    with open(0, encoding="utf-8") as file:
        work = [line.rstrip("\n").split("\t") for line in file]
    running = {}
    failed = 0

    def reap():
        nonlocal failed
        pid, status = os.wait()
        number, began = running.pop(pid)
        if status:
            print("failed", number, flush=True)
            failed = 1
        else:
            print("done", number, round((time.monotonic() - began) * 1e6), flush=True)

    for number, *sources in work:
        while len(running) >= jobs:
            reap()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                sys.stderr = open(os.devnull, "w")
                compile_package(number, sources, out)
                status = 0
            finally:
                os._exit(status)
        running[pid] = number, time.monotonic()
    while running:
        reap()
    return failed


sys.exit(main())
