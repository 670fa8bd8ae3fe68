"""JSON answers that a client need not load twice."""

from dataclasses import dataclass
from hashlib import blake2b

from fastapi import Request, Response
from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Caching:
    """Who may keep an answer: anybody, or its reader alone where a token is needed to read."""

    private: bool

    def header(self, seconds: int) -> str:
        """Return the Cache-Control for answers that stay right for `seconds`."""
        whose = "private" if self.private else "public"
        return f"{whose}, max-age={seconds}" if seconds else f"{whose}, no-cache"


def answer(request: Request, view: BaseModel, cache_control: str) -> Response:
    """Answer with `view`, or with 304 if the client has it already."""
    body = view.model_dump_json().encode()
    tag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'  # weak: it may be sent compressed
    headers = {"ETag": tag, "Cache-Control": cache_control, "Vary": "Authorization"}
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _has(if_none_match: str, tag: str) -> bool:
    held = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in held or tag.removeprefix("W/") in held
