"""The reads: the snapshot of a day as a whole or in parts, and the trend."""

from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from insights_assets.api import examples
from insights_assets.api.conditional_get import Caching, answer
from insights_assets.api.error_handlers import documented, unprocessable
from insights_assets.api.strict_query import NO_UNKNOWN_PARAMETERS
from insights_assets.model.dates import days_before, parse_day
from insights_assets.serving import presenters, schemas
from insights_assets.serving.service import LONGEST_TREND_DAYS, Insights

CategoryId = Annotated[str, Path(examples=["ai_sector_risk"])]
USUAL_DAYS = 30
MetricId = Annotated[str, Path(examples=["yield_curve"])]
Days = Annotated[
    int | None,
    Query(ge=1, le=LONGEST_TREND_DAYS, description="Calendar days up to `to`; 30 if not given."),
]
First = Annotated[
    str | None,
    Query(alias="from", description="The first day.", json_schema_extra={"format": "date"}),
]
Last = Annotated[
    str | None,
    Query(
        alias="to",
        description="The last day; today in New York if not given.",
        json_schema_extra={"format": "date"},
    ),
]


class AskedRange(NamedTuple):
    """What a question for a trend says about its days."""

    days: int
    first: date | None
    last: date | None


Form = Annotated[Literal["json", "csv"], Query(alias="format", description="JSON, or a table.")]


def _day(
    date_: Annotated[
        str | None,
        Query(
            alias="date",
            description="A day in New York; the latest snapshot if not given.",
            json_schema_extra={"format": "date"},
        ),
    ] = None,
) -> date | None:
    return _parsed("date", date_)


def _parsed(name: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return parse_day(text[:32])
    except ValueError as error:
        raise unprocessable(f"{name}: {error}") from None


def _asked(days: Days = None, from_: First = None, to: Last = None) -> AskedRange:
    first, last = _parsed("from", from_), _parsed("to", to)
    if first and days is not None:
        raise unprocessable("from: it says the same as days: give one of them.")
    return AskedRange(days or USUAL_DAYS, first, last)


def _range(asked: AskedRange, today: date) -> tuple[date, date]:
    """Return the first and the last day that a trend is asked for."""
    last = asked.last or today
    first = asked.first or days_before(last, asked.days - 1)
    if first > last:
        raise unprocessable(f"from: {first} is after {last}: swap them.")
    if (last - first).days >= LONGEST_TREND_DAYS:
        raise unprocessable(f"from: at most {LONGEST_TREND_DAYS} days can be asked for at once.")
    return first, last


Day = Annotated[date | None, Depends(_day)]


def build_reads(insights: Insights, caching: Caching, dependencies: list[Any]) -> APIRouter:
    """Return the routes under /api/insights; `dependencies` say who may read."""
    router = APIRouter(
        prefix="/api/insights",
        tags=["insights"],
        dependencies=[NO_UNKNOWN_PARAMETERS, *dependencies],
        responses=documented(401, 429, 503) if dependencies else documented(503),
    )
    # Answers are cheap to revalidate, and after a run nobody should see the day before.
    today = caching.header(0)

    @router.get(
        "",
        response_model=schemas.SnapshotsView,
        responses=examples.SNAPSHOTS_EXAMPLE | documented(422),
    )
    def snapshots(request: Request, day: Day) -> Response:
        """Return the snapshot of every category: the latest, or that of a day."""
        return answer(request, insights.views(insights.categories, day), today)

    @router.get(
        "/categories", response_model=schemas.CategoriesView, responses=examples.CATEGORIES_EXAMPLE
    )
    def categories(request: Request) -> Response:
        """Return the categories and their metrics."""
        return answer(
            request, presenters.present_categories(insights.categories), caching.header(300)
        )

    @router.get(
        "/trend",
        response_model=schemas.TrendsView,
        responses=examples.TRENDS_EXAMPLE | documented(422),
    )
    def trends(request: Request, days: Days = None) -> Response:
        """Return the trend of every category over the last calendar days, newest first."""
        return answer(request, insights.trends(insights.categories, days or USUAL_DAYS), today)

    @router.get(
        "/{category_id}",
        response_model=schemas.SnapshotView,
        responses=examples.SNAPSHOT_EXAMPLE | documented(404, 422),
    )
    def snapshot(request: Request, category_id: CategoryId, day: Day) -> Response:
        """Return the latest snapshot of a category, or that of a day, with explanations."""
        return answer(request, insights.view(insights.category(category_id), day), today)

    @router.get(
        "/{category_id}/composite",
        response_model=schemas.CompositeView,
        responses=examples.COMPOSITE_EXAMPLE | documented(404, 422),
    )
    def composite(request: Request, category_id: CategoryId, day: Day) -> Response:
        """Return the composite of the latest snapshot alone, or of that of a day."""
        return answer(request, insights.composite(insights.category(category_id), day), today)

    @router.get(
        "/{category_id}/trend",
        response_model=schemas.TrendView,
        responses=examples.TREND_EXAMPLE | documented(404, 422),
    )
    def trend(
        request: Request,
        category_id: CategoryId,
        asked: Annotated[AskedRange, Depends(_asked)],
        form: Form = "json",
    ) -> Response:
        """Return some calendar days, newest first; days without a snapshot are left out."""
        category = insights.category(category_id)
        first, last = _range(asked, insights.today())
        if form == "csv":
            name = f"{category.id}_{first}_{last}.csv"
            return Response(
                insights.csv(category, first, last),
                media_type="text/csv",
                headers={
                    "Content-Disposition": f'attachment; filename="{name}"',
                    "Cache-Control": today,
                },
            )
        return answer(request, insights.trend_between(category, first, last), today)

    @router.get(
        "/{category_id}/{metric_id}",
        response_model=schemas.MetricDetailView,
        responses=examples.METRIC_EXAMPLE | documented(404, 422),
    )
    def metric(
        request: Request, category_id: CategoryId, metric_id: MetricId, day: Day
    ) -> Response:
        """Return one metric of the latest snapshot, or of that of a day, or why there is none."""
        category = insights.category(category_id)
        return answer(request, insights.metric(category, metric_id, day), today)

    return router
