# SPDX-License-Identifier: Apache-2.0
"""From asking for a task to its first line behind `import pandas, matplotlib.pyplot`: forked from a
zygote by a server, and started directly. Both as the user of the commands sees it.

    ci/bench_zygote.py PROVISION LIBRARY SBX_ROOT TEMPLATE [RUNS]
"""
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

SCRIPT = ("import pandas, matplotlib.pyplot, os, time\n"
          "os.write(1, b'%.6f' % time.clock_gettime(time.CLOCK_MONOTONIC))\nos._exit(0)\n")
MODULES = "pandas,matplotlib.pyplot"


def to_first_line(command, env):
    began = time.clock_gettime(time.CLOCK_MONOTONIC)
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True)
    return float(done.stdout) - began


def measure(provision, library, root, template, runs):
    """Medians, and the zygotes' slowest of twenty: zygote, direct, slow."""
    env = dict(os.environ, SBX_ROOT=str(root))
    with tempfile.TemporaryDirectory() as folder:
        socket = f"{folder}/socket"
        ctl = [provision, "ctl", "--socket", socket]
        server = subprocess.Popen([provision, "serve", "--socket", socket, "--zygote", library, "--share",
                                   str(root)], env=env)
        try:
            while not os.path.exists(socket):
                if server.poll() is not None:
                    sys.exit("sbx-provision serve did not start")
                time.sleep(0.05)
            for modules in ("numpy", "pandas", MODULES):
                subprocess.run([*ctl, "warm", "bench", modules, template, "2"], env=env, check=True,
                               stdout=subprocess.DEVNULL)
            command = [template, "--", "python3", "-c", SCRIPT]
            warm, direct = [], []
            for i in range(runs):
                time.sleep(0.05)
                warm.append(to_first_line([*ctl, "create", "--zygote", "bench", "--modules", MODULES,
                                           *command], env))
                if i % 4 == 0:
                    direct.append(to_first_line([provision, "run", *command], env))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
    warm.sort()
    return statistics.median(warm), statistics.median(direct), warm[len(warm) * 19 // 20]


if __name__ == "__main__":
    ours, theirs, slow = measure(*sys.argv[1:5], int(sys.argv[5]) if len(sys.argv) > 5 else 40)
    print(json.dumps({"zygote_ms": ours * 1000, "zygote_p95_ms": slow * 1000,
                      "direct_ms": theirs * 1000}))
