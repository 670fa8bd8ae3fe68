"""The server around the stand-in: latency, many questions at once, its port and its end."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from insights_assets.simulator import SimulatorOptions, SimulatorServer, serve

QUESTION = {"function": "IPO_CALENDAR", "apikey": "any"}


async def ask_at_once(url, times):
    limits = httpx.Limits(max_connections=times)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=10) as client:
        responses = await asyncio.gather(*(client.get(url, params=QUESTION) for _ in range(times)))
    return [response.status_code for response in responses]


def test_sixty_questions_wait_together_and_not_one_after_another():
    with SimulatorServer(SimulatorOptions(latency_ms=500)) as server:
        started = time.monotonic()
        statuses = asyncio.run(ask_at_once(server.base_url, 60))
        took = time.monotonic() - started
        stats = server.stats()

    assert statuses == [200] * 60
    assert 0.5 <= took < 3
    assert stats["max_in_flight"] == 60


def test_answers_on_a_kept_connection_come_at_once():
    with SimulatorServer(SimulatorOptions()) as server, httpx.Client(trust_env=False) as client:
        client.get(server.base_url, params=QUESTION)
        started = time.monotonic()
        for _ in range(20):
            last = client.get(server.base_url, params=QUESTION)
        took = time.monotonic() - started

    assert last.headers.get("connection") != "close"
    assert took < 0.5


def test_a_full_daily_answer_is_fast_and_then_faster():
    query = {
        "function": "TIME_SERIES_DAILY_ADJUSTED",
        "symbol": "FAST",
        "outputsize": "full",
        "apikey": "any",
    }
    with SimulatorServer(SimulatorOptions()) as server, httpx.Client(trust_env=False) as client:
        first = client.get(server.base_url, params=query).elapsed.total_seconds()
        second = client.get(server.base_url, params=query).elapsed.total_seconds()

    assert first < 1
    assert second < 0.1


def test_the_server_is_healthy_and_every_answer_names_its_source():
    with SimulatorServer(SimulatorOptions()) as server:
        healthy = httpx.get(server.base_url.replace("/query", "/healthz"), trust_env=False)
        lost = httpx.get(server.base_url.replace("/query", "/lost"), trust_env=False)

    assert healthy.json() == {"status": "ok"}
    assert (healthy.status_code, lost.status_code) == (200, 404)
    assert healthy.headers["x-insights-source"] == lost.headers["x-insights-source"] == "simulator"


def test_a_port_in_use_is_one_plain_sentence_before_anything_starts():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = f"The simulator cannot listen on 127.0.0.1:{port}: Address already in use."
        with pytest.raises(OSError, match=sentence):
            serve(SimulatorOptions(), port)
        with pytest.raises(OSError, match=sentence), SimulatorServer(SimulatorOptions(), port):
            pass


def test_a_server_comes_back_on_the_port_it_left():
    with SimulatorServer(SimulatorOptions()) as server:
        url = server.base_url
        httpx.get(url, params=QUESTION, trust_env=False)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, params=QUESTION, trust_env=False)
    with SimulatorServer(SimulatorOptions(), port=httpx.URL(url).port):
        assert httpx.get(url, params=QUESTION, trust_env=False).status_code == 200


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_cleanly_and_says_nothing(ending):
    program = (
        "from insights_assets.simulator import SimulatorOptions, serve\n"
        "serve(SimulatorOptions(), 0, on_ready=lambda url: print(url, flush=True))\n"
        "print('ended')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        url = process.stdout.readline().strip()
        response = httpx.get(url, params=QUESTION, trust_env=False)
        os.kill(process.pid, ending)
        output, errors = process.communicate(timeout=10)

    assert response.status_code == 200
    assert (process.returncode, output, errors) == (0, "ended\n", "")
