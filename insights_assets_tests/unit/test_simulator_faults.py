"""Every way the stand-in can fail, and what an operator sees of it."""

import json
import re
import socket
import time

import httpx
import pytest

from insights_assets.simulator import SimulatorOptions, SimulatorServer, parse_fault

KEY = "SECRET-KEY-42"
QUESTIONS = {
    "TIME_SERIES_DAILY_ADJUSTED": {"symbol": "NVDA", "outputsize": "compact"},
    "TIME_SERIES_INTRADAY": {
        "symbol": "NVDA",
        "interval": "30min",
        "extended_hours": "false",
        "month": "2024-05",
        "outputsize": "full",
    },
    "TREASURY_YIELD": {"interval": "daily", "maturity": "2year"},
    "NEWS_SENTIMENT": {"topics": "technology"},
    "IPO_CALENDAR": {},
}


@pytest.fixture(scope="module")
def server():
    with SimulatorServer(SimulatorOptions()) as running:
        yield running


@pytest.fixture(scope="module")
def client():
    with httpx.Client(trust_env=False, timeout=5) as open_client:
        yield open_client


@pytest.fixture
def ask(server, client):
    """Ask one of the five standard questions of a server without faults."""
    server.set_faults([])
    server.reset()

    def asking(function, **more):
        query = {"function": function, "apikey": KEY, **QUESTIONS[function], **more}
        return client.get(server.base_url, params=query)

    return asking


@pytest.fixture(params=QUESTIONS)
def faulty(request, server, ask):
    """Ask each of the five functions under one kind of fault."""

    def asking(kind):
        server.set_faults([f"{request.param}={kind}"])
        return ask(request.param)

    return asking


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("ratelimit", "Information", "(1 request per second)"),
        ("minutelimit", "Note", "5 calls per minute and 500 calls per day"),
        ("dailylimit", "Information", "Our standard API rate limit is 25 requests per day"),
        ("dailylimit_with_key", "Information", f"detected your API key as {KEY} and our"),
        ("premium", "Information", "This is a premium endpoint"),
        ("badkey", "Error Message", "the parameter apikey is invalid or missing"),
        ("badkey", "Error Message", KEY),
        ("invalid", "Error Message", "Invalid API call. Please retry or visit"),
    ],
)
def test_a_refusal_comes_in_the_vendors_words_under_http_200(faulty, kind, name, text):
    response = faulty(kind)

    assert response.status_code == 200
    assert text in response.json()[name]
    assert response.headers["x-insights-source"] == "simulator"


@pytest.mark.parametrize(("kind", "status"), [("http500", 500), ("http429", 429)])
def test_an_http_failure_has_its_status_and_the_source_header(server, ask, kind, status):
    server.set_faults([f"IPO_CALENDAR={kind}"])

    response = ask("IPO_CALENDAR")

    assert response.status_code == status
    assert response.headers["x-insights-source"] == "simulator"


@pytest.mark.parametrize(("kind", "body"), [("empty", ""), ("emptyobject", "{}")])
def test_an_answer_can_be_empty(server, ask, kind, body):
    server.set_faults([f"NEWS_SENTIMENT={kind}"])

    response = ask("NEWS_SENTIMENT")

    assert (response.status_code, response.text) == (200, body)


def test_an_answer_can_be_a_web_page(server, ask):
    server.set_faults(["NEWS_SENTIMENT=html"])

    response = ask("NEWS_SENTIMENT")

    assert response.headers["content-type"].startswith("text/html")
    assert response.text.startswith("<!DOCTYPE html>")


def test_a_malformed_answer_is_valid_json_of_the_wrong_types(faulty):
    body = faulty("malformed").json()

    assert not isinstance(body["Time Series (Daily)"], dict)
    assert not isinstance(body["Time Series (30min)"], dict)
    assert not isinstance(body["data"], list)
    assert not isinstance(body["feed"], list)


@pytest.mark.parametrize("function", QUESTIONS)
def test_a_truncated_answer_stops_in_the_middle(server, ask, function):
    whole = ask(function).content
    server.set_faults([f"{function}=truncated"])

    cut = ask(function).content

    assert len(cut) == len(whole) // 2
    assert whole.startswith(cut)


@pytest.mark.parametrize(
    ("function", "series"),
    [
        ("TIME_SERIES_DAILY_ADJUSTED", "Time Series (Daily)"),
        ("TIME_SERIES_INTRADAY", "Time Series (30min)"),
        ("TREASURY_YIELD", "data"),
        ("NEWS_SENTIMENT", "feed"),
    ],
)
def test_numbers_can_be_none_in_a_fifth_of_the_rows(server, ask, function, series):
    whole = ask(function).json()[series]
    server.set_faults([f"{function}=nan"])

    spoilt = ask(function).json()[series]

    rows, before = (
        list(part.values()) if isinstance(part, dict) else part for part in (spoilt, whole)
    )
    changed = [row for row, old in zip(rows, before, strict=True) if row != old]
    values = {str(value) for row in changed for value in row.values()}
    assert len(changed) / len(rows) > 0.05
    assert {"NaN", "inf", "-1", "0"} <= values


def test_numbers_can_be_none_in_the_calendar_too(server, ask):
    server.set_faults(["IPO_CALENDAR=nan"])

    assert ",NaN,NaN," in ask("IPO_CALENDAR").text.splitlines()[1]


@pytest.mark.parametrize("kind", ["nan", "cut50"])
def test_an_answer_without_data_has_nothing_to_spoil(server, ask, kind):
    without = {"time_from": "20250101T0000", "time_to": "20250101T0000"}
    healthy = ask("NEWS_SENTIMENT", **without).json()
    server.set_faults([f"NEWS_SENTIMENT={kind}"])

    assert healthy["Information"].startswith("No articles found")
    assert ask("NEWS_SENTIMENT", **without).json() == healthy


def test_a_refusal_can_be_written_into_the_calendar_one_letter_a_column(server, ask):
    server.set_faults(["IPO_CALENDAR=csv_error"])

    assert ask("IPO_CALENDAR").text.splitlines()[1] == "I,n,f,o,r,m,a"


def test_a_connection_can_be_closed_without_an_answer(server, ask):
    server.set_faults(["IPO_CALENDAR=disconnect*1"])

    with pytest.raises(httpx.RemoteProtocolError):
        ask("IPO_CALENDAR")

    assert ask("IPO_CALENDAR").status_code == 200


def test_a_timeout_hangs_until_the_client_gives_up(server, ask, client):
    server.set_faults(["IPO_CALENDAR=timeout*1"])

    with pytest.raises(httpx.ReadTimeout):
        client.get(server.base_url, params={"function": "IPO_CALENDAR", "apikey": KEY}, timeout=0.2)

    assert ask("IPO_CALENDAR").status_code == 200


def test_a_hanging_answer_does_not_hold_up_the_end_of_the_server():
    with SimulatorServer(SimulatorOptions(faults=("IPO_CALENDAR=timeout",))) as hanging:
        url = httpx.URL(hanging.base_url)
        waiting = socket.create_connection((url.host, url.port))
        waiting.sendall(b"GET /query?function=IPO_CALENDAR&apikey=k HTTP/1.1\r\nHost: x\r\n\r\n")
        while not hanging.stats()["total"]:
            time.sleep(0.01)
        started = time.monotonic()
    waiting.close()

    assert time.monotonic() - started < 3


def test_a_fault_can_be_narrowed_to_a_maturity_or_a_symbol(server, ask):
    server.set_faults(["TREASURY_YIELD:2year=http500", "TIME_SERIES_DAILY_ADJUSTED:NVDA=empty"])

    assert ask("TREASURY_YIELD").status_code == 500
    assert ask("TREASURY_YIELD", maturity="10year").status_code == 200
    assert ask("TIME_SERIES_DAILY_ADJUSTED", symbol="nvda").text == ""
    assert ask("TIME_SERIES_DAILY_ADJUSTED", symbol="AMD").text != ""


def test_a_counted_fault_ends_by_itself_and_the_next_one_takes_over(server, ask):
    server.set_faults(["IPO_CALENDAR=http500*2", "IPO_CALENDAR=http429*1"])

    assert [ask("IPO_CALENDAR").status_code for _ in range(4)] == [500, 500, 429, 200]


def test_a_fault_can_be_lifted_while_the_server_runs(server, ask):
    server.set_faults(["IPO_CALENDAR=http500"])
    assert ask("IPO_CALENDAR").status_code == 500

    server.set_faults([])

    assert ask("IPO_CALENDAR").status_code == 200


@pytest.mark.parametrize(
    "text",
    ["", "IPO_CALENDAR", "IPO_CALENDAR=boom", "WEATHER=http500", "IPO_CALENDAR=http500*0"],
)
def test_a_wrong_fault_is_refused_in_one_sentence_with_all_that_is_known(text):
    with pytest.raises(ValueError, match="FUNCTION one of") as refused:
        parse_fault(text)

    assert all(function in str(refused.value) for function in QUESTIONS)
    assert "dailylimit_with_key" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_fault_is_refused_for_a_function_that_it_cannot_befall():
    with pytest.raises(ValueError, match="can only befall IPO_CALENDAR"):
        parse_fault("NEWS_SENTIMENT=csv_error")


@pytest.mark.parametrize("body", [b"no json", b'{"a": 1}', b"[1]", b'["IPO_CALENDAR=boom"]'])
def test_wrong_faults_over_http_change_nothing(server, ask, client, body):
    server.set_faults(["IPO_CALENDAR=http500"])

    response = client.put(server.base_url.replace("/query", "/faults"), content=body)

    assert response.status_code == 400
    assert response.json()["error"].startswith("The fault")
    assert ask("IPO_CALENDAR").status_code == 500


def test_stats_count_the_questions_and_never_hold_the_key(server, ask):
    ask("TREASURY_YIELD")
    ask("TREASURY_YIELD", maturity="10year")
    ask("IPO_CALENDAR")

    stats = server.stats()

    assert stats["total"] == 3
    assert stats["by_function"] == {"TREASURY_YIELD": 2, "IPO_CALENDAR": 1}
    assert [request.get("maturity") for request in stats["requests"]] == ["2year", "10year", None]
    assert all(re.match(r"\d{4}-\d\d-\d\dT", request["at"]) for request in stats["requests"])
    assert KEY not in json.dumps(stats)

    server.reset()

    assert server.stats()["total"] == 0
    assert server.stats()["requests"] == []


def test_set_faults_refuses_what_the_server_refuses(server):
    with pytest.raises(ValueError, match="is not FUNCTION=KIND"):
        server.set_faults(["IPO_CALENDAR=boom"])
