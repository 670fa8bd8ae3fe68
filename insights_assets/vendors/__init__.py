"""The vendors: one transport for all of them, and a wire for each.

```
client.py      asks one vendor: one connection pool, typed errors, retries within a deadline
  key_transport.py  adds the key where nobody logs it
  bounded_body.py   never more of a body than any honest answer has
  network.py   proxies and certificates, as the environment describes them
  rate_limit.py, pace.py  one rate and one distance of requests for all that share a Redis
  plan_memory.py    what refusals taught of a key's plan
cache.py       answers in Redis, so that a re-run spends no quota
query.py       what is asked and what is had; payload.py, coerce.py: its parts and cells
errors.py      what can go wrong; wire.py: what differs between vendors
registry.py    the vendors by their id: alpha_vantage/ and fred/
```
"""
