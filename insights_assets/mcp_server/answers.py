"""What the tools answer: a few lines of markdown, and the same facts as structured content."""

from collections.abc import Sequence

from mcp.types import CallToolResult, ResourceLink, TextContent
from pydantic import BaseModel, Field

from insights_assets.model.context import Earlier
from insights_assets.serving import markdown, schemas
from insights_assets.serving.changes import Changes

MOST_ROWS = 60  # of a trend: more fill a model's context and tell it nothing


class CategoryAnswer(BaseModel):
    """A snapshot, and what changed since the one before."""

    snapshot: schemas.SnapshotView
    changes: Changes | None


class MetricAnswer(BaseModel):
    """A metric, and by how many points its score changed since the snapshot before."""

    metric: schemas.MetricDetailView
    change: float | None


class TrendAnswer(schemas.TrendView):
    """A trend with at most 60 of its rows: the newest, the oldest, and evenly spread between."""

    rows: int = Field(description="How many there are; `points` may have fewer.")
    highest: Earlier | None
    lowest: Earlier | None
    all_rows: str = Field(description="The address of the resource with every row, as CSV.")


def answer(text: str, facts: BaseModel) -> CallToolResult:
    """Return a text, and its facts beside it."""
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=facts.model_dump(mode="json"),
    )


def trend_answer(trend: schemas.TrendView) -> CallToolResult:
    """Return a trend that fits into a model's context, with a link to all of its rows."""
    address = f"insights://{trend.category_id}/trend/{trend.first}/{trend.last}"
    points = trend.points
    by_score = sorted(points, key=lambda point: point.composite.score)
    facts = TrendAnswer(
        **{name: getattr(trend, name) for name in schemas.TrendView.model_fields}
        | {"points": thin(points)},
        rows=len(points),
        highest=_extreme(by_score[-1:]),
        lowest=_extreme(by_score[:1]),
        all_rows=address,
    )
    result = answer(markdown.trend_markdown(trend, address), facts)
    if len(points) > MOST_ROWS:
        link = ResourceLink(
            type="resource_link",
            uri=address,
            name=f"{trend.category_id} from {trend.first} to {trend.last}",
            mime_type="text/csv",
        )
        result.content.append(link)
    return result


def thin(points: Sequence[schemas.TrendPoint]) -> list[schemas.TrendPoint]:
    """Return at most MOST_ROWS of `points`, the first and the last among them."""
    if len(points) <= MOST_ROWS:
        return list(points)
    step = (len(points) - 1) / (MOST_ROWS - 1)
    return [points[round(n * step)] for n in range(MOST_ROWS)]


def _extreme(points: Sequence[schemas.TrendPoint]) -> Earlier | None:
    for point in points:
        return Earlier(point.date, point.composite.score, point.coverage)
    return None
