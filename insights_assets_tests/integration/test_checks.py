"""Guards against checks that pass whatever happens, or cost more events than they are worth."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import dagster as dg
import pytest

from insights_assets.assets.checks import no_jump_check
from insights_assets.categories import CATEGORIES
from insights_assets.definitions import build_definitions, defs
from insights_assets.model.dates import NEW_YORK, now
from insights_assets.model.snapshot import MetricScore, Snapshot, jumps
from insights_assets.settings import load_settings
from insights_assets.storage.connections import open_history, open_latest
from insights_assets.storage.indexes import Retention
from insights_assets.storage.publishing import disagreement
from insights_assets_tests.support.pipeline import failed_checks
from insights_assets_tests.support.storage import COMPUTED, days_from, fresh_database, snapshot

DAY = date(2026, 3, 12)
SNAPSHOT = dg.AssetKey(["synthetic", "snapshot"])


def scored(day: date, **scores: float) -> Snapshot:
    metrics = {
        id_: MetricScore(score, "normal", 1.0, 0.2, "fresh", "") for id_, score in scores.items()
    }
    return replace(snapshot(day=day), metrics=metrics)


# no_jump


@pytest.mark.parametrize(
    ("score", "expected"), [(60, {}), (60.01, {"a": "a went from 10 to 60.01"})]
)
def test_a_jump_is_more_than_fifty_points(score, expected):
    assert jumps(scored(DAY, a=score, b=50), scored(DAY, a=10, b=50)) == expected


def test_a_metric_that_was_not_there_the_day_before_has_not_jumped():
    assert jumps(scored(DAY, a=100), scored(DAY, b=0)) == {}


def test_days_are_compared_with_the_day_before_within_the_range_and_before_it():
    days = days_from(DAY, 5)
    before = [scored(days[0], a=0)]
    snapshots = [scored(days[1], a=51), scored(days[2], a=51), scored(days[4], a=0)]

    check = no_jump_check(SNAPSHOT, snapshots, before)

    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert check.description == (  # nothing is known of days[3]
        f"{days[1]}: a went from 0 to 51, and too little is stored to say how far it usually moves"
    )


def test_a_jump_is_told_with_the_usual_move_of_its_own_metric():
    past = [scored(DAY - timedelta(days=n), a=50 + n % 2, b=50 + 10 * (n % 2)) for n in range(60)]
    snapshots, before = [scored(DAY, a=100, b=55)], [scored(DAY - timedelta(days=1), a=40, b=50)]

    check = no_jump_check(SNAPSHOT, snapshots, before, lambda: past)

    assert check.description == (
        f"{DAY}: a went from 40 to 100, its usual move from session to session is 1.0 points"
    )


def test_a_run_warns_of_a_jump_since_the_stored_day_before(pipeline):
    assert pipeline.run(DAY - timedelta(days=1)).success
    score = pipeline.mongo.insight_snapshots.find_one()["metrics"]["slope"]["score"]
    far = {"$set": {"metrics.slope.score": score + 50.01}}
    pipeline.mongo.insight_snapshots.update_one({}, far)

    result = pipeline.run(DAY)

    assert result.success
    jump = failed_checks(result)["synthetic/snapshot:no_jump"]
    assert jump.startswith(f"{DAY}: slope went from {score + 50.01:g} to ")


# Health at a glance


def test_a_healthy_backfill_is_green_though_a_calendar_of_the_past_cannot_be_had(pipeline):
    result = pipeline.run(date(2026, 3, 2), date(2026, 3, 6))

    assert result.success
    assert failed_checks(result) == {}
    by_name = {
        check.asset_key.path[-1]: check.description
        for check in result.get_asset_check_evaluations()
        if check.check_name == "available"
    }
    assert by_name["ipo_calendar"] == "2026-03-06: the calendar has no history for past dates"
    assert by_name["treasury_2y"] == "available for 2026-03-06"


def test_a_failed_run_of_an_earlier_day_leaves_the_checks_of_the_newest_green(pipeline, simulator):
    assert pipeline.run(now().date()).success
    pipeline.redis.delete(*[k for k in pipeline.redis.scan_iter() if b"latest" not in k])
    simulator.set_faults(
        [f"{function}=malformed" for function in ("NEWS_SENTIMENT", "TREASURY_YIELD")]
    )

    failed = pipeline.run(DAY - timedelta(days=60))

    assert not failed.success
    assert failed_checks(failed) == {}
    # None is left to look like a failure, and none was planned, which would cost an event.
    assert len(failed.get_asset_check_evaluations()) >= 16
    assert not pipeline.instance.all_logs(
        failed.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED
    )


def test_every_check_can_be_executed_alone_and_looks_at_what_is_stored(pipeline, monkeypatch):
    for name, value in pipeline.environment.items():
        monkeypatch.setenv(name, value)
    assert pipeline.run(DAY).success
    pipeline.mongo.insight_snapshots.update_one({}, {"$set": {"composite_score": 1.0}})
    alone = dg.Definitions.merge(
        build_definitions(load_settings(), categories=pipeline.categories),
        dg.Definitions(jobs=[dg.define_asset_job("alone", dg.AssetSelection.all_asset_checks())]),
    )

    result = alone.resolve_job_def("alone").execute_in_process(instance=pipeline.instance)

    assert result.success
    assert len(result.get_asset_check_evaluations()) == 17  # with that of today
    assert failed_checks(result)["synthetic/snapshot:coherent"].startswith(
        f"{DAY}: the composite is 1.0, the weighted mean"
    )
    assert not [event for event in result.all_events if event.is_step_materialization]


# agrees_with_history


def test_a_run_ends_with_both_stores_in_agreement(pipeline):
    result = pipeline.run(DAY)

    assert "synthetic/latest_snapshot:agrees_with_history" not in failed_checks(result)


def test_a_dead_redis_is_a_disagreement_and_not_a_failure(pipeline):
    result = pipeline.run(DAY, env={"INSIGHTS_REDIS_URL": "redis://127.0.0.1:1/0"})

    assert result.success
    problem = failed_checks(result)["synthetic/latest_snapshot:agrees_with_history"]
    assert problem.startswith("Redis does not answer while serving")


@pytest.mark.parametrize(
    ("published", "held", "agrees"),
    [
        (0, 0, True),
        (0, None, False),
        (0, -1, False),  # Redis stayed behind
        (0, 2, False),  # Redis holds what history lacks
        (0, 1, True),  # another run stored and published a newer one meanwhile
    ],
)
def test_redis_may_be_ahead_only_of_what_was_read_before(stack, published, held, agrees):
    newest, newer = (snapshot(DAY, COMPUTED + timedelta(seconds=n)) for n in (published, 1))
    retention = Retention()
    with (
        open_history(stack.mongo_uri, fresh_database(), retention) as history,
        open_latest(stack.redis_url, "insights") as latest,
    ):
        latest._redis.flushall()
        history.write_snapshots([newer if held == 1 else newest])
        if held is not None:
            latest.publish(snapshot(DAY, COMPUTED + timedelta(seconds=held)), COMPUTED)

        assert (disagreement("synthetic", newest, history, latest) is None) == agrees


def test_before_the_first_snapshot_both_stores_agree(stack):
    with (
        open_history(stack.mongo_uri, fresh_database(), Retention()) as history,
        open_latest(stack.redis_url, "insights") as latest,
    ):
        latest._redis.flushall()
        assert disagreement("synthetic", None, history, latest) is None


def test_what_the_chosen_plan_is_without_warns_nobody_every_day(pipeline):
    result = pipeline.run(now().date(), env={"ALPHA_VANTAGE_PLAN": "free"})

    assert result.success
    assert pipeline.snapshot(now().date())["coverage"] == 0.6
    assert failed_checks(result) == {}


# Freshness


@pytest.mark.parametrize(
    ("stored", "clock", "expected"),
    [
        (True, time(10), (True, "the snapshot of 2026-03-12 is there")),
        (False, time(10), (False, "there is no snapshot of 2026-03-12")),
        (
            False,
            time(9, 59),
            (True, "the snapshot of 2026-03-12 is not due before 10:00 New York"),
        ),
    ],
)
def test_the_check_of_today_sees_whether_its_partition_is_there(
    pipeline, monkeypatch, stored, clock, expected
):
    # A backfill of an old day, which satisfies the freshness policy, does not satisfy this.
    assert pipeline.run(DAY if stored else DAY - timedelta(days=30)).success
    monkeypatch.setattr(
        "insights_assets.assets.checks.now", lambda: datetime.combine(DAY, clock, NEW_YORK)
    )
    for name, value in pipeline.environment.items():
        monkeypatch.setenv(name, value)

    job = build_definitions(load_settings(), categories=pipeline.categories).resolve_job_def(
        "deadline_check"
    )
    (check,) = job.execute_in_process().get_asset_check_evaluations()

    assert (check.passed, check.description) == expected
    assert check.severity is dg.AssetCheckSeverity.ERROR


def test_the_snapshot_has_its_deadline_at_ten_new_york():
    snapshot_of_a_category = dg.AssetKey([CATEGORIES[0].id, "snapshot"])
    policy = defs.resolve_asset_graph().get(snapshot_of_a_category).freshness_policy

    assert policy.deadline_cron == "0 10 * * *"
    assert policy.timezone == "America/New_York"
    assert policy.lower_bound_delta == timedelta(minutes=30)


def test_the_look_at_ten_runs_by_itself():
    schedule = defs.resolve_schedule_def("deadline_check_schedule")

    assert (schedule.cron_schedule, schedule.execution_timezone) == (
        "0 10 * * *",
        "America/New_York",
    )
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
