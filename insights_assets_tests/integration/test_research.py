"""Snapshots as tables: guards against a column that means something else than it says.

Also against a missing number that becomes a zero on its way into a file, and a day that is lost.
"""

import io
import json
import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from insights_assets.categories.ai_sector_risk import CATEGORY
from insights_assets.cli import main
from insights_assets.research import columns, history
from insights_assets.research.export import FORMATS, write
from insights_assets.research.tables import table_of
from insights_assets_tests.support.api import settings_on, snapshot_of, store

NOTEBOOK = Path(__file__).parents[2] / "docs/history.ipynb"
DAY = date(2025, 1, 9)
MISSING = "ipo_heat"
SNAPSHOTS = [
    snapshot_of(DAY - timedelta(days=n), 50.0 + n, missing=(MISSING,), category=CATEGORY)
    for n in (0, 1, 5)
]


@pytest.fixture
def stored(stack, monkeypatch):
    settings = settings_on(stack)
    store(settings, *SNAPSHOTS)
    monkeypatch.setenv("INSIGHTS_MONGO_URI", stack.mongo_uri)
    monkeypatch.setenv("INSIGHTS_MONGO_DATABASE", settings.mongo_database)
    return settings


def test_the_history_has_a_row_for_each_stored_day_oldest_first(stored):
    table = history(CATEGORY.id)

    assert list(table.index.strftime("%Y-%m-%d")) == ["2025-01-04", "2025-01-08", "2025-01-09"]
    assert list(table["composite_score"]) == [55, 51, 50]


def test_the_ends_of_a_range_are_both_in_it(stored):
    assert len(history(CATEGORY.id, "2025-01-08", DAY)) == 2
    assert len(history(CATEGORY.id, "2025-01-08", "2025-01-08")) == 1


def test_a_metric_that_a_day_lacks_is_nan_and_unavailable_and_never_zero(stored):
    day = history(CATEGORY.id).loc["2025-01-09"]

    assert pd.isna(day[f"{MISSING}_score"])
    assert pd.isna(day[f"{MISSING}_value"])
    assert day[f"{MISSING}_quality"] == "unavailable"
    assert (day["yield_curve_value"], day["yield_curve_quality"]) == (1.1, "fresh")


@pytest.mark.parametrize("snapshots", [SNAPSHOTS, []], ids=["some days", "none"])
def test_every_column_is_described_with_its_dtype(snapshots):
    described = columns(CATEGORY.id)
    table = table_of(CATEGORY, snapshots)

    assert list(table.columns) == list(described.index)
    assert [str(dtype) for dtype in table.dtypes] == list(described["dtype"])
    assert isinstance(table.index, pd.DatetimeIndex)
    values = described[described.index.str.endswith("_value")]
    assert list(values["unit"]) == [metric.unit for metric in CATEGORY.metrics]
    assert all(values["unit"])


def test_a_name_that_is_no_category_is_answered_with_those_that_are():
    with pytest.raises(ValueError, match=r"the categories are ai_sector_risk"):
        history("weather")


READERS = {
    "csv": lambda file: pd.read_csv(file, parse_dates=["date"]),
    "json": lambda file: pd.DataFrame(json.load(file)),
    "parquet": pd.read_parquet,
}


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_written_is_read_again_number_by_number(form):
    table = table_of(CATEGORY, SNAPSHOTS)
    file = io.BytesIO()

    write(table, form, file)

    file.seek(0)
    again = READERS[form](file)
    if form != "parquet":
        again = again.assign(date=pd.to_datetime(again["date"])).set_index("date")
    numbers = table.select_dtypes("float64").columns
    pd.testing.assert_frame_equal(
        again[numbers].astype("float64"), table[numbers], check_index_type=False, check_freq=False
    )
    assert list(again[f"{MISSING}_quality"]) == ["unavailable"] * 3


def test_the_command_writes_what_the_function_returns(stored, capfdbinary, tmp_path):
    main(["export", "--format", "json", "--from", "2025-01-08"], standalone_mode=False)
    rows = json.loads(capfdbinary.readouterr().out)
    main(["export", "--format", "parquet", "--out", f"{tmp_path}/h.parquet"], standalone_mode=False)

    assert [row["date"] for row in rows] == ["2025-01-08", "2025-01-09"]
    assert rows[0][f"{MISSING}_score"] is None
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "h.parquet"), history(CATEGORY.id), check_freq=False
    )


def test_nothing_stored_is_said_and_no_file_is_written(stored, tmp_path, capsys):
    arguments = ["export", "--to", "2024-01-01", "--out", f"{tmp_path}/h.csv"]

    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 1
    assert "There is no snapshot of ai_sector_risk in these days" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_notebook_runs_as_an_analyst_would_run_it(stored, tmp_path):
    shutil.copy(NOTEBOOK, tmp_path)

    done = subprocess.run(
        [Path(sys.executable).with_name("jupyter-execute"), "--inplace", "history.ipynb"],
        cwd=tmp_path,
        env=os.environ | {"JUPYTER_RUNTIME_DIR": str(tmp_path), "IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert "50.0 on 2025-01-09" in (tmp_path / "history.ipynb").read_text(encoding="utf-8")


def test_the_notebook_is_kept_without_outputs():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]

    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
