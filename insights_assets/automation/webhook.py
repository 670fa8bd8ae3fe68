"""Posts an alert as JSON: `text`, which Slack and its kind show, and the fields for programs.

The URL is a secret: it is in no message and no exception of this module, and httpx, which logs each
URL, is told not to.
"""

import logging
from dataclasses import asdict
from html import escape

import httpx
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from insights_assets.model.alerts import Alert

TRIES = 3
TIMEOUT_SECONDS = 4.0  # three tries are over well within the minute that Dagster grants a tick
WAIT_SECONDS = 0.5
PASSING = (408, 425, 429)


class NotDelivered(Exception):
    """The receiver did not take the alert; the message says how it answered, never where it is."""


class _TryAgain(NotDelivered):
    """It may take it in a moment."""


class Webhook:
    """Where alerts go."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, alert: Alert) -> None:
        """Post `alert`, a few times if need be; raise NotDelivered if it was not taken."""
        retrying = Retrying(
            retry=retry_if_exception_type(_TryAgain),
            wait=wait_random_exponential(multiplier=WAIT_SECONDS, max=3),
            stop=stop_after_attempt(TRIES),
            reraise=True,
        )
        retrying(self._post, alert)

    def _post(self, alert: Alert) -> None:
        try:
            response = httpx.post(
                self._url,
                # Slack reads <!channel> and <https://…> in a text as commands.
                json={"text": escape(alert.text, quote=False), "insight": asdict(alert)},
                headers={"Idempotency-Key": alert.key},
                timeout=TIMEOUT_SECONDS,
            )
        except httpx.HTTPError as error:
            raise _TryAgain(f"the webhook could not be reached ({type(error).__name__})") from None
        except (httpx.InvalidURL, ValueError) as error:
            raise NotDelivered(
                f"INSIGHTS_ALERT_WEBHOOK_URL cannot be used ({type(error).__name__})"
            ) from None
        if response.is_success:
            return
        kind = (
            _TryAgain
            if response.is_server_error or response.status_code in PASSING
            else NotDelivered
        )
        raise kind(f"the webhook answered HTTP {response.status_code}")


def _without_urls(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("HTTP Request")


logging.getLogger("httpx").addFilter(_without_urls)
