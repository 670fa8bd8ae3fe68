"""The shapes of what is served: API, page, MCP server and the command's `--json` share them."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from insights_assets.model.category import Explanation
from insights_assets.model.context import Ago, Earlier, Percentile, Percentiles
from insights_assets.model.outcomes import Cause, Quality, Source
from insights_assets.model.scores import Bands, Status

ReadFrom = Literal["redis", "mongodb"]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, validate_by_name=True, serialize_by_alias=True)


class MetricNameView(_View):
    """A metric of a category."""

    id: str
    title: str
    weight: float


class CategoryNameView(_View):
    """A category and its metrics."""

    id: str
    title: str
    description: str
    metrics: list[MetricNameView]


class CategoriesView(_View):
    """Every category."""

    categories: list[CategoryNameView]


class CategoryView(_View):
    """A category, and the scores at which its bands begin."""

    id: str
    title: str
    description: str
    bands: Bands


class ScoreView(_View):
    """A score from 0 (calm) to 100 (alarming) and its band."""

    score: float
    status: Status


class MetricView(MetricNameView):
    """An available metric of a snapshot; an imported one has no value."""

    score: float
    status: Status
    value: float | None = Field(description="None in what was imported without it.")
    unit: str
    quality: Quality
    reason: str = Field(description="What it lacks; empty where the data are fresh.")
    summary: str
    explanation: Explanation


class MissingMetricView(MetricNameView):
    """A metric that a snapshot lacks, and why."""

    reason: str
    cause: Cause = Field(description="What could mend it.")
    explanation: Explanation


class TimelinessView(_View):
    """Whether the newest snapshot is the one that should exist now.

    `note` says in one sentence what a reader must know if it is not; null if it is.
    """

    is_current: bool
    age_days: int
    expected: date = Field(description="The newest day whose snapshot should exist.")
    next_expected_at: datetime
    note: str | None


TIMELINESS = Field(default=None, description="Of the newest snapshot; null if a day was asked for.")


class ContextView(_View):
    """A snapshot against its own past, as it is stored now.

    `previous` is the newest earlier snapshot of a session; `attribution` has the points that each
    metric added to the `change` since then, in sum all of it, and `came` and `went` name those that
    only one of the two has. Percentiles are among the sessions of the 3 years before, null with a
    reason where too few are stored.
    """

    is_current: bool = Field(description="Whether this is the newest that should exist now.")
    age_days: int
    next_expected_at: datetime
    headline: str = Field(description="What moved it since the session before, in one sentence.")
    previous: Earlier | None
    change: float | None
    attribution: dict[str, float]
    came: list[str]
    went: list[str]
    ago: Ago
    percentile: Percentiles
    band_since: date
    last_as_high: Earlier | None
    last_as_low: Earlier | None
    average_20: float | None


class SnapshotView(_View):
    """A snapshot with its explanations; `context` is null where the history cannot be read."""

    category: CategoryView
    date: date
    composite: ScoreView
    coverage: float
    source: Source
    source_note: str | None = Field(description="What a reader must know of the source, if at all.")
    created_at: datetime
    run_id: str
    read_from: ReadFrom
    metrics: list[MetricView]
    unavailable: list[MissingMetricView]
    context: ContextView | None = Field(
        default=None, description="Null where the history cannot be read now."
    )
    timeliness: TimelinessView | None = TIMELINESS


class NoSnapshotView(_View):
    """A category without the snapshot that was asked for, and why.

    `expected` is false where there never was one, or where the category is skipped: a vendor's key
    is not set.
    """

    category_id: str
    reason: str
    expected: bool = True


class SnapshotsView(_View):
    """The snapshots of several categories, each there or with the reason why it is not.

    `date` is the day that was asked for, null for the newest of each.
    """

    date: date | None
    snapshots: list[SnapshotView]
    missing: list[NoSnapshotView]


class CompositeView(_View):
    """The composite of a snapshot alone."""

    category_id: str
    date: date
    score: float
    status: Status
    coverage: float
    source: Source
    source_note: str | None
    timeliness: TimelinessView | None = TIMELINESS


class MetricDetailView(MetricNameView):
    """One metric of a snapshot: its reading, or the reason why there is none."""

    category_id: str
    date: date
    source_note: str | None
    available: bool
    unit: str
    score: float | None = None
    status: Status | None = None
    value: float | None = None
    quality: Quality | None = None
    summary: str | None = None
    reason: str | None = None
    cause: Cause | None = None
    explanation: Explanation
    percentile: Percentile | None = Field(
        default=None,
        description="Of its score; null without a score, or where the history cannot be read.",
    )
    timeliness: TimelinessView | None = TIMELINESS


class TrendMetricView(ScoreView):
    """A metric on one day of a trend; an imported one has no value."""

    value: float | None
    unit: str
    quality: Quality
    reason: str


class TrendPoint(_View):
    """One day of a trend: the available metrics, and the reasons why the others are not.

    `average_20` is the mean composite of the last 20 sessions, null where fewer are stored.
    """

    date: date
    coverage: float
    composite: ScoreView
    source: Source
    average_20: float | None
    metrics: dict[str, TrendMetricView]
    unavailable: dict[str, str]


class GapView(_View):
    """Days in a row that lack a snapshot although some earlier day has one."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    days: int
    command: str = Field(description="What fills the gap, where the system runs.")


class TrendView(_View):
    """The snapshots of some calendar days, newest first; days without one are left out.

    `gaps` names those of the days that should have one, oldest first.
    `source_note` says what a reader must know of the sources of any of them.
    """

    category_id: str
    source_note: str | None
    days: int
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    points: list[TrendPoint]
    gaps: list[GapView]
    timeliness: TimelinessView | None = Field(
        default=None, description="Of the newest point; null where the days end before today."
    )


class MetricChangeView(_View):
    """A metric on two days, and the points that it added to the change of the composite.

    Its score is null on a day that lacks it; its points are then all that it contributed.
    """

    id: str
    title: str
    points: float
    before: float | None
    after: float | None
    quality: Quality | Literal["unavailable"] = Field(description="On the later day.")
    reason: str = Field(description="Why it is not fresh, or not there, on the later day.")


class ComparisonView(_View):
    """Two days of a category; the points of the metrics add up to the change exactly.

    The metrics come in the order of their points, largest first.
    """

    title: str
    before: CompositeView
    after: CompositeView
    change: float
    metrics: list[MetricChangeView]
    source_note: str | None = Field(description="What a reader must know of the sources of both.")


class ExplanationView(_View):
    """Why a snapshot differs from the session before, and whether that is unusual.

    `comparison` is null where no earlier session is stored, `context` where the history cannot be
    read; `headline` then says that.
    """

    headline: str
    snapshot: CompositeView
    comparison: ComparisonView | None
    context: ContextView | None


class TrendsView(_View):
    """The trend of every category."""

    trends: list[TrendView]
