"""Guards against documents that say something else than the code does."""

import re

import pytest

from insights_assets.categories import CATEGORIES
from insights_assets.model.snapshot import MINIMUM_COVERAGE, SCHEMA_VERSION
from insights_assets_tests.support.tables import DOCUMENTS, ROOT, named, updated

SPECIFICATION = ROOT / "docs" / "specification.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_each_table_of_a_document_is_what_make_tables_would_write(document):
    text = document.read_text(encoding="utf-8")

    assert named(text)
    assert text == updated(text)


def test_the_specification_has_the_formulas_of_every_category():
    tables = named(SPECIFICATION.read_text(encoding="utf-8"))

    assert {f"metrics {category.id}" for category in CATEGORIES} <= set(tables)
    assert {"datasets", "bands"} <= set(tables)


def test_the_specification_names_the_numbers_that_the_code_has():
    text = SPECIFICATION.read_text(encoding="utf-8")

    assert f"Below {MINIMUM_COVERAGE:g}" in text
    assert f"schema_version: {SCHEMA_VERSION}" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_to_one(page):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []
