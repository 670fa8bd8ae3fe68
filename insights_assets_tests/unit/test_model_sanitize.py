"""Text of others in our sentences.

What is guarded here: a terminal that obeys what a vendor says, and lines that run together.
"""

from insights_assets.model.sanitize import LONGEST_QUOTATION, one_line, plain_lines, quotation


def test_control_characters_and_lines_become_spaces():
    assert one_line("a\x1b[2J\tb\r\nc\u2028d") == "a [2J b c d"


def test_lines_stay_lines():
    assert plain_lines("one\x07 \ntwo\x1b[0m") == "one\ntwo [0m"


def test_a_quotation_is_cut_where_it_is_longer_than_any_sentence():
    assert quotation("x" * LONGEST_QUOTATION) == "x" * LONGEST_QUOTATION
    assert quotation("x" * LONGEST_QUOTATION + "y") == "x" * (LONGEST_QUOTATION - 1) + "…"
