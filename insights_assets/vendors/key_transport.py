"""Where the API key joins a request: below httpx's own logging.

httpx logs each URL at INFO and keeps the request on its exceptions, and neither ever sees the key.
httpcore below it logs at DEBUG what it received, and a redirect repeats the key: those records are
dropped.
"""

import logging
import ssl

import httpx

MAX_CONNECTIONS = 16


class KeyTransport(httpx.AsyncHTTPTransport):
    """Adds the key to each URL on its way out, where nobody logs it."""

    def __init__(
        self, parameter: str, api_key: str, proxy: str | None, tls: ssl.SSLContext
    ) -> None:
        limits = httpx.Limits(max_connections=MAX_CONNECTIONS)
        super().__init__(verify=tls, limits=limits, proxy=proxy)
        self._parameter = parameter
        self._api_key = api_key

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request with the key, and drop the answer's free text."""
        keyed = httpx.Request(
            request.method,
            request.url.copy_add_param(self._parameter, self._api_key),
            headers=request.headers,
            extensions=request.extensions,
        )
        response = await super().handle_async_request(keyed)
        response.extensions.pop("reason_phrase", None)  # free text, which httpx logs
        return response


def _without_answers(record: logging.LogRecord) -> bool:
    message = str(record.msg)
    return not message.startswith("receive_response") or ".started" in message


logging.getLogger("httpcore.http11").addFilter(_without_answers)
