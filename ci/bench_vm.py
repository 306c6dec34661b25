# SPDX-License-Identifier: Apache-2.0
"""The rows of ci/bench whose limits are joined at birth: measured in a virtual machine (tests/vm),
which has its cgroups in version 2 alone."""

import os
import statistics
import subprocess
import sys

from bench_lib import PROVISION, ROOT, SUITE, tell

sys.path.insert(0, str(ROOT / "tests/vm"))

import machine  # noqa: E402
from initramfs import Initramfs  # noqa: E402

PROGRAMS = ROOT / "build/bench/tests/provisioner"
PEERS = ("/usr/bin/bwrap", "/usr/sbin/runc")
BARE = {"bare": "the bare system calls", "bare-group": "the bare system calls, with such a group"}
ROUNDS = int(os.environ.get("SBX_BENCH_VM_ROUNDS", "100"))


def template_image(b):
    """A template of the Essential packages, on a file system that it has some room on."""
    template = subprocess.run(b.sbx("build", "-q", "--packages", "base-files"), env=b.env,
                              capture_output=True, text=True, check=True).stdout.strip()
    root, path = b.work / "root/templates" / template / "root", b.work / "template.ext4"
    n_kib = int(subprocess.run(["du", "-sk", root], capture_output=True, text=True,
                               check=True).stdout.split()[0])
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", str(root), str(path), f"{n_kib * 5 // 4}k"],
                   check=True)
    return path


def machine_files(b, kernel):
    image = Initramfs()
    machine.add_system(image)
    for program in PEERS:
        image.program(machine.find(program), f"usr/bin/{os.path.basename(program)}")
    image.file(str(template_image(b)), "vm/template.ext4")
    os.environ.update(SBX_PROVISION=str(PROVISION), SBX_PROBE=str(PROGRAMS / "sbx-probe"),
                      SBX_BARE=str(PROGRAMS / "bench-bare"), SBX_TURNS=str(PROGRAMS / "bench-turns"))
    machine.add_tests(image, str(kernel), [(ROOT / "tests/vm/lists/speed.list").read_text()],
                      [f"SBX_ROUNDS={ROUNDS}", "SBX_ROOT_IMAGE=/vm/template.ext4"])
    return image


def fetch_kernel():
    folder = ROOT / "build/kernels" / SUITE
    subprocess.run([sys.executable, "-B", str(ROOT / "tests/vm/kernel.py"), SUITE, str(folder)],
                   check=True)
    return folder


def bench_provision_v2(b):
    kernel = fetch_kernel()
    tell("a virtual machine is started; its tests and rounds take some minutes")
    outcome = machine.run(str(kernel), machine_files(b, kernel), machine.TO_MEASURE)
    failed = outcome.failed + outcome.skipped
    if failed or not outcome.figures:
        sys.exit("\n".join(["the virtual machine's tests failed:", *failed]))
    figures = outcome.figures
    took = {name: statistics.median(times) for name, times in figures.items()}
    for name, work in (("run", "create + run /bin/true + destroy, without limits"),
                       ("limits", "the same with limits, joined at birth")):
        b.row(work, took[name], BARE["bare"], took["bare"], "0.77x")
        b.row(work, took[name], "bwrap --unshare-all", took["bwrap"], "1x")
        b.row(work, took[name], "runc run", took["runc"], "4x")
        for bare, text in BARE.items():
            in_pairs = statistics.median(a / c for a, c in zip(figures[name], figures[bare]))
            print(f"{work}: {in_pairs:.2f} times {text}, in pairs", flush=True)
    # What of it is the kernel's; the bar is about the program without a group.
    b.row(work, took["limits"], BARE["bare-group"], took["bare-group"], "-")
    how = "KVM" if machine.has_virtualization() else "a processor emulated in software"
    print(f"in a virtual machine, {how}, Linux {(kernel / 'release').read_text().strip()}", flush=True)
