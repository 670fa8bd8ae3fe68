"""For analysts, on pandas: the stored snapshots as a table, their export, and a study of them.

```
tables.py   history(): the snapshots of a category as a DataFrame, a row for each day
export.py   the same as CSV, Parquet or JSON
prices.py   the basket of shares that a study compares the snapshots with
study/      what the snapshots were like, and what followed them
```
No run of the pipeline imports this package.
"""

from insights_assets.research.tables import columns, history

__all__ = ["columns", "history"]
