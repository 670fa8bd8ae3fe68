"""Text from elsewhere, made fit to stand in a sentence, a table or a terminal."""

LONGEST_QUOTATION = 420  # characters; the vendors' longest known sentence has 344


def one_line(text: str) -> str:
    """Return `text` on one line; terminals obey control characters, so none is left."""
    return " ".join(
        "".join(character if character.isprintable() else " " for character in text).split()
    )


def quotation(text: str) -> str:
    """Return what somebody else said on one line, whole unless it is longer than any sentence."""
    line = one_line(text)
    return line if len(line) <= LONGEST_QUOTATION else f"{line[: LONGEST_QUOTATION - 1]}…"


def plain_lines(text: str) -> str:
    """Return the lines of `text`, each without control characters."""
    return "\n".join(map(one_line, text.splitlines()))
