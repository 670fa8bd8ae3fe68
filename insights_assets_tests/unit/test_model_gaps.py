"""Guards against a day that is missing and that nobody hears of."""

from datetime import date, datetime, timedelta

from insights_assets.model.alerts import gap_left
from insights_assets.model.dates import NEW_YORK, days_between
from insights_assets.model.gaps import (
    PAUSES,
    Filled,
    Filling,
    Gap,
    Left,
    decide_gap,
    find_gaps,
    in_words,
)

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
NOW = datetime(2026, 4, 4, 12, tzinfo=NEW_YORK)
MARCH = set(days_between(FIRST, LAST))
GAP = Gap(date(2026, 3, 10), date(2026, 3, 12), ("a",))


def without(*days: int) -> set[date]:
    return MARCH - {date(2026, 3, day) for day in days}


def test_days_in_a_row_are_one_gap():
    gaps = find_gaps({"a": without(10, 11, 12, 20)}, None, LAST)

    assert gaps == [GAP, Gap(date(2026, 3, 20), date(2026, 3, 20), ("a",))]


def test_history_begins_with_the_first_snapshot():
    assert find_gaps({"a": without(1, 2, 3)}, None, LAST) == []
    assert find_gaps({"a": set()}, None, LAST) == []


def test_history_begins_where_it_was_asked_for():
    gaps = find_gaps({"a": without(1, 2, 3)}, FIRST, LAST)

    assert gaps == [Gap(FIRST, date(2026, 3, 3), ("a",))]


def test_a_category_that_came_later_lacks_nothing_before_it():
    late = set(days_between(date(2026, 3, 25), LAST))

    assert find_gaps({"a": MARCH, "b": late}, None, LAST) == []


def test_a_gap_names_only_the_categories_that_lack_its_days():
    gaps = find_gaps({"a": without(10, 11), "b": without(11)}, None, LAST)

    assert [(gap.first.day, gap.last.day, gap.categories) for gap in gaps] == [
        (10, 10, ("a",)),
        (11, 11, ("a", "b")),
    ]
    assert gaps[0].command.endswith("--to 2026-03-10 --category a")
    assert gaps[1].command.endswith("--to 2026-03-11")


def test_a_gap_is_filled_at_once_and_again_after_each_pause():
    assert decide_gap(GAP, Filled(), 31, NOW) == Filling(GAP, 1)
    for made, pause in enumerate(PAUSES[1:], start=1):
        waits = decide_gap(GAP, Filled(made, NOW), 31, NOW)
        assert isinstance(waits, Left)
        assert not waits.for_people
        assert decide_gap(GAP, Filled(made, NOW), 31, NOW + pause) == Filling(GAP, made + 1)


def test_a_gap_that_three_runs_did_not_fill_is_left_to_people_with_its_command():
    left = decide_gap(GAP, Filled(3, NOW), 31, NOW + timedelta(days=30))

    assert isinstance(left, Left)
    assert left.for_people
    assert "`insights backfill --from 2026-03-10 --to 2026-03-12 --category a`" in left.why


def test_a_gap_that_is_too_long_is_left_to_people_with_its_command():
    left = decide_gap(GAP, Filled(), 2, NOW)

    assert isinstance(left, Left)
    assert left.for_people
    assert "`insights backfill --from 2026-03-10 --to 2026-03-12 --category a` fills it" in left.why


def test_a_sentence_names_the_newest_gaps_and_counts_the_others():
    gaps = find_gaps({"a": without(3, 5, 7, 9, 11)}, None, LAST)

    text = in_words([decide_gap(gap, Filled(), 31, NOW) for gap in gaps])

    assert text.startswith("a: 2026-03-11, filled once nothing else runs; a: 2026-03-09,")
    assert text.endswith("and 2 older gaps, which `insights gaps` names")


def test_a_single_older_gap_is_counted_and_days_in_a_row_are_named_by_their_ends():
    gaps = find_gaps({"a": without(3, 4, 7, 9, 11)}, None, LAST)

    text = in_words([decide_gap(gap, Filled(), 31, NOW) for gap in gaps])

    assert text.endswith("and 1 older gap, which `insights gaps` names")
    assert str(gaps[0]) == "a: 2026-03-03 to 2026-03-04"


def test_a_gap_that_is_left_to_people_is_told_with_its_days_and_its_command():
    (gap,) = find_gaps({"a": without(3, 4)}, None, LAST)

    alert = gap_left(decide_gap(gap, Filled(), 1, NOW))

    assert alert.key == "a/2026-03-03/gap:2026-03-04"
    assert alert.text.startswith("There are no snapshots of a: 2026-03-03 to 2026-03-04: ")
    assert alert.details == {
        "category": "a",
        "first": "2026-03-03",
        "last": "2026-03-04",
        "command": gap.command,
    }
