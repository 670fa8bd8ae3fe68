"""The application on a port."""

import os
import signal

import uvicorn
from starlette.types import ASGIApp

from insights_assets.api.app import create_app
from insights_assets.api.dagster_runs import DagsterRuns
from insights_assets.serving.service import open_insights
from insights_assets.settings import Settings

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve the API until Ctrl-C or SIGTERM."""
    with open_insights(settings) as insights:
        insights.warm()
        run(create_app(settings, insights, DagsterRuns(settings.dagster_url)), host, port)


def run(app: ASGIApp, host: str, port: int) -> None:
    """Serve an application until Ctrl-C or SIGTERM."""
    # uvicorn stops at SIGTERM and then raises it again: it should end us as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    uvicorn.run(
        app,
        host=host,
        port=port,
        ws="none",
        access_log=False,  # /metrics counts requests, and a log of them is the proxy's
        server_header=False,
        # uvicorn would take the word of whoever is on this machine for where a request comes from.
        forwarded_allow_ips=os.environ.get("FORWARDED_ALLOW_IPS", ""),
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
