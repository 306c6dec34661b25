# SPDX-License-Identifier: Apache-2.0
"""Where a build's time goes: the chart docs/benchmarks-build.svg, from `sbx-build build --report`."""
import json
from html import escape

STAGES = {"download": "#4e79a7", "inflate": "#f28e2b", "store": "#e15759", "compose": "#76b7b2",
          "scripts": "#59a14f", "byte-compile": "#edc948", "commit": "#b07aa1", "checkout": "#9c755f"}
WIDTH, LEFT, RIGHT, BAR, TOP = 760, 120, 90, 18, 40


def read(path):
    """Of one report: its stages, and the whole, in seconds."""
    data = json.loads(path.read_text())
    unknown = set(data["stages"]) ^ set(STAGES)
    if unknown:
        raise SystemExit(f"bench_stages.py and the report know other stages: {unknown}")
    return {name: usec / 1e6 for name, usec in data["stages"].items()}, data["usec"] / 1e6


def text(x, y, words, extra=""):
    return f'<text x="{x}" y="{y}" {extra}>{escape(words)}</text>'


def group(title, report, y):
    """Bars of one build, each as long as its stage took; returns them and where they end."""
    stages, whole = report
    longest = max([whole, *stages.values()])
    scale = (WIDTH - LEFT - RIGHT) / longest
    out = [text(8, y, f"{title}: {whole:.2f} s from start to end", 'font-weight="bold"')]
    y += 10
    for name, color in STAGES.items():
        took = stages[name]
        length = max(took * scale, 0.5)
        out += [text(LEFT - 8, y + BAR - 5, name, 'text-anchor="end"'),
                f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 4}" fill="{color}"/>',
                text(round(LEFT + length + 6, 1), y + BAR - 5, f"{took:.2f} s")]
        y += BAR
    line = LEFT + whole * scale
    out.append(f'<line x1="{line:.1f}" x2="{line:.1f}" y1="{y - BAR * len(STAGES)}" y2="{y}" '
               'stroke="#888" stroke-dasharray="3"/>')
    return out, y + 30


def chart(builds):
    """SVG of builds: title -> what read() gave."""
    body, y = [], TOP - 10
    for title, report in builds.items():
        bars, y = group(title, report, y)
        body += bars
    body.append(text(8, y, "inflate and store: summed over threads; stages overlap; dashed: the end"))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 12}" '
            f'viewBox="0 0 {WIDTH} {y + 12}" font-family="sans-serif" font-size="12">\n'
            "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
            f'<rect width="{WIDTH}" height="{y + 12}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n")


if __name__ == "__main__":
    import sys
    from pathlib import Path
    titled = (argument.split("=", 1) for argument in sys.argv[1:])
    sys.stdout.write(chart({title: read(Path(path)) for title, path in titled}))
