"""An API key as people set it: what is no key is told before a vendor is asked with it."""

import re

PLACEHOLDERS = ("...", "your", "changeme", "<", "xxx")


def clean_key(text: str) -> str:
    """Return the key without what files and copies leave around it.

    ValueError with one plain sentence where it cannot be a key.
    """
    key = text.strip("\ufeff \t\r\n")
    if not key:
        return ""
    if key[0] in "\"'“”" or key[-1] in "\"'“”":
        raise ValueError("the key is in quotes; set it without them")
    if "=" in key:
        raise ValueError("it holds NAME=value; set the value alone")
    if key.lower().startswith(PLACEHOLDERS):
        raise ValueError("it still holds a placeholder; set your own key")
    if not re.fullmatch(r"[!-~]+", key):
        raise ValueError("a key has neither spaces nor letters beyond ASCII; copy it again")
    return key
