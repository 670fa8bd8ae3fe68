"""What the snapshots were like, and what followed them: `insights study`.

```
measures.py   distributions, memory, what moves the composite, bands
aftermath.py  what the basket did afterwards, and how sure that is
results.py    all tables of one category
plots.py      the plots                         (needs matplotlib, of the extra `research`)
page.py       the markdown
```
"""
