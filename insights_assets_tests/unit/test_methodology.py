"""The page for analysts: guards against a formula, weight or band that is not the product's."""

import re
from pathlib import Path

import pytest

from insights_assets.categories import CATEGORIES
from insights_assets.categories.ai_sector_risk import CATEGORY
from insights_assets.research.study.web import WEB_PAGE, web_page

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "methodology.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "metric",
    [metric for category in CATEGORIES for metric in category.metrics],
    ids=lambda metric: metric.id,
)
def test_every_metric_is_described_with_its_weight_and_score(metric):
    section = PAGE.partition(f"### {metric.title}, {metric.weight:.0%}".replace("%", " %"))[2]
    section = section.partition("\n### ")[0]
    score = re.search(r"score = .*", metric.explanation.formula)[0]

    assert score in section.replace("\N{MINUS SIGN}", "-")
    for label in ("*Unit:*", "*Weak because:*"):
        assert label in section


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.id)
def test_the_bands_are_those_of_the_product(category):
    bands = category.bands
    edges = f"{bands.normal} (normal), {bands.elevated} (elevated) and {bands.high} (high)"

    assert f"begin at {edges}" in " ".join(PAGE.split())


def test_the_page_that_the_api_serves_is_the_same_text():
    assert WEB_PAGE.read_text(encoding="utf-8") == web_page(PAGE)


def test_every_plot_and_file_that_the_page_names_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)

    assert len(links) >= 4
    assert [link for link in links if not (DOCS / link).exists()] == []


def test_the_figures_are_those_that_the_study_wrote():
    written = (DOCS / "study" / f"{CATEGORY.id}.md").read_text(encoding="utf-8")
    body = written.partition("\n\n")[2].replace("](ai_sector", "](study/ai_sector")

    assert body in PAGE
