"""A number against its own past, as programs and people are told it.

What is guarded here: a context of another snapshot, one that looks ahead, and readers who wait for
it or get an error where the history is away.
"""

from datetime import timedelta

import pytest

from insights_assets.serving.service import open_insights
from insights_assets.storage.errors import StoreUnreachable
from insights_assets_tests.support.api import (
    CATEGORY,
    TODAY,
    client_on,
    days_ago,
    settings_on,
    snapshot_of,
    store,
)
from insights_assets_tests.support.category import TWO_CATEGORIES

LATEST = f"/api/insights/{CATEGORY}"


@pytest.fixture(scope="module")
def settings(stack):
    settings = settings_on(stack)
    store(
        settings,
        *[snapshot_of(days_ago(n), 40.0 + n % 20) for n in range(400)],
        *[snapshot_of(days_ago(n), 90.0, category=TWO_CATEGORIES[1]) for n in range(30)],
    )
    return settings


def test_the_latest_snapshot_comes_with_its_context(settings):
    with client_on(settings) as client:
        view = client.get(LATEST).json()

    context = view["context"]
    assert view["date"] == str(TODAY)
    assert context["age_days"] == 0
    assert context["is_current"]
    assert context["previous"]["date"] < str(TODAY)
    assert sum(context["attribution"].values()) == pytest.approx(context["change"], abs=0.02)
    assert context["ago"]["week"]["date"] == str(days_ago(7))
    assert context["percentile"]["composite"]["sessions"] > 250
    assert set(context["percentile"]["metrics"]) == {metric["id"] for metric in view["metrics"]}


def test_a_past_day_has_the_context_of_that_day_and_of_nothing_later(settings):
    day = days_ago(150)
    with client_on(settings) as client:
        context = client.get(LATEST, params={"date": str(day)}).json()["context"]

    assert not context["is_current"]
    assert context["age_days"] == 150
    assert context["percentile"]["composite"]["sessions"] < 200
    for then in (context["previous"], *filter(None, context["ago"].values())):
        assert then["date"] < str(day)


def test_a_metric_alone_is_told_how_unusual_it_is(settings):
    with client_on(settings) as client:
        whole = client.get(LATEST).json()["context"]["percentile"]["metrics"]
        alone = client.get(f"{LATEST}/slope").json()["percentile"]

    assert alone == whole["slope"]
    assert alone["sessions"] > 250


def test_a_history_that_cannot_be_read_costs_the_context_and_not_the_snapshot(
    settings, monkeypatch
):
    def away(*_):
        raise StoreUnreachable("MongoDB does not answer")

    with open_insights(settings, TWO_CATEGORIES) as insights:
        monkeypatch.setattr(insights._history, "snapshots", away)

        view = insights.view(insights.category(CATEGORY))

    assert (view.date, view.context) == (TODAY, None)


def test_every_category_has_its_own_context(settings):
    with open_insights(settings, TWO_CATEGORIES) as insights:
        one, other = insights.views(TWO_CATEGORIES).snapshots

    assert one.context.change != 0
    assert other.context.previous.composite_score == 90
    assert other.context.percentile.composite.value is None
    assert "120 sessions" in other.context.percentile.composite.reason


def test_the_changes_that_language_models_get_are_since_the_same_day(settings):
    with open_insights(settings, TWO_CATEGORIES) as insights:
        category = insights.category(CATEGORY)
        view = insights.view(category)

        assert insights.before(insights.read(category).snapshot).date == view.context.previous.date
        assert view.context.previous.date <= TODAY - timedelta(days=1)


def test_how_the_scores_are_made_is_a_page_of_its_own(settings):
    with client_on(settings) as client:
        page = client.get("/methodology")

    assert page.status_code == 200
    assert "How the scores are made" in page.text
