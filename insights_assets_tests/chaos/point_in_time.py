"""What the snapshot of a morning should be made of, and what it was made of."""

from datetime import date, timedelta

from insights_assets.categories.macro_environment import CATEGORY as MACRO
from insights_assets.model.dates import previous_federal_business_day, previous_session
from insights_assets_tests.support.pipeline import Pipeline, documents_of


def assert_made_of_its_morning(pipeline: Pipeline, day: date) -> dict[str, str]:
    """No newer row than the morning of `day` could know, and none older than the newest it knew.

    What is unavailable is told to the caller: its reasons, by dataset.
    """
    documents = {
        document["asset_key"].partition("/")[2]: document
        for document in documents_of(pipeline, day)["insight_datasets"]
    }
    missing = {
        id_: document["reason"] for id_, document in documents.items() if "newest" not in document
    }
    newest = {id_: document["newest"] for id_, document in documents.items() if id_ not in missing}
    session = str(previous_session(day))
    observed = str(previous_federal_business_day(previous_federal_business_day(day)))
    assert newest.pop("ipo_calendar", str(day)) == str(day)
    assert newest.pop("news_sentiment_feed") in (str(day), str(day - timedelta(days=1))), day
    assert newest == {
        "daily_bars": session,
        "intraday_bars": session,
        "treasury_10y": observed,
        "treasury_2y": observed,
        **dict.fromkeys(MACRO.datasets & newest.keys(), observed),
    }, day
    return missing
