# SPDX-License-Identifier: Apache-2.0
"""The rows of the benchmark table, each beside its peer in the same run (see ci/bench).

Whole commands are timed. Pairs run in turn, A B A B, and the ratio is that of the medians: the
machine's speed drifts, and the two drift together.
"""
import ast
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench_zygote as bench_zygotes

from bench_serve import print_serve
from bench_stages import chart, read
from bench_templates import bench_templates

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release/builder/sbx-build"
PROVISION = ROOT / "build/release/provisioner/sbx-provision"
LIBRARY = ROOT / "build/release/provisioner/zygote/sbx-zygote.so"
BARE = ROOT / "build/bench/tests/provisioner/bench-bare"
CHART = ROOT / "docs/benchmarks-build.svg"
FACTS = ROOT / "build/bench/tests/profiler/bench-facts"
# A pair of cold builds takes two minutes; fewer runs make a rougher figure.
COLD_RUNS = int(os.environ.get("SBX_BENCH_COLD_RUNS", "3"))
PACKAGES = ["python3", "python3-pandas", "python3-matplotlib"]
SUITE = next(line.split("=")[1].strip().strip('"') for line in open("/etc/os-release")
             if line.startswith("VERSION_CODENAME="))


class Bench:
    def __init__(self, work):
        self.work = work
        self.rows = []
        self.env = dict(os.environ, SBX_ROOT=str(work / "root"), SBX_PROVISION=str(PROVISION))

    def seconds(self, command, **options):
        began = time.perf_counter()
        done = subprocess.run(command, env=self.env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, **options)
        took = time.perf_counter() - began
        if done.returncode != 0:
            sys.exit(f"{command}: status {done.returncode}\n{done.stderr.decode()[-2000:]}")
        return took

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

    def row(self, work, ours, peer, theirs, must, more_is_better=True):
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


def bench_resolve(b):
    status = b.work / "status"
    essential = subprocess.run(
        ["bash", "-c", "apt-cache dumpavail | awk '/^Package:/{p=$2} /^Essential: yes/{print p}'"
         " | sort -u"], capture_output=True, text=True, check=True).stdout.split()
    status.write_text("")
    apt = ["apt-get", "-s", "-q", "-o", f"Dir::State::status={status}", "-o",
           f"Dir::State::extended_states={b.work}/extended", "--no-install-recommends", "install",
           *essential, *PACKAGES]
    ours, theirs = b.pair(b.sbx("resolve", "-q", "--json", "--packages", ",".join(PACKAGES)), apt, 7)
    b.row("resolve pandas + matplotlib", ours, "apt-get -s", theirs, "5x")


def build(b, report=None):
    options = ["--report", str(report)] if report else []
    return b.sbx("build", "-q", *options, "--packages", ",".join(PACKAGES))


def required_packages():
    """What mmdebstrap's minbase has beside the Essential ones, as the host's lists say."""
    text = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    stanzas = [stanza for stanza in text.split("\n\n") if "\nPriority: required\n" in stanza]
    return sorted({stanza.split("\n")[0].removeprefix("Package: ") for stanza in stanzas} | {"apt"})


def bench_build(b):
    index = b.work / "root/index"
    target = b.work / "mmdebstrap"

    def forget_all():
        for path in (b.work / "root").iterdir():
            if path != index:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def settle():
        """ext4 will not reuse an inode for five seconds after its file is gone, and searches long
        for another one: what was deleted to prepare a run must not slow it."""
        subprocess.run(["sync"], check=True)
        time.sleep(7)

    reports = {"nothing cached": b.work / "cold.json", "packages in the store": b.work / "warm.json"}

    def cold_pair(our_command, their_command):
        theirs, ours = [], []
        for _ in range(COLD_RUNS):
            forget_all()
            settle()
            ours.append(b.seconds(our_command))
            shutil.rmtree(target, ignore_errors=True)
            settle()
            theirs.append(b.seconds(their_command))
        return statistics.median(ours), statistics.median(theirs)

    ours, theirs = cold_pair(b.sbx("build", "-q", "--packages", ",".join(required_packages())),
                             ["mmdebstrap", "--quiet", "--variant=minbase", SUITE, str(target)])
    b.row("build minbase, nothing cached", ours, "mmdebstrap", theirs, "2x")
    ours, cold = cold_pair(build(b, reports["nothing cached"]), mmdebstrap(target))
    b.row("build it, nothing cached", ours, "mmdebstrap", cold, "2x")
    warm = []
    for _ in range(3):
        template = subprocess.run(b.sbx("ls", "--json"), env=b.env, capture_output=True,
                                  check=True).stdout
        for row in json.loads(template)["templates"]:
            b.seconds(b.sbx("rm", "-q", row["id"]))
        settle()
        warm.append(b.seconds(build(b, reports["packages in the store"])))
    b.row("build it, packages in the store", statistics.median(warm), "mmdebstrap", cold, "30x")
    again = statistics.median(b.seconds(build(b)) for _ in range(5))
    b.row("build it, unchanged", again, "mmdebstrap", cold, "10x")
    CHART.write_text(chart({title: read(path) for title, path in reports.items()}))


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


def limit_row(b, work, ours, limit):
    """A row whose peer is a figure that it must keep to."""
    b.rows.append((work, ours, "limit", limit, limit / ours, show(limit)))
    print(f"{work:52} {show(ours):>9}  must be under {show(limit)}", flush=True)


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
        "provision": bench_provision, "run": bench_run, "zygote": bench_zygote,
        "templates": lambda b: bench_templates(b, mmdebstrap, limit_row)}


TITLES = {"resolve": "Resolving", "profile": "Profiles", "build": "Building a template",
          "provision": "Sandboxes", "run": "From a script to its end", "zygote": "Zygotes",
          "templates": "Recipes and templates"}
INTRODUCTION = """# Benchmarks

Made by `ci/bench`, or a part of it by `ci/bench PART`: whole commands, medians, each row beside its
peer in the same run. The ratio is how many times as long the peer takes, or how many times a limit
the figure is.
"""


def section(name, rows):
    lines = [f"Measured {time.strftime('%Y-%m-%d')}, {os.cpu_count()} processors, load "
             f"{os.getloadavg()[2]:.1f}, Linux {platform.release().split('-')[0]}, suite {SUITE}.", "",
             "| work | sbx | beside | it takes | ratio | must |", "|---|---|---|---|---|---|"]
    lines += [f"| {work} | {show(ours)} | {peer} | {show(theirs)} | {ratio:.2f}x | {must} |"
              for work, ours, peer, theirs, ratio, must in rows]
    if name == "build":
        lines += ["", "Where the time goes, in the last run of each (`sbx-build build --report`):", "",
                  f"![Bars of the stages of a build]({CHART.name})"]
    return "\n".join(lines) + "\n"


def write_table(path, measured):
    """Put what was measured in the place of what the page has of the same parts."""
    parts = {}
    if path.exists():
        for text in path.read_text().split("\n## ")[1:]:
            title, body = text.split("\n", 1)
            parts[title] = body.strip("\n") + "\n"
    parts |= {f"{TITLES[name]} (`ci/bench {name}`)": section(name, rows) for name, rows in measured.items()}
    order = [f"{title} (`ci/bench {name}`)" for name, title in TITLES.items()]
    path.write_text(INTRODUCTION + "".join(f"\n## {title}\n\n{parts[title]}" for title in order
                                           if title in parts))


def main():
    wanted = sys.argv[1:] or list(ROWS)
    for name in wanted:
        if name not in ROWS:
            sys.exit(f"ci/bench: no part {name}; there are: {' '.join(ROWS)}")
    base = os.environ.get("SBX_BENCH_DIR", str(ROOT / "build"))
    with tempfile.TemporaryDirectory(dir=base, prefix="bench-") as folder:
        b = Bench(Path(folder))
        update = b.seconds(b.sbx("update", "-q"))
        print(f"sbx-build update, nothing cached: {show(update)}")
        measured = {}
        for name in wanted:
            b.rows = []
            ROWS[name](b)
            measured[name] = b.rows
            write_table(ROOT / "docs/benchmarks.md", measured)


main()
