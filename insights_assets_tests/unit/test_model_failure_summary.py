"""The message of a run that could not compute some of its days.

What is guarded here: a message nobody can read (three hundred lines in the UI) or that hides a
day or a reason.
"""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.datasets.daily_bars import known as daily_bars_known
from insights_assets.datasets.intraday_bars import known as intraday_bars_known
from insights_assets.model.failure_summary import fetch_failure_message, refusal_message
from insights_assets.model.outcomes import Unavailable
from insights_assets.model.snapshot import compose
from insights_assets_tests.support.category import SYNTHETIC

FIRST = date(2024, 1, 1)
LIMIT = (
    "the vendor's daily limit of 25 requests is used up; the next try makes sense after midnight"
    " New York"
)


def days(count, *, step=1):
    return [FIRST + timedelta(days=n * step) for n in range(count)]


def quota(label):
    return Unavailable(f"{label}: {LIMIT}", "quota")


def nothing_fetched(day, say=quota):
    """Return why there is no snapshot of `day` when every request of the vendor was refused."""
    daily = {symbol: say(f"TIME_SERIES_DAILY_ADJUSTED {symbol}") for symbol in ("NVDA", "MSFT")}
    intraday = {symbol: say(f"TIME_SERIES_INTRADAY {symbol}") for symbol in ("NVDA", "AMD")}
    outcomes = {
        "daily_bars": daily_bars_known(daily, day),
        "intraday_bars": intraday_bars_known(intraday, day),
        "treasury_10y": say("TREASURY_YIELD 10year"),
        "treasury_2y": say("TREASURY_YIELD 2year"),
        "news_sentiment_feed": say("NEWS_SENTIMENT technology"),
        "ipo_calendar": Unavailable("the calendar has no history for past dates", "absent"),
    }
    metrics = {metric.id: metric.evaluate(outcomes) for metric in SYNTHETIC.metrics}
    return compose(SYNTHETIC, day, metrics, run_id="run", created_at=None)


def too_old(day):
    newest = date(2023, 12, 20)
    return Unavailable(f"the newest observation is of {newest}, {(day - newest).days} days old")


@pytest.mark.parametrize("count", [1, 3, 300])
@pytest.mark.parametrize("why", [nothing_fetched, too_old])
def test_for_1_3_and_300_days_the_message_is_short_and_names_the_first_and_the_last(count, why):
    refused = {day: why(day) for day in days(count)}

    message = refusal_message(SYNTHETIC.id, refused, stored=65)

    assert len(message) < 3000
    assert str(FIRST) in message
    assert str(days(count)[-1]) in message
    assert why(FIRST).reason in message
    assert f"{count} of {count + 65} days have no snapshot of synthetic" in message
    assert "the other 65 are stored" in message
    assert "running them again is safe" in message


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (0, "2 of 2 days have no snapshot of synthetic; running"),
        (1, "2 of 3 days have no snapshot of synthetic, the other one is stored; running"),
    ],
)
def test_what_is_stored_of_the_other_days_is_said_as_people_would(stored, said):
    refused = {day: too_old(day) for day in days(2)}

    assert refusal_message(SYNTHETIC.id, refused, stored=stored).startswith(said)


def test_300_days_that_are_not_in_a_row_are_ten_lines_and_a_count():
    apart = days(300, step=2)

    message = refusal_message(SYNTHETIC.id, {day: nothing_fetched(day) for day in apart}, stored=0)

    assert len(message) < 3000
    assert f"and 290 more days up to {apart[-1]}" in message


def test_days_with_reasons_in_turn_stay_readable_too():
    refused = {
        day: nothing_fetched(day) if n % 2 else too_old(day) for n, day in enumerate(days(300))
    }

    message = refusal_message(SYNTHETIC.id, refused, stored=0)

    assert len(message) < 3000
    assert f"more days up to {days(300)[-1]}" in message


def test_a_single_day_that_was_asked_for_is_one_sentence():
    message = refusal_message(SYNTHETIC.id, {FIRST: Unavailable("coverage is 0.2")}, stored=0)

    assert message == "No snapshot of synthetic was stored for 2024-01-01: coverage is 0.2"


def test_days_in_a_row_whose_reasons_differ_in_numbers_only_are_one_line():
    message = refusal_message(SYNTHETIC.id, {day: too_old(day) for day in days(20)}, stored=1)

    assert message.splitlines()[1:] == [
        f"- 2024-01-01 to 2024-01-20 (20 days), first: {too_old(FIRST).reason}"
    ]


def test_a_day_between_that_was_stored_splits_the_line_and_the_reason_is_told_once():
    refused = dict.fromkeys([day for day in days(5) if day != days(5)[2]], Unavailable("no data"))

    assert refusal_message(SYNTHETIC.id, refused, stored=1).splitlines()[1:] == [
        "- 2024-01-01 to 2024-01-02 (2 days), first: no data",
        "- 2024-01-04 to 2024-01-05 (2 days): as on 2024-01-01",
    ]


def test_another_reason_begins_another_line():
    first, second = days(2)

    message = refusal_message(
        SYNTHETIC.id, {second: Unavailable("b"), first: Unavailable("a")}, stored=0
    )

    assert message.splitlines()[1:] == [f"- {first}: a", f"- {second}: b"]


def test_after_the_daily_limit_the_message_says_from_which_day_to_go_on():
    refused = {day: nothing_fetched(day) for day in days(3)}

    message = fetch_failure_message(
        {}, [refusal_message(SYNTHETIC.id, refused, stored=0)], refused, resume=days(3)[1]
    )

    assert "Go on from 2024-01-02 after midnight New York" in message
    assert "3 of 3 days have no snapshot of synthetic" in message


def test_what_could_not_be_fetched_is_told_once_for_days_with_and_without_a_snapshot():
    first, second, third = days(3)
    no_answer = Unavailable("no answer", "outage")
    failed = {"treasury_2y": dict.fromkeys(days(3), no_answer), "daily_bars": {first: no_answer}}

    message = fetch_failure_message(failed, ["1 of 3 days has no snapshot: …"], [first])

    assert message.splitlines() == [
        "1 of 3 days has no snapshot: …",
        "Stored and published without what could not be fetched:",
        f"- treasury_2y, {second} to {third} (2 days), first: no answer",
        '"Re-execute from failure" asks the vendor again for what is missing.',
    ]


@given(
    st.dictionaries(
        st.integers(0, 400).map(lambda n: FIRST + timedelta(days=n)),
        st.sampled_from(["no answer", "bad rows", "7 of 60 rows", "9 of 60 rows"]),
        min_size=2,
        max_size=60,
    )
)
@settings(deadline=None, max_examples=100)
def test_every_day_is_counted_once_whatever_the_pattern(reasons):
    refused = {day: Unavailable(reason) for day, reason in reasons.items()}

    lines = refusal_message(SYNTHETIC.id, refused, stored=0).splitlines()[1:]

    counted = 0
    for line in lines:
        if rest := re.match(r"- and (\d+) more days up to ", line):
            counted += int(rest[1])
        elif several := re.match(r"- \S+ to \S+ \((\d+) days\)(, first)?: ", line):
            counted += int(several[1])
        else:
            assert re.match(r"- \S+: ", line)
            counted += 1
    assert counted == len(refused)
    assert str(min(refused)) in lines[0]
    assert str(max(refused)) in lines[-1]
    assert len(lines) <= 11
