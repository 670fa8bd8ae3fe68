"""What a study says: guards against a number that is not what its heading promises.

Also against intervals of a sample that is too small, prices from before the snapshot was known,
and two runs over the same history that differ.
"""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from insights_assets.categories.ai_sector_risk import CATEGORY
from insights_assets.model.dates import is_session
from insights_assets.model.scores import Bands
from insights_assets.model.snapshot import MetricScore, Snapshot, weighted_mean
from insights_assets.research.prices import Basket
from insights_assets.research.study import measures
from insights_assets.research.study.aftermath import (
    aftermath,
    by_band,
    independent_periods,
    rank_correlations,
)
from insights_assets.research.study.page import page
from insights_assets.research.study.plots import draw
from insights_assets.research.study.results import measure
from insights_assets.research.study.write import END, fill_in
from insights_assets.research.tables import table_of
from insights_assets_tests.support.storage import COMPUTED

FIRST = date(2024, 1, 2)
BANDS: Bands = CATEGORY.bands


def snapshot(day, **scores):
    metrics = {
        id_: MetricScore(score, BANDS.status(score), 1.0, CATEGORY.weight(id_), "fresh", "So.")
        for id_, score in scores.items()
    }
    composite = weighted_mean(metrics)
    return Snapshot(
        CATEGORY.id,
        day,
        composite,
        BANDS.status(composite),
        0.5,
        metrics,
        {},
        "replay",
        "r",
        COMPUTED,
    )


def days(count, first=FIRST):
    return [first + timedelta(days=n) for n in range(count)]


def sessions(count):
    return [day for day in days(2 * count) if is_session(day)][:count]


def prices(values):
    series = pd.Series(values, index=pd.DatetimeIndex(sessions(len(values))), dtype="float64")
    return Basket(series, ("AAA", "BBB"))


@pytest.fixture(scope="module")
def snapshots():
    """Two years: one metric that swings wildly, one that walks slowly, one that never moves."""
    rng = np.random.default_rng(1)
    walk = np.clip(50 + rng.normal(0, 2, 730).cumsum(), 0, 100)
    return [
        snapshot(
            day,
            news_sentiment=round(float(walk[n]), 2),
            smart_money_flow=(0.0, 100.0)[n % 2],
            yield_curve=40.0,
        )
        for n, day in enumerate(days(730))
    ]


@pytest.fixture(scope="module")
def results(snapshots):
    rng = np.random.default_rng(2)
    return measure(CATEGORY, snapshots, prices(100 * np.exp(rng.normal(0, 0.02, 460).cumsum())))


def test_a_score_that_is_always_at_an_end_is_found_there(results):
    ends = results.distribution["% at 0 or 100"]

    assert ends["smart_money_flow"] == 100
    assert ends["yield_curve"] == 0
    assert results.distribution.loc["yield_curve", ["least", "median", "most"]].tolist() == [40] * 3


def test_memory_is_told_and_not_for_a_score_that_never_moved(results):
    assert results.memory.loc["news_sentiment", "1 sessions"] > 0.9
    assert np.isnan(results.memory.loc["yield_curve", "1 sessions"])


def test_the_shares_add_up_and_name_what_really_moves_the_composite(results):
    assert results.shares.sum().tolist() == pytest.approx([100, 100])
    assert results.shares.loc["smart_money_flow", "% of the daily change"] > 95
    assert results.shares.loc["ipo_heat"].tolist() == [0, 0]


def test_contributions_add_up_to_the_composite_whatever_is_missing():
    table = table_of(
        CATEGORY, [snapshot(FIRST, yield_curve=10, ipo_heat=90), snapshot(days(2)[1], ipo_heat=70)]
    )

    points = measures.contributions(table, CATEGORY)

    assert points.sum(axis=1).tolist() == pytest.approx(table["composite_score"].tolist(), abs=0.01)


def test_crossings_are_counted_as_the_score_has_them_and_as_alerts_do():
    scores = [58, 60.5, 59.5, 60.5, 59.5, 63, 63, 50]
    crossings = measures.crossings(
        CATEGORY,
        [snapshot(day, ipo_heat=score) for day, score in zip(days(8), scores, strict=True)],
    )

    assert (crossings.by_score, crossings.alerts) == (6, 2)
    assert crossings.a_year(crossings.alerts) == pytest.approx(2 * 365.25 / 8)


def test_what_follows_begins_at_the_close_of_the_day_and_its_worst_is_on_the_way():
    values = [100.0] * 6 + [90.0, 120.0, 110.0, 99.0, 150.0, 105.0]
    day = sessions(12)[5]

    after = aftermath(table_of(CATEGORY, [snapshot(day, ipo_heat=50)]), prices(values).values)

    assert after.loc[str(day), "return_5"] == pytest.approx(50)
    assert after.loc[str(day), "worst_5"] == pytest.approx(-10)
    assert np.isnan(after.loc[str(day), "return_20"])


def test_prices_before_the_day_change_nothing():
    day = sessions(12)[5]
    table = table_of(CATEGORY, [snapshot(day, ipo_heat=50)])
    one = aftermath(table, prices([1.0] * 5 + [100.0] * 7).values)
    other = aftermath(table, prices([500.0] * 5 + [100.0] * 7).values)

    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("positions", "count"),
    [([], 0), ([3], 1), (range(20), 1), (range(21), 2), ([0, 19, 20, 45], 3)],
)
def test_independent_periods_are_those_that_do_not_overlap(positions, count):
    assert independent_periods(np.array(list(positions), dtype=np.int64), 20) == count


def test_a_band_of_few_independent_periods_has_no_interval(results):
    rows = results.followed

    few = rows[rows["independent periods"] < 5]
    enough = rows[rows["independent periods"] >= 5]
    assert not few.empty
    assert not enough.empty
    assert few["return from"].isna().all()
    assert (enough["return from"] <= enough["mean return %"]).all()
    assert (enough["mean return %"] <= enough["return to"]).all()


def test_a_composite_that_knew_what_was_coming_would_be_seen():
    rng = np.random.default_rng(3)
    days = sessions(400)
    values = 100 * np.exp(rng.normal(0, 0.02, 400).cumsum())
    ahead = np.array([values[min(n + 5, 399)] / values[n] for n in range(400)])
    scores = 100 * (1 - ahead.argsort().argsort() / 399)
    table = table_of(
        CATEGORY,
        [snapshot(day, ipo_heat=round(float(s), 2)) for day, s in zip(days, scores, strict=True)],
    )

    ranks = rank_correlations(aftermath(table, prices(values).values)).set_index(
        ["sessions after", "with"]
    )

    assert ranks.loc[(5, "return"), "to"] < -0.9
    assert ranks.loc[(60, "return"), "from"] < 0 < ranks.loc[(60, "return"), "to"] + 0.5


def test_by_band_counts_every_snapshot_once():
    table = table_of(CATEGORY, [snapshot(day, ipo_heat=30) for day in sessions(30)])
    rows = by_band(aftermath(table, prices([100.0] * 50).values)).set_index(
        ["sessions after", "band"]
    )

    assert rows.loc[(20, "normal"), "snapshots"] == rows.loc[(20, "all"), "snapshots"] == 30
    assert rows.loc[(20, "high"), "snapshots"] == 0
    assert rows.loc[(20, "normal"), "mean worst %"] == 0


def test_the_page_says_where_its_numbers_are_from_and_what_they_are_not(results, tmp_path):
    text = page(results)

    assert "730 snapshots that were stored for 2024-01-02 to 2025-12-31" in text
    assert "a replay of recorded history" in text
    assert "independent periods" in text
    assert "AAA, BBB in equal parts" in text
    assert "nan" not in text.lower().replace("financ", "")
    assert "None" not in text


def test_two_studies_of_the_same_history_are_the_same_bytes(results, snapshots, tmp_path):
    again = measure(CATEGORY, snapshots, Basket(prices([100.0] * 460).values, ("AAA", "BBB")))
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        results.write(tmp_path / name)
        draw(tmp_path / name, results)

    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 11
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    pd.testing.assert_frame_equal(again.distribution, results.distribution)


def test_without_prices_the_page_says_that_nothing_can_be_said(snapshots, tmp_path):
    results = measure(CATEGORY, snapshots[:30], Basket(prices([]).values, ()))

    assert "No prices are stored" in page(results)
    draw(tmp_path, results)


def test_a_document_is_filled_in_between_its_marks_and_nowhere_else(results, tmp_path):
    document = tmp_path / "methodology.md"
    mark = f"<!-- study:{CATEGORY.id} -->"
    document.write_text(f"Before.\n\n{mark}\nold\n{END}\n\nAfter.\n", encoding="utf-8")

    fill_in(document, [results], tmp_path / "study")

    text = document.read_text(encoding="utf-8")
    assert text.startswith(f"Before.\n\n{mark}\nWritten by")
    assert text.endswith(f"{END}\n\nAfter.\n")
    assert "old" not in text
    assert f"](study/{CATEGORY.id}_composite.svg)" in text
