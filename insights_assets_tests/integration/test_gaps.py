"""Guards against a list of missing days that names others, or does not fill them."""

import json
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from insights_assets.categories.ai_sector_risk import CATEGORY
from insights_assets.cli import main
from insights_assets.model.dates import newest_due, now
from insights_assets_tests.support.pipeline import Pipeline

NEWEST = newest_due(now())
FIRST, GAP = NEWEST - timedelta(days=3), NEWEST - timedelta(days=2)


@pytest.fixture
def pipeline(stack, simulator):
    built = Pipeline(stack, simulator, categories=[CATEGORY])
    yield built
    built.close()


def gaps(pipeline: Pipeline, *options: str) -> Result:
    return CliRunner().invoke(main, ["gaps", *options], env=pipeline.environment)


def test_missing_days_are_named_with_the_command_that_fills_them_and_filled(pipeline, simulator):
    assert pipeline.run(FIRST, NEWEST).success
    assert gaps(pipeline).output == "No day is missing.\n"
    pipeline.mongo.insight_snapshots.delete_many(
        {"date": {"$gte": _midnight(GAP), "$lt": _midnight(NEWEST)}}
    )
    last = NEWEST - timedelta(days=1)
    command = f"insights backfill --from {GAP} --to {last} --category ai_sector_risk"

    shown = gaps(pipeline)
    assert shown.exit_code == 1
    assert shown.output == f"ai_sector_risk: {GAP} to {last} (2 days). {command}\n"
    (document,) = json.loads(gaps(pipeline, "--json").output)
    assert (document["from"], document["days"]) == (str(GAP), 2)
    assert document["command"] == command

    filled = gaps(pipeline, "--fill", "--json")

    assert (filled.exit_code, json.loads(filled.stdout)) == (0, [])
    assert pipeline.mongo.insight_snapshots.count_documents({}) == 4


def _midnight(day):
    return datetime.combine(day, datetime.min.time())
