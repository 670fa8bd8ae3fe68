"""Runs of the daily job at Dagster's webserver.

They are submitted there, so that its UI, its queue and its launcher treat them like any other.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

import dagster as dg
import httpx
from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError

from insights_assets.assets.keys import dataset_key, metric_key, snapshot_key
from insights_assets.assets.partitions import PARTITION_TAG
from insights_assets.automation.daily import DAILY_SNAPSHOT, RUN_OF_A_DAY
from insights_assets.automation.reconciler import UNFINISHED
from insights_assets.model.category import Category
from insights_assets.model.dates import days_between

RunStatus: TypeAlias = Literal["queued", "running", "succeeded", "failed", "canceled"]

TIMEOUT_SECONDS = 30
# What is being canceled has not ended, but will not make the snapshot either.
ON_ITS_WAY = [status.value for status in UNFINISHED if status is not dg.DagsterRunStatus.CANCELING]
_STATUSES: dict[str, RunStatus] = {
    "STARTED": "running",
    "SUCCESS": "succeeded",
    "FAILURE": "failed",
    "CANCELING": "canceled",
    "CANCELED": "canceled",
}

# Dagster's client submits runs and tells their status, but cannot look for them.
_RUNS = """
query Runs($filter: RunsFilter!) {
  runsOrError(filter: $filter, limit: 100) {
    __typename
    ... on Runs {
      results {
        runId status jobName startTime endTime
        tags { key value }
        assetSelection { path }
      }
    }
    ... on Error { message }
  }
}
"""

_ASSETS = "query { assetNodes { assetKey { path } jobNames } }"
_BACKFILL = """
mutation Backfill($asked: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $asked) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on Error { message }
  }
}
"""


class DagsterUnavailable(Exception):
    """Dagster's webserver does not answer; the message says what to check."""


class DagsterRefused(Exception):
    """Dagster's webserver answered that it will not; the message is its own."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as Dagster knows it; `date` is its partition, if it has one."""

    id: str
    status: RunStatus
    date: str | None
    started_at: datetime | None = None
    ended_at: datetime | None = None


class Runs(Protocol):
    """What the admin routes need of Dagster."""

    def trigger(self, day: date, category: Category | None) -> tuple[str, bool]:
        """Submit the run of a day, of all that runs there if no category is named.

        Return its id, and whether it is a new one.
        """

    def find(self, run_id: str) -> Run | None:
        """Return a run, if there is one of that id."""


class DagsterRuns:
    """The runs at one webserver; nothing is sent before it is asked."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._lock = threading.Lock()  # of two triggers at once the second finds the first's run

    def trigger(self, day: date, category: Category | None) -> tuple[str, bool]:
        """Submit the run of a day, unless one that does the same is queued or running."""
        # Which categories run is known to the code location alone: it has the vendors' keys.
        wanted = {tuple(key.path) for key in assets_of(category)} if category else None
        tag = {"key": PARTITION_TAG, "value": day.isoformat()}
        with self._lock:
            for candidate in self._query({"tags": [tag], "statuses": ON_ITS_WAY}):
                if _covers(candidate, wanted):
                    return str(candidate["runId"]), False
            return self._submit(day, wanted), True

    def find(self, run_id: str) -> Run | None:
        """Return a run, if there is one of that id."""
        run = next(iter(self._query({"runIds": [run_id]})), None)
        return _run(run) if run else None

    def backfill(self, first: date, last: date, category: Category | None) -> str:
        """Start a backfill of a range, in runs as long as the backfill policy allows.

        Return the address of its page. It is of all that runs there if no category is named.
        """
        if category:
            wanted = [list(key.path) for key in assets_of(category)]
        else:
            nodes = self._post(_ASSETS, {}, "assetNodes")
            wanted = [n["assetKey"]["path"] for n in nodes if DAILY_SNAPSHOT in n["jobNames"]]
        asked = {
            "assetSelection": [{"path": path} for path in wanted],
            "partitionNames": [day.isoformat() for day in days_between(first, last)],
            "title": f"{first} to {last}",
        }
        launched = self._post(_BACKFILL, {"asked": asked}, "launchPartitionBackfill")
        if launched["__typename"] != "LaunchBackfillSuccess":
            raise DagsterRefused(_first_line(str(launched.get("message", launched["__typename"]))))
        return f"{self._url}/runs/b/{launched['backfillId']}"

    def _submit(self, day: date, wanted: set[tuple[str, ...]] | None) -> str:
        parts = urlsplit(self._url)
        client = DagsterGraphQLClient(
            parts.netloc,
            use_https=parts.scheme == "https",
            path_prefix=parts.path,
            timeout=TIMEOUT_SECONDS,
        )
        try:
            return client.submit_job_execution(
                DAILY_SNAPSHOT,
                tags={PARTITION_TAG: day.isoformat(), **RUN_OF_A_DAY},
                asset_selection=[dg.AssetKey(path) for path in sorted(wanted)] if wanted else None,
            )
        except DagsterGraphQLClientError as error:
            if error.__cause__:
                raise self._unavailable(error.__cause__) from None
            if error.args[:1] == ("JobNotFoundError",):
                raise _not_loaded() from None
            raise DagsterRefused(_first_line(": ".join(map(str, error.args)))) from None
        except KeyError:
            # The client looks for a message that the answer InvalidSubsetError does not have.
            raise _not_loaded() from None

    def _query(self, runs_filter: dict[str, Any]) -> list[dict[str, Any]]:
        reply = self._post(_RUNS, {"filter": runs_filter}, "runsOrError")
        if reply["__typename"] != "Runs":
            raise DagsterRefused(_first_line(str(reply.get("message", reply["__typename"]))))
        runs: list[dict[str, Any]] = reply["results"]
        return runs

    def _post(self, query: str, variables: dict[str, Any], field: str) -> Any:  # noqa: ANN401
        request = {"query": query, "variables": variables}
        try:
            response = httpx.post(f"{self._url}/graphql", json=request, timeout=TIMEOUT_SECONDS)
            response.raise_for_status()
            return response.json()["data"][field]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise self._unavailable(error) from None

    def _unavailable(self, error: BaseException) -> DagsterUnavailable:
        return DagsterUnavailable(
            f"Dagster's webserver does not answer as it should ({type(error).__name__}): start it,"
            " or correct INSIGHTS_DAGSTER_URL."
        )


def _not_loaded() -> DagsterRefused:
    return DagsterRefused(
        "it cannot load the assets now; see in its UI whether the code location is up, and whether"
        " the category is skipped there for want of a vendor's key"
    )


def assets_of(category: Category) -> list[dg.AssetKey]:
    """Return every asset that a snapshot of a category is made of."""
    return [
        *[dataset_key(id_) for id_ in category.datasets],
        *[metric_key(category, metric) for metric in category.metrics],
        snapshot_key(category),
        dg.AssetKey([category.id, "latest_snapshot"]),
    ]


def _covers(run: dict[str, Any], wanted: set[tuple[str, ...]] | None) -> bool:
    """Whether a run makes all that is wanted; without a selection it makes its whole job."""
    if run["assetSelection"] is None:
        return bool(run["jobName"] == DAILY_SNAPSHOT)
    return wanted is not None and wanted <= {tuple(key["path"]) for key in run["assetSelection"]}


def _run(fields: dict[str, Any]) -> Run:
    tags = {tag["key"]: tag["value"] for tag in fields["tags"]}
    return Run(
        id=fields["runId"],
        status=_STATUSES.get(fields["status"], "queued"),
        date=tags.get(PARTITION_TAG),
        started_at=_instant(fields["startTime"]),
        ended_at=_instant(fields["endTime"]),
    )


def _instant(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _first_line(message: str) -> str:
    return message.splitlines()[0][:200] if message else "it gave no reason"
