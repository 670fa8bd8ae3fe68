"""What the vendor can do to the rows of an answer that is otherwise well-formed."""

import random
from collections.abc import Callable
from math import inf, nan

from insights_assets_tests.chaos.vendor_faults import (
    APART,
    FRESH,
    PARTIAL,
    SAME,
    Family,
    all_but,
    only,
)
from insights_assets_tests.chaos.vendor_support import INTRADAY, LITERAL, NUMBERS, Question, Row

YIELDS = dict.fromkeys(("treasury_10y", "treasury_2y"), FRESH)
BARS = ("daily_bars", "intraday_bars")
NEWS_FEED, CALENDAR = "news_sentiment_feed", "ipo_calendar"

Change = Callable[[Question], list[Row]]


def spoiled(bad: object, every: int = 5) -> Change:
    """Put `bad` for the numbers of one row in five; one in twenty would be forgiven."""

    def change(question: Question) -> list[Row]:
        rows = question.rows
        for row in rows[::every]:
            row.fields.update(dict.fromkeys(NUMBERS[question.function], bad))
        return rows

    return change


def rewritten(write: Callable[[str], object]) -> Change:
    """Write each number otherwise."""

    def change(question: Question) -> list[Row]:
        rows = question.rows
        for row in rows:
            for name in NUMBERS[question.function]:
                if row.fields[name] != ".":
                    row.fields[name] = write(str(row.fields[name]))
        return rows

    return change


def stamped(write: Callable[[str], object]) -> Change:
    """Write each stamp otherwise."""
    return lambda question: [Row(write(row.stamp), row.fields) for row in question.rows]


NUMBER = Family(
    "NaN, Infinity, 1e309, texts and odd digits for numbers",
    "unavailable, none of them became a number",
)
for bad in (
    *("NaN", "nan", "Infinity", "-inf", "1e309", "1e300", "-1e300", "soon", "1,5", "1_5", "0x10"),
    *("\u0661\u0662", "\uff11\uff12", "1.5.0", "--1", "1 5", "$1", "1.5%"),
    *(nan, inf, -inf, f"{LITERAL}1e309", f"{LITERAL}-1e400", 10**300, 10**400),
    *(True, False, [1.5], {"value": 1.5}),
):
    outcome = all_but("data", ipo_calendar=SAME)
    NUMBER.rows(repr(bad)[:20], spoiled(bad), outcome, "rows are unusable")
NUMBER.rows("each row", spoiled("NaN", 1), all_but("data", ipo_calendar=SAME), "are unusable")
for bad in (None, "", "."):  # among the yields the sign of a holiday
    NUMBER.rows(repr(bad), spoiled(bad), all_but("data", **YIELDS, ipo_calendar=SAME))

SIGN = Family(
    "negative and zero numbers", "no price is one, its dataset unavailable; a yield can be one"
)
for bad in ("0", "0.0", "-0", 0, "-1", -1.0, "1e-320"):
    outcome = all_but("data", **YIELDS, news_sentiment_feed=FRESH, ipo_calendar=SAME)
    SIGN.rows(repr(bad), spoiled(bad), outcome, "rows are unusable")

FORM = Family("numbers as JSON numbers, with blanks, with exponents; more fields", "the same data")
FORM.rows("JSON numbers", rewritten(lambda text: LITERAL + text), all_but(SAME, ipo_calendar=APART))
FORM.rows("texts", rewritten(str), SAME)
FORM.rows("blanks", rewritten(lambda text: f" {text}\t"), SAME)
FORM.rows("exponents", rewritten(lambda text: f"{text}e0"), SAME)
FORM.rows("more", lambda q: [Row(r.stamp, {**r.fields, "9. x": [{}]}) for r in q.rows], SAME)

ORDER = Family(
    "duplicates, contradictions, unsorted rows, rows of the future",
    "sorted, each once, only what was sent and known",
)
ORDER.rows("each twice", lambda q: [repeated for row in q.rows for repeated in (row, row)], SAME)
ORDER.rows("all twice", lambda q: q.rows * 2, SAME)
ORDER.rows("backwards", lambda q: q.rows[::-1], SAME)
for seed in range(3):
    ORDER.rows(
        f"shuffled {seed}",
        lambda q, s=seed: random.Random(s).sample(q.rows, len(q.rows)),  # noqa: S311
        SAME,
    )
ORDER.rows(
    "two values for each stamp",
    lambda q: [*q.rows, *(Row(row.stamp, q.rows[0].fields) for row in q.rows[1:])],
    FRESH,
)


def with_future(question: Question) -> list[Row]:
    """Add the same rows once more, an instant or a day after the opening."""
    tomorrow = "20250611T133001" if "T" in question.rows[0].stamp else "2025-06-12"
    rows = question.rows
    return [*(Row(tomorrow + row.stamp[len(tomorrow) :], row.fields) for row in rows), *rows]


ORDER.rows("the future", with_future, all_but(SAME, ipo_calendar=APART))

GAP = Family(
    "gaps: every other row, the newest ten days, all but three", "what there is, or too old to use"
)
HALF_A_SESSION = all_but(FRESH, intraday_bars=PARTIAL)
GAP.rows("every other row", lambda q: q.rows[::2], HALF_A_SESSION)
GAP.rows("all but the newest three", lambda q: q.rows[:3], HALF_A_SESSION)
GAP.rows(
    "all but the oldest three",
    lambda q: q.rows[-3:],
    all_but("late", news_sentiment_feed=FRESH, ipo_calendar=FRESH),
)
GAP.rows(
    "the newest ten days",
    lambda q: [row for row in q.rows if row.stamp.replace("-", "") < "20250601"],
    all_but("late", ipo_calendar=APART),
)

SPLIT = Family("a split that the prices before it lack", "unavailable, no crash nobody suffered")
ADJUSTED = Family("a split that the prices before it know", "the same data")


def split(coefficient: float, *fields: str) -> Change:
    """Report a split four sessions ago; these prices before it are in the shares of then."""

    def change(question: Question) -> list[Row]:
        rows = question.rows
        rows[3].fields["8. split coefficient"] = str(coefficient)
        for row in rows[4:]:
            for name in fields:
                row.fields[name] = str(float(row.fields[name]) * coefficient)
        return rows

    return change


for name, coefficient in {"10 for 1": 10, "3 for 2": 1.5, "1 for 8": 0.125}.items():
    both = ("4. close", "5. adjusted close")
    SPLIT.rows(name, split(coefficient, *both), only("late", "daily_bars"), "split of 2025-06-05")
    ADJUSTED.rows(name, split(coefficient, both[0]), only(SAME, "daily_bars"))

STAMPS = Family("stamps with and without seconds, with T and Z", "the same data")
STAMPS.rows("Z", stamped(lambda text: f"{text}Z"), only(SAME, "intraday_bars", NEWS_FEED))
STAMPS.rows("fractions", stamped(lambda text: f"{text}.00"), only(SAME, "intraday_bars", NEWS_FEED))
STAMPS.rows("T", stamped(lambda text: text.replace(" ", "T")), only(SAME, "intraday_bars"))
STAMPS.rows("no seconds", stamped(lambda text: text[:16]), only(SAME, "intraday_bars"))
STAMPS.rows("no seconds of news", stamped(lambda text: text[:13]), only(FRESH, NEWS_FEED))
STAMPS.rows("no dashes", stamped(lambda text: text.replace("-", "")), SAME)

UNDATED = Family("stamps that are none", "unavailable, never dated by a guess")
for name, write in {
    "as in America": lambda text: f"{text[5:7]}/{text[8:10]}/{text[:4]}",
    "empty": lambda _: "",
    "words": lambda _: "Invalid date",
    "the 30th of February": lambda text: f"2025-02-30{text[10:]}",
    "the year 0": lambda _: "0000-12-31 23:59",
    "seconds since 1970": lambda _: "1749600000",
    "Arabic digits": lambda text: text.translate({48 + n: 0x660 + n for n in range(10)}),
}.items():
    UNDATED.rows(name, stamped(write), all_but("data", ipo_calendar="outage"), "read")

OFF_GRID = Family("half-hour bars that start at other minutes", "unavailable, no bar is moved")
for minutes in (":17", ":01", ":29"):
    OFF_GRID.rows(
        minutes,
        lambda q, m=minutes: (
            [Row(row.stamp[:13] + m + row.stamp[16:], row.fields) for row in q.rows]
            if q.function == INTRADAY
            else q.rows
        ),
        only("data", "intraday_bars"),
    )

SPELLED = Family("topics in old and new spelling, CSV in other spellings", "the same data")
for topic in ("Technology", "technology", "Financial Markets", "financial_markets", None, 7):
    SPELLED.rows(
        f"topic {topic}",
        lambda q, t=topic: [Row(r.stamp, {**r.fields, "topics": [{"topic": t}]}) for r in q.rows],
        only(SAME, NEWS_FEED),
    )
for name, write in {
    "LF": lambda text: text.replace("\r\n", "\n"),
    "quotes": lambda text: f'"{text}'.replace(",", '","').replace("\r\n", '"\r\n"')[:-1],
    "one column more": lambda text: text.replace("\r\n", ",x\r\n"),
    "empty lines": lambda text: text.replace("\r\n", "\r\n\r\n"),
    "no last line end": str.rstrip,
}.items():
    SPELLED.body(f"CSV, {name}", lambda q, w=write: w(q.body.decode()), only(SAME, CALENDAR))

COLUMNS = Family("a calendar without its columns", "unavailable, never an empty calendar")
for name, write in {
    "semicolons": lambda text: text.replace(",", ";"),
    "tabs": lambda text: text.replace(",", "\t"),
    "no header": lambda text: text.partition("\r\n")[2],
    "capitals": lambda text: text.replace("ipoDate", "IPODATE"),
}.items():
    COLUMNS.body(name, lambda q, w=write: w(q.body.decode()), only("data", CALENDAR), "lacks the")

FAMILIES = (
    *(NUMBER, SIGN, FORM, ORDER, GAP, SPLIT, ADJUSTED, STAMPS, UNDATED, OFF_GRID),
    *(SPELLED, COLUMNS),
)
