# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/benchmarks.md: what was measured takes the place of what the page has."""
import os
import platform
import time

from bench_lib import SUITE, show

TITLES = {"resolve": "Resolving", "profile": "Profiles", "build": "Building a template",
          "provision": "Sandboxes", "provision-v2": "Sandboxes with limits joined at birth", "run": "From a script to its end", "zygote": "Zygotes",
          "templates": "Recipes and templates"}
INTRODUCTION = """# Benchmarks

Made by `ci/bench`, or a part of it by `ci/bench PART`, or rows of one by `ci/bench PART --only ROW`:
whole commands, medians, each row beside its peer in the same run. The ratio is how many times as long
the peer takes, or how many times a limit the figure is. The last column tells when the row was measured
and how busy the machine was then (the load of a quarter of an hour; it has two processors).
"""
HEAD = ["| work | sbx | beside | it takes | ratio | must | measured |", "|---|---|---|---|---|---|---|"]
CHART = """
Where the time goes, in the last run of each (`sbx-build build --report`):

![Bars of the stages of a build](benchmarks-build.svg)
"""


def text_row(row):
    work, ours, peer, theirs, ratio, must = row
    when = f"{time.strftime('%Y-%m-%d')}, load {os.getloadavg()[2]:.1f}"
    return f"| {work} | {show(ours)} | {peer} | {show(theirs)} | {ratio:.2f}x | {must} | {when} |"


def key(line):
    """What a row is known by: the work and its peer."""
    cells = line.split(" | ")
    return cells[0], cells[2]


def merge(before, new):
    """New rows in the places of those of the same name, others at the end."""
    fresh = {key(line): line for line in new}
    lines = [fresh.pop(key(line), line) for line in before]
    return lines + list(fresh.values())


def section(name, rows, before, keeps_others):
    """`before`: the lines of the page about this part; with keeps_others its other rows stay."""
    new = [text_row(row) for row in rows]
    old = [line for line in before if line.startswith("| ") and not line.startswith("| work ")]
    old = [line if line.count(" | ") >= 6 else line + " earlier |" for line in old]
    lines = [f"{os.cpu_count()} processors, Linux {platform.release().split('-')[0]}, suite {SUITE}.", "",
             *HEAD, *(merge(old, new) if keeps_others else new)]
    # Prose below a table is written by people and stays.
    ends = [i for i, line in enumerate(before) if line.startswith("|")]
    rest = "\n".join(before[ends[-1] + 1:]).strip("\n") if ends else CHART.strip("\n") * (name == "build")
    return "\n".join(lines) + "\n" + (f"\n{rest}\n" if rest else "")


def write_table(path, measured, keeps_others):
    parts = {}
    if path.exists():
        for text in path.read_text().split("\n## ")[1:]:
            title, body = text.split("\n", 1)
            parts[title] = body.strip("\n") + "\n"
    for name, rows in measured.items():
        title = f"{TITLES[name]} (`ci/bench {name}`)"
        parts[title] = section(name, rows, parts.get(title, "").split("\n"), keeps_others)
    order = [f"{title} (`ci/bench {name}`)" for name, title in TITLES.items()]
    path.write_text(INTRODUCTION + "".join(f"\n## {title}\n\n{parts[title]}" for title in order
                                           if title in parts))
