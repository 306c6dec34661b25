# SPDX-License-Identifier: Apache-2.0
"""The rows of ci/bench about resolving and building; each can be measured alone (--only ROW)."""
import os
import shutil
import statistics
import subprocess
import threading
import time
from pathlib import Path

from bench_lib import PACKAGES, ROOT, SUITE, build, limit_row, mmdebstrap, show, tell
from bench_stages import chart, read

CHART = ROOT / "docs/benchmarks-build.svg"
RESOLVE_TOOL = ROOT / "build/bench/tests/resolve/resolve-tool"
# A pair of cold builds takes two minutes; fewer runs make a rougher figure.
COLD_RUNS = int(os.environ.get("SBX_BENCH_COLD_RUNS", "3"))
MEMORY_LIMIT = 400 << 20
RESOLVE_ROWS = ("process", "warm")
BUILD_ROWS = ("minbase", "cold", "store", "unchanged", "memory")


# ---- resolving ----

def resolve(b):
    return b.sbx("resolve", "-q", "--json", "--packages", ",".join(PACKAGES))


def resolve_process(b):
    status = b.work / "status"
    essential = subprocess.run(
        ["bash", "-c", "apt-cache dumpavail | awk '/^Package:/{p=$2} /^Essential: yes/{print p}'"
         " | sort -u"], capture_output=True, text=True, check=True).stdout.split()
    status.write_text("")
    apt = ["apt-get", "-s", "-q", "-o", f"Dir::State::status={status}", "-o",
           f"Dir::State::extended_states={b.work}/extended", "--no-install-recommends", "install",
           *essential, *PACKAGES]
    ours, theirs = b.pair(resolve(b), apt, 7)
    b.row("resolve pandas + matplotlib", ours, "apt-get -s", theirs, "5x")
    limit_row(b, "the same", ours, 0.12)
    took = statistics.median(b.usage(resolve(b))[1] for _ in range(15))
    limit_row(b, "the same, processor time", took, 0.12)


def resolve_warm(b):
    """In a process that has answered other requests before."""
    folder = next(path for path in (b.work / "root/index").iterdir() if path.is_dir())
    others = ["python3 jq", "perl-base nginx", "r-base-core"]
    wanted = " ".join(PACKAGES)
    lines = others + [line for _ in range(15) for line in (wanted, others[0])]
    done = subprocess.run([str(RESOLVE_TOOL), "solve", str(folder), folder.name.rsplit("-", 1)[1]],
                          input="".join(line + "\n" for line in lines), capture_output=True, text=True,
                          check=True)
    times = [float(line.split()[1]) / 1e3 for line in done.stderr.splitlines()
             if line.startswith("solve ")]
    ours = statistics.median(took for line, took in zip(lines, times) if line == wanted)
    limit_row(b, "the same in a warm process", ours, 0.03)


def bench_resolve(b):
    if b.wants("process"):
        resolve_process(b)
    if b.wants("warm"):
        resolve_warm(b)


# ---- building ----

def required_packages():
    """What mmdebstrap's minbase has beside the Essential ones, as the host's lists say."""
    text = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    stanzas = [stanza for stanza in text.split("\n\n") if "\nPriority: required\n" in stanza]
    return sorted({stanza.split("\n")[0].removeprefix("Package: ") for stanza in stanzas} | {"apt"})


def forget_all(b):
    """All but the index."""
    for path in (b.work / "root").iterdir():
        if path.name != "index":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def forget_templates(b):
    for path in sorted((b.work / "root/templates").iterdir()):
        b.seconds(b.sbx("rm", "-q", path.name))


def settle():
    """ext4 will not reuse an inode for five seconds after its file is gone, and searches long
    for another one: what was deleted to prepare a run must not slow it."""
    subprocess.run(["sync"], check=True)
    time.sleep(7)


def time_peer(b, command, target):
    """What a peer takes to fill a folder, which is removed again: seconds, processor time."""
    shutil.rmtree(target, ignore_errors=True)
    settle()
    took = b.usage(command)[:2]
    shutil.rmtree(target)
    return took


def apt_mirror():
    """Where apt has the suite from, for debootstrap, which does not ask it."""
    text = subprocess.run(["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)",
                           "Identifier: Packages"], capture_output=True, text=True, check=True).stdout
    return next(uri for name, uri in map(str.split, text.splitlines()) if name == SUITE)


def row_of_pairs(b, name, work, ours, theirs, target):
    """Cold builds in turn with mmdebstrap; returns its time. On a busy machine the processor time is
    the figure to go by: what is done on two processors at once gains less there."""
    a, m = [], []
    for i in range(COLD_RUNS):
        forget_all(b)
        settle()
        a.append(b.usage(ours)[:2])
        m.append(time_peer(b, theirs, target))
        tell(f"{name} {i + 1}/{COLD_RUNS}: {show(a[-1][0])}, mmdebstrap {show(m[-1][0])}")
    times = [[statistics.median(run[k] for run in runs) for runs in (a, m)] for k in (0, 1)]
    b.row(work, times[0][0], "mmdebstrap", times[0][1], "2x")
    b.row(work + ", processor time", times[1][0], "mmdebstrap", times[1][1], "-")
    return times[0][1]


def row_minbase(b, target):
    ours = b.sbx("build", "-q", "--packages", ",".join(required_packages()))
    name = "build minbase, nothing cached"
    row_of_pairs(b, "minbase", name, ours,
                 ["mmdebstrap", "--quiet", "--variant=minbase", SUITE, str(target)], target)
    forget_all(b)
    settle()
    took = b.usage(ours)[0]
    theirs = time_peer(b, ["debootstrap", "--variant=minbase", SUITE, str(target), apt_mirror()],
                       target)[0]
    b.row(name + ", once", took, "debootstrap", theirs, "-")


def row_cold(b, target):
    return row_of_pairs(b, "cold", "build it, nothing cached", build(b, b.work / "cold.json"),
                        mmdebstrap(target), target)


def row_store(b, target, theirs):
    """All packages in the store, the template not, the lock known."""
    lock = b.work / "known.lock"
    lock.write_bytes(subprocess.run(resolve(b), env=b.env, stdout=subprocess.PIPE,
                                    check=True).stdout)
    command = b.sbx("build", "-q", "--report", str(b.work / "warm.json"), str(lock))
    b.seconds(command)
    theirs = theirs or time_peer(b, mmdebstrap(target), target)[0]
    times = []
    for i in range(5):
        forget_templates(b)
        settle()
        times.append(b.seconds(command))
        tell(f"store {i + 1}/5: {show(times[-1])}, mmdebstrap {show(theirs)}")
    b.row("build it of its lock, packages in the store", statistics.median(times), "mmdebstrap",
          theirs, "30x")


def row_unchanged(b):
    b.seconds(build(b))
    again = statistics.median(b.seconds(build(b)) for _ in range(7))
    limit_row(b, "build it, unchanged", again, 0.25)


def own_bytes(pid):
    """Memory that a process does not share with a file; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines
               if line.startswith(("RssAnon:", "RssShmem:")))


def descendants(pid):
    pids, todo = [], [pid]
    while todo:
        pids.append(todo.pop())
        try:
            for task in Path(f"/proc/{pids[-1]}/task").iterdir():
                todo += (task / "children").read_text().split()
        except OSError:
            pass
    return pids


def row_memory(b):
    """A cold build: of its processes together, looked at again and again, and the largest alone."""
    forget_all(b)
    peak, ended = [0], threading.Event()

    def watch():
        while not ended.wait(0.05):
            peak[0] = max(peak[0], sum(own_bytes(pid) for pid in descendants(os.getpid())[1:]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, _, largest = b.usage(build(b))
    ended.set()
    watcher.join()
    for name, n_bytes in (("memory of a cold build, the largest process", largest),
                          ("memory of a cold build, all processes, without files", peak[0])):
        ratio = MEMORY_LIMIT / n_bytes
        b.rows.append((name, f"{n_bytes >> 20} MiB", "limit", "400 MiB", ratio, "400 MiB"))
        print(f"{name:52} {n_bytes >> 20} MiB, must be under 400 MiB", flush=True)


def bench_build(b):
    target = b.work / "mmdebstrap"
    theirs = None
    if b.wants("minbase"):
        row_minbase(b, target)
    if b.wants("memory"):
        row_memory(b)
    if b.wants("cold"):
        theirs = row_cold(b, target)
    if b.wants("store"):
        row_store(b, target, theirs)
    if b.wants("unchanged"):
        row_unchanged(b)
    reports = {"nothing cached": b.work / "cold.json", "packages in the store": b.work / "warm.json"}
    if all(path.exists() for path in reports.values()):
        CHART.write_text(chart({title: read(path) for title, path in reports.items()}))
