"""The sensors that tell people: of a change of regime, and of trouble."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import dagster as dg

from insights_assets.automation.reconciler import (
    Reconciler,
    days_of_run,
    is_repair,
    last_days,
    location_of,
    stored_snapshots,
)
from insights_assets.automation.stores import open_outbox, open_stores
from insights_assets.automation.webhook import NotDelivered, Webhook
from insights_assets.categories import CATEGORIES
from insights_assets.model.alerts import (
    Alert,
    gap_left,
    gave_up,
    low_coverage,
    run_failed,
    status_changes,
)
from insights_assets.model.attempts import GivenUp
from insights_assets.model.category import Category
from insights_assets.model.context import COMPARED_YEARS
from insights_assets.model.dates import months_before, now
from insights_assets.model.gaps import Left
from insights_assets.settings import Settings
from insights_assets.storage.errors import StoreError

SETTLING_DAYS = 30  # by then the band is known, whichever it was before
OFF = "INSIGHTS_ALERT_WEBHOOK_URL is not set: nobody is told."
WILL_RETRY = "dagster/will_retry"


def build_alert_sensors(
    settings: Settings, categories: Sequence[Category] = CATEGORIES
) -> list[dg.SensorDefinition]:
    """Build the sensors; without a webhook they only give that as the reason of each skip."""
    return [
        _alert_sensor(
            settings,
            "status_change_alerts",
            "Alerts once when the composite has left its band or a metric has become high.",
            lambda _, instant: band_changes(settings, instant, categories),
        ),
        _alert_sensor(
            settings,
            "trouble_alerts",
            "Alerts once when a day is given up, when a gap is left to people, and when much of a"
            " snapshot is missing.",
            lambda context, instant: troubles(
                settings, context.instance, instant, categories, location_of(context)
            ),
        ),
        _run_failure_sensor(settings),
    ]


def band_changes(
    settings: Settings, instant: datetime, categories: Sequence[Category]
) -> list[Alert]:
    """Return what changed its band on one of the last days."""
    days = last_days(settings, instant)
    alerts: list[Alert] = []
    if not days:
        return alerts
    with open_stores(settings) as (history, _):

        def changes(category: Category, first: date) -> list[Alert]:
            return status_changes(category, history.snapshots(category.id, first, days[-1]), days)

        for category in categories:
            # What is to be told is seen in a few weeks; how unusual it is needs the years before.
            if changes(category, days[0] - timedelta(days=SETTLING_DAYS)):
                alerts += changes(category, months_before(days[0], 12 * COMPARED_YEARS))
    return alerts


def troubles(
    settings: Settings,
    instance: dg.DagsterInstance,
    instant: datetime,
    categories: Sequence[Category],
    location: str | None = None,
) -> list[Alert]:
    """Return what is amiss and will not mend by itself, or not for long."""
    days = last_days(settings, instant)
    if not days:
        return []
    with open_stores(settings) as (history, latest):
        look = Reconciler(settings, history, latest, instance, instant, categories, location)
        decisions, gaps = look.decisions(), look.gaps()
        snapshots = stored_snapshots(history, days, categories)
    alerts = [gave_up(decision) for decision in decisions if isinstance(decision, GivenUp)]
    alerts += [gap_left(gap) for gap in gaps if isinstance(gap, Left) and gap.for_people]
    for category in categories:
        for snapshot in snapshots[category.id].values():
            alerts += low_coverage(category, snapshot)
    return alerts


def deliver(settings: Settings, alerts: Iterable[Alert], instant: datetime) -> str:
    """Write down what is new, send what is not sent yet, and say how that went."""
    webhook = Webhook(settings.alert_webhook_url.get_secret_value())
    sent = 0
    with open_outbox(settings) as outbox:
        outbox.enqueue(alerts, instant)
        for alert in outbox.claim(instant):
            try:
                webhook.send(alert)
            except NotDelivered as error:
                outbox.release(alert, instant)
                return f"{sent} alerts sent; the next is tried again later: {error}."
            outbox.ack(alert, instant)
            sent += 1
    return f"{sent} alerts sent." if sent else "There is no new alert."


def _alert_sensor(
    settings: Settings,
    name: str,
    description: str,
    find: Callable[[dg.SensorEvaluationContext, datetime], list[Alert]],
) -> dg.SensorDefinition:
    def evaluate(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        if not settings.alert_webhook_url.get_secret_value():
            return dg.SkipReason(OFF)
        instant = now()
        try:
            return dg.SkipReason(deliver(settings, find(context, instant), instant))
        except StoreError as error:
            return dg.SkipReason(str(error))

    return dg.SensorDefinition(
        name=name,
        evaluation_fn=evaluate,
        minimum_interval_seconds=settings.repair_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=description,
    )


def _run_failure_sensor(settings: Settings) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="run_failure_alerts",
        minimum_interval_seconds=settings.repair_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Alerts when a run failed. An attempt to repair is no news, giving up is.",
    )
    def run_failure_alerts(context: dg.RunFailureSensorContext) -> dg.SkipReason:
        run = context.dagster_run
        if not settings.alert_webhook_url.get_secret_value():
            return dg.SkipReason(OFF)
        if (
            is_repair(run.tags)
            or run.tags.get(WILL_RETRY) == "true"
            or _will_be_repaired(context, last_days(settings, now()))
        ):
            return dg.SkipReason(f"What the run {run.run_id[:8]} lacks is tried again by itself.")
        alert = run_failed(run.run_id, run.job_name, _days(run.tags), _sentences(context))
        try:
            return dg.SkipReason(deliver(settings, [alert], now()))
        except StoreError as error:
            return dg.SkipReason(f"{_send_unrecorded(settings, alert)} {error}")

    return run_failure_alerts


def _will_be_repaired(context: dg.RunFailureSensorContext, days: Sequence[date]) -> bool:
    """Return whether all snapshots are there, and the repair asks again for what they lack."""
    covered = days_of_run(context.dagster_run.tags)
    if not days or not covered or covered[0] < str(days[0]):
        return False
    metadata = [
        event.step_failure_data.user_failure_data.metadata
        for event in context.get_step_failure_events()
        if event.step_failure_data.user_failure_data
    ]
    refused = [entry.get("refused") for entry in metadata]
    return bool(refused) and all(
        isinstance(value, dg.JsonMetadataValue)
        and isinstance(value.data, dict)
        and not any(value.data.values())
        for value in refused
    )


def _send_unrecorded(settings: Settings, alert: Alert) -> str:
    """Send without writing down: a dead MongoDB fails runs, and people should know of it."""
    try:
        Webhook(settings.alert_webhook_url.get_secret_value()).send(alert)
    except NotDelivered as error:
        return f"Not sent: {error}."
    return "Sent."


def _days(tags: Mapping[str, str]) -> str:
    days = days_of_run(tags)
    if days is None:
        return "no day"
    return days[0] if days[0] == days[1] else f"{days[0]} to {days[1]}"


def _sentences(context: dg.RunFailureSensorContext) -> list[str]:
    """Return what the failed steps gave as the reason, in the words of their failures."""
    sentences = [
        failure.description
        for event in context.get_step_failure_events()
        if (failure := event.step_failure_data.user_failure_data) and failure.description
    ]
    return sentences or [context.failure_event.message or "Dagster says no more"]
