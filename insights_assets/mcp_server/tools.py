"""Four tools: each answers in markdown, with the same facts as structured content beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from insights_assets.model.category import Category
from insights_assets.serving import markdown, presenters, schemas
from insights_assets.serving.changes import Changes, compare
from insights_assets.serving.service import LONGEST_TREND_DAYS, Insights
from insights_assets.storage.errors import StoreError
from insights_assets.storage.reader import Found

INSTRUCTIONS = (
    "Daily risk snapshots: scores from 0 (calm) to 100 (alarming). A metric without data is"
    " unavailable, with the reason; its score is never guessed."
)
READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

CategoryId = Annotated[str, Field(description="An id that list_insight_categories names.")]
MetricId = Annotated[str, Field(description="A metric's id that list_insight_categories names.")]
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
        """Name every category of insights and its metrics with their weights."""
        categories = presenters.present_categories(insights.categories)
        return _answer(markdown.categories_markdown(categories), categories)

    @server.tool(title="Get the latest snapshot", annotations=READ_ONLY)
    def get_insight_category(
        category_id: CategoryId,
    ) -> Annotated[CallToolResult, CategoryAnswer]:
        """Tell the latest snapshot of a category: composite, metrics, and what changed."""
        with _sentences():
            category = insights.category(category_id)
            found = _newest(insights, category)
            changes = compare(found.snapshot, insights.before(found.snapshot))
        read_from: schemas.ReadFrom = "redis" if found.store == "Redis" else "mongodb"
        snapshot = presenters.present_snapshot(category, found.snapshot, read_from)
        return _answer(
            markdown.snapshot_markdown(snapshot, changes),
            CategoryAnswer(snapshot=snapshot, changes=changes),
        )

    @server.tool(title="Get one metric", annotations=READ_ONLY)
    def get_insight_metric(
        category_id: CategoryId, metric_id: MetricId
    ) -> Annotated[CallToolResult, MetricAnswer]:
        """Tell one metric of the latest snapshot, its formula and how to read it."""
        with _sentences():
            category = insights.category(category_id)
            metric = presenters.metric_of(category, metric_id)
            snapshot = _newest(insights, category).snapshot
            changes = compare(snapshot, insights.before(snapshot))
        detail = presenters.present_metric(metric, snapshot)
        return _answer(
            markdown.metric_markdown(detail, changes, snapshot.source),
            MetricAnswer(metric=detail, change=changes.metrics.get(metric_id) if changes else None),
        )

    @server.tool(title="Get the trend", annotations=READ_ONLY)
    def get_insight_trend(
        category_id: CategoryId, days: Days = 30
    ) -> Annotated[CallToolResult, schemas.TrendView]:
        """Tell how a category moved over the last calendar days, newest first."""
        with _sentences():
            category = insights.category(category_id)
            last, snapshots = insights.trend(category, days)
        trend = presenters.present_trend(category, snapshots, last, days)
        return _answer(markdown.trend_markdown(trend), trend)

    return server


def _newest(insights: Insights, category: Category) -> Found:
    found = insights.latest(category)
    if found is None:
        raise ToolError(presenters.nothing_yet(category))
    return found


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
    except presenters.UnknownName as error:
        raise ToolError(str(error)) from None
    except StoreError:  # its sentence names hosts
        raise ToolError("The snapshots cannot be read now: try again in a few seconds.") from None
