"""Option types that several commands share; what they refuse, they refuse in one sentence."""

from datetime import date

import click

from insights_assets.model.dates import now, parse_day
from insights_assets.settings import load_settings


class PartitionDay(click.ParamType[date]):
    """A day that has a partition: from the first one to today, New York time."""

    name = "YYYY-MM-DD"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Return the day; fail with a sentence on anything else."""
        if isinstance(value, date):
            return value
        try:
            day = parse_day(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        today, first = now().date(), load_settings().start_date
        if day > today:
            self.fail(f"{day} is after today, {today} in New York: choose a past day.", param, ctx)
        if day < first:
            self.fail(
                f"{day} is before the first partition, {first}: choose a later day or set"
                " INSIGHTS_START_DATE.",
                param,
                ctx,
            )
        return day
