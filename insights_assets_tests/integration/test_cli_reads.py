"""The commands that read, in this process: guards against a table that no terminal has room for.

Also against an old snapshot that a person or a script takes for today's, and options without help.
"""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from insights_assets.categories import CATEGORIES
from insights_assets.cli import COMMANDS, main
from insights_assets.model.dates import last_sessions
from insights_assets_tests.support.api import TODAY, settings_on, snapshot_of, store

COLUMNS = 80


def environment_of(written):
    return {
        "INSIGHTS_MONGO_URI": written.mongo_uri.get_secret_value(),
        "INSIGHTS_MONGO_DATABASE": written.mongo_database,
        "INSIGHTS_REDIS_URL": written.redis_url.get_secret_value(),
        "COLUMNS": str(COLUMNS),
    }


def run(written, *arguments):
    return CliRunner().invoke(main, arguments, env=environment_of(written))


def worst_of(category, day, score=72.5):
    """A snapshot with the longest words that there are: a missing and a partial metric."""
    gone, late, *_ = [metric.id for metric in category.metrics]
    snapshot = snapshot_of(day, score, missing=(gone,), category=category)
    partial = replace(
        snapshot.metrics[late], quality="partial", reason="the newest session is missing"
    )
    return replace(snapshot, metrics={**snapshot.metrics, late: partial})


@pytest.fixture(scope="module")
def written(stack):
    """Every category with half a year of sessions, and with a snapshot of today."""
    settings = settings_on(stack)
    for category in CATEGORIES:
        past = [
            snapshot_of(day, 60.0 + n % 3, category=category, missing=())
            for n, day in enumerate(last_sessions(TODAY, 130))
        ]
        store(settings, *past, worst_of(category, TODAY))
    return settings


@pytest.fixture(scope="module")
def old(stack):
    """Every category with a snapshot of five days ago as the newest."""
    settings = settings_on(stack)
    store(
        settings,
        *[snapshot_of(TODAY - timedelta(days=5), category=category) for category in CATEGORIES],
    )
    return settings


@pytest.mark.parametrize("command", [["latest"], ["trend", "--days", "9"]], ids=["latest", "trend"])
@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.id)
def test_a_table_fits_into_80_columns_and_cuts_no_word(written, command, category):
    shown = run(written, *command, "--category", category.id)

    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    assert max(map(len, lines)) <= COLUMNS
    assert "…" not in shown.output
    head = next(line for line in lines if "percentile" in line or "coverage" in line).split()
    columns = (
        ["metric", "score", "moved", "it", "percentile", "weight", "status"]
        if command == ["latest"]
        else ["date", "composite", "coverage", *"123456"[: len(category.metrics)], "status"]
    )
    assert head == columns
    words = " ".join(shown.output.split())
    assert all(metric.title in words for metric in category.metrics)


def test_the_latest_is_told_with_what_moved_it_and_how_unusual_it_is(written):
    category = CATEGORIES[0]
    shown = run(written, "latest", "--category", category.id).output

    composite = next(line for line in shown.splitlines() if "composite" in line).split()
    assert composite[:2] == ["composite", "72.50"]
    assert composite[2].startswith("+1")
    assert composite[3] == "100"
    words = " ".join(shown.split())
    assert "It is higher than on 100% of the 130 sessions of the 3 years before" in words
    assert "The change is larger than 100% of the 129 changes" in words
    assert f"{category.metrics[0].title} is unavailable: the calendar has no history" in words
    assert "(the newest session is missing)" in words
    assert ", partial" in words
    assert "days old" not in words


@pytest.mark.parametrize("command", ["latest", "trend"])
def test_an_old_snapshot_is_said_to_be_old_and_when_the_next_is_due(old, command):
    words = " ".join(run(old, command).output.split())

    assert "This snapshot is 5 days old: that of" in words
    assert "The next one is due on" in words
    assert "The data are simulated" in words


def test_a_script_is_told_by_the_exit_code_that_a_snapshot_is_too_old(stack, old):
    nothing = settings_on(stack)

    codes = {days: run(old, "latest", "--json", "--max-age", days).exit_code for days in "45"}
    refused = run(old, "latest", "--category", CATEGORIES[0].id, "--max-age", "4")

    assert codes == {"4": 3, "5": 0}
    assert refused.stderr == (
        f"Error: The latest snapshot of {CATEGORIES[0].id} is 5 days old, --max-age allows 4.\n"
    )
    assert run(nothing, "latest", "--max-age", "4").exit_code == 1


def test_every_command_and_every_option_has_a_help_text():
    without = []
    for name in COMMANDS:
        command = main.get_command(None, name)
        without += [name] if not command.help else []
        without += [
            f"{name} {parameter.name}" for parameter in command.params if not parameter.help
        ]

    assert without == []


@pytest.mark.parametrize(
    ("words", "expected"), [("insights la", "latest"), ("insights latest --ma", "--max-age")]
)
def test_a_shell_completes_commands_and_options(words, expected):
    command = Path(sys.executable).with_name("insights")
    asked = {
        "_INSIGHTS_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }

    completed = subprocess.run(
        [command], env={**os.environ, **asked}, capture_output=True, text=True, check=True
    )

    assert completed.stdout == f"plain,{expected}\n"
