"""Technology articles: about as many a day as asked, at irregular times, mildly optimistic."""

from datetime import date
from functools import lru_cache
from random import Random

from insights_assets.simulator.source import Article
from insights_assets.simulator.synthetic.rng import rng_for

_TICKERS = ("NVDA", "MSFT", "AMD", "PLTR")
_SUBJECTS = ("chip demand", "a cloud contract", "model training costs", "data centres", "robotics")
_VERBS = ("lifts", "weighs on", "reshapes", "surprises", "steadies")
_SIDE_TOPICS = ("financial_markets", "earnings", "manufacturing")


@lru_cache(maxsize=1024)
def articles_of(seed: int, per_day: int, day: date) -> tuple[Article, ...]:
    """The articles of one UTC day, oldest first."""
    rng = rng_for(seed, "news", day)
    spread = per_day // 4
    count = rng.randint(per_day - spread, per_day + spread)
    mood = rng.gauss(0.15, 0.08)
    seconds = sorted(rng.randrange(24 * 60 * 60) for _ in range(count))
    return tuple(_article(rng, day, n, second, mood) for n, second in enumerate(seconds))


def _article(rng: Random, day: date, number: int, second: int, mood: float) -> Article:
    ticker, subject, verb = rng.choice(_TICKERS), rng.choice(_SUBJECTS), rng.choice(_VERBS)
    score = _score(rng, mood)
    ticker_score = _score(rng, mood)
    title = f"Synthetic: {subject} {verb} {ticker}"
    topics = ["technology", *(topic for topic in _SIDE_TOPICS if rng.random() < 0.3)]
    return {
        "title": title,
        "url": f"https://news.example/{day:%Y/%m/%d}/{number}-{subject.replace(' ', '-')}",
        "time_published": (
            f"{day:%Y%m%d}T{second // 3600:02}{second // 60 % 60:02}{second % 60:02}"
        ),
        "authors": ["Synthetic Author"],
        "summary": f"{title}. An invented article; nothing of it happened.",
        "banner_image": None,
        "source": "Synthetic News",
        "category_within_source": "General",
        "source_domain": "news.example",
        "topics": [
            {"topic": topic, "relevance_score": f"{rng.uniform(0.3, 1):.6f}"} for topic in topics
        ],
        "overall_sentiment_score": score,
        "overall_sentiment_label": _label(score),
        "ticker_sentiment": [
            {
                "ticker": ticker,
                "relevance_score": f"{rng.uniform(0.1, 1):.6f}",
                "ticker_sentiment_score": f"{ticker_score:.6f}",
                "ticker_sentiment_label": _label(ticker_score),
            }
        ],
    }


def _score(rng: Random, mood: float) -> float:
    return round(min(max(rng.gauss(mood, 0.18), -1.0), 1.0), 6)


def _label(score: float) -> str:
    if score <= -0.35:
        return "Bearish"
    if score <= -0.15:
        return "Somewhat-Bearish"
    if score < 0.15:
        return "Neutral"
    return "Somewhat-Bullish" if score < 0.35 else "Bullish"
