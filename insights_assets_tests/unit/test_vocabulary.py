"""One word for one thing: guards against words that docs/glossary.md replaced.

Names of modules are looked for in the package, names of variables in tests and benchmarks too,
turns of phrase wherever people read.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLD_FILES = {
    *("told", "tell", "ask", "plain", "alert_book", "survey", "incoming", "cells"),
    *("problems", "mornings", "reading", "dice", "question"),
}
OLD_NAMES = re.compile(
    r"\b(AlertBook|alert_book|REST_SECONDS|_rest_seconds|_Desk|Desk|dice|mornings|survey|\w+Told"
    r"|DagsterAway)\b"
)
OLD_PHRASES = re.compile(
    r"\b(percent points|would else|for ever(?![a-z])|in earnest|missing are|sa(?:y|ys|id) so)\b",
    re.IGNORECASE,
)
FIELDS = {  # a finding and a plan say what was found
    "insights_assets/doctor/finding.py",
    "insights_assets/storage/migration.py",
}
OLD_VARIABLES = {"found", "each", "told"}  # a variable says what it holds
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


@pytest.mark.parametrize("folder", ["insights_assets", "insights_assets_tests", "benchmarks"])
def test_no_variable_says_only_that_something_was_found(folder):
    vague = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        names |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        if names & OLD_VARIABLES:
            vague[str(path.relative_to(ROOT))] = sorted(names & OLD_VARIABLES)

    assert vague.keys() <= FIELDS


def test_no_turn_of_phrase_is_an_old_one():
    assert found_in(READ_BY_PEOPLE, OLD_PHRASES) == {}


def found_in(paths, words):
    matches = {str(path.relative_to(ROOT)): words.findall(path.read_text()) for path in paths}
    return {path: words for path, words in matches.items() if words}
