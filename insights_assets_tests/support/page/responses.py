"""Answers of the read API as its contract has them, made up and the same every time."""

import math
from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Any

from insights_assets.model.outcomes import Source
from insights_assets.serving.presenters import source_note

Json = dict[str, Any]

CATEGORY = "ai_sector_risk"
BANDS = {"normal": 25, "elevated": 60, "high": 80}
_METRICS = {
    "ai_price_anomaly": ("AI price anomaly", 0.20, 62, "Prices stand 1.1 σ above their mean."),
    "news_sentiment": ("News sentiment", 0.20, 85, "50 articles with a mean sentiment of 0.25."),
    "smart_money_flow": ("Smart money flow", 0.20, 52, "The last hour fell 0.04 points short."),
    "ipo_heat": ("IPO heat", 0.10, 18, "5 offerings are planned in the next 90 days."),
    "yield_curve": ("Yield curve", 0.15, 70, "10Y - 2Y is 1.10 percentage points."),
    "fed_expectations": ("Fed expectations", 0.15, 78, "2Y fell by 0.28 in twenty days."),
}
_EXPLANATION = {
    "meaning": "How far the prices stand from their 200-day average.",
    "formula": "value = mean of (P - SMA200) / σ200; score = 100 · clip01((value + 2) / 5)",
    "interpretation": "40 is a price at its average; 100 is three standard deviations above it.",
}


def status(score: float) -> str:
    """Return the name of the band of a score."""
    return next((name for name in ("high", "elevated", "normal") if score >= BANDS[name]), "low")


def scored(score: float) -> Json:
    """Return a score with its band."""
    return {"score": score, "status": status(score)}


def categories(*more: tuple[str, str]) -> Json:
    """Return the categories; `more` are ids and titles beside the first."""
    metrics = [
        {"id": id_, "title": title, "weight": weight}
        for id_, (title, weight, _, _) in _METRICS.items()
    ]
    first = {
        "id": CATEGORY,
        "title": "AI sector risk",
        "description": "How much risk of a setback AI shares carry, from 0 (calm) to 100.",
        "metrics": metrics,
    }
    others = [{**first, "id": id_, "title": title} for id_, title in more]
    return {"categories": [first, *others]}


def context(day: date, *, composite: float = 72.5, **more: object) -> Json:
    """Return what the API says of a snapshot's past: down since the session before."""
    earlier = {"week": 7, "month": 30, "quarter": 91, "year": 365}
    return {
        "is_current": True,
        "age_days": 0,
        "next_expected_at": f"{day + timedelta(1)}T09:45:00-05:00",
        "previous": {
            "date": (day - timedelta(1)).isoformat(),
            "composite_score": round(composite + 22.9, 2),
            "coverage": 1.0,
        },
        "change": -22.9,
        "came": [],
        "went": [],
        "attribution": {"smart_money_flow": -23.9, "news_sentiment": 1.0},
        "ago": {
            name: {
                "date": (day - timedelta(back)).isoformat(),
                "composite_score": composite - n * 4,
            }
            for n, (name, back) in enumerate(earlier.items())
        },
        "percentile": {
            "composite": {"value": 15.0, "sessions": 750},
            "change": {"value": 97.0, "sessions": 749},
            "distribution": [*range(20)],
            "metrics": {id_: {"value": 40.0, "sessions": 700} for id_ in _METRICS},
        },
        "band_since": day.isoformat(),
        "last_as_high": {"date": "2025-11-20", "composite_score": 73.0, "coverage": 1.0},
        "last_as_low": None,
        "average_20": 60.5,
        **more,
    }


def snapshot(
    day: date,
    *,
    missing: Mapping[str, str] | None = None,
    stale: Collection[str] = (),
    source: Source = "alpha_vantage",
    composite: float = 72.5,
    past: Callable[..., Json] | None = context,
    headline: str | None = None,
) -> Json:
    """Return the snapshot of `day`; `missing` maps the ids of unavailable metrics to reasons.

    `past` makes its context, None for a snapshot whose history cannot be read.
    """
    missing = missing or {}
    described = {
        id_: {"id": id_, "title": title, "weight": weight, "explanation": dict(_EXPLANATION)}
        for id_, (title, weight, _, _) in _METRICS.items()
    }
    readings = [
        described[id_]
        | scored(score)
        | {
            "value": 1.1,
            "unit": "percentage points",
            "quality": "stale" if id_ in stale else "fresh",
            "reason": "data of the day before" if id_ in stale else "260 rows",
            "summary": summary,
        }
        for id_, (_, _, score, summary) in _METRICS.items()
        if id_ not in missing
    ]
    category = {key: categories()["categories"][0][key] for key in ("id", "title", "description")}
    return {
        "category": {**category, "bands": BANDS},
        "date": day.isoformat(),
        "composite": scored(composite),
        "coverage": round(1 - sum(_METRICS[id_][1] for id_ in missing), 6),
        "source": source,
        "source_note": source_note([source]),
        "created_at": f"{day}T14:30:41+00:00",
        "run_id": "0b51f4c1-5c3a-4f43-8d53-0d2f6f1a7a11",
        "read_from": "redis",
        "metrics": readings,
        "unavailable": [
            described[id_] | {"reason": reason, "cause": "absent"}
            for id_, reason in missing.items()
        ],
        "context": {**past(day, composite=composite), "headline": headline} if past else None,
    }


def trend(newest: date, days: int, *, gaps: Collection[int] = ()) -> Json:
    """Return the trend up to `newest`; the days of `gaps`, counted back from it, are left out."""
    points = [_point(newest - timedelta(back), back) for back in range(days) if back not in gaps]
    return {
        "category_id": CATEGORY,
        "days": days,
        "from": (newest - timedelta(days - 1)).isoformat(),
        "to": newest.isoformat(),
        "points": points,
        "gaps": [_gap(newest - timedelta(back)) for back in sorted(gaps, reverse=True)],
    }


def _gap(day: date) -> Json:
    command = f"insights backfill --from {day} --to {day} --category {CATEGORY}"
    return {"from": str(day), "to": str(day), "days": 1, "command": command}


def _point(day: date, back: int) -> Json:
    """Waves that end at the scores of the snapshot."""
    metrics = {
        id_: scored(round(min(100, max(0, score + _wave(back, n))), 2))
        | {"value": round(score / 50 + _wave(back, n) / 50, 4), "unit": "percentage points"}
        for n, (id_, (_, _, score, _)) in enumerate(_METRICS.items())
        if (id_, back % 11) != ("ipo_heat", 5)
    }
    composite = scored(round(72.5 + _wave(back, 9) * 0.8, 2))
    return {
        "date": day.isoformat(),
        "coverage": 0.7 if back % 10 == 9 else 1,
        "composite": composite,
        "metrics": metrics,
        "average_20": round(70 + _wave(back, 9) * 0.2, 2),
    }


def _wave(back: int, n: int) -> float:
    """Return what was added `back` days ago: nothing today, and something else for each `n`."""
    slow = 11 * math.sin(back / (13 + 2 * n) + n) - 11 * math.sin(n)
    return slow + 5 * (math.sin(back * (0.9 + n / 10)) - back % 3 * 0.5 * (back > 0))
