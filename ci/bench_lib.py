# SPDX-License-Identifier: Apache-2.0
"""What the parts of the benchmark share: programs, timing, rows (see ci/bench)."""
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release/builder/sbx-build"
PROVISION = ROOT / "build/release/provisioner/sbx-provision"
PACKAGES = ["python3", "python3-pandas", "python3-matplotlib"]
SUITE = next(line.split("=")[1].strip().strip('"') for line in open("/etc/os-release")
             if line.startswith("VERSION_CODENAME="))


class Bench:
    def __init__(self, work):
        self.work = work
        self.rows = []
        self.only = set()  # rows of a part that are wanted; none: all
        self.env = dict(os.environ, SBX_ROOT=str(work / "root"), SBX_PROVISION=str(PROVISION))

    def seconds(self, command, **options):
        began = time.perf_counter()
        done = subprocess.run(command, env=self.env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, **options)
        took = time.perf_counter() - began
        if done.returncode != 0:
            sys.exit(f"{command}: status {done.returncode}\n{done.stderr.decode()[-2000:]}")
        return took

    def wants(self, row):
        return not self.only or row in self.only

    def usage(self, command):
        """Seconds of it, of processor time, and bytes of the largest process at its largest."""
        began = time.perf_counter()
        with open(os.devnull, "wb") as nowhere:
            child = subprocess.Popen(command, env=self.env, stdout=nowhere)
            _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            sys.exit(f"{command}: wait status {status}")
        took = time.perf_counter() - began
        return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024

    def pair(self, ours, theirs, runs, before=None):
        """Medians of two commands run in turn, after one run of each that is not counted."""
        a, b = [], []
        for i in range(runs + 1):
            for command, times in ((ours, a), (theirs, b)):
                if before and command is ours:
                    before()
                took = self.seconds(command)
                if i or runs == 1:
                    times.append(took)
        return statistics.median(a), statistics.median(b)

    def row(self, work, ours, peer, theirs, must):
        ratio = theirs / ours
        self.rows.append((work, ours, peer, theirs, ratio, must))
        print(f"{work:52} {show(ours):>9}  {peer:28} {show(theirs):>9}  {ratio:6.2f}x  must {must}",
              flush=True)

    def sbx(self, *arguments):
        return [str(BUILD), *arguments]


def show(seconds):
    if isinstance(seconds, str):
        return seconds
    return f"{seconds * 1000:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def mmdebstrap(target, packages=PACKAGES):
    return ["mmdebstrap", "--quiet", "--variant=essential", "--include=" + ",".join(packages),
            SUITE, str(target)]


def build(b, report=None):
    options = ["--report", str(report)] if report else []
    return b.sbx("build", "-q", *options, "--packages", ",".join(PACKAGES))


def hyperfine(b, commands, runs):
    """Medians of short commands, without a shell, in rounds that take turns."""
    times = [[] for _ in commands]
    out = b.work / "hyperfine.json"
    for _ in range(5):
        for i, command in enumerate(commands):
            subprocess.run(["hyperfine", "-N", "--warmup", "5", "--runs", str(runs), "--export-json",
                            str(out), " ".join(command)], check=True, env=b.env,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            times[i] += json.loads(out.read_text())["results"][0]["times"]
    return [statistics.median(t) for t in times]


def limit_row(b, work, ours, limit):
    """A row whose peer is a figure that it must keep to."""
    b.rows.append((work, ours, "limit", limit, limit / ours, show(limit)))
    print(f"{work:52} {show(ours):>9}  must be under {show(limit)}", flush=True)


def tell(words):
    """Progress; the results go to standard output."""
    print(words, file=sys.stderr, flush=True)
