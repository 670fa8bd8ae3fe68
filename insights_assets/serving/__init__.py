"""The one read side: what people and programs are served of the snapshots.

```
service.py     reads: Redis first, MongoDB behind it, and fills the cache again
  stores.py    the connections of a server: short timeouts, many threads
  circuit_breaker.py  a store that is unavailable costs one caller its timeout, not all of them
  health.py    whether the stores can serve readers
past.py        the stored past in memory, for the context of a snapshot
names.py       a category or metric that a reader names     (pure)
presenters.py  a snapshot and its category become a view   (pure)
  schemas.py   the shapes of the views, as JSON has them
comparison.py  two days side by side                       (pure)
timeliness.py  whether the newest is what should exist     (pure)
reasons.py     why there is no snapshot of a day           (pure)
changes.py     what changed since the snapshot before      (pure)
sentences.py   the context in words                        (pure)
markdown.py    the same in a few lines of text             (pure)
```
"""
