# SPDX-License-Identifier: Apache-2.0
"""Measures `sbx-provision serve`: one sandbox after the other, many at once, and what they leave."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/provisioner"))

from serve_client import COMMAND_ENDED, DESTROY, EXEC, Client  # noqa: E402

IN_FLIGHT = 4
CLIENT = Path(__file__).resolve().parent.parent / "build/bench/tests/provisioner/bench-client"
# Where the figures that it must keep to were set, the bare system calls took this long.
BARE_THERE = 2.3e-3


def percentile(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def state(pid):
    """Descriptors, mounts, children, memory."""
    proc = Path(f"/proc/{pid}")
    return (len(os.listdir(proc / "fd")), len((proc / "mountinfo").read_text().splitlines()),
            len((proc / f"task/{pid}/children").read_text().split()),
            int((proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE"))


def memory(pid):
    """Bytes that a server's processes and the kernel hold: their own pages and what is theirs of
    shared ones, slabs, stacks, page tables, per-processor memory."""
    pids = (Path(f"/proc/{pid}/task/{pid}/children").read_text().split() + [str(pid)])
    pages = sum(int(line.split()[1]) for p in pids
                for line in Path(f"/proc/{p}/smaps_rollup").read_text().splitlines()
                if line.startswith("Pss:"))
    kernel = sum(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines()
                 if line.startswith(("Slab:", "KernelStack:", "PageTables:", "Percpu:")))
    return 1024 * (pages + kernel)


def idle_bytes(client, pid, root, n=60):
    """What a sandbox without a command takes, with its slot."""
    standing = [client.create(str(root)) for _ in range(2 * IN_FLIGHT)]
    before = memory(pid)
    more = [client.create(str(root)) for _ in range(n)]
    took = (memory(pid) - before) / n
    for number in standing + more:
        client.ask(DESTROY, sandbox=number)
    return took


def timed(action, n):
    times = []
    for _ in range(n):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return times


def run_client(path, root, n, at_once=1, pause_msec=0):
    """Of a client in C, as a daemon may be: seconds of each sandbox, or of all that run at once."""
    lines = subprocess.run([CLIENT, path, str(root), str(n), str(at_once), str(pause_msec)],
                           check=True, capture_output=True, text=True).stdout.split()
    return [float(line) for line in lines]


def measure(program, work, root, total=10000):
    """A dict of seconds (p50, p99), a rate, and (before, after) of what the server holds."""
    path = str(Path(work) / "serve.socket")
    server = subprocess.Popen([program, "serve", "--socket", path, "--slots", str(IN_FLIGHT + 2),
                               "--share", str(root)])
    try:
        while not os.path.exists(path):
            time.sleep(0.02)
        time.sleep(0.3)
        client = Client(path)
        run_client(path, root, 50)
        created = run_client(path, root, 1000)
        now_and_then = run_client(path, root, 1000, pause_msec=8)
        number = client.create(str(root))

        def run_inside():
            client.ask(EXEC, ["/bin/true"], sandbox=number, command=1)
            client.wait(COMMAND_ENDED, number)
        inside = timed(run_inside, 500)
        client.ask(DESTROY, sandbox=number)
        standing = [client.create(str(root)) for _ in range(5)]
        cleaned = timed(lambda: client.ask(DESTROY, sandbox=standing.pop()), 5)
        run_client(path, root, 100, IN_FLIGHT)
        before = state(server.pid)
        (took,) = run_client(path, root, total, IN_FLIGHT)
        held = (before, state(server.pid))
        return {"idle": idle_bytes(client, server.pid, root),
                "create": (statistics.median(created), percentile(created, 0.99)),
                "now and then": (statistics.median(now_and_then), percentile(now_and_then, 0.99)),
                "exec": (statistics.median(inside), percentile(inside, 0.99)),
                "cleanup": statistics.median(cleaned), "rate": total / took,
                "held": held}
    finally:
        server.terminate()
        server.wait()


def print_serve(b, program, root, bare):
    """The rows of ci/bench; `bare` is the bare system calls' time."""
    got = measure(program, b.work, root)
    there = f"where the bare calls take {1000 * BARE_THERE:.1f} ms"
    b.row("serve: create + run /bin/true + destroy, asked for now and then, p50",
          got["now and then"][0], "the bare system calls", bare, f"1.5 ms {there}")
    b.row("the same, p99", got["now and then"][1], "the bare system calls", bare,
          f"6 ms {there}")
    b.row("serve: as fast as one client can ask, p50", got["create"][0], "the bare system calls",
          bare, f"1.5 ms {there}")
    b.row("serve: as fast as one client can ask, p99", got["create"][1], "the bare system calls",
          bare, f"6 ms {there}")
    b.row("serve: exec into a live sandbox, p50", got["exec"][0], "the bare system calls", bare,
          "2 ms")
    b.row("serve: cleanup, p50", got["cleanup"], "the bare system calls", bare, "5 ms")
    b.row(f"serve: each of 10,000, {IN_FLIGHT} at once ({got['rate']:.0f}/s)", 1 / got["rate"],
          "the bare system calls", bare, f"2 ms (500/s) {there}")
    idle = got["idle"] / 2**20
    b.rows.append(("serve: memory of an idle sandbox, with its slot", f"{idle:.2f} MiB", "limit",
                   "1.00 MiB", 1 / idle, "1 MiB"))
    print(f"serve: memory of an idle sandbox, with its slot: {idle:.2f} MiB, must be under 1 MiB")
    print("serve, before and after 10,000 (descriptors, mounts, children, memory): "
          f"{got['held'][0]} {got['held'][1]}", flush=True)


if __name__ == "__main__":
    print(measure(sys.argv[1], "/tmp", sys.argv[2], int(sys.argv[3])))
