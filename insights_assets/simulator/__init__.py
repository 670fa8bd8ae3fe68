"""A local stand-in of Alpha Vantage (`/query`) and FRED (`/fred`), for demos, tests and replay.

It speaks the vendor's wire format, errors included, and marks every answer with the header
`X-Insights-Source`. It stands apart: it imports nothing of the product, and only the command
line, which starts it, imports it.

```
app.py            routes: /query, /fred/series/observations; /stats, /reset, /faults, /healthz
  alpha_vantage/  a module for each function, found by one registry
    params.py     the parameters, read as strictly as the vendor reads them
    horizon.py    what the vendor would have by now
    answer.py     bodies in JSON and CSV; refusals.py: its words when it has none
    plan.py       what its plans grant
  fred.py         first releases of FRED's series, with its limits and refusals
  synthetic/      invented history, deterministic by seed     | two sources
  recorded.py     recorded history from a folder              | of the same rows
  faults.py       which question fails, how often
  failures.py     what that puts on the wire; spoiled.py: answers that are well formed and wrong
server.py         the app on a port: blocking for the command line, in a thread for tests
```
"""

from insights_assets.simulator.app import create_app
from insights_assets.simulator.faults import parse_fault
from insights_assets.simulator.options import SimulatorOptions
from insights_assets.simulator.server import SimulatorServer, fred_url, serve

__all__ = ["SimulatorOptions", "SimulatorServer", "create_app", "fred_url", "parse_fault", "serve"]
