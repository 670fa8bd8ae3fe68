"""JSON web tokens of administrators: signed with HS256, or with RS256 or ES256.

Each key goes with one algorithm, whatever a token says of itself: `none` is no algorithm, and a
public key never serves as the secret of HS256 (RFC 8725, section 3.1).
"""

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from insights_assets.settings import SettingsError

SHORTEST_SECRET_BYTES = 32  # RFC 7518, section 3.2: as long as the hash
SHORTEST_RSA_BITS = 2048  # the same, section 3.3


class TokenRefused(Exception):
    """A token proves nothing; the message says why without repeating it."""


class AdminTokens:
    """Checks tokens with the configured keys: a secret, a public key, both or none."""

    def __init__(self, secret: str, public_key: str) -> None:
        self._keys: list[tuple[str, str | rsa.RSAPublicKey | ec.EllipticCurvePublicKey]] = []
        if secret:
            if len(secret.encode()) < SHORTEST_SECRET_BYTES:
                raise SettingsError(
                    f"INSIGHTS_JWT_SECRET: HS256 needs {SHORTEST_SECRET_BYTES} bytes or more;"
                    " `openssl rand -hex 32` makes some."
                )
            self._keys.append(("HS256", secret))
        if public_key:
            self._keys.append(_public(public_key))

    @property
    def configured(self) -> bool:
        """Whether any token can be right."""
        return bool(self._keys)

    def role(self, token: str) -> object:
        """Return the claim `role` of a token that is signed and has not expired."""
        for algorithm, key in self._keys:
            try:
                claims = jwt.decode(
                    token, key, algorithms=[algorithm], options={"require": ["exp"]}
                )
            except jwt.InvalidAlgorithmError:
                continue
            except jwt.ExpiredSignatureError:
                raise TokenRefused("The token has expired.") from None
            except jwt.MissingRequiredClaimError:
                raise TokenRefused(
                    "The token has no exp: one that never ends is refused."
                ) from None
            # Hostile JSON can also overflow a number, the stack or a type.
            except (jwt.PyJWTError, ValueError, ArithmeticError, TypeError, RecursionError):
                raise TokenRefused("The token is not valid.") from None
            return claims.get("role")
        expected = " or ".join(algorithm for algorithm, _ in self._keys) or "no token at all"
        raise TokenRefused(f"The token is not valid: its algorithm must be {expected}.")


def _public(pem: str) -> tuple[str, rsa.RSAPublicKey | ec.EllipticCurvePublicKey]:
    """Read a public key, and say which algorithm it is for."""
    try:
        key = load_pem_public_key(pem.replace("\\n", "\n").encode())  # as .env files write it
    except (ValueError, UnsupportedAlgorithm):
        raise SettingsError(
            "INSIGHTS_JWT_PUBLIC_KEY: it should be a public key in PEM, from -----BEGIN PUBLIC"
            " KEY----- to the end line."
        ) from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= SHORTEST_RSA_BITS:
        return "RS256", key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return "ES256", key
    raise SettingsError(
        "INSIGHTS_JWT_PUBLIC_KEY: it should be RSA with 2048 bits or more (for RS256), or on the"
        " curve P-256 (for ES256)."
    )
