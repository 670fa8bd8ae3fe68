"""The OpenAPI document: guards against a promise that the API does not keep.

Schemathesis derives requests from the document, right and wrong ones, and holds every answer
against it: statuses, media types, bodies, methods, authentication.
"""

from datetime import date, timedelta

import schemathesis
from hypothesis import HealthCheck, settings
from pydantic import SecretStr
from schemathesis.config import SchemathesisConfig

from insights_assets.api.app import create_app
from insights_assets.api.lockout import Lockout
from insights_assets.serving.service import Insights
from insights_assets.settings import Settings
from insights_assets.storage.latest import Look
from insights_assets_tests.support.api import (
    READ_TOKEN,
    SECRET,
    TODAY,
    RememberedRuns,
    days_ago,
    snapshot_of,
)

FIRST = date(2021, 1, 4)


class Remembered:
    """Stands for both stores: what they do on their own is tested elsewhere, over sockets."""

    stored = (snapshot_of(TODAY), snapshot_of(days_ago(1), missing=()))

    def look(self, _category_id):
        return Look(self.stored[0])

    def newest_snapshot(self, _category_id):
        return self.stored[0]

    def snapshots(self, _category_id, _first, _last):
        return list(self.stored)


app = create_app(
    Settings(admin_secret=SecretStr(SECRET), read_token=SecretStr(READ_TOKEN)),
    Insights(Remembered(), Remembered()),
    RememberedRuns(),
    Lockout(10**6),
)
RIGHT = {"X-Admin-Secret": SECRET, "Authorization": f"Bearer {READ_TOKEN}"}
schema = schemathesis.openapi.from_asgi(
    "/openapi.json", app, config=SchemathesisConfig.from_dict({"headers": RIGHT})
)


def possible(body):
    """A document cannot say `not after today`: a valid date becomes one that has a partition."""
    if not isinstance(body, dict) or not isinstance(body.get("date"), str):
        return body
    try:
        day = date.fromisoformat(body["date"])
    except ValueError:
        return body
    days = (TODAY - FIRST).days + 1
    return {**body, "date": str(FIRST + timedelta(days=day.toordinal() % days))}


def possible_span(query):
    """Nor can it say `not before from`, nor that a span of days is named in one way only."""
    try:
        first = date.fromisoformat(query["from"])
        last = date.fromisoformat(query.get("to", str(TODAY)))
    except (KeyError, TypeError, ValueError):
        return query
    first, last = min(first, last), max(first, last)
    first = max(first, last - timedelta(days=3000))
    return {**query, "days": None, "from": str(first), "to": str(last)}


@schema.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_api_keeps_what_its_document_promises(case):
    if (body := possible(case.body)) is not case.body:
        case.body = body
    if case.query:
        span = possible_span(case.query)
        case.query = {name: value for name, value in span.items() if value is not None}
    case.call_and_validate()
