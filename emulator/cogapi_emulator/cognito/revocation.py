"""Owns RevokeToken: which token of which client it takes. What a revoked token cannot do any more is ministack's."""

import hmac
from collections.abc import Callable

from ministack.services import cognito as idp

from cogapi_emulator.cognito.refused import Refused
from cogapi_emulator.patching import around


def install() -> None:
    """Patch ministack."""
    around(idp, "_revoke_token")(_revoke)


def _revoke(revoke: Callable, data: dict) -> tuple:
    """Check what AWS checks; ministack revokes anything for anybody. What AWS calls a wrong client is believed."""
    pool, _ = idp._pool_for_client(data.get("ClientId"))
    client = pool["_clients"][data["ClientId"]] if pool else {}
    secret = client.get("ClientSecret") or ""
    if not client or not hmac.compare_digest(secret.encode(), str(data.get("ClientSecret") or "").encode()):
        raise Refused("UnauthorizedException", "Invalid client or client secret.")
    if not client.get("EnableTokenRevocation", True):
        raise Refused("UnsupportedOperationException", "Token revocation is not enabled for the client.")
    claims = idp._token_claims(data.get("Token"))
    if claims.get("token_use") in ("access", "id"):
        raise Refused("UnsupportedTokenTypeException", "Unsupported token type.")
    if claims.get("client_id", data["ClientId"]) != data["ClientId"]:
        raise Refused("UnauthorizedException", "The token is not of this client.")
    return revoke(data)
