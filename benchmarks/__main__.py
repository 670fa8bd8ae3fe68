"""`python -m benchmarks [--quick] [PART ...]`: all parts are measured and written.

Some of them, or with `--quick` a little of each, are only printed.
"""

import sys
import time
from importlib import import_module

from benchmarks.measure import QUICK
from benchmarks.report import markdown, write

PARTS = (
    "backfills",
    "command_backfill",
    "one_snapshot",
    "cold_start",
    "reads",
    "growth",
    "scale",
)


def main() -> None:
    """Measure the parts that the command line names, or all."""
    named = [argument for argument in sys.argv[1:] if argument != "--quick"]
    unknown = set(named) - set(PARTS)
    if unknown:
        sys.exit(f"{', '.join(sorted(unknown))}: unknown; the parts are {', '.join(PARTS)}.")
    sections = []
    for part in named or PARTS:
        began = time.monotonic()
        sections.append(import_module(f"benchmarks.{part}").measure())
        print(markdown(sections[-1]), flush=True)
        print(f"({part} took {time.monotonic() - began:.0f} s)\n", file=sys.stderr, flush=True)
    if not (named or QUICK):
        write(sections)


if __name__ == "__main__":
    main()
