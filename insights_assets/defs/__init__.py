"""What is yours in this code location: `dg scaffold defs` writes here, and Dagster loads it.

It is empty as shipped. The daily job, the repair and the alerts are about the product's own assets;
what is defined here runs by conditions, schedules or sensors of its own.
"""

from pathlib import Path

import dagster as dg

FOLDER = Path(__file__).parent
PROJECT = FOLDER.parents[1]


def load_own() -> dg.Definitions:
    """Return what is defined in this folder, if anything is: an installed wheel has no project."""
    files = [path for path in FOLDER.iterdir() if path.name not in ("__init__.py", "__pycache__")]
    if not files:
        return dg.Definitions()
    return dg.load_from_defs_folder(path_within_project=PROJECT)
