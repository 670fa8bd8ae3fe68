"""Writes the results as a page and as a plot."""

import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.measure import Section, Target

FOLDER = Path(__file__).parent
HEAD = """# Results

Written by `make bench` on {date}; nothing here is typed by hand. {machine}. Absolute times are this
machine's; the ratios are what to compare.

![The results as bars](results.svg)

## Targets

| | reached | wanted | |
| --- | ---: | ---: | --- |
"""


def write(sections: Sequence[Section]) -> None:
    """Write results.md and results.svg."""
    head = HEAD.format(date=date.today(), machine=_machine())  # noqa: DTZ011
    targets = "".join(_target(target) for section in sections for target in section.targets)
    missed = "".join(_missed(target) for section in sections for target in section.targets)
    pages = "".join("\n" + markdown(section) for section in sections)
    (FOLDER / "results.md").write_text(head + targets + missed + pages)
    plot(sections)


def markdown(section: Section) -> str:
    """Return the section as a part of the page."""
    lines = [
        f"## {section.title}\n",
        f"{section.how}\n",
        _row(section.header),
        _row(["---", *["---:"] * (len(section.header) - 1)]),
        *[_row(cells) for cells in section.rows],
    ]
    return "\n".join(lines) + "\n"


def plot(sections: Sequence[Section]) -> None:
    """Draw a panel of bars for each section that has one."""
    panels = [section.bars for section in sections if section.bars]
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text
    mpl.rcParams["svg.hashsalt"] = "insights_assets"  # the same results are the same file
    heights = [len(panel.values) + 1 for panel in panels]
    figure = Figure(figsize=(9, 0.32 * sum(heights) + 0.5), layout="constrained")
    axes = figure.subplots(len(panels), 1, height_ratios=heights, squeeze=False)
    for panel, axis in zip(panels, axes[:, 0], strict=True):
        names = list(panel.values)
        colors = ["#2563eb" if name.startswith("ours") else "#94a3b8" for name in names]
        bars = axis.barh(names, list(panel.values.values()), color=colors)
        axis.bar_label(bars, fmt=f"{{:.3g}} {panel.unit}", padding=4)
        axis.set_title(panel.title, loc="left", fontsize="medium", fontweight="bold")
        axis.tick_params(length=0)
        axis.invert_yaxis()
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.xaxis.set_visible(False)
        axis.margins(x=0.12)
    figure.savefig(FOLDER / "results.svg", metadata={"Date": None})


def _target(target: Target) -> str:
    digits = 2 if target.value < 100 else 0
    wanted = f"{'at least' if target.at_least else 'at most'} {target.limit:g} {target.unit}"
    verdict = "met" if target.met else "**missed**"
    return _row([target.what, f"{target.value:.{digits}f} {target.unit}", wanted, verdict]) + "\n"


def _missed(target: Target) -> str:
    return "" if target.met or not target.why else f"\nMissed: {target.what}. {target.why}\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _machine() -> str:
    processor = next(
        (
            line.split(": ", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({processor}), {memory:.0f} GB, {platform.system()}, Python"
        f" {platform.python_version()}"
    )
