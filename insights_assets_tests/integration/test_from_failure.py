"""Guards against buttons of Dagster that repeat a failed run without asking the vendor again.

The runs are repeated by Dagster itself, from its own records of what failed.
"""

from collections import Counter
from datetime import date, timedelta

import dagster as dg
import pytest

from insights_assets.definitions import build_definitions
from insights_assets.model.dates import days_between, now
from insights_assets.settings import load_settings
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.pipeline import Pipeline, failure_of

TODAY = now().date()
METRICS = [metric.id for metric in SYNTHETIC.metrics]
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 6)


def the_job(_database: str) -> dg.JobDefinition:
    """The job of a test; Dagster remembers it by the argument, and its resources with it."""
    definitions = build_definitions(load_settings(), categories=[SYNTHETIC])
    return definitions.resolve_job_def("daily_snapshot")


@pytest.fixture
def environment(pipeline, monkeypatch) -> None:
    for name, value in pipeline.environment.items():
        monkeypatch.setenv(name, value)


def again(pipeline: Pipeline, run_id: str) -> dg.JobExecutionResult:
    """Repeat what failed of a run, as the button does."""
    return dg.execute_job(
        dg.build_reconstructable_job(
            __name__, "the_job", reconstructable_args=(pipeline.database,)
        ),
        instance=pipeline.instance,
        reexecution_options=dg.ReexecutionOptions.from_failure(run_id, pipeline.instance),
        tags={
            **pipeline.instance.get_run_by_id(run_id).tags,
            "dagster/is_resume_retry": "true",
        },
    )


def marked(pipeline: Pipeline, run_id: str) -> Counter[str]:
    """How many days of each asset a run has materialized."""
    return Counter(
        record.dagster_event.asset_key.to_user_string()
        for record in pipeline.instance.all_logs(
            run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
        )
    )


def test_a_day_is_published_and_what_failed_stays_failed_until_it_is_asked_for_again(
    pipeline, simulator, environment
):
    simulator.set_faults(["NEWS_SENTIMENT=http500"])
    failed = pipeline.run(TODAY)

    assert not failed.success
    assert failure_of(failed).splitlines() == [
        "Stored and published without what could not be fetched:",
        f"- news_sentiment_feed, {TODAY}: the vendor answered HTTP 500",
        '"Re-execute from failure" asks the vendor again for what is missing.',
    ]
    assert pipeline.snapshot(TODAY)["coverage"] == 0.8
    assert f'"date": "{TODAY}"'.encode() in pipeline.redis.get(pipeline.latest_key)
    lacking = {"market_data/news_sentiment_feed"} | {
        f"synthetic/{name}" for name in ("headlines", "snapshot", "latest_snapshot")
    }
    everything = {f"market_data/{id_}" for id_ in SYNTHETIC.datasets}
    everything |= {f"synthetic/{name}" for name in (*METRICS, "snapshot", "latest_snapshot")}
    assert marked(pipeline, failed.run_id).keys() == everything - lacking

    simulator.set_faults([])
    simulator.reset()
    pipeline.redis.flushall()  # no answer is remembered: what is not asked for is kept
    with again(pipeline, failed.run_id) as repeated:
        assert repeated.success

    assert simulator.stats()["by_function"] == {"NEWS_SENTIMENT": 1}
    assert pipeline.snapshot(TODAY)["coverage"] == 1
    assert marked(pipeline, repeated.run_id).keys() == everything


def test_of_a_range_only_the_days_that_failed_are_asked_for_again(pipeline, simulator, environment):
    assert pipeline.run(FIRST, FIRST + timedelta(days=2)).success
    pipeline.redis.flushall()
    # With bad answers, too: some cannot be read, some can and are of no use.
    functions = ("NEWS_SENTIMENT", "TREASURY_YIELD")
    simulator.set_faults(["NEWS_SENTIMENT=nan", "TREASURY_YIELD=malformed"])

    failed = pipeline.run(FIRST, LAST)

    assert not failed.success
    assert "2 of 5 days have no snapshot of synthetic, the other 3 are stored" in failure_of(failed)
    per_asset = marked(pipeline, failed.run_id)
    assert per_asset["synthetic/snapshot"] == per_asset["synthetic/latest_snapshot"] == 3
    assert per_asset["market_data/news_sentiment_feed"] == per_asset["synthetic/headlines"] == 3
    assert per_asset["market_data/intraday_bars"] == per_asset["synthetic/hours"] == 5

    simulator.set_faults([])
    simulator.reset()
    with again(pipeline, failed.run_id) as repeated:
        assert repeated.success

    assert simulator.stats()["by_function"].keys() == set(functions)
    assert all(pipeline.snapshot(day)["coverage"] == 0.9 for day in days_between(FIRST, LAST))
    assert set(marked(pipeline, repeated.run_id).values()) == {5}
