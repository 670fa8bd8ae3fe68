"""Whether an answer of Alpha Vantage is an answer to the question: what its meta data says."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

from insights_assets.vendors.errors import OtherQuestion
from insights_assets.vendors.query import Query

SAMPLE_WORDS = ("sample data", "artificial", "demonstration purposes")
LONGEST_DAILY_STEP = 5  # days between most observations of a daily series: a weekend and holidays
STEPS_LOOKED_AT = 20


def check_meta(asked: Query, payload: Mapping[str, Any], **expected: str) -> None:
    """Raise OtherQuestion where the object "Meta Data" names something else than `expected`.

    Its members are numbered differently by each function ("4. Interval", "2. Symbol"): they are
    found by their name, in which `_` is a space.
    """
    refuse_sample(asked, payload)
    meta = payload.get("Meta Data")
    fields = {
        str(name).partition(". ")[2].lower(): value
        for name, value in (meta if isinstance(meta, dict) else {}).items()
    }
    for name, wanted in expected.items():
        check_named(asked, name.replace("_", " "), wanted, fields.get(name.replace("_", " ")))


def check_named(asked: Query, name: str, wanted: str, stated: object) -> None:
    """Raise OtherQuestion where the vendor tells another value than the one asked for."""
    if stated is not None and wanted and str(stated).strip().lower() != wanted.lower():
        raise OtherQuestion(
            asked.label,
            f"the vendor answered another question: asked was the {name} {wanted}, the answer is"
            f" about {str(stated)[:80]}",
        )


def check_daily(asked: Query, days: Iterable[date]) -> None:
    """Raise OtherQuestion where the steps between the newest `days` are weeks or months."""
    newest = sorted(days)[-STEPS_LOOKED_AT:]
    steps = [(later - earlier).days for earlier, later in pairwise(newest)]
    if len(steps) > 2 and median(steps) > LONGEST_DAILY_STEP:
        raise OtherQuestion(
            asked.label,
            "the vendor answered another question: asked was a daily series, the answer has one"
            f" value in {median(steps):g} days",
        )


def refuse_sample(asked: Query, payload: Mapping[str, Any]) -> None:
    """Raise OtherQuestion where the vendor says that these data are not real."""
    meta = payload.get("Meta Data")
    texts = [*payload.values(), *(meta.values() if isinstance(meta, dict) else ())]
    for text in texts:
        if isinstance(text, str) and any(word in text.lower() for word in SAMPLE_WORDS):
            raise OtherQuestion(
                asked.label, f'the vendor marks its answer as no real data ("{text[:200]}")'
            )
