"""`python -m benchmarks [--quick] [PART ...]`: what is named is measured, or all.

Each part that was measured is kept for the day, and the page is written once all are there: one
that breaks costs no other, and is measured again by its name. With `--quick` a little of each part
is measured and only printed.
"""

import sys
import time
from datetime import date
from importlib import import_module
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.measure import QUICK, Section
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
KEPT = Path(__file__).parent / "measured" / str(date.today())  # noqa: DTZ011
SECTION = TypeAdapter(Section)


def main() -> None:
    """Measure the parts that the command line names, or all."""
    named = [argument for argument in sys.argv[1:] if argument != "--quick"]
    unknown = set(named) - set(PARTS)
    if unknown:
        sys.exit(f"{', '.join(sorted(unknown))}: unknown; the parts are {', '.join(PARTS)}.")
    for part in named or PARTS:
        began = time.monotonic()
        section: Section = import_module(f"benchmarks.{part}").measure()
        print(markdown(section), flush=True)
        print(f"({part} took {time.monotonic() - began:.0f} s)\n", file=sys.stderr, flush=True)
        if not QUICK:
            KEPT.mkdir(parents=True, exist_ok=True)
            _file(part).write_bytes(SECTION.dump_json(section))
    if not QUICK and all(_file(part).exists() for part in PARTS):
        write([SECTION.validate_json(_file(part).read_bytes()) for part in PARTS])


def _file(part: str) -> Path:
    return KEPT / f"{part}.json"


if __name__ == "__main__":
    main()
