"""Four tools: each answers in markdown, with the same facts as structured content beside it."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from insights_assets.model.dates import parse_day
from insights_assets.serving import markdown, presenters, schemas
from insights_assets.serving.changes import Changes, compare
from insights_assets.serving.service import LONGEST_TREND_DAYS, Insights, NoSnapshot
from insights_assets.storage.errors import StoreError

INSTRUCTIONS = (
    "Daily risk snapshots: scores from 0 (calm) to 100 (alarming). A metric without data is"
    " unavailable, with the reason; its score is never guessed. No score is a forecast or a"
    " probability; what each means and does not tell is at /methodology of the API."
)
READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

CategoryId = Annotated[str, Field(description="An id that list_insight_categories names.")]
MetricId = Annotated[str, Field(description="A metric's id that list_insight_categories names.")]
Day = Annotated[
    str | None,
    Field(description="A day in New York as YYYY-MM-DD; the latest snapshot if not given."),
]
Days = Annotated[int, Field(ge=1, le=LONGEST_TREND_DAYS, description="Calendar days up to today.")]


class CategoryAnswer(BaseModel):
    """A snapshot, and what changed since the one before."""

    snapshot: schemas.SnapshotView
    changes: Changes | None


class MetricAnswer(BaseModel):
    """A metric, and by how many points its score changed since the snapshot before."""

    metric: schemas.MetricDetailView
    change: float | None


def build_server(insights: Insights) -> MCPServer:
    """Return the server with its tools; `insights` is opened and closed by the caller."""
    server: MCPServer = MCPServer(
        "insights_assets",
        title="Daily insight snapshots",
        instructions=INSTRUCTIONS,
        log_level="WARNING",
    )

    @server.tool(title="List the insight categories", annotations=READ_ONLY)
    def list_insight_categories() -> Annotated[CallToolResult, schemas.CategoriesView]:
        """Return every category of insights and its metrics with their weights."""
        categories = presenters.present_categories(insights.categories)
        return _answer(markdown.categories_markdown(categories), categories)

    @server.tool(title="Get a snapshot", annotations=READ_ONLY)
    def get_insight_category(
        category_id: CategoryId, date: Day = None
    ) -> Annotated[CallToolResult, CategoryAnswer]:
        """Return the snapshot of a category: composite, metrics, and what changed."""
        with _sentences():
            category = insights.category(category_id)
            stored = insights.read(category, _day(date))
            changes = compare(stored.snapshot, insights.before(stored.snapshot))
            view = insights.present(category, stored)
        return _answer(
            markdown.snapshot_markdown(view, changes),
            CategoryAnswer(snapshot=view, changes=changes),
        )

    @server.tool(title="Get one metric", annotations=READ_ONLY)
    def get_insight_metric(
        category_id: CategoryId, metric_id: MetricId, date: Day = None
    ) -> Annotated[CallToolResult, MetricAnswer]:
        """Return one metric of a snapshot, its formula and how to read it."""
        with _sentences():
            category = insights.category(category_id)
            metric = presenters.metric_of(category, metric_id)
            snapshot = insights.read(category, _day(date)).snapshot
            changes = compare(snapshot, insights.before(snapshot))
        detail = presenters.present_metric(metric, snapshot)
        return _answer(
            markdown.metric_markdown(detail, changes),
            MetricAnswer(metric=detail, change=changes.metrics.get(metric_id) if changes else None),
        )

    @server.tool(title="Get the trend", annotations=READ_ONLY)
    def get_insight_trend(
        category_id: CategoryId, days: Days = 30
    ) -> Annotated[CallToolResult, schemas.TrendView]:
        """Return how a category moved over the last calendar days, newest first."""
        with _sentences():
            trend = insights.trend(insights.category(category_id), days)
        return _answer(markdown.trend_markdown(trend), trend)

    return server


def _day(text: str | None) -> dt.date | None:
    try:
        return parse_day(text[:32]) if text is not None else None
    except ValueError as error:
        raise ToolError(str(error)) from None


def _answer(text: str, facts: BaseModel) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=facts.model_dump(mode="json"),
    )


@contextmanager
def _sentences() -> Iterator[None]:
    """Answer what the floors below refuse with their sentence."""
    try:
        yield
    except (NoSnapshot, presenters.UnknownName) as error:
        raise ToolError(str(error)) from None
    except StoreError:  # its sentence names hosts
        raise ToolError("The snapshots cannot be read now: try again in a few seconds.") from None
