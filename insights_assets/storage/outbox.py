"""The alerts of the last days in MongoDB: each is written down once, and sent until confirmed.

An alert is *open* until somebody claims it to send it, *sending* until the receiver confirmed it,
then *sent*. A claim that is not confirmed in time, because the process was killed, is open again:
nothing is lost. Only a process that is killed after the receiver's answer and before it is written
down sends twice; the receiver can tell by the key.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime, timedelta

from pydantic import TypeAdapter, ValidationError
from pymongo import UpdateOne
from pymongo.database import Database

from insights_assets.model.alerts import Alert
from insights_assets.storage.documents import Document, stamp
from insights_assets.storage.indexes import expire
from insights_assets.storage.mongo_errors import mongo_errors

ALERTS = "insight_alerts"
KEPT_DAYS = 90  # longer than any day is looked at, so that no event is told twice
CLAIM = timedelta(minutes=2)
WORTH_SENDING = timedelta(days=3)
LONGEST_PAUSE = timedelta(hours=1)

_ALERT = TypeAdapter(Alert)


class AlertOutbox:
    """The collection `insight_alerts`; the key of an alert is its `_id`.

    Only `noted_at`, by which documents expire, is a time of MongoDB's: the local stack's cannot
    change one later.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._alerts = database[ALERTS]

    def enqueue(self, alerts: Iterable[Alert], now: datetime) -> None:
        """Write down what is not written down yet."""
        writes = [
            UpdateOne(
                {"_id": alert.key},
                {
                    "$setOnInsert": {
                        "alert": asdict(alert),
                        "state": "open",
                        "tries": 0,
                        "next_try": now.timestamp(),
                        "noted_at": now,
                    }
                },
                upsert=True,
            )
            for alert in alerts
        ]
        if not writes:
            return
        with self._errors("writing down alerts"):
            expire(self._alerts, "noted_at", KEPT_DAYS)
            self._alerts.bulk_write(writes, ordered=False)

    def claim(self, now: datetime) -> Iterator[Alert]:
        """Claim and return, one by one, the alerts that are to be sent."""
        wanted = {
            "state": {"$in": ["open", "sending"]},
            "next_try": {"$lte": now.timestamp()},
            "noted_at": {"$gte": now - WORTH_SENDING},
        }
        with self._errors("reading alerts"):
            due = list(self._alerts.find(wanted, sort=[("noted_at", 1)]))
        for document in due:
            with self._errors("claiming an alert"):
                claim = self._alerts.update_one(
                    {
                        "_id": document["_id"],
                        "state": document["state"],
                        "tries": document.get("tries"),
                    },
                    {
                        "$set": {"state": "sending", "next_try": (now + CLAIM).timestamp()},
                        "$inc": {"tries": 1},
                    },
                )
            if claim.modified_count:
                try:
                    yield _ALERT.validate_python(document.get("alert"))
                except ValidationError:
                    continue

    def ack(self, alert: Alert, now: datetime) -> None:
        """Write down that the receiver has it."""
        self._set(alert, {"state": "sent", "sent_at": stamp(now)})

    def release(self, alert: Alert, now: datetime) -> None:
        """Let it be tried again: after a minute, then after twice as long each time."""
        with self._errors("reading an alert"):
            document = self._alerts.find_one({"_id": alert.key}, {"tries": 1})
        tries = document["tries"] if document else 1
        pause = min(timedelta(minutes=2 ** min(tries - 1, 10)), LONGEST_PAUSE)
        self._set(alert, {"state": "open", "next_try": (now + pause).timestamp()})

    def _set(self, alert: Alert, fields: Document) -> None:
        with self._errors("writing down what became of an alert"):
            self._alerts.update_one({"_id": alert.key, "state": "sending"}, {"$set": fields})

    def _errors(self, doing: str) -> AbstractContextManager[None]:
        return mongo_errors(self._database, doing)
