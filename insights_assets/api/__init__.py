"""The HTTP side: reads for everybody, the trigger for administrators, the page for people.

```
app.py             puts everything together
  server.py        puts it on a port, with the stores behind it; http_server.py is uvicorn
  reads.py         categories, the latest snapshot, its metrics, its composite, the trend
    conditional_get.py  JSON with an ETag; examples.py what OpenAPI shows
  admin.py         trigger a run, see how it goes
    access.py      who may: the admin secret, a JWT (tokens.py), the read token
    lockout.py     who has guessed too often
    dagster_runs.py  submits runs and backfills to Dagster's webserver, finds runs there
  probes.py        healthz, readyz, metrics
    prometheus.py  what Prometheus is told
  page.py          the page and its files
  error_handlers.py  what every refusal looks like
  middleware.py    what every request and every answer goes through
```
"""
