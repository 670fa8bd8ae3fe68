"""Guards against progress that stands still, or ends long before or after the work."""

from datetime import date
from types import SimpleNamespace

import dagster as dg
import pytest

from insights_assets.assets import progress
from insights_assets.cli.bar import BackfillBar
from insights_assets.cli.job import run_days
from insights_assets_tests.support.category import NARROW, SYNTHETIC, TWO_CATEGORIES

FIRST, LAST = date(2026, 3, 12), date(2026, 3, 13)


@pytest.mark.parametrize("categories", [TWO_CATEGORIES, [NARROW]], ids=["both", "one of them"])
def test_the_bar_is_full_when_the_days_of_a_run_are_stored(pipeline, monkeypatch, categories):
    for name, value in pipeline.environment.items():
        monkeypatch.setenv(name, value)
    bar = BackfillBar(2, categories)

    with dg.DagsterInstance.ephemeral() as instance:
        assert run_days(instance, FIRST, LAST, categories, progress=bar) == []

    assert bar.tasks[0].completed == pytest.approx(2)
    assert bar.tasks[0].fields["days"] == 0, "a day counts when its run is over"
    bar.finish_run(2)
    assert bar.tasks[0].fields["days"] == 2


def test_the_log_of_a_step_counts_the_days_of_its_assets(monkeypatch):
    monkeypatch.setattr(progress, "LOG_EVERY_SECONDS", 0)
    lines = []
    log = SimpleNamespace(info=lambda text, *values: lines.append(text % values))
    days = [str(day) for day in range(92)]

    step = SimpleNamespace(log=log, partition_keys=days)
    progress.StepLog().stored(step, 3, len(SYNTHETIC.metrics))

    assert lines == [
        "276 of 552 partitions of this step are stored (6 assets, 92 days each), about 0 s left."
    ]
