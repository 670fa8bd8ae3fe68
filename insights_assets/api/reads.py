"""The reads: the latest snapshot as a whole or in parts, and the trend."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from insights_assets.api import examples
from insights_assets.api.conditional_get import Caching, answer
from insights_assets.api.error_handlers import documented
from insights_assets.model.category import Category
from insights_assets.serving import presenters, schemas
from insights_assets.serving.service import LONGEST_TREND_DAYS, Insights
from insights_assets.storage.reader import Found

CategoryId = Annotated[str, Path(examples=["ai_sector_risk"])]
MetricId = Annotated[str, Path(examples=["yield_curve"])]
Days = Annotated[int, Query(ge=1, le=LONGEST_TREND_DAYS, description="Calendar days up to today.")]


def build_reads(insights: Insights, caching: Caching, dependencies: list[Any]) -> APIRouter:
    """Return the routes under /api/insights; `dependencies` say who may read."""
    router = APIRouter(
        prefix="/api/insights",
        tags=["insights"],
        dependencies=dependencies,
        responses=documented(401, 429, 503) if dependencies else documented(503),
    )
    # Answers are cheap to revalidate, and after a run nobody should see the day before.
    today = caching.header(0)

    def newest(category: Category) -> Found:
        found = insights.latest(category)
        if found is None:
            raise HTTPException(404, presenters.nothing_yet(category))
        return found

    @router.get(
        "/categories", response_model=schemas.CategoriesView, responses=examples.CATEGORIES_EXAMPLE
    )
    def categories(request: Request) -> Response:
        """Name the categories and their metrics."""
        return answer(
            request, presenters.present_categories(insights.categories), caching.header(300)
        )

    @router.get(
        "/{category_id}",
        response_model=schemas.SnapshotView,
        responses=examples.SNAPSHOT_EXAMPLE | documented(404),
    )
    def latest(request: Request, category_id: CategoryId) -> Response:
        """Tell the latest snapshot of a category, with explanations."""
        category = insights.category(category_id)
        found = newest(category)
        store: schemas.ReadFrom = "redis" if found.store == "Redis" else "mongodb"
        return answer(request, presenters.present_snapshot(category, found.snapshot, store), today)

    @router.get(
        "/{category_id}/composite",
        response_model=schemas.CompositeView,
        responses=examples.COMPOSITE_EXAMPLE | documented(404),
    )
    def composite(request: Request, category_id: CategoryId) -> Response:
        """Tell the composite of the latest snapshot alone."""
        found = newest(insights.category(category_id))
        return answer(request, presenters.present_composite(found.snapshot), today)

    @router.get(
        "/{category_id}/trend",
        response_model=schemas.TrendView,
        responses=examples.TREND_EXAMPLE | documented(404, 422),
    )
    def trend(request: Request, category_id: CategoryId, days: Days = 30) -> Response:
        """Tell the last calendar days, newest first; days without a snapshot are left out."""
        category = insights.category(category_id)
        last, snapshots = insights.trend(category, days)
        return answer(request, presenters.present_trend(category, snapshots, last, days), today)

    @router.get(
        "/{category_id}/{metric_id}",
        response_model=schemas.MetricDetailView,
        responses=examples.METRIC_EXAMPLE | documented(404),
    )
    def metric(request: Request, category_id: CategoryId, metric_id: MetricId) -> Response:
        """Tell one metric of the latest snapshot: its reading, or why there is none."""
        category = insights.category(category_id)
        found = presenters.metric_of(category, metric_id)
        return answer(request, presenters.present_metric(found, newest(category).snapshot), today)

    return router
