#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Weekly revenue by region: reads sales.csv beside this file, prints a table and draws a chart.

An everyday data-science script: nothing in it knows of sandboxes but that results go to /output.
"""
import os
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd


def load(path):
    sales = pd.read_csv(path, parse_dates=["date"])
    return sales.pivot_table(index="date", columns="region", values="revenue", aggfunc="sum")


def draw(weekly, path):
    figure, axes = plt.subplots(figsize=(9, 4.5))
    weekly.rolling(3, min_periods=1).mean().plot(ax=axes, linewidth=2)
    axes.set_title("Weekly revenue by region (3-week mean)")
    axes.set_xlabel("")
    axes.set_ylabel("revenue, EUR")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main():
    weekly = load(Path(__file__).with_name("sales.csv"))
    print(f"{len(weekly)} weeks, {len(weekly.columns)} regions")
    print(weekly.sum().sort_values(ascending=False).round(2).to_string())
    output = Path(os.environ.get("OUTPUT_DIR", "/output"))
    chart = output / "revenue.png"
    draw(weekly, chart)
    print(f"chart: {chart}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
