"""A table of snapshots for other programs: CSV, Parquet or JSON."""

from typing import BinaryIO, Literal, TypeAlias, get_args

import pandas as pd

Format: TypeAlias = Literal["csv", "parquet", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)


class MissingPart(RuntimeError):
    """What was asked for needs a package of the extra `research`."""


def write(table: pd.DataFrame, form: Format, file: BinaryIO) -> None:
    """Write `table` with its days as the first column; JSON is a list of one object for each day.

    A missing number is empty in CSV, null in JSON and Parquet.
    """
    if form == "parquet":
        try:
            table.to_parquet(file)
        except ImportError:
            raise MissingPart(
                "Writing Parquet needs a package that is not installed: run"
                " `pip install 'insights_assets[research]'`, or choose csv or json."
            ) from None
        return
    rows = table.reset_index().assign(date=table.index.strftime("%Y-%m-%d"))
    text = rows.to_csv(index=False) if form == "csv" else rows.to_json(orient="records", indent=2)
    file.write(text.rstrip("\n").encode() + b"\n")
