"""Guards against a command that answers a mistake with a traceback.

Or one that says it has done what it has not.

The commands run in this process, which has loaded what they need; what is about a process has one.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from insights_assets.categories import CATEGORIES, FOLDERS
from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.cli import COMMANDS, main
from insights_assets.local_stack import LocalStack
from insights_assets.model.dates import now
from insights_assets.serving.service import open_insights
from insights_assets.settings import Settings
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.api import client_of
from insights_assets_tests.support.pipeline import Pipeline
from insights_assets_tests.support.storage import closed_port

COMMAND = [sys.executable, "-m", "insights_assets.cli"]
TODAY = now().date()
FUNCTIONS = (
    "TIME_SERIES_DAILY_ADJUSTED",
    "TIME_SERIES_INTRADAY",
    "TREASURY_YIELD",
    "NEWS_SENTIMENT",
    "IPO_CALENDAR",
)


@pytest.fixture(scope="module")
def pipeline(stack: LocalStack) -> Iterator[Pipeline]:
    with SimulatorServer(SimulatorOptions()) as simulator:
        built = Pipeline(stack, simulator)
        yield built
        built.close()


def ours() -> dict[str, None]:
    """The variables of this process that a command should not see."""
    prefixes = ("INSIGHTS_", "ALPHA_VANTAGE_", "FRED_", "DAGSTER_")
    return {name: None for name in os.environ if name.startswith(prefixes)}


def insights(
    *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in this process; what no command caught is raised here."""
    ran = CliRunner().invoke(main, arguments, env={**ours(), **(env or {})})
    if ran.exception and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return subprocess.CompletedProcess(arguments, ran.exit_code, ran.stdout, ran.stderr)


def insights_alone(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, as users do."""
    clean = {name: value for name, value in os.environ.items() if name not in ours()}
    return subprocess.run(
        [*COMMAND, *arguments],
        env={**clean, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["snapshot", "--date", "tomorrow"], "'tomorrow' is not a date: write it as YYYY-MM-DD."),
        (["snapshot", "--date", "20250109"], "is not a date: write it as YYYY-MM-DD."),
        (["snapshot", "--date", "2025-02-30"], "is not a date: write it as YYYY-MM-DD."),
        (["snapshot", "--date", str(TODAY + timedelta(days=2))], "is after today"),
        (["snapshot", "--date", "2020-12-31"], "before the first partition, 2021-01-04"),
        (["backfill", "--from", "2025-01-09", "--to", "2025-01-08"], "2025-01-08 is before"),
        (["trend", "--days", "0"], "0 is not in the range 1<=x<=3650"),
        (["simulator", "--latency-ms", "-1"], "The latency must be 0 ms or more"),
        (["simulator", "--fault", "WEATHER=rain"], "is not FUNCTION=KIND"),
        (["simulator", "--data", "/nowhere"], "There is no folder of recorded data at /nowhere."),
        (["simulator", "--until", "soon"], "'soon' is not a date"),
        (["stack", "--mongo-port", "70000"], "70000 is not a port"),
    ],
)
def test_a_mistake_on_the_command_line_gets_one_sentence(arguments, sentence):
    run = insights(*arguments)

    assert run.returncode in (1, 2)
    assert run.stdout == ""
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("option", ["--port", "--api-port", "--mongo-port", "--redis-port"])
def test_everything_in_one_terminal_is_refused_where_a_port_is_taken(tmp_path, option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = dict.fromkeys(["--port", "--api-port", "--mongo-port", "--redis-port"], 0)
        wanted |= {"--port": closed_port(), "--api-port": closed_port()}
        wanted[option] = taken.getsockname()[1]
        ports = [text for name, port in wanted.items() for text in (name, str(port))]

        run = insights("dev", "--data-dir", str(tmp_path), *ports)

    assert run.returncode == 1
    assert f"port {wanted[option]} " in run.stderr
    assert f"give another {option}" in run.stderr


def test_the_version_is_the_package_s():
    assert (
        insights_alone("--version", env={}).stdout
        == f"insights_assets {version('insights_assets')}\n"
    )


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"ALPHA_VANTAGE_API_KEY": ""}, "there is no API key: set ALPHA_VANTAGE_API_KEY"),
        ({"INSIGHTS_MONGO_URI": "mongodb://me:pw@127.0.0.1:1"}, "MongoDB at 127.0.0.1:1 does not"),
        ({"INSIGHTS_MONGO_URI": "127.0.0.1"}, "INSIGHTS_MONGO_URI: it should begin with mongodb"),
        ({"INSIGHTS_REDIS_URL": "localhost"}, "INSIGHTS_REDIS_URL: it should begin with redis"),
        (
            {"INSIGHTS_MONGO_URI": "mongodb://me:pw@h/?tls=true&tlsCAFile=/no.pem"},
            "INSIGHTS_MONGO_URI cannot be used: [Errno 2] No such file or directory: '/no.pem'.",
        ),
        (
            {"INSIGHTS_REDIS_URL": "redis://:pw@h?ssl_cert_reqs=none"},
            "INSIGHTS_REDIS_URL: its option ssl_cert_reqs is of TLS: begin it with rediss://",
        ),
        ({"INSIGHTS_REQUESTS_PER_MINUTE": "many"}, "INSIGHTS_REQUESTS_PER_MINUTE"),
        ({"INSIGHTS_START_DATE": "long ago"}, "INSIGHTS_START_DATE"),
        ({"ALPHA_VANTAGE_BASE_URL": "vendor"}, "ALPHA_VANTAGE_BASE_URL"),
        ({"DAGSTER_HOME": "/nowhere/at/all"}, "DAGSTER_HOME cannot be used"),
    ],
)
def test_a_mistake_in_the_environment_gets_one_sentence(pipeline, env, sentence):
    run = insights("snapshot", env={**pipeline.environment, **env})

    assert run.returncode == 1
    assert run.stdout == ""
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr
    assert "pw" not in run.stderr


def test_garbage_is_collected_again_however_the_loading_of_a_command_ends(monkeypatch):
    monkeypatch.setitem(COMMANDS, "broken", "insights_assets.cli.no_such_module")

    run = CliRunner().invoke(main, ["broken"])

    assert isinstance(run.exception, ModuleNotFoundError)
    assert gc.isenabled()


def test_a_first_partition_that_is_to_come_gets_one_sentence():
    run = insights("snapshot", env={"INSIGHTS_START_DATE": str(TODAY + timedelta(days=2))})

    assert run.returncode == 2
    assert "before the first partition" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_key_that_the_vendor_refuses_gets_one_sentence(stack):
    faults = tuple(f"{function}=badkey" for function in FUNCTIONS)
    with SimulatorServer(SimulatorOptions(faults=faults)) as simulator:
        refusing = Pipeline(stack, simulator)
        run = insights_alone("snapshot", env=refusing.environment)
        refusing.close()

    assert run.returncode == 1
    assert run.stderr.count("the vendor does not accept the API key") == 1
    assert "Traceback" not in run.stderr


def served(pipeline, path, **query):
    """What the API serves on the same stores."""
    settings = Settings(
        mongo_uri=pipeline.stack.mongo_uri,
        mongo_database=pipeline.database,
        redis_url=pipeline.stack.redis_url,
        categories=tuple(category.id for category in pipeline.categories),
    )
    with open_insights(settings) as opened:
        response = client_of(settings, opened).get(f"/api/insights{path}", params=query)
    return response.json()


def test_json_is_what_the_api_serves(pipeline):
    ran = insights("snapshot", "--json", env=pipeline.environment)
    assert ran.returncode == 0, ran.stderr
    today = str(TODAY)
    one = pipeline.categories[0].id

    assert json.loads(ran.stdout) == served(pipeline, "", date=today)
    for arguments, path, query in [
        (["latest"], "", {}),
        (["latest", "--category", one], f"/{one}", {}),
        (["show", "--date", today], "", {"date": today}),
        (["show", "--date", today, "--category", one], f"/{one}", {"date": today}),
        (["trend", "--days", "7"], "/trend", {"days": 7}),
        (["trend", "--category", one], f"/{one}/trend", {"days": 30}),
    ]:
        printed = insights(*arguments, "--json", env=pipeline.environment)
        assert printed.returncode == 0, printed.stderr
        assert json.loads(printed.stdout) == served(pipeline, path, **query)


def test_a_snapshot_that_could_not_be_stored_names_its_category_and_reasons(stack):
    faults = tuple(f"{function}=premium" for function in FUNCTIONS)
    with SimulatorServer(SimulatorOptions(faults=faults)) as simulator:
        refusing = Pipeline(stack, simulator)
        run = insights("snapshot", "--json", env=refusing.environment)
        shown = insights("show", "--date", str(TODAY), env=refusing.environment)
        refusing.close()

    assert run.returncode == shown.returncode == 1
    document = json.loads(run.stdout)
    missing = {missing["category_id"]: missing["reason"] for missing in document["missing"]}
    assert missing.keys() == {AI_SECTOR_RISK.id}
    for category_id, reason in missing.items():
        assert reason.startswith(f"No snapshot of {category_id} was stored for {TODAY}: coverage")
        assert reason in run.stderr
        assert f"There is no snapshot of {category_id} for {TODAY}: coverage" in shown.stderr
    assert "plan does not include" in shown.stderr


def test_with_a_key_of_fred_alone_the_other_category_is_skipped_in_a_sentence(pipeline):
    ai, macro = both = FOLDERS[:2]
    every = ",".join(both)
    of_fred = {"INSIGHTS_CATEGORIES": every, "ALPHA_VANTAGE_API_KEY": ""}
    env = {**pipeline.environment, **of_fred, "INSIGHTS_MONGO_DATABASE": "test_fred_alone"}
    sentence = f"{ai} is skipped: there is no API key: set ALPHA_VANTAGE_API_KEY"

    ran = insights("snapshot", "--json", env=env)
    read = insights("latest", env={**env, "FRED_API_KEY": ""})
    named = insights("snapshot", "--category", ai, env=env)

    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count(sentence) == 1
    document = json.loads(ran.stdout)
    [stored], [missing] = document["snapshots"], document["missing"]
    assert (stored["category"]["id"], stored["coverage"]) == (macro, 1.0)
    assert (missing["category_id"], missing["expected"]) == (ai, False)
    assert missing["reason"].startswith(sentence)
    assert read.returncode == 0, "who only reads needs no key, and misses nothing"
    assert f"There is no snapshot of {ai} yet" in read.stderr
    assert named.returncode == 1
    assert "set ALPHA_VANTAGE_API_KEY" in named.stderr


def test_a_refused_key_of_fred_costs_its_own_category_and_the_exit_code(stack):
    with SimulatorServer(SimulatorOptions(faults=("series/observations=badkey",))) as simulator:
        refusing = Pipeline(stack, simulator, categories=CATEGORIES[:2])
        run = insights("snapshot", "--json", env=refusing.environment)
        refusing.close()

    assert run.returncode == 1
    document = json.loads(run.stdout)
    assert [snapshot["category"]["id"] for snapshot in document["snapshots"]] == [AI_SECTOR_RISK.id]
    [missing] = document["missing"]
    assert (missing["category_id"], missing["expected"]) == ("macro_environment", True)
    assert "check FRED_API_KEY" in missing["reason"]
    assert AI_SECTOR_RISK.id not in missing["reason"]


def test_the_tables_say_that_the_data_are_simulated(pipeline):
    assert insights("snapshot", env=pipeline.environment).returncode == 0

    for command in ("snapshot", "latest"):
        shown = insights(command, env=pipeline.environment)
        assert "The data are simulated" in shown.stdout


def test_reading_before_the_first_run_says_what_to_do(pipeline):
    empty = {**pipeline.environment, "INSIGHTS_MONGO_DATABASE": "test_empty"}
    pipeline.redis.flushall()

    for command in ("latest", "trend"):
        run = insights(command, env=empty)
        assert run.returncode == 1
        assert "insights snapshot" in run.stderr


def test_the_stack_runs_until_it_is_stopped(tmp_path):
    arguments = ["stack", "--data-dir", str(tmp_path), "--mongo-port", "0", "--redis-port", "0"]
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True) as running:
        lines = [running.stdout.readline().strip() for _ in range(2)]
        running.send_signal(signal.SIGINT)
        ended = running.wait(timeout=10)

    assert lines[0].startswith("INSIGHTS_MONGO_URI=mongodb://127.0.0.1:")
    assert lines[1].startswith("INSIGHTS_REDIS_URL=redis://127.0.0.1:")
    assert ended == 0


def test_backfill_says_what_was_stored(pipeline):
    first, last = date(2026, 3, 2), date(2026, 3, 6)
    pipeline.redis.flushall()

    run = insights(
        "backfill", "--from", str(first), "--to", str(last), "--json", env=pipeline.environment
    )

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "from": "2026-03-02",
        "to": "2026-03-06",
        "days": 5,
        "requests": 16,
        "refused": {category.id: {} for category in pipeline.categories},
        "resume_from": None,
    }
    assert pipeline.snapshot(last)["coverage"] == 0.9
