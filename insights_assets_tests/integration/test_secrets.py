"""Guards against the API key leaving the process.

It travels in every URL, and some of the vendor's messages repeat it.

The command runs as a user runs it, with Dagster's own storage on disk, and then everything that it
wrote anywhere is searched.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from insights_assets.categories import CATEGORIES
from insights_assets.local_stack import LocalStack
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.pipeline import API_KEY, FRED_API_KEY, Pipeline

EVERYTHING = (
    "TIME_SERIES_DAILY_ADJUSTED",
    "TIME_SERIES_INTRADAY",
    "TREASURY_YIELD",
    "NEWS_SENTIMENT",
    "IPO_CALENDAR",
    "series/observations",
)


@pytest.mark.parametrize(
    "faults",
    [
        (),
        pytest.param(("TREASURY_YIELD=empty", "NEWS_SENTIMENT=disconnect"), marks=pytest.mark.long),
        (
            "TREASURY_YIELD=dailylimit_with_key",
            *(f"{function}=badkey" for function in EVERYTHING if function != "TREASURY_YIELD"),
        ),
    ],
    ids=["success", "some datasets fail", "the vendor repeats the key"],
)
def test_the_key_is_found_nowhere_after_a_run(tmp_path, faults):
    home, data_dir = tmp_path / "dagster", tmp_path / "stack"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with (
        LocalStack(data_dir, mongo_port=0, redis_port=0) as stack,
        SimulatorServer(SimulatorOptions(faults=faults)) as simulator,
    ):
        pipeline = Pipeline(stack, simulator, categories=CATEGORIES)
        run = subprocess.run(
            [sys.executable, "-X", "dev", "-m", "insights_assets.cli", "snapshot"],
            env={**os.environ, **pipeline.environment, "DAGSTER_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        in_redis = b"".join(
            pipeline.redis.dump(key) or b"" for key in pipeline.redis.scan_iter("*")
        )
        pipeline.close()

    assert run.returncode == (1 if len(faults) == len(EVERYTHING) else 0), run.stderr
    for key in (API_KEY, FRED_API_KEY):
        assert key not in run.stdout
        assert key not in run.stderr
        assert key.encode() not in in_redis
        assert list(files_with(key, tmp_path)) == []
    assert list(files_with("ai_sector_risk", tmp_path)), "the search finds what is there"


def files_with(text: str, folder: Path) -> list[Path]:
    return [
        path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()
    ]
