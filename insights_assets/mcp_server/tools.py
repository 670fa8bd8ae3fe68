"""The tools and the one resource, all of which only read."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from insights_assets.mcp_server.answers import (
    CategoryAnswer,
    MetricAnswer,
    TrendAnswer,
    answer,
    trend_answer,
)
from insights_assets.mcp_server.strict_tool import StrictTool
from insights_assets.model.dates import parse_day
from insights_assets.serving import markdown, presenters, schemas
from insights_assets.serving.changes import compare
from insights_assets.serving.names import UnknownName, metric_of
from insights_assets.serving.service import LONGEST_TREND_DAYS, Insights, NoSnapshot
from insights_assets.storage.errors import StoreError

INSTRUCTIONS = (
    "Daily risk snapshots: scores from 0 (calm) to 100 (alarming). A metric without data is"
    " unavailable, with the reason; its score is never guessed. No score is a forecast or a"
    " probability; what each means and does not tell is at /methodology of the API."
    " explain_change answers in one call what moved a day and whether that is unusual."
)
DAYS_AGO = {"today": 0, "yesterday": 1}

CategoryId = Annotated[str, Field(description="A category.")]
AnyCategory = Annotated[str | None, Field(description="A category; every one if not given.")]
MetricId = Annotated[str, Field(description="A metric's id that list_insight_categories names.")]
DAY = "A day in New York as YYYY-MM-DD, `today` or `yesterday`"
Day = Annotated[str, Field(description=f"{DAY}.")]
DayOrLatest = Annotated[str | None, Field(description=f"{DAY}; the latest snapshot if not given.")]
Days = Annotated[int, Field(ge=1, le=LONGEST_TREND_DAYS, description="Calendar days up to today.")]


def build_server(insights: Insights) -> MCPServer:
    """Return the server with its tools; `insights` is opened and closed by the caller."""
    server: MCPServer = MCPServer(
        "insights_assets",
        title="Daily insight snapshots",
        instructions=INSTRUCTIONS,
        version=version("insights_assets"),
        tools=build_tools(insights),
        log_level="WARNING",
    )

    @server.resource(
        "insights://{category_id}/trend/{first}/{last}",
        title="A trend with every row",
        mime_type="text/csv",
    )
    def trend_rows(category_id: str, first: str, last: str) -> str:
        """Return the snapshots from the first to the last day as CSV, newest first."""
        try:
            with _sentences():
                return insights.csv(insights.category(category_id), *_span(insights, first, last))
        except ToolError as error:
            raise ResourceError(str(error)) from None

    return server


def build_tools(insights: Insights) -> list[Tool]:
    """Return the tools; each answers in markdown, with structured content beside it."""

    def list_insight_categories() -> Annotated[CallToolResult, schemas.CategoriesView]:
        """Return every category of insights and its metrics with their weights."""
        categories = presenters.present_categories(insights.categories)
        return answer(markdown.categories_markdown(categories), categories)

    def get_insight_category(
        category_id: CategoryId, date: DayOrLatest = None
    ) -> Annotated[CallToolResult, CategoryAnswer]:
        """Return the snapshot of a category: composite, metrics, and what changed."""
        with _sentences():
            category, day = insights.category(category_id), _day(insights, date)
            stored = insights.read(category, day)
            changes = compare(stored.snapshot, insights.before(stored.snapshot))
            view = insights.present(category, stored, day)
        facts = CategoryAnswer(snapshot=view, changes=changes)
        return answer(markdown.snapshot_markdown(view, changes), facts)

    def get_insight_snapshot(
        date: Day, category_id: AnyCategory = None
    ) -> Annotated[CallToolResult, schemas.SnapshotsView]:
        """Return the snapshots of a day in full, or why a category has none."""
        with _sentences():
            wanted = [insights.category(category_id)] if category_id else insights.categories
            views = insights.views(wanted, _parsed(insights, date))
        if not views.snapshots:
            raise ToolError(" ".join(missing.reason for missing in views.missing))
        return answer(markdown.snapshots_markdown(views), views)

    def get_insight_metric(
        category_id: CategoryId, metric_id: MetricId, date: DayOrLatest = None
    ) -> Annotated[CallToolResult, MetricAnswer]:
        """Return one metric of a snapshot, its formula and how to read it."""
        with _sentences():
            category, day = insights.category(category_id), _day(insights, date)
            metric = metric_of(category, metric_id)
            snapshot = insights.read(category, day).snapshot
            changes = compare(snapshot, insights.before(snapshot))
            detail = insights.present_metric(metric, snapshot, day)
        facts = MetricAnswer(
            metric=detail, change=changes.metrics.get(metric_id) if changes else None
        )
        return answer(markdown.metric_markdown(detail, changes), facts)

    def explain_change(
        category_id: CategoryId, date: DayOrLatest = None
    ) -> Annotated[CallToolResult, schemas.ExplanationView]:
        """Say what moved a snapshot since the session before, and whether that is unusual.

        With the points of each metric, percentiles, coverage, the quality of the data and reasons.
        """
        with _sentences():
            view = insights.explain(insights.category(category_id), _day(insights, date))
        return answer(markdown.explanation_markdown(view), view)

    def compare_insight_days(
        category_id: CategoryId, first: Day, second: Day
    ) -> Annotated[CallToolResult, schemas.ComparisonView]:
        """Return two days side by side, and what each metric added to the change between them."""
        with _sentences():
            days = (_parsed(insights, first), _parsed(insights, second))
            view = insights.compare(insights.category(category_id), *days)
        return answer(markdown.comparison_markdown(view), view)

    def get_insight_trend(
        category_id: CategoryId, days: Days = 30
    ) -> Annotated[CallToolResult, TrendAnswer]:
        """Return how a category moved over the last calendar days, newest first, in 60 rows."""
        with _sentences():
            return trend_answer(insights.trend(insights.category(category_id), days))

    ids = [category.id for category in insights.categories]
    return [
        StrictTool.reading("List the insight categories", list_insight_categories, ids),
        StrictTool.reading("Get a snapshot", get_insight_category, ids),
        StrictTool.reading("Get the snapshots of a day", get_insight_snapshot, ids),
        StrictTool.reading("Get one metric", get_insight_metric, ids),
        StrictTool.reading("Explain what moved a snapshot", explain_change, ids),
        StrictTool.reading("Compare two days", compare_insight_days, ids),
        StrictTool.reading("Get the trend", get_insight_trend, ids),
    ]


def _day(insights: Insights, text: str | None) -> dt.date | None:
    return None if text is None else _parsed(insights, text)


def _parsed(insights: Insights, text: str) -> dt.date:
    if text in DAYS_AGO:
        return insights.today() - dt.timedelta(days=DAYS_AGO[text])
    try:
        return parse_day(text[:32])
    except ValueError as error:
        raise ToolError(str(error)) from None


def _span(insights: Insights, first: str, last: str) -> tuple[dt.date, dt.date]:
    days = (_parsed(insights, first), _parsed(insights, last))
    if days[0] > days[1]:
        raise ToolError(f"{days[0]} is after {days[1]}: swap them.")
    return days


@contextmanager
def _sentences() -> Iterator[None]:
    """Answer what the floors below refuse with their sentence."""
    try:
        yield
    except (NoSnapshot, UnknownName) as error:
        raise ToolError(str(error)) from None
    except StoreError:  # its sentence names hosts
        raise ToolError("The snapshots cannot be read now: try again in a few seconds.") from None
