"""What people and programs are told of the snapshots: scores, explanations, trends, changes.

```
insights.py    reads: Redis first, MongoDB behind it, and fills the cache again
  stores.py    the connections of a server: short timeouts, many threads
  breaker.py   a store that is away costs one caller its timeout, not all of them
tell.py        a snapshot and its category become what is told   (pure)
  told.py      the shapes of what is told, as JSON has them
compare.py     what changed since the snapshot before            (pure)
markdown.py    the same in a few lines of text                   (pure)
```
"""
