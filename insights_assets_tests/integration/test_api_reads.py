"""The read API: guards against shapes that drift from what the page and programs were promised.

And against a reader who gets nothing while one of the stores has the answer, or yesterday's
snapshot from a cache that should have asked.
"""

import json
import os
import re
import signal
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import httpx
import pytest
from pydantic import SecretStr
from redis import Redis

from insights_assets.api import page
from insights_assets.api.middleware import CONTENT_SECURITY_POLICY
from insights_assets.api.page import WEB
from insights_assets.local_stack import LocalStack
from insights_assets.model.dates import as_of, now
from insights_assets.serving import presenters
from insights_assets.serving.timeliness import present_timeliness
from insights_assets.storage.connections import open_latest
from insights_assets_tests.support.api import (
    CATEGORY,
    MISSING,
    PRODUCT,
    READ_TOKEN,
    TODAY,
    client_on,
    days_ago,
    settings_on,
    snapshot_of,
    store,
)
from insights_assets_tests.support.category import NARROW, SYNTHETIC
from insights_assets_tests.support.daemon import answers, wait_until
from insights_assets_tests.support.storage import closed_port

PATH = f"/api/insights/{CATEGORY}"
IDS = [metric.id for metric in SYNTHETIC.metrics]


@pytest.fixture(scope="module")
def settings(stack):
    written = settings_on(stack)
    store(written, *[snapshot_of(days_ago(age), 70.0 + age) for age in (0, 1, 4, 6, 7)])
    store(written, snapshot_of(TODAY, category=PRODUCT))
    return written


@pytest.fixture(scope="module")
def client(settings):
    with client_on(settings) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _empty_redis(stack):
    with Redis.from_url(stack.redis_url) as redis:
        redis.flushdb()


def test_the_categories_are_named_with_their_metrics(client):
    response = client.get("/api/insights/categories")

    category = response.json()["categories"][0]
    assert set(category) == {"id", "title", "description", "metrics"}
    assert [metric["id"] for metric in category["metrics"]] == IDS
    assert set(category["metrics"][0]) == {"id", "title", "weight"}


def test_the_latest_snapshot_has_everything_that_the_page_shows(client):
    view = client.get(PATH).json()

    assert set(view) == {
        *("category", "date", "composite", "coverage", "source", "source_note", "created_at"),
        *("run_id", "read_from", "metrics", "unavailable", "context", "timeliness"),
    }
    assert view["category"]["bands"] == {"normal": 25, "elevated": 60, "high": 80}
    assert view["date"] == TODAY.isoformat()
    assert view["composite"] == {"score": 70.0, "status": "elevated"}
    assert view["coverage"] == 0.9
    assert set(view["metrics"][0]) == {
        *("id", "title", "weight", "score", "status", "value", "unit", "quality"),
        *("reason", "summary", "explanation"),
    }
    assert set(view["metrics"][0]["explanation"]) == {"meaning", "formula", "interpretation"}
    assert [unavailable["id"] for unavailable in view["unavailable"]] == [MISSING]
    assert set(view["unavailable"][0]) == {
        *("id", "title", "weight", "reason", "cause", "explanation")
    }


def test_the_answer_says_which_store_it_was_read_from(client):
    assert [client.get(PATH).json()["read_from"] for _ in range(2)] == ["mongodb", "redis"]


def test_the_composite_alone(client):
    assert client.get(f"{PATH}/composite").json() == {
        "category_id": CATEGORY,
        "date": TODAY.isoformat(),
        "score": 70.0,
        "status": "elevated",
        "coverage": 0.9,
        "source": "simulator",
        "source_note": presenters.SOURCE_NOTES["simulator"],
        "timeliness": present_timeliness(TODAY, now()).model_dump(mode="json"),
    }
    of_a_day = client.get(f"{PATH}/composite", params={"date": str(days_ago(1))}).json()
    assert of_a_day["timeliness"] is None


def test_a_metric_has_the_same_fields_with_and_without_a_reading(client):
    available = client.get(f"{PATH}/slope").json()
    missing = client.get(f"{PATH}/{MISSING}").json()

    assert (
        set(available)
        == set(missing)
        == {
            *("category_id", "date", "id", "title", "weight", "available", "score", "status"),
            *("value", "unit", "quality", "summary", "reason", "cause", "explanation"),
            *("source_note", "timeliness", "percentile"),
        }
    )
    assert (available["available"], available["score"], available["reason"]) == (True, 70.0, None)
    assert (missing["available"], missing["score"], missing["percentile"]) == (False, None, None)
    assert "are needed" in available["percentile"]["reason"]
    assert missing["reason"] == "the calendar has no history for past dates"


def test_a_trend_is_calendar_days_newest_first_with_gaps_left_out(client):
    view = client.get(f"{PATH}/trend?days=7").json()

    assert (view["category_id"], view["days"]) == (CATEGORY, 7)
    assert (view["from"], view["to"]) == (days_ago(6).isoformat(), TODAY.isoformat())
    ages = [0, 1, 4, 6]
    assert [point["date"] for point in view["points"]] == [str(days_ago(age)) for age in ages]
    assert set(view["points"][0]) == {
        *("date", "coverage", "composite", "source", "average_20", "metrics", "unavailable")
    }
    assert set(view["points"][0]["metrics"]) == set(IDS) - {MISSING}
    assert view["points"][0]["metrics"]["slope"] == {
        "score": 70.0,
        "status": "elevated",
        "value": 1.1,
        "unit": SYNTHETIC.metrics[IDS.index("slope")].unit,
        "quality": "fresh",
        "reason": "",
    }
    assert view["points"][0]["unavailable"].keys() == {MISSING}
    assert [(gap["from"], gap["to"], gap["days"]) for gap in view["gaps"]] == [
        (str(days_ago(5)), str(days_ago(5)), 1),
        (str(days_ago(3)), str(days_ago(2)), 2),
    ]
    assert view["gaps"][0]["command"] == (
        f"insights backfill --from {days_ago(5)} --to {days_ago(5)} --category {CATEGORY}"
    )


def test_a_trend_may_name_its_first_and_last_day(client):
    span = {"from": str(days_ago(4)), "to": str(days_ago(1))}

    view = client.get(f"{PATH}/trend", params=span).json()

    assert {key: view[key] for key in span} == span
    assert [point["date"] for point in view["points"]] == [str(days_ago(1)), str(days_ago(4))]


def test_a_trend_can_be_had_as_a_table(client):
    response = client.get(f"{PATH}/trend", params={"days": 7, "format": "csv"})

    head, first, *_ = response.text.splitlines()
    assert response.headers["content-type"].startswith("text/csv")
    assert head.startswith("date,composite_score,composite_status,coverage,source,")
    assert first.startswith(f"{TODAY},70.0,elevated,0.9,simulator,")
    assert len(response.text.splitlines()) == 5


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (f"{PATH}?dat=2025-01-09", "'dat' is not a parameter of this address; it has date."),
        (f"{PATH}/trend?day=7", "it has format, days, from, to."),
        (f"{PATH}?date=2025-01-09&date=2025-01-10", "'date' is given more than once"),
        ("/api/insights/categories?x=1", "it has none."),
        (f"{PATH}/trend?from=2025-02-30", "from: '2025-02-30' is not a date"),
        (f"{PATH}/trend?from=2025-02-03&to=2025-02-01", "is after 2025-02-01: swap them."),
        (f"{PATH}/trend?from=2025-02-03&days=3", "give one of them."),
        (f"{PATH}/trend?from=2000-01-01", "at most 3650 days"),
        ("/feed.xml?limit=3", "it has none."),
    ],
)
def test_a_parameter_that_nobody_reads_or_that_cannot_be_is_refused(client, path, sentence):
    response = client.get(path)

    assert response.status_code == 422
    assert sentence in response.json()["detail"]


def test_a_snapshot_comes_with_its_past(client):
    context = client.get(PATH).json()["context"]

    assert context["is_current"]
    assert context["age_days"] == 0
    assert context["percentile"]["composite"]["value"] is None
    assert "are needed" in context["percentile"]["composite"]["reason"]
    assert len(context["percentile"]["distribution"]) == 20
    if context["previous"]:
        assert sum(context["attribution"].values()) == pytest.approx(context["change"])


def test_the_feed_has_one_entry_a_snapshot_whose_id_is_its_day(client):
    feed = ET.fromstring(client.get("/feed.xml").content)  # noqa: S314 - our own
    name = {"a": "http://www.w3.org/2005/Atom"}

    ids = [entry.findtext("a:id", None, name) for entry in feed.findall("a:entry", name)]
    newest = feed.find("a:entry", name)
    assert ids[0] == f"tag:insights_assets,2021:synthetic:{TODAY}"
    assert len(set(ids)) == len(ids) > 3
    assert newest.findtext("a:title", None, name).endswith(": 70.0, elevated")
    assert "The data are simulated" in newest.findtext("a:summary", None, name)
    link = newest.find("a:link", name).get("href")
    assert link == f"http://testserver/?category=synthetic&date={TODAY}"


def test_the_api_is_described_on_a_page_under_the_strict_policy(client):
    response = client.get("/docs")

    assert "GET /api/insights/{category_id}/trend" in response.text
    assert "<script" not in response.text
    assert "script-src 'self'" in response.headers["content-security-policy"]


def test_the_document_describes_every_operation_in_its_own_words(client):
    document = client.get("/openapi.json").json()

    operations = [operation for path in document["paths"].values() for operation in path.values()]
    examples = [
        json.dumps(content["example"])
        for operation in operations
        for status, response in operation["responses"].items()
        for content in response.get("content", {}).values()
        if status < "300" and "example" in content
    ]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert len(set(examples)) == len(examples) == len(operations) - 1  # the feed is no JSON
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert {tag for operation in operations for tag in operation["tags"]} == tags
    assert all(operation["description"] for operation in operations)
    assert document["servers"][0]["url"] == "/"
    assert document["info"]["license"]["identifier"] == "Apache-2.0"


def test_the_page_links_to_what_programs_read(client):
    links = addresses_of(client.get("/").headers["link"])

    assert links.keys() == {"service-desc", "service-doc", "item", "alternate"}
    for relation, address in links.items():
        assert client.get(f"/{address}").status_code == 200, relation


def addresses_of(header):
    """The addresses of a Link header by relation."""
    return {
        relation: address for address, relation in re.findall(r'<([^>]+)>; rel="([^"]+)"', header)
    }


def test_the_page_is_light(client):
    names = [path.relative_to(WEB) for path in WEB.rglob("*") if path.suffix in (".js", ".css")]
    loaded = [client.get("/"), *(client.get(f"/static/{name}") for name in names)]
    loaded += [client.get(PATH), client.get(f"{PATH}/trend?days=30")]

    assert sum(gzipped(response) for response in loaded) < 150_000


def gzipped(response):
    assert response.status_code == 200
    return len(zlib.compress(response.content))


def test_a_trend_is_thirty_days_unless_said(client):
    assert client.get(f"{PATH}/trend").json()["days"] == 30


@pytest.mark.parametrize("days", ["0", "3651", "-1", "abc", "1.5", "", "1e2", "NaN"])
def test_days_that_cannot_be_are_refused(client, days):
    response = client.get(f"{PATH}/trend", params={"days": days})

    assert response.status_code == 422
    assert response.json()["detail"].startswith("days: ")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/api/insights/weather", "'weather' is not a category; the categories are synthetic"),
        (f"{PATH}/rain", "'rain' is not a metric of synthetic; the metrics are prices"),
        ("/api/insights/weather/trend", "the categories are synthetic"),
        ("/api/insights/weather/composite", "the categories are synthetic"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(client, path, sentence):
    response = client.get(path)

    assert response.status_code == 404
    assert sentence in response.json()["detail"]


def test_before_the_first_run_a_sentence_says_what_to_do(stack):
    with client_on(settings_on(stack)) as empty:
        for path in (PATH, f"{PATH}/composite", f"{PATH}/slope"):
            response = empty.get(path)
            assert response.status_code == 404
            assert "There is no snapshot of synthetic yet" in response.json()["detail"]
        assert empty.get(f"{PATH}/trend").json()["points"] == []


@pytest.mark.parametrize("part", ["", "/composite", "/slope"])
def test_any_stored_day_can_be_read(client, part):
    assert client.get(f"{PATH}{part}", params={"date": str(days_ago(4))}).json()["date"] == str(
        days_ago(4)
    )


@pytest.mark.parametrize("part", ["", "/composite", "/slope"])
def test_a_day_without_a_snapshot_is_answered_with_why(client, part):
    response = client.get(f"{PATH}{part}", params={"date": str(days_ago(3))})

    assert response.status_code == 404
    assert response.json()["detail"].startswith(
        f"There is no snapshot of {CATEGORY} for {days_ago(3)}: it was not computed."
    )


@pytest.mark.parametrize("day", ["20250109", "2025-02-30", "yesterday", "", "2025-01-09T00:00"])
def test_a_date_that_is_none_is_refused(client, day):
    response = client.get(PATH, params={"date": day})

    assert response.status_code == 422
    assert response.json()["detail"].startswith(f"date: {day!r} is not a date")


def test_all_categories_are_one_document_that_names_what_is_missing(client):
    alone = [client.get(PATH).json() for _ in range(2)][1]  # the second is read from Redis
    view = client.get("/api/insights").json()

    assert (view["date"], view["snapshots"]) == (None, [alone])
    assert [missing["category_id"] for missing in view["missing"]] == [NARROW.id]
    assert "There is no snapshot of narrow yet" in view["missing"][0]["reason"]
    trends = client.get("/api/insights/trend?days=7").json()["trends"]
    assert [trend["category_id"] for trend in trends] == [CATEGORY, NARROW.id]
    assert trends[0] == client.get(f"{PATH}/trend?days=7").json()


def test_a_client_that_has_the_answer_is_not_sent_it_again(client):
    client.get(PATH)
    first = client.get(PATH)

    again = client.get(PATH, headers={"If-None-Match": first.headers["etag"]})
    listed = client.get(PATH, headers={"If-None-Match": f'"x", {first.headers["etag"]}'})
    other = client.get(PATH, headers={"If-None-Match": '"x"'})

    assert [again.status_code, listed.status_code, other.status_code] == [304, 304, 200]
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert first.headers["cache-control"] == "public, no-cache"


def test_a_new_snapshot_has_a_new_etag(stack):
    changing = settings_on(stack)
    store(changing, snapshot_of(days_ago(1)))
    with client_on(changing) as client:
        before = client.get(f"{PATH}/composite").headers["etag"]
        store(changing, snapshot_of(TODAY))
        after = client.get(f"{PATH}/composite", headers={"If-None-Match": before})

    assert after.status_code == 200
    assert after.json()["date"] == TODAY.isoformat()


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        (f"Bearer {READ_TOKEN}", 200),
        (f"bearer {READ_TOKEN}", 200),
        (f"Bearer {READ_TOKEN}x", 401),
        (f"Basic {READ_TOKEN}", 401),
        (READ_TOKEN, 401),
        ("Bearer", 401),
    ],
)
@pytest.mark.parametrize("path", [PATH, "/metrics"])
def test_where_a_read_token_is_set_nobody_reads_without(settings, header, status, path):
    closed = settings.model_copy(update={"read_token": SecretStr(READ_TOKEN)})
    with client_on(closed) as client:
        response = client.get(path, headers={"Authorization": header} if header else {})
        health = client.get("/healthz")

    assert response.status_code == status
    assert health.status_code == 200
    if status == 401:
        assert response.headers["www-authenticate"] == "Bearer"
    elif path == PATH:
        assert response.headers["cache-control"] == "private, no-cache"


def test_no_request_fails_when_redis_stops_in_the_middle(settings, tmp_path):
    with LocalStack(tmp_path, 0, 0) as other:
        moved = settings.model_copy(update={"redis_url": SecretStr(other.redis_url)})
        with client_on(moved) as client:
            before = [client.get(PATH) for _ in range(3)]
            ready = client.get("/readyz").json()
            other.stop()
            after = [client.get(PATH) for _ in range(20)]
            degraded = client.get("/readyz")

    assert {response.status_code for response in (*before, *after)} == {200}
    assert before[-1].json()["read_from"] == "redis"
    assert after[-1].json()["read_from"] == "mongodb"
    assert ready == {"status": "ready", "redis": "ok", "mongodb": "ok"}
    assert degraded.status_code == 200
    assert degraded.json() == {"status": "degraded", "redis": "unavailable", "mongodb": "ok"}


def test_without_history_the_latest_is_read_and_the_trend_says_that_it_cannot(settings, client):
    client.get(PATH)  # fills Redis
    # Before the history was read, only real data may be taken from Redis.
    real = replace(snapshot_of(days_ago(0)), source="alpha_vantage")
    with open_latest(settings.redis_url.get_secret_value(), settings.mongo_database) as latest:
        latest.publish(real, now())
    away = settings.model_copy(
        update={"mongo_uri": SecretStr(f"mongodb://user:hunter2@127.0.0.1:{closed_port()}")}
    )
    with client_on(away) as cut_off:
        latest = cut_off.get(PATH)
        trend = cut_off.get(f"{PATH}/trend")
        ready = cut_off.get("/readyz")

    assert latest.json()["read_from"] == "redis"
    assert trend.status_code == 503
    assert trend.headers["retry-after"] == "3"
    assert trend.json()["detail"] == "The snapshots cannot be read now: see /readyz and try again."
    assert ready.status_code == 503
    assert ready.json() == {"status": "not ready", "redis": "ok", "mongodb": "unavailable"}


def test_prometheus_is_told_age_coverage_score_and_latencies(client):
    client.get(PATH)
    client.get("/api/insights/weather")
    client.get("/no/such/path")

    text = client.get("/metrics").text

    def value(name):
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])

    age = value(f'insights_snapshot_age_seconds{{category="{CATEGORY}"}}')
    assert age == pytest.approx(max((now() - as_of(TODAY)) / timedelta(seconds=1), 0), abs=60)
    assert value(f'insights_snapshot_coverage{{category="{CATEGORY}"}}') == 0.9
    assert value(f'insights_composite_score{{category="{CATEGORY}"}}') == 70.0
    assert value('insights_store_up{store="redis"}') == 1
    route = "/api/insights/{category_id}"
    assert f'seconds_count{{method="GET",route="{route}",status="200"}}' in text
    assert 'route="other",status="404"' in text
    assert "weather" not in text
    assert "no/such" not in text


def test_every_answer_tells_a_browser_to_do_nothing_more_with_it(client):
    for path in ("/", "/healthz", PATH, "/static/nothing", "/no/such/path", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_page_and_its_files_are_served(settings, tmp_path, monkeypatch):
    (tmp_path / "index.html").write_text("<!doctype html><title>Insights</title>")
    (tmp_path / "page.js").write_text("export {}")
    monkeypatch.setattr(page.add_page, "__defaults__", (tmp_path,))
    with client_on(settings) as client:
        index, script = client.get("/"), client.get("/static/page.js")

    assert index.headers["content-type"].startswith("text/html")
    assert "Insights" in index.text
    assert script.headers["content-type"].startswith(("text/javascript", "application/javascript"))


def test_without_the_page_a_sentence_says_where_the_api_is(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(page.add_page, "__defaults__", (tmp_path / "none",))
    with client_on(settings) as client:
        assert client.get("/").status_code == 404
        assert "/api/insights" in client.get("/").json()["detail"]


def test_a_long_trend_is_sent_compressed(stack):
    long = settings_on(stack)
    store(long, *[snapshot_of(days_ago(age)) for age in range(60)])
    with client_on(long) as client:
        response = client.get(f"{PATH}/trend?days=60", headers={"Accept-Encoding": "gzip"})

    assert response.headers["content-encoding"] == "gzip"
    assert len(response.json()["points"]) == 60
    assert response.headers["etag"].startswith("W/")


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGTERM]
)
def test_the_command_serves_until_it_is_told_to_stop(settings, number):
    port = closed_port()
    environment = {
        **os.environ,
        "INSIGHTS_MONGO_URI": settings.mongo_uri.get_secret_value(),
        "INSIGHTS_MONGO_DATABASE": settings.mongo_database,
        "INSIGHTS_REDIS_URL": settings.redis_url.get_secret_value(),
    }
    command = [sys.executable, "-m", "insights_assets.cli", "api", "--port", str(port)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        address = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: answers(address))
            view = httpx.get(f"{address}/api/insights/{PRODUCT.id}", trust_env=False).json()
            server.send_signal(number)
            printed, complained = server.communicate(timeout=60)
        finally:
            server.kill()  # or a test that fails would wait for it without end

    assert view["date"] == TODAY.isoformat()
    assert server.returncode == 0
    assert f"{address}/" in printed
    assert complained == ""
