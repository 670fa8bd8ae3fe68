"""Guards against an alert that is sent twice, or never, or that tells where it is sent.

The receiver and MongoDB are real servers on loopback; only the moment is given by the test.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg
import pytest
from pydantic import SecretStr

from insights_assets.automation import alerts as sensors
from insights_assets.automation.alerts import band_changes, build_alert_sensors, deliver, troubles
from insights_assets.automation.stores import open_outbox, open_stores
from insights_assets.automation.webhook import NotDelivered, Webhook
from insights_assets.definitions import defs
from insights_assets.model.alerts import Alert, gave_up, low_coverage, run_failed, status_changes
from insights_assets.model.attempts import GivenUp
from insights_assets.model.dates import NEW_YORK, now
from insights_assets.model.outcomes import Unavailable
from insights_assets.model.repair import Repair
from insights_assets.model.snapshot import MetricScore, Snapshot
from insights_assets.settings import Settings, load_settings
from insights_assets_tests.support.alerts import Receiver, receiver
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.storage import closed_port, fresh_database, snapshot

DAY = now().date() - timedelta(days=41)  # all is past, but not so long that it is forgotten
YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)
NOW = datetime.combine(DAY, time(9, 31), NEW_YORK)
ALERT = Alert(f"synthetic/{DAY}/composite:normal>elevated", "band_crossed", "d", "t", {})


def composed(score: float, day: date = DAY, **metrics: float) -> Snapshot:
    status = SYNTHETIC.bands.status
    return replace(
        snapshot(day=day, created_at=NOW),
        composite_score=score,
        composite_status=status(score),
        coverage=1.0,
        metrics={
            id_: MetricScore(reading, status(reading), 1.0, 0.2, "fresh", "It is so.")
            for id_, reading in metrics.items()
        },
        unavailable={},
    )


BEFORE = composed(58, YESTERDAY, offerings=77)


def keys(alerts: list[Alert]) -> list[str]:
    return [alert.key for alert in alerts]


# What is told


def changes(*stored: Snapshot) -> list[Alert]:
    return status_changes(SYNTHETIC, stored, [DAY])


def test_crossing_a_band_is_told_with_both_scores_what_moved_it_and_how_unusual_it_is():
    before = composed(58, YESTERDAY, offerings=70, slope=46)
    (alert,) = changes(before, composed(62.5, offerings=79, slope=46))

    assert alert.key == f"synthetic/{DAY}/composite:normal>elevated"
    assert alert.text == (
        f"Synthetic went from normal to elevated on {DAY}: the composite is 62.5, it was"
        f" 58 on {YESTERDAY}. Offerings by +4.50 and Slope by +0.00 moved it most. How unusual"
        " that is cannot be said: 120 sessions of the 3 years before are needed, 0 stored."
    )
    assert alert.details["score"] == 62.5


def test_a_crossing_says_how_many_sessions_were_lower_once_there_are_enough():
    past = [composed(50 + n % 10, DAY - timedelta(days=n), offerings=50) for n in range(1, 400)]

    (alert,) = changes(*past, composed(62.5, offerings=55))

    assert "It is higher than on 100% of the" in alert.text
    assert alert.text.endswith("sessions of the 3 years before.")


def test_a_crossing_by_metrics_that_came_or_went_says_so():
    before = composed(58, YESTERDAY, offerings=70, slope=46)
    now = replace(composed(62.5, offerings=79), coverage=0.6)

    (alert,) = changes(before, now)

    assert "Its metrics are not the same: it covers 60% of the weight now, 100% then." in alert.text


def test_a_metric_that_turns_high_is_told_by_its_title():
    (alert,) = changes(BEFORE, composed(58, offerings=82, slope=79))

    assert alert.key == f"synthetic/{DAY}/offerings:high"
    assert alert.text.startswith(f"Synthetic: Offerings is high on {DAY}, at 82.")
    assert alert.details == {
        "category": "synthetic",
        "metric": "offerings",
        "score": 82,
        "status": "high",
        "status_before": "elevated",
        "source": "simulator",
    }


def test_a_metric_that_only_touches_high_is_not_told_before_the_second_session():
    edge = composed(58, YESTERDAY, offerings=80.5)
    assert changes(replace(BEFORE, date=DAY - timedelta(days=2)), edge) == []


def test_what_stays_as_it_was_is_not_told():
    high = composed(90, YESTERDAY, offerings=85)

    assert changes(high, composed(81, offerings=99)) == []


def test_the_first_snapshot_of_all_crosses_nothing():
    assert changes(composed(99, offerings=99)) == []


def test_what_came_out_afterwards_is_told_of_its_own_day_only():
    assert status_changes(SYNTHETIC, [BEFORE, composed(62.5)], [TOMORROW]) == []


@pytest.mark.parametrize(("coverage", "is_told"), [(0.79, True), (0.8, False), (1.0, False)])
def test_low_coverage_is_told_with_the_reasons(coverage, is_told):
    alert = low_coverage(
        SYNTHETIC,
        replace(
            composed(50), coverage=coverage, unavailable={"offerings": Unavailable("no answer")}
        ),
    )

    assert bool(alert) == is_told
    if is_told:
        assert alert[0].text.endswith("covers 79% of the weight. Missing: offerings: no answer.")
        assert alert[0].event == "low_coverage"


def test_coverage_is_measured_by_what_can_be_had():
    without = {"offerings": Unavailable("no history", "absent")}

    assert low_coverage(SYNTHETIC, replace(composed(50), coverage=0.72, unavailable=without)) == []
    assert low_coverage(SYNTHETIC, replace(composed(50), coverage=0.71, unavailable=without))


def test_giving_up_is_told_once_for_a_day_and_reason():
    repair = Repair(DAY, "incomplete", "it is incomplete", (SYNTHETIC.id,))

    alert = gave_up(GivenUp(repair, "8 attempts did not help"))

    assert alert.key == f"synthetic/{DAY}/gave_up:incomplete"
    assert alert.text == f"The snapshot of {DAY} is not repaired: 8 attempts did not help."


# How it is sent


@pytest.fixture(scope="module")
def webhook() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def settings(stack, webhook, monkeypatch) -> Settings:
    webhook.taken.clear()
    webhook.asked, webhook.status = 0, 200
    monkeypatch.setattr("insights_assets.automation.webhook.WAIT_SECONDS", 0.01)
    for name, value in {
        "INSIGHTS_MONGO_URI": stack.mongo_uri,
        "INSIGHTS_REDIS_URL": stack.redis_url,
        "INSIGHTS_MONGO_DATABASE": fresh_database(),
        "INSIGHTS_ALERT_WEBHOOK_URL": webhook.url,
    }.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def store(settings: Settings, *snapshots: Snapshot) -> None:
    with open_stores(settings) as (history, _):
        history.write_snapshots(snapshots)


def test_a_post_has_a_text_for_people_and_fields_for_programs(settings, webhook):
    deliver(settings, [ALERT], NOW)

    (post,) = webhook.taken
    assert post["text"] == "t"
    assert post["insight"]["key"] == ALERT.key
    assert post["insight"]["event"] == "band_crossed"


def test_a_crossing_is_sent_once_though_the_day_is_computed_five_times(settings, webhook):
    store(settings, BEFORE)
    for n in range(5):
        computed = NOW.replace(microsecond=0) + timedelta(seconds=n)
        store(settings, replace(composed(62.5 + n), created_at=computed))
        deliver(settings, band_changes(settings, NOW, [SYNTHETIC]), NOW + timedelta(minutes=n))

    assert webhook.keys_taken() == [ALERT.key]


def test_a_later_different_crossing_is_sent_too(settings, webhook):
    store(settings, BEFORE, composed(62.5))
    deliver(settings, band_changes(settings, NOW, [SYNTHETIC]), NOW)
    tomorrow = NOW + timedelta(days=1)
    store(settings, composed(82, DAY + timedelta(days=1)))
    deliver(settings, band_changes(settings, tomorrow, [SYNTHETIC]), tomorrow)

    assert webhook.keys_taken() == [
        ALERT.key,
        f"synthetic/{TOMORROW}/composite:elevated>high",
    ]


def test_a_snapshot_is_compared_over_a_gap_but_not_with_another_season(settings):
    store(settings, replace(BEFORE, date=DAY - timedelta(days=7)), composed(62.5))
    assert keys(band_changes(settings, NOW, [SYNTHETIC])) == [ALERT.key]

    store(settings, composed(10, DAY + timedelta(days=40)))
    later = NOW + timedelta(days=40)
    assert band_changes(settings, later, [SYNTHETIC]) == []


def test_a_dead_webhook_loses_nothing_and_is_asked_less_and_less_often(settings, webhook):
    webhook.status = 503
    asked = []
    for minute in range(16):
        report = deliver(settings, [ALERT], NOW + timedelta(minutes=minute))
        asked.append(webhook.asked)
    assert asked[0] == 3  # three tries at once
    assert [n for n in range(1, 16) if asked[n] > asked[n - 1]] == [1, 3, 7, 15]
    assert report == "0 alerts sent; the next is tried again later: the webhook answered HTTP 503."

    webhook.status = 200
    deliver(settings, [], NOW + timedelta(hours=1))
    deliver(settings, [], NOW + timedelta(hours=2))
    assert webhook.keys_taken() == [ALERT.key]


def test_a_process_killed_while_sending_loses_nothing(settings, webhook):
    with open_outbox(settings) as outbox:
        outbox.enqueue([ALERT], NOW)
        assert next(outbox.claim(NOW)) == ALERT  # and here it dies

    deliver(settings, [ALERT], NOW + timedelta(seconds=60))
    assert webhook.taken == []
    deliver(settings, [ALERT], NOW + timedelta(seconds=121))
    assert webhook.keys_taken() == [ALERT.key]


def test_two_senders_at_once_claim_an_alert_once(settings):
    with open_outbox(settings) as one, open_outbox(settings) as other:
        one.enqueue([ALERT], NOW)
        claims = [*one.claim(NOW), *other.claim(NOW)]

    assert claims == [ALERT]


@pytest.mark.parametrize("status", [404, 500])
def test_the_url_is_in_no_message_and_no_log(settings, webhook, caplog, status):
    webhook.status = status
    with caplog.at_level(logging.DEBUG):
        report = deliver(settings, [ALERT], NOW)
        with suppress(NotDelivered):
            Webhook(f"http://127.0.0.1:{closed_port()}/S3CR3TPATH").send(ALERT)
        with suppress(NotDelivered):
            Webhook("http://[S3CR3TPATH").send(ALERT)

    assert "S3CR3TPATH" not in report + caplog.text + repr(settings)


def test_a_refusal_is_not_tried_again_at_once(settings, webhook):
    webhook.status = 404

    deliver(settings, [ALERT], NOW)

    assert webhook.asked == 1


# The sensors


def tick(settings: Settings, name: str, instance: dg.DagsterInstance) -> str:
    (sensor,) = [sensor for sensor in build_alert_sensors(settings) if sensor.name == name]
    return sensor.evaluate_tick(dg.build_sensor_context(instance, definitions=defs)).skip_message


@pytest.mark.parametrize("name", ["status_change_alerts", "trouble_alerts"])
def test_without_a_webhook_nothing_is_written_down(settings, name):
    off = settings.model_copy(update={"alert_webhook_url": SecretStr("")})
    with dg.DagsterInstance.ephemeral() as instance:
        assert tick(off, name, instance) == sensors.OFF


def test_low_coverage_and_giving_up_are_troubles(settings, tmp_path):
    store(
        settings,
        replace(composed(50), coverage=0.7, unavailable={"offerings": Unavailable("no answer")}),
    )
    (tmp_path / "dagster.yaml").touch()
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        for n in range(8):
            tags = {"insights/repair": "missing", "insights/date": str(YESTERDAY)}
            failed = dg.DagsterRunStatus.FAILURE
            instance.add_run(dg.DagsterRun("snapshot_repair", f"{n}", status=failed, tags=tags))

        keys_found = keys(troubles(settings, instance, NOW, [SYNTHETIC]))

    assert sorted(keys_found) == [
        f"synthetic/{YESTERDAY}/gave_up:missing",
        f"synthetic/{DAY}/low_coverage",
    ]


@dg.op
def broken() -> None:
    raise dg.Failure("MongoDB at db:27017 does not answer.")


@dg.op
def lacking() -> None:
    raise dg.Failure("Stored without the news.", metadata={"refused": {"synthetic": {}}})


def failure_tick(settings: Settings, op: dg.OpDefinition = broken, **tags: str) -> str:
    job = dg.GraphDefinition("daily_snapshot", node_defs=[op]).to_job()
    with dg.DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            sensor_name="run_failure_alerts",
            dagster_event=run.get_run_failure_event(),
            dagster_instance=instance,
            dagster_run=run.dagster_run,
        ).for_run_failure()
        sensor = build_alert_sensors(settings)[-1]
        skip = sensor(context)
    return skip.skip_message


def test_a_failed_run_is_told_in_the_words_of_its_step(settings, webhook):
    failure_tick(settings, **{"dagster/partition": str(DAY)})

    (post,) = webhook.taken
    assert post["text"] == (
        f"The run of daily_snapshot for {DAY} failed: MongoDB at db:27017 does not answer."
    )


def test_a_failed_attempt_is_no_news(settings, webhook):
    failure_tick(settings, **{"insights/repair": "missing"})

    assert webhook.taken == []


@pytest.mark.parametrize(("days_ago", "messages"), [(0, 0), (60, 1)])
def test_a_run_that_published_is_news_only_where_no_repair_asks_again(
    settings, webhook, days_ago, messages
):
    day = now().date() - timedelta(days=days_ago)
    failure_tick(settings, lacking, **{"dagster/partition": str(day)})

    assert len(webhook.taken) == messages


def test_a_failed_run_is_told_even_if_mongodb_is_dead(settings, webhook, monkeypatch):
    monkeypatch.setattr("insights_assets.storage.connections.MONGO_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setenv("INSIGHTS_MONGO_URI", f"mongodb://127.0.0.1:{closed_port()}")

    assert failure_tick(load_settings()).startswith("Sent. MongoDB at")
    assert len(webhook.taken) == 1


def test_a_range_is_told_by_its_ends():
    alert = run_failed("1234", "daily_snapshot", f"2026-03-01 to {DAY}", ["It broke."])

    assert alert.text == f"The run of daily_snapshot for 2026-03-01 to {DAY} failed: It broke."
    assert alert.details == {"run_id": "1234", "job": "daily_snapshot"}


def test_old_alerts_are_not_sent_any_more(settings, webhook):
    with open_outbox(settings) as outbox:
        outbox.enqueue([ALERT], NOW.astimezone(UTC))

    deliver(settings, [], NOW + timedelta(days=4))

    assert webhook.taken == []
