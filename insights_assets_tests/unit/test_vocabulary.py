"""One word for one thing: guards against words that docs/glossary.md replaced.

Names are looked for in the package and its tests, turns of phrase wherever people read.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
OLD_FILES = {
    *("told", "tell", "ask", "plain", "alert_book", "survey", "incoming", "cells"),
    *("problems", "mornings", "reading", "dice", "question"),
}
OLD_NAMES = re.compile(
    r"\b(AlertBook|alert_book|REST_SECONDS|_Desk|Desk|dice|mornings|survey|\w+Told)\b"
)
OLD_PHRASES = re.compile(
    r"\b(percent points|would else|for ever(?![a-z])|in earnest|missing are)\b", re.IGNORECASE
)
READ_BY_PEOPLE = [
    path
    for folder in ("insights_assets", "docs", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".md", ".js", ".html", ".yaml"}
    and path.name not in {"CHANGELOG.md", "reliability.md"}
    and ".min." not in path.name
    and "vendor" not in path.parts
] + [ROOT / "README.md", ROOT / "helm-values.yaml"]
SOURCES = sorted((ROOT / "insights_assets").rglob("*.py"))


def test_no_module_has_an_old_name():
    assert not {path.stem for path in SOURCES} & OLD_FILES


def test_no_name_is_an_old_one():
    assert found_in(SOURCES, OLD_NAMES) == {}


def test_no_turn_of_phrase_is_an_old_one():
    assert found_in(READ_BY_PEOPLE, OLD_PHRASES) == {}


def found_in(paths, words):
    matches = {str(path.relative_to(ROOT)): words.findall(path.read_text()) for path in paths}
    return {path: words for path, words in matches.items() if words}
