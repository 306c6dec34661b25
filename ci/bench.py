# SPDX-License-Identifier: Apache-2.0
"""The rows of the benchmark table, each beside its peer in the same run (see ci/bench).

Whole commands are timed. Pairs run in turn, A B A B, and the ratio is that of the medians: the
machine's speed drifts, and the two drift together.
"""
import argparse
import ast
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import bench_zygote as bench_zygotes

from bench_build import BUILD_ROWS, RESOLVE_ROWS, bench_build, bench_resolve
from bench_lib import PROVISION, ROOT, Bench, build, hyperfine, limit_row, mmdebstrap, show
from bench_serve import print_serve
from bench_table import write_table
from bench_templates import bench_templates
from bench_vm import bench_provision_v2

LIBRARY = ROOT / "build/release/provisioner/zygote/sbx-zygote.so"
BARE = ROOT / "build/bench/tests/provisioner/bench-bare"
FACTS = ROOT / "build/bench/tests/profiler/bench-facts"


def runc_bundle(b, root):
    bundle = b.work / "runc"
    bundle.mkdir(exist_ok=True)
    (bundle / "config.json").unlink(missing_ok=True)
    subprocess.run(["runc", "spec", "-b", str(bundle)], check=True)
    config = json.loads((bundle / "config.json").read_text())
    config["process"]["terminal"] = False
    config["process"]["args"] = ["/bin/true"]
    config["root"] = {"path": str(root), "readonly": True}
    (bundle / "config.json").write_text(json.dumps(config))
    return ["runc", "run", "-b", str(bundle), "sbx-bench"]


def template_root(b):
    template = subprocess.run(build(b), env=b.env, capture_output=True, text=True,
                              check=True).stdout.strip()
    return template, b.work / "root/templates" / template / "root"


def bench_provision(b):
    _, root = template_root(b)
    ours = [str(PROVISION), "run", f"{root}/", "--", "/bin/true"]
    bwrap = ["bwrap", "--unshare-all", "--ro-bind", str(root), "/", "--proc", "/proc", "--dev",
             "/dev", "/bin/true"]
    bare = [str(BARE), str(root), "/bin/true"]
    a, w, r, u = hyperfine(b, [ours, bwrap, runc_bundle(b, root), bare], 60)
    name = "create + run /bin/true + destroy"
    b.row(name, a, "bwrap --unshare-all", w, "1x")
    b.row(name, a, "runc run", r, "4x")
    b.row(name, a, "the bare system calls", u, "(aim 0.77x)")
    limits = ours[:2] + ["--memory", "256M", "--pids", "64", "--cpus", "1"] + ours[2:]
    (l,) = hyperfine(b, [limits], 60)
    b.row("the same with cgroup limits", l, "runc run", r, "-")
    print_serve(b, str(PROVISION), root, u)


def bench_zygote(b):
    template, _ = template_root(b)
    ours, direct, slow = bench_zygotes.measure(str(PROVISION), str(LIBRARY), b.work / "root", template,
                                               40)
    name = "pandas + matplotlib imported, to the first line"
    b.row(name + ": zygote", ours, "sbx-provision run", direct, "10 ms")
    print(f"{name}: 95 % within {show(slow)}", flush=True)


def bench_run(b):
    folder = b.work / "task"
    folder.mkdir(exist_ok=True)
    script = folder / "hello.py"
    script.write_text("import json, sys\nprint(json.dumps({'argv': sys.argv[1:]}))\n")
    b.seconds(b.sbx("run", "-q", str(script)))
    ours, direct = hyperfine(b, [b.sbx("run", "-q", str(script)), ["/usr/bin/python3", str(script)]],
                             40)
    b.rows.append(("run of an unchanged script, more than directly", ours - direct, "limit", 0.030,
                   0.030 / (ours - direct), "30 ms"))
    print(f"run of an unchanged script: {show(ours)}, directly {show(direct)}, "
          f"more by {show(ours - direct)}, must be under 30 ms", flush=True)


def more_than_starting(b, command, runs):
    """How much longer a command takes than a program that does nothing."""
    ours, nothing = hyperfine(b, [command, ["/bin/true"]], runs)
    return ours - nothing


def typical_script(path, n_bytes=8192):
    """docs/examples/analysis.py, with functions added up to a typical script's size."""
    text = (ROOT / "docs/examples/analysis.py").read_text()
    for i in range(n_bytes):
        if len(text) >= n_bytes:
            break
        text += (f"\n\ndef step_{i}(rows, factor=1.5):\n"
                 f"    \"\"\"Scale the rows of step {i} and keep the positive ones.\"\"\"\n"
                 f"    kept = [row * factor for row in rows if row > {i}]\n"
                 f"    return {{'rows': kept, 'sum': sum(kept)}}\n")
    path.write_text(text)
    return path


def ast_scan_seconds(path):
    """What ci/bench_imports.py does with one text, in process; the fastest of many runs."""
    text = path.read_text()

    def scan():
        began = time.perf_counter()
        for node in ast.walk(ast.parse(text)):
            isinstance(node, (ast.Import, ast.ImportFrom))
        return time.perf_counter() - began

    return min(scan() for _ in range(200))


def bench_profile(b):
    folder = b.work / "profile"
    folder.mkdir(exist_ok=True)
    script = typical_script(folder / "app.py")
    scan = ["/usr/bin/python3", str(ROOT / "ci/bench_imports.py"), str(script)]
    text = script.read_text()
    versions = iter(range(1000))

    def change():
        script.write_text(f"{text}# {next(versions)}\n")

    ours, theirs = b.pair(b.sbx("profile", "-q", str(script)), scan, 40, change)
    b.row("profile a script of 8 KB, whole process", ours, "ast scan in Python", theirs, "-")
    limit_row(b, "the same, more than starting a process", ours - hyperfine(b, [["/bin/true"]], 40)[0],
              0.020)
    limit_row(b, "profile it again, more than starting a process",
              more_than_starting(b, b.sbx("profile", "-q", str(script)), 60), 0.003)
    done = subprocess.run([str(FACTS), str(script), "200"], capture_output=True, text=True, check=True)
    words = done.stdout.split()
    in_process = int(words[words.index("fastest") + 1]) / 1e6
    b.row("read 8 KB of Python, in process", in_process, "ast scan in process",
          ast_scan_seconds(script), "-")
    limit_row(b, "the same", in_process, 0.0015)
    bench_profile_folder(b, folder / "tree", text)


def bench_profile_folder(b, folder, text):
    folder.mkdir(exist_ok=True)
    for i in range(1000):
        (folder / f"part_{i}.py").write_text(text.replace("def step_", f"def part_{i}_"))
    times = []
    for i in range(5):
        (folder / "main.py").write_text(f"import part_1\n# {i}\n")
        times.append(b.seconds(b.sbx("profile", "-q", str(folder))))
    took = statistics.median(times)
    limit_row(b, "profile a folder of 1,000 scripts of 8 KB", took, 3)
    n_bytes = sum(path.stat().st_size for path in folder.iterdir())
    limit_row(b, "the same, beside 5 MB/s", took, n_bytes / 5e6)


ROWS = {"resolve": bench_resolve, "profile": bench_profile, "build": bench_build,
        "provision": bench_provision, "provision-v2": bench_provision_v2, "run": bench_run, "zygote": bench_zygote,
        "templates": lambda b: bench_templates(b, mmdebstrap, limit_row)}
# Of a part whose rows can be measured alone.
ROWS_OF = {"resolve": RESOLVE_ROWS, "build": BUILD_ROWS}


def arguments():
    rows = "; ".join(f"{part}: {' '.join(names)}" for part, names in ROWS_OF.items())
    parser = argparse.ArgumentParser(prog="ci/bench", description="Measure sbx beside its peers.")
    parser.add_argument("part", nargs="*", help=f"what to measure (all): {' '.join(ROWS)}")
    parser.add_argument("--only", metavar="ROW[,ROW]", default="",
                        help=f"of one part just these rows. {rows}")
    given = parser.parse_args()
    for name in given.part:
        if name not in ROWS:
            parser.error(f"no part {name}; there are: {' '.join(ROWS)}")
    only = {row for row in given.only.split(",") if row}
    known = ROWS_OF.get(given.part[0], ()) if len(given.part) == 1 else ()
    if only - set(known):
        parser.error(f"--only {given.only}: name one part and rows of it. {rows}")
    return given.part or list(ROWS), only


def main():
    wanted, only = arguments()
    base = os.environ.get("SBX_BENCH_DIR", str(ROOT / "build"))
    with tempfile.TemporaryDirectory(dir=base, prefix="bench-") as folder:
        b = Bench(Path(folder))
        b.only = only
        took, cpu, _ = b.usage(b.sbx("update", "-q"))
        print(f"sbx-build update, nothing cached: {show(took)}, {show(cpu)} of processor time",
              flush=True)
        measured = {}
        for name in wanted:
            b.rows = []
            ROWS[name](b)
            measured[name] = b.rows
            write_table(ROOT / "docs/benchmarks.md", measured, bool(only))


main()
