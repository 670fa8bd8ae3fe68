"""The tools for language models, through the package's own client.

Guards against an answer that says less than its structured content, or that invents a number.
"""

import json
import os
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from importlib.metadata import version

import anyio
import httpx
import pytest
import uvicorn
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError
from pydantic import SecretStr

from insights_assets.mcp_server.serving import TimeLimit, http_app
from insights_assets.mcp_server.tools import build_server
from insights_assets.model.dates import last_sessions, previous_session
from insights_assets.serving.service import open_insights
from insights_assets_tests.support.api import (
    CATEGORY,
    MISSING,
    PRODUCT,
    READ_TOKEN,
    TODAY,
    settings_on,
    snapshot_of,
    store,
)
from insights_assets_tests.support.category import SYNTHETIC, TWO_CATEGORIES
from insights_assets_tests.support.storage import closed_port


def tools(category):
    """The tools with arguments that ask for something of `category`."""
    one = {"category_id": category.id}
    days = {"first": str(BEFORE), "second": str(TODAY)}
    return {
        "list_insight_categories": {},
        "get_insight_category": one,
        "get_insight_snapshot": {"date": str(TODAY)},
        "explain_change": one,
        "compare_insight_days": one | days,
        "get_insight_metric": {**one, "metric_id": category.metrics[-1].id},
        "get_insight_trend": {**one, "days": 7},
    }


BEFORE = previous_session(TODAY)  # what a change is measured from, whatever day it is


@pytest.fixture(scope="module")
def settings(stack):
    written = settings_on(stack)
    for category in (SYNTHETIC, PRODUCT):
        store(
            written,
            snapshot_of(TODAY, 72.5, category=category),
            snapshot_of(BEFORE, 60.0, category=category),
        )
    return written


@pytest.fixture(scope="module")
def insights(settings):
    with open_insights(settings, TWO_CATEGORIES) as opened:
        yield opened


def call(server, tool, arguments):
    """Return the result of one call, by the package's own client."""

    async def ask():
        async with Client(server) as client:
            return await client.call_tool(tool, arguments)

    return anyio.run(ask)


async def list_and_call_all(server, category=SYNTHETIC):
    async with Client(server) as client:
        listed = await client.list_tools()
        called = {
            name: await client.call_tool(name, given) for name, given in tools(category).items()
        }
    return listed.tools, called


def assert_complete(listed, called):
    assert {tool.name for tool in listed} == set(tools(SYNTHETIC))
    for tool in listed:
        assert tool.description
        assert tool.output_schema
        assert tool.annotations.read_only_hint
        assert tool.input_schema["additionalProperties"] is False
    for name, result in called.items():
        assert not result.is_error, result.content
        assert result.content[0].text
        assert result.structured_content
        if name != "list_insight_categories":  # which says nothing of any day
            assert "The data are simulated" in result.content[0].text
            assert "The data are simulated" in json.dumps(result.structured_content)
    assert "↑ +12.50" in called["get_insight_category"].content[0].text


def test_the_tools_are_listed_and_each_answers(insights):
    assert_complete(*anyio.run(list_and_call_all, build_server(insights)))


def test_over_stdio_as_a_desktop_client_starts_it(settings):
    environment = {
        **os.environ,
        "INSIGHTS_MONGO_URI": settings.mongo_uri.get_secret_value(),
        "INSIGHTS_MONGO_DATABASE": settings.mongo_database,
        "INSIGHTS_REDIS_URL": settings.redis_url.get_secret_value(),
    }
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "insights_assets.cli", "mcp"], env=environment
    )

    assert_complete(*anyio.run(list_and_call_all, server, PRODUCT))


@contextmanager
def serving(app):
    port = closed_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/mcp"
    server.should_exit = True
    thread.join()


def test_over_http(insights):
    with serving(http_app(insights, "", "127.0.0.1")) as url:
        assert_complete(*anyio.run(list_and_call_all, url))


def test_over_http_the_read_token_is_needed_where_it_is_set(insights):
    hello = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"Accept": "application/json, text/event-stream"}
    with serving(http_app(insights, READ_TOKEN, "127.0.0.1")) as url:

        def status(**headers):
            return httpx.post(url, json=hello, headers=accept | headers).status_code

        statuses = [
            status(),
            status(Authorization=f"Bearer {READ_TOKEN}x"),
            status(Authorization=f"Basic {READ_TOKEN}"),
            status(Authorization=f"Bearer {READ_TOKEN}"),
            status(Authorization=f"Bearer {READ_TOKEN}", Host="evil.example"),
        ]

    assert statuses[:3] == [401, 401, 401]
    assert statuses[3] == 200
    assert statuses[4] == 421  # a page elsewhere cannot reach it through the reader's browser


def test_over_http_guessing_the_token_locks_the_address_out_and_healthz_stays_open(insights):
    with serving(http_app(insights, READ_TOKEN, "127.0.0.1")) as url:
        wrong = {"Authorization": "Bearer guess"}
        guesses = [httpx.post(url, json={}, headers=wrong).status_code for _ in range(11)]
        right = httpx.post(url, json={}, headers={"Authorization": f"Bearer {READ_TOKEN}"})
        alive = httpx.get(url.replace("/mcp", "/healthz"))

    assert guesses == [401] * 10 + [429]
    assert right.status_code == 429
    assert alive.json() == {"status": "ok"}


def test_over_http_an_answer_that_takes_too_long_is_ended_with_a_sentence():
    async def never(scope, receive, send):
        if scope["type"] == "http":
            await anyio.sleep_forever()

    with serving(TimeLimit(never, seconds=0.05)) as url:
        response = httpx.post(url, json={})

    assert (response.status_code, response.json()["detail"]) == (
        504,
        "No answer was ready within 0.05 s: ask again.",
    )


def test_a_snapshot_is_told_with_what_changed(insights):
    result = call(build_server(insights), "get_insight_category", {"category_id": CATEGORY})

    view = result.structured_content
    assert view["snapshot"]["composite"] == {"score": 72.5, "status": "elevated"}
    assert view["changes"]["since"] == str(BEFORE)
    assert view["changes"]["composite"] == 12.5
    text = result.content[0].text
    assert f"on {TODAY}: 72.50 (elevated) ↑ +12.50 since {BEFORE}" in text
    assert "| Slope | 72.50 | elevated | ↑ +12.50 |" in text
    assert len(text.splitlines()) < 20


def test_a_missing_metric_has_a_reason_and_no_number(insights):
    arguments = {"category_id": CATEGORY, "metric_id": MISSING}

    result = call(build_server(insights), "get_insight_metric", arguments)

    assert result.structured_content["metric"]["available"] is False
    assert result.structured_content["change"] is None
    assert "unavailable" in result.content[0].text
    assert "the calendar has no history for past dates" in result.content[0].text


def test_a_trend_has_its_points_and_a_short_text(insights):
    result = call(
        build_server(insights), "get_insight_trend", tools(SYNTHETIC)["get_insight_trend"]
    )

    assert [point["date"] for point in result.structured_content["points"]] == [
        str(TODAY),
        str(BEFORE),
    ]
    assert "60.00 (elevated) to 72.50 (elevated), ↑ +12.50" in result.content[0].text


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("get_insight_category", {"category_id": "weather"}, "categories are synthetic"),
        (
            "get_insight_metric",
            {"category_id": CATEGORY, "metric_id": "rain"},
            "metrics are",
        ),
        ("get_insight_trend", {"category_id": CATEGORY, "days": 0}, "days"),
        ("get_insight_trend", {"category_id": CATEGORY, "days": 3651}, "days"),
        ("get_insight_category", {}, "category_id"),
        ("get_insight_snapshot", {"date": "soon"}, "'soon' is not a date"),
        ("get_insight_snapshot", {"date": "2021-01-05"}, "no snapshot of narrow for 2021-01-05"),
        (
            "compare_insight_days",
            {"category_id": CATEGORY, "first": "today", "second": "2021-01-05"},
            "no snapshot of synthetic for 2021-01-05",
        ),
    ],
)
def test_what_cannot_be_answered_is_an_error_with_a_sentence(insights, tool, arguments, sentence):
    result = call(build_server(insights), tool, arguments)

    assert result.is_error
    assert sentence in result.content[0].text
    assert len(result.content[0].text.splitlines()) == 1


@pytest.mark.parametrize("tool", tools(SYNTHETIC))
def test_an_argument_that_a_tool_does_not_have_is_refused_in_one_sentence(insights, tool):
    unknown = "dаte" + "x" * 200  # noqa: RUF001 - a letter of another alphabet
    result = call(build_server(insights), tool, tools(SYNTHETIC)[tool] | {unknown: str(TODAY)})

    assert result.is_error
    assert "is not an argument of" in result.content[0].text
    assert len(result.content[0].text) < 250
    assert result.content[0].text.isascii()


def test_what_moved_it_and_whether_that_is_unusual_takes_one_call(stack):
    written, sessions = settings_on(stack), last_sessions(TODAY, 140)
    day, before = sessions[-1], sessions[-2]
    quiet = [snapshot_of(session, 60.0 + n % 2) for n, session in enumerate(sessions[:-1])]
    store(written, *quiet, snapshot_of(day, 72.5, missing=(MISSING, "slope")))
    with open_insights(written, TWO_CATEGORIES) as insights:
        result = call(
            build_server(insights), "explain_change", {"category_id": CATEGORY, "date": str(day)}
        )

    view, text = result.structured_content, result.content[0].text
    change = round(72.5 - quiet[-1].composite_score, 2)
    assert view["comparison"]["before"]["date"] == str(before)
    assert view["comparison"]["change"] == change
    assert sum(metric["points"] for metric in view["comparison"]["metrics"]) == pytest.approx(
        change
    )
    assert view["context"]["percentile"]["composite"]["value"] == 100
    assert view["context"]["percentile"]["change"]["value"] == 100
    assert view["headline"] in text
    for fact in (
        "higher than on 100% of the 139 sessions",
        "larger than 100% of the 138 changes",
        "part of it is that other metrics are available",
        "75% of the weight",
        "90% of the weight",
        "unavailable, the calendar has no history for past dates",
    ):
        assert fact in text
    assert len(text.splitlines()) < 25


def test_yesterday_is_a_day_in_new_york(insights):
    yesterday = str(TODAY - timedelta(days=1))
    server = build_server(insights)

    words, day = (
        call(server, "get_insight_snapshot", {"date": word}).content[0].text
        for word in ("yesterday", yesterday)
    )

    assert words == day


def test_an_old_snapshot_is_said_to_be_old_by_every_tool_that_takes_the_latest(stack):
    written = settings_on(stack)
    store(written, snapshot_of(TODAY - timedelta(days=5)))
    with open_insights(written, TWO_CATEGORIES) as insights:
        server = build_server(insights)
        latest = ["get_insight_category", "get_insight_metric", "explain_change"]
        results = [call(server, tool, tools(SYNTHETIC)[tool]) for tool in latest]
        results.append(call(server, "get_insight_trend", {"category_id": CATEGORY}))

    for result in results:
        assert "This snapshot is 5 days old: that of" in result.content[0].text
        assert "The next one is due on" in result.content[0].text
        assert '"is_current": false' in json.dumps(result.structured_content)


def test_a_long_trend_has_sixty_rows_and_the_rest_is_a_resource(stack):
    written = settings_on(stack)
    days = [TODAY - timedelta(days=n) for n in range(200)]
    store(written, *[snapshot_of(day, 40.0 + n % 50) for n, day in enumerate(days)])
    given = {"category_id": CATEGORY, "days": 200}

    async def ask(server):
        async with Client(server) as client:
            result = await client.call_tool("get_insight_trend", given)
            rows = await client.read_resource(result.content[1].uri)
            for span, sentence in {
                f"soon/{TODAY}": "'soon' is not a date",
                f"{TODAY}/2025-01-09": "is after 2025-01-09: swap them",
            }.items():
                with pytest.raises(MCPError, match=sentence):
                    await client.read_resource(f"insights://{CATEGORY}/trend/{span}")
            return client.server_info, result, rows

    with open_insights(written, TWO_CATEGORIES) as insights:
        server_info, result, rows = anyio.run(ask, build_server(insights))

    view = result.structured_content
    dates = [point["date"] for point in view["points"]]
    assert (len(dates), dates[0], dates[-1]) == (60, str(days[0]), str(days[-1]))
    assert dates == sorted(set(dates), reverse=True)
    assert (view["rows"], view["highest"]["composite_score"]) == (200, 89)
    assert view["all_rows"] == str(result.content[1].uri)
    lines = rows.contents[0].text.splitlines()
    assert (len(lines), rows.contents[0].mime_type) == (201, "text/csv")
    assert lines[1].startswith(f"{TODAY},40.0,elevated,")
    assert server_info.version == version("insights_assets")


def test_before_the_first_run_the_answer_says_so(stack):
    unused = settings_on(stack)
    store(unused)
    with open_insights(unused, TWO_CATEGORIES) as empty:
        result = call(build_server(empty), "get_insight_category", {"category_id": CATEGORY})

    assert result.is_error
    assert "There is no snapshot of synthetic yet" in result.content[0].text


def test_while_the_stores_are_away_no_address_is_told(settings):
    away = settings.model_copy(
        update={
            "mongo_uri": SecretStr(f"mongodb://127.0.0.1:{closed_port()}"),
            "redis_url": SecretStr(f"redis://127.0.0.1:{closed_port()}/0"),
        }
    )
    with open_insights(away, TWO_CATEGORIES) as insights:
        result = call(build_server(insights), "get_insight_category", {"category_id": CATEGORY})

    assert result.is_error
    assert "127.0.0.1" not in result.content[0].text
    assert "try again" in result.content[0].text
