"""Option types that several commands share; what they refuse, they refuse in one sentence."""

from datetime import date

import click

from insights_assets.model.dates import now, parse_day
from insights_assets.settings import load_settings


class Day(click.ParamType[date]):
    """Any day."""

    name = "YYYY-MM-DD"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Return the day; fail with a sentence on anything else."""
        if isinstance(value, date):
            return value
        try:
            return parse_day(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class PartitionDay(Day):
    """A day that has a partition: from the first one to today, New York time."""

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Return the day; fail with a sentence on anything else."""
        if isinstance(value, date):
            return value
        day = super().convert(value, param, ctx)
        today, first = now().date(), load_settings().first_day
        if day > today:
            self.fail(f"{day} is after today, {today} in New York: choose a past day.", param, ctx)
        if day < first:
            self.fail(
                f"{day} is before the first partition, {first}: choose a later day or set"
                " an earlier INSIGHTS_START_DATE.",
                param,
                ctx,
            )
        return day
