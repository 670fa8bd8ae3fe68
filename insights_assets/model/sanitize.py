"""Text from elsewhere, made fit to stand in a sentence, a table or a terminal."""


def one_line(text: str) -> str:
    """Return `text` on one line; terminals obey control characters, so none is left."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def plain_lines(text: str) -> str:
    """Return the lines of `text`, each without control characters."""
    return "\n".join(map(one_line, text.splitlines()))
