"""What is stored of the datasets, beside and in place of what a run fetches."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from insights_assets.assets.keys import dataset_key
from insights_assets.assets.metrics import DatasetOutcomes
from insights_assets.datasets.fetching import DatasetSpec
from insights_assets.model.category import Category
from insights_assets.model.fallback import fall_back, serves
from insights_assets.model.outcomes import DatasetId, Quality, Unavailable
from insights_assets.storage.documents import dataset_outcome
from insights_assets.storage.indexes import DATASETS
from insights_assets.storage.io_managers import store_failures, stored_datasets
from insights_assets.storage.mongo import MongoHistory


def stored_whole(
    specs: Sequence[DatasetSpec], days: Sequence[date], history: MongoHistory
) -> Mapping[DatasetId, DatasetOutcomes]:
    """Return what is stored whole, as a run leaves alone that repeats what failed of another."""
    stored = {spec.id: stored_datasets(history, dataset_key(spec.id), days) for spec in specs}
    fresh: tuple[Quality, ...] = ("fresh",)
    return {
        id_: {day: outcome for day, outcome in outcomes.items() if serves(outcome, day, fresh)}
        for id_, outcomes in stored.items()
    }


def stored_others(
    categories: Sequence[Category],
    outcomes: Mapping[DatasetId, DatasetOutcomes],
    days: Sequence[date],
    history: MongoHistory,
) -> Mapping[DatasetId, DatasetOutcomes]:
    """Return what is stored of the datasets that the categories read beside those of the run."""
    wanted = dict.fromkeys(id_ for category in categories for id_ in category.datasets)
    return {
        id_: stored_datasets(history, dataset_key(id_), days)
        for id_ in wanted
        if id_ not in outcomes
    }


def with_fallbacks(
    spec: DatasetSpec, outcomes: DatasetOutcomes, history: MongoHistory
) -> DatasetOutcomes:
    """Fall back to what was stored earlier where it may serve."""
    failed = {
        day: outcome
        for day, outcome in outcomes.items()
        if isinstance(outcome, Unavailable) or outcome.quality != "fresh"
    }
    if not failed:
        return outcomes
    with store_failures():
        stored = history.read_values(
            DATASETS,
            dataset_key(spec.id).to_user_string(),
            min(failed) - timedelta(days=spec.max_staleness),
            max(failed),
            dataset_outcome,
        )
    return {
        **outcomes,
        **{
            day: fall_back(
                outcome, day, stored, max_staleness=spec.max_staleness, max_age=spec.max_age
            )
            for day, outcome in failed.items()
        },
    }
