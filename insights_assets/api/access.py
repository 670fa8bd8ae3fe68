"""Who may do what: the admin secret or a JWT for administrators, one token for readers.

What is presented is compared in constant time and never repeated in an answer or a log.
"""

from secrets import compare_digest
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from insights_assets.api.lockout import Lockout
from insights_assets.api.tokens import AdminTokens, TokenRefused
from insights_assets.settings import Settings

_secret_header = APIKeyHeader(name="X-Admin-Secret", scheme_name="AdminSecret", auto_error=False)
_admin_bearer = HTTPBearer(scheme_name="AdminToken", bearerFormat="JWT", auto_error=False)
_read_bearer = HTTPBearer(scheme_name="ReadToken", auto_error=False)

NOT_CONFIGURED = (
    "The admin routes are closed: set INSIGHTS_ADMIN_SECRET, INSIGHTS_JWT_SECRET or"
    " INSIGHTS_JWT_PUBLIC_KEY where the API runs to open them."
)


def admin_access(settings: Settings, failures: Lockout) -> Any:  # noqa: ANN401 - FastAPI's
    """Return the dependency that lets administrators pass."""
    secret = settings.admin_secret.get_secret_value()
    tokens = AdminTokens(
        settings.jwt_secret.get_secret_value(), settings.jwt_public_key.get_secret_value()
    )

    def check(
        request: Request,
        presented: Annotated[str | None, Security(_secret_header)],
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_admin_bearer)],
    ) -> None:
        if not secret and not tokens.configured:
            raise HTTPException(503, NOT_CONFIGURED)
        address = _address(request)
        failures.check(address)
        if presented is not None:
            if secret and same(presented, secret):
                return
            failures.count(address)
            raise _unauthorized("The X-Admin-Secret is wrong.")
        if bearer is None:  # asking without a credential is no guess
            raise _unauthorized(
                "Send the header X-Admin-Secret, or a JWT as Authorization: Bearer."
            )
        try:
            role = tokens.role(bearer.credentials)
        except TokenRefused as refused:
            failures.count(address)
            raise _unauthorized(str(refused)) from None
        if role != "admin":
            raise HTTPException(403, "The token is right, but its claim role is not admin.")

    return Depends(check)


def read_access(settings: Settings, failures: Lockout) -> list[Any]:
    """Return the dependencies of the reads: none where everybody may read."""
    token = settings.read_token.get_secret_value()
    if not token:
        return []

    def check(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_read_bearer)],
    ) -> None:
        address = _address(request)
        failures.check(address)
        if bearer is None:
            raise _unauthorized("Send the read token as Authorization: Bearer.")
        if not same(bearer.credentials, token):
            failures.count(address)
            raise _unauthorized("The read token is wrong.")

    return [Depends(check)]


def same(presented: str, secret: str) -> bool:
    """Compare in constant time; a header's text is the Latin-1 of the bytes that were sent."""
    return compare_digest(presented.encode("latin-1", "replace"), secret.encode())


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _unauthorized(sentence: str) -> HTTPException:
    return HTTPException(401, sentence, headers={"WWW-Authenticate": "Bearer"})
