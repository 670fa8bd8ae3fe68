"""The synthetic source: a seed and a number of articles, and everything follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from insights_assets.simulator.source import Article, Release, Row, rows_between
from insights_assets.simulator.synthetic.intraday import session_bars
from insights_assets.simulator.synthetic.ipos import upcoming_ipos
from insights_assets.simulator.synthetic.macro import macro_releases
from insights_assets.simulator.synthetic.news import articles_of
from insights_assets.simulator.synthetic.prices import daily_prices
from insights_assets.simulator.synthetic.yields import yields


@dataclass(frozen=True)
class SyntheticSource:
    """Any symbol and any day since 2010, invented."""

    seed: int
    articles_per_day: int
    name: ClassVar[str] = "simulator"

    def daily(self, symbol: str, through: date) -> Sequence[Row]:
        """As-traded daily bars of any symbol."""
        return daily_prices(self.seed, symbol, through.year)

    def intraday(self, symbol: str, first: date, last: date) -> Sequence[Row]:
        """Half hours inside the daily bars: their open, high, low, close and volume agree."""
        days = rows_between(self.daily(symbol, last), first, last)
        return [bar for day in days for bar in session_bars(self.seed, symbol, day)]

    def treasury(self, maturity: str, through: date) -> Sequence[Row]:
        """Yields of every weekday."""
        return yields(self.seed, maturity, through.year)

    def releases(self, series_id: str, through: date) -> Sequence[Release]:
        """FRED's series of the macro environment, some of whose values were revised."""
        releases = macro_releases(self.seed, series_id, through.year)
        return [release for release in releases if release.released <= through]

    def articles(self, day: date, topics: frozenset[str]) -> Sequence[Article]:
        """The day's articles that carry all the topics."""
        articles = articles_of(self.seed, self.articles_per_day, day)
        return [
            article
            for article in articles
            if topics <= {topic["topic"] for topic in article["topics"]}
        ]

    def ipo_calendar(self, today: date) -> bytes:
        """The IPOs of the next 90 days."""
        return upcoming_ipos(self.seed, today)
