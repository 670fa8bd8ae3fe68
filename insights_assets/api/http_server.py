"""An application on a port."""

import gc
import os
import signal

import uvicorn
from starlette.types import ASGIApp

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000


def run(app: ASGIApp, host: str, port: int) -> None:
    """Serve an application until Ctrl-C or SIGTERM."""
    # uvicorn stops at SIGTERM and then raises it again: it should end us as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # What is loaded stays: to look through it for garbage lets readers wait a tenth of a second.
    gc.freeze()
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
