"""A query parameter that nobody reads is refused: what it asked for would go unanswered unsaid."""

from typing import Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from insights_assets.api.error_handlers import unprocessable

LONGEST_NAME = 64


def _check(request: Request) -> None:
    """Refuse a parameter that the route does not have, or one that comes twice."""
    route = request.scope.get("route")
    known = _parameters_of(route.dependant) if isinstance(route, APIRoute) else []
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        shown = ascii(name[:LONGEST_NAME])
        if name not in known:
            rest = f"it has {', '.join(known)}" if known else "it has none"
            raise unprocessable(f"{shown} is not a parameter of this address; {rest}.")
        if names.count(name) > 1:
            raise unprocessable(f"{shown} is given more than once: give it once.")


def _parameters_of(dependant: Dependant) -> list[str]:
    own = [parameter.alias for parameter in dependant.query_params]
    return own + [
        name for dependency in dependant.dependencies for name in _parameters_of(dependency)
    ]


NO_UNKNOWN_PARAMETERS: Any = Depends(_check)
