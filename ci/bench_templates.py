# SPDX-License-Identifier: Apache-2.0
"""Rows of ci/bench about many templates: recipes, one package more, match, what the disk holds."""
import json
import os
import shutil
import statistics
import subprocess

# Small, of Python alone, and not among what the recipe has.
SMALL = ["python3-attr", "python3-toolz", "python3-wcwidth", "python3-zipp", "python3-sortedcontainers",
         "python3-pluggy", "python3-iniconfig", "python3-mccabe", "python3-pycodestyle", "python3-toml",
         "python3-colorama", "python3-decorator", "python3-tabulate", "python3-mypy-extensions",
         "python3-pyparsing", "python3-docopt", "python3-humanize", "python3-inflection",
         "python3-itsdangerous"]


# The same, for builds of their locks alone.
PURE = ["python3-termcolor", "python3-webcolors", "python3-blinker", "python3-xmltodict",
        "python3-shellingham", "python3-parso"]


def output(b, *arguments):
    done = subprocess.run(b.sbx(*arguments), env=b.env, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def variant(b, recipe, package):
    """A recipe like the other with a package more; returns its path."""
    path = b.work / f"with-{package}.recipe"
    path.write_text(f"[recipe]\ndescription=x\ncategory=x\n[packages]\n"
                    f"install={';'.join(recipe['packages'] + [package])}\n"
                    f"[content]\nslim=runtime\n[test]\ncommand=python3 -c pass\n")
    return str(path)


def lock_of(b, recipe, package):
    """What the recipe has and a package more, chosen; returns the lock's path."""
    path = b.work / f"with-{package}.lock"
    with open(path, "wb") as file:
        subprocess.run(b.sbx("resolve", "-q", "--json", "--slim=runtime", "--packages",
                             ",".join(recipe["packages"] + [package])),
                       env=b.env, stdout=file, check=True)
    return str(path)


def disk(*paths):
    """Bytes on disk, each inode once."""
    out = subprocess.run(["du", "-s", "-c", "--block-size=1", *map(str, paths)], capture_output=True,
                         text=True, check=True).stdout
    return int(out.splitlines()[-1].split()[0])


def disk_alone(template):
    """Of a template without any other one: a layer needs the root that it lies on."""
    base = template / "base"
    return disk(template, *([base.resolve() / "root"] if base.is_symlink() else []))


def disk_row(b, work, must):
    root = b.work / "root"
    ids = [row["id"] for row in output(b, "ls", "--json")["templates"]]
    apart = sum(disk_alone(root / "templates" / id) for id in ids)
    together = disk(root / "repo", root / "templates")
    work = f"disk of {len(ids)} templates: {work}"
    b.rows.append((work, f"{together / 1e6:.0f} MB", "each on its own", f"{apart / 1e6:.0f} MB",
                   apart / together, must))
    print(f"{work:52} {together / 1e6:.0f} MB, each on its own {apart / 1e6:.0f} MB, "
          f"{apart / together:.2f}x, must {must}", flush=True)


def bench_templates(b, mmdebstrap, limit_row):
    root = b.work / "root"
    for path in root.iterdir():
        if path.name != "index":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    recipe = next(r for r in output(b, "recipes", "--json")["recipes"] if r["name"] == "python")
    ours = b.seconds(b.sbx("prebuild", "-q", "python"))
    target = b.work / "mmdebstrap-python"
    theirs = b.seconds(mmdebstrap(target, recipe["packages"]))
    shutil.rmtree(target)
    # What is durable must not wait for what was removed beside it.
    os.sync()
    b.row("prebuild the recipe python, tested, nothing cached", ours, "mmdebstrap", theirs, "1.7x")
    # The first one finds that scripts were never traced beside another package; it does not count.
    times = [b.seconds(b.sbx("prebuild", "-q", variant(b, recipe, package))) for package in SMALL]
    added = statistics.median(times[1:])
    b.row("a small package more than it, fetched and tested", added, "mmdebstrap", theirs, "30x")
    limit_row(b, "the same", added, 0.3)
    locks = [lock_of(b, recipe, package) for package in PURE]
    b.seconds(b.sbx("build", "-q", locks[0]))
    os.sync()
    added = statistics.median(b.seconds(b.sbx("build", "-q", lock)) for lock in locks[1:])
    limit_row(b, "one more, of its lock, fetched, not tested", added, 0.3)
    matched = statistics.median(
        b.seconds(b.sbx("match", "-q", "--packages", ",".join(recipe["packages"]))) for _ in range(9))
    limit_row(b, "match a set of packages among 20 templates", matched, 0.15)
    disk_row(b, "the recipe python and 19 with a package more", "4x")
    if os.environ.get("SBX_BENCH_ALL_RECIPES"):
        for package in SMALL:
            b.seconds(b.sbx("rm", "-q", "with-" + package))
        b.seconds(b.sbx("gc", "-q", "--unused-days=0"))
        b.seconds(b.sbx("prebuild", "-q"))
        disk_row(b, "all recipes", "-")
