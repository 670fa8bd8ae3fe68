"""Guards against a run that computes something else than the specification says.

Or asks the vendor more than it must, or loses more than the one dataset that failed.

The stores and the vendor are real servers on loopback: the mistakes worth finding are in what
crosses the sockets.
"""

import itertools
import math
from dataclasses import replace
from datetime import date, timedelta

import pytest

from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.datasets import DATASETS
from insights_assets.model.dates import last_sessions, now
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.pipeline import (
    Pipeline,
    failed_checks,
    failure_of,
)
from insights_assets_tests.support.recording import RECORDING, SAMPLE, needs_recording

METRIC_OF = {
    "TIME_SERIES_DAILY_ADJUSTED": ("daily_bars", {"prices"}, 0.8),
    "TIME_SERIES_INTRADAY": ("intraday_bars", {"hours"}, 0.8),
    "TREASURY_YIELD:10year": ("treasury_10y", {"slope"}, 0.85),
    "TREASURY_YIELD:2year": ("treasury_2y", {"slope", "shift"}, 0.7),
    "NEWS_SENTIMENT": ("news_sentiment_feed", {"headlines"}, 0.8),
    "IPO_CALENDAR": ("ipo_calendar", {"offerings"}, 0.9),
}


@pytest.mark.parametrize(
    ("day", "scores", "composite"),
    [
        (
            date(2025, 1, 9),
            {
                "ai_price_anomaly": 43.96,
                "news_sentiment": 69.93,
                "smart_money_flow": 46.13,
                "yield_curve": 45.67,
                "fed_expectations": 30.0,
            },
            48.17,
        ),
        pytest.param(
            date(2024, 6, 11),
            {
                "ai_price_anomaly": 66.69,
                "news_sentiment": 92.53,
                "smart_money_flow": 38.88,
                "yield_curve": 18.67,
                "fed_expectations": 43.0,
            },
            54.30,
            marks=needs_recording,
        ),
        pytest.param(
            date(2025, 4, 9),
            {
                "ai_price_anomaly": 3.47,
                "news_sentiment": 59.79,
                "smart_money_flow": 54.56,
                "yield_curve": 47.33,
                "fed_expectations": 66.0,
            },
            45.07,
            marks=needs_recording,
        ),
    ],
)
def test_recorded_history_gives_the_known_scores(stack, day, scores, composite):
    with SimulatorServer(
        SimulatorOptions(data=SAMPLE if day == date(2025, 1, 9) else RECORDING)
    ) as replay:
        pipeline = Pipeline(stack, replay, categories=[AI_SECTOR_RISK])
        assert pipeline.run(day).success
        stored = pipeline.snapshot(day)
        pipeline.close()

    assert {id_: metric["score"] for id_, metric in stored["metrics"].items()} == scores
    assert stored["composite_score"] == composite
    assert stored["composite_status"] == "normal"
    assert stored["coverage"] == 0.9
    assert stored["unavailable"] == {
        "ipo_heat": {"reason": "the calendar has no history for past dates", "cause": "absent"}
    }
    assert stored["source"] == "replay"


def test_a_snapshot_of_today_makes_fourteen_requests_at_most_many_at_once(stack):
    months = {session.month for session in last_sessions(now().date(), 20)}
    with SimulatorServer(SimulatorOptions(latency_ms=200)) as slow:
        pipeline = Pipeline(stack, slow, categories=[SYNTHETIC])
        assert pipeline.run(now().date()).success
        stats = slow.stats()
        pipeline.close()

    assert stats["by_function"] == {
        "TIME_SERIES_DAILY_ADJUSTED": 4,
        "TIME_SERIES_INTRADAY": 3 * len(months),
        "TREASURY_YIELD": 2,
        "NEWS_SENTIMENT": 1,
        "IPO_CALENDAR": 1,
    }
    assert [r["maturity"] for r in stats["requests"] if r["function"] == "TREASURY_YIELD"].count(
        "2year"
    ) == 1
    assert stats["max_in_flight"] >= 8


def test_a_second_run_within_the_hour_asks_for_the_running_session_only(pipeline, simulator):
    assert pipeline.run(now().date()).success
    simulator.reset()

    assert pipeline.run(now().date()).success

    assert simulator.stats()["by_function"] == {"TIME_SERIES_INTRADAY": 3}
    assert pipeline.mongo.insight_snapshots.count_documents({}) == 1


def test_both_stores_hold_the_same_snapshot(pipeline):
    assert pipeline.run(now().date()).success

    stored = pipeline.snapshot(now().date())
    cached = pipeline.redis.get(pipeline.latest_key)
    assert f'"composite_score": {stored["composite_score"]}' in cached.decode()
    assert f'"run_id": "{stored["run_id"]}"' in cached.decode()
    assert 86_000 < pipeline.redis.ttl(pipeline.latest_key) <= 86_400
    assert stored["coverage"] == 1.0
    assert stored["source"] == "simulator"


@pytest.mark.parametrize("function", METRIC_OF)
def test_one_dataset_failing_costs_its_own_metrics_only(pipeline, simulator, function):
    dataset, lost, coverage = METRIC_OF[function]
    # A refusal of the plan would be remembered for the function, whichever maturity met it first.
    simulator.set_faults([f"{function}=invalid"])

    result = pipeline.run(now().date())

    assert result.success
    stored = pipeline.snapshot(now().date())
    assert set(stored["unavailable"]) == lost
    assert stored["coverage"] == coverage
    kept = stored["metrics"].values()
    # Summed exactly: the last bit of a plain sum can turn a half the other way.
    points = math.fsum(m["score"] * m["weight"] for m in kept)
    assert stored["composite_score"] == round(points / math.fsum(m["weight"] for m in kept), 2)
    checks = failed_checks(result)
    assert set(checks) == {
        f"market_data/{dataset}:available",
        *(f"synthetic/{metric}:available" for metric in lost),
        "synthetic/snapshot:coverage_complete",
    }
    for finding, text in itertools.product(checks.values(), stored["unavailable"].values()):
        assert text["reason"].removeprefix(f"{dataset}: ") in finding


def test_with_all_datasets_failing_nothing_is_stored_and_one_message_says_why(pipeline, simulator):
    assert pipeline.run(now().date() - timedelta(days=30)).success
    before = pipeline.redis.get(pipeline.latest_key)
    pipeline.redis.delete(*[k for k in pipeline.redis.keys("*:*") if b"latest" not in k])
    simulator.set_faults([f"{function}=premium" for function in METRIC_OF])

    result = pipeline.run(now().date())

    assert not result.success
    message = failure_of(result)
    assert message.startswith(
        f"No snapshot of synthetic was stored for {now().date()}: coverage is 0"
    )
    assert "headlines, hours, offerings, prices, shift, slope" in message
    assert len(message) < 600
    assert pipeline.mongo.insight_snapshots.count_documents({}) == 1
    assert pipeline.redis.get(pipeline.latest_key) == before


def test_one_metric_is_computed_again_without_asking_the_vendor(pipeline, simulator):
    assert pipeline.run(now().date()).success
    simulator.reset()

    result = pipeline.run(now().date(), select="synthetic/slope", env={"ALPHA_VANTAGE_API_KEY": ""})

    assert result.success
    assert simulator.stats()["total"] == 0


def test_a_metric_without_its_dataset_is_unavailable_not_a_crash(pipeline):
    result = pipeline.run(date(2025, 1, 9), select="synthetic/slope")

    assert result.success
    (stored,) = pipeline.mongo.insight_metrics.find()
    assert stored["status"] == "unavailable"
    assert stored["reason"] == "not fetched for 2025-01-09"


def test_a_repaired_metric_and_the_snapshot_run_alone(pipeline, simulator):
    simulator.set_faults(["TREASURY_YIELD:10year=invalid"])
    assert pipeline.run(now().date()).success
    simulator.set_faults([])
    simulator.reset()

    result = pipeline.run(
        now().date(),
        select="market_data/treasury_10y synthetic/slope synthetic/snapshot"
        " synthetic/latest_snapshot",
    )

    assert result.success
    assert simulator.stats()["total"] == 1
    assert pipeline.snapshot(now().date())["coverage"] == 1.0


def test_what_was_stored_for_a_day_outlives_a_fetch_that_fails_later(pipeline, simulator):
    assert pipeline.run(now().date()).success
    first = pipeline.snapshot(now().date())
    pipeline.redis.flushall()
    simulator.set_faults([f"{function}=premium" for function in METRIC_OF])

    assert pipeline.run(now().date()).success

    assert pipeline.snapshot(now().date())["metrics"] == first["metrics"]


def test_a_failed_fetch_falls_back_to_an_older_dataset_and_says_so(pipeline, simulator):
    assert pipeline.run(now().date() - timedelta(days=1)).success
    pipeline.redis.flushall()
    simulator.set_faults(["TREASURY_YIELD:2year=premium"])

    assert pipeline.run(now().date()).success

    metrics = pipeline.snapshot(now().date())["metrics"]
    assert metrics["shift"]["quality"] == "stale"
    assert metrics["headlines"]["quality"] == "fresh"


def test_simulated_data_do_not_join_a_database_of_the_vendor(pipeline):
    assert pipeline.run(now().date()).success
    pipeline.mongo.insight_snapshots.update_many({}, {"$set": {"source": "alpha_vantage"}})

    result = pipeline.run(now().date())

    assert not result.success
    assert "INSIGHTS_MONGO_DATABASE" in failure_of(result)
    assert pipeline.snapshot(now().date())["source"] == "alpha_vantage"


def test_a_dead_redis_costs_the_cache_and_not_the_snapshot(pipeline):
    result = pipeline.run(now().date(), env={"INSIGHTS_REDIS_URL": "redis://127.0.0.1:1/0"})

    assert result.success
    assert pipeline.snapshot(now().date())["coverage"] == 1.0


def test_a_dead_mongodb_fails_the_run_with_one_sentence(pipeline):
    result = pipeline.run(
        now().date(), env={"INSIGHTS_MONGO_URI": "mongodb://user:s3cret@127.0.0.1:1"}
    )

    assert not result.success
    message = failure_of(result)
    assert message.startswith("MongoDB at 127.0.0.1:1 does not answer")
    assert "INSIGHTS_MONGO_URI" in message
    assert "s3cret" not in message


def test_a_bug_in_a_fetch_is_in_the_log_of_its_run(pipeline, monkeypatch):
    async def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setitem(DATASETS, "ipo_calendar", replace(DATASETS["ipo_calendar"], fetch=broken))

    result = pipeline.run(now().date())

    assert not result.success
    assert pipeline.snapshot(now().date())["coverage"] == 0.9
    log = [record.user_message for record in pipeline.instance.all_logs(result.run_id)]
    assert "Fetching ipo_calendar failed unexpectedly." in log
