"""Owns the refresh of tokens: rotation, the client secret, expiry. Whether a client rotates is `clients`'."""

import hmac
import threading
import time
import uuid
from collections.abc import Callable

from ministack.core.responses import json_response
from ministack.services import cognito as idp

from cogapi_emulator.cognito import clients, clock
from cogapi_emulator.cognito.refused import (
    Refused,
    client_not_found,
    invalid_parameter,
    not_authorized,
    raise_if_refused,
)
from cogapi_emulator.cognito.replacing import instead_of
from cogapi_emulator.patching import around

_lock = threading.Lock()


def install() -> None:
    """Patch ministack."""
    instead_of(idp, "_get_tokens_from_refresh_token")(get_tokens_from_refresh_token)
    around(idp, "_refresh_auth_user")(_until_expiry)
    around(idp, "_refresh_auth_result")(_unless_rotating)


def get_tokens_from_refresh_token(data: dict) -> tuple:
    """Answer GetTokensFromRefreshToken, the only refresh that a client with rotation has."""
    client_id, token = data.get("ClientId"), data.get("RefreshToken")
    if not client_id or not token:
        raise invalid_parameter("RefreshToken and ClientId are required.")
    pool, _ = idp._pool_for_client(client_id)
    if pool is None:
        raise client_not_found(client_id)
    client = pool["_clients"][client_id]
    _check_secret(client, data.get("ClientSecret"))
    user, error = idp._refresh_auth_user(pool, pool["Id"], client_id, token)
    raise_if_refused(error)
    claims = idp._token_claims(token)
    settings = clients.rotation(client)
    if settings:
        _rotate_out(pool, claims, settings["RetryGracePeriodSeconds"])
    result = idp._build_auth_result(
        pool["Id"],
        client_id,
        user,
        trigger_source="TokenGeneration_RefreshTokens",
        client_metadata=data.get("ClientMetadata"),
        origin_jti=claims["origin_jti"],
        scope=claims.get("scope"),
    )
    result.pop("RefreshToken")
    if settings:
        result["RefreshToken"] = _successor(pool, claims)
    return json_response({"AuthenticationResult": result})


def _check_secret(client: dict, secret: object) -> None:
    """AWS: this operation takes the client secret itself, not a hash; ministack does not ask for it."""
    expected = client.get("ClientSecret")
    if expected and not hmac.compare_digest(expected.encode(), str(secret or "").encode()):
        raise not_authorized(f"Unable to verify secret for client {client['ClientId']}")


def _rotate_out(pool: dict, claims: dict, grace_seconds: int) -> None:
    """Begin the end of a token that is being exchanged; refuse one whose grace period is over."""
    with _lock:
        rotated_out = pool.setdefault("_rotated_refresh_tokens", {})
        now = clock.now()
        since = rotated_out.get(claims["jti"])
        if since is not None and now >= since + grace_seconds:
            raise Refused("RefreshTokenReuseException", "Refresh token has been invalidated by rotation.")
        rotated_out.setdefault(claims["jti"], now)


def _successor(pool: dict, claims: dict) -> str:
    """Return the refresh token that replaces one: it ends when the first of its line would have ended."""
    return idp._signed_jwt({**claims, "jti": str(uuid.uuid4()), "iat": int(time.time())}, pool["Id"], "access")


def _until_expiry(refresh_auth_user: Callable, pool: dict, pool_id: str, client_id: str, token: str) -> tuple:
    """AWS refuses an expired refresh token; ministack looks at the expiry of access tokens only."""
    user, error = refresh_auth_user(pool, pool_id, client_id, token)
    if error is None and idp._token_claims(token).get("exp", 0) <= clock.now():
        raise not_authorized("Refresh Token has expired")
    return user, error


def _unless_rotating(refresh_auth_result: Callable, pool: dict, pool_id: str, client_id: str, token: str) -> tuple:
    """AWS: with rotation on, REFRESH_TOKEN_AUTH is rejected."""
    if clients.rotation(pool["_clients"].get(client_id) or {}):
        raise invalid_parameter("REFRESH_TOKEN_AUTH is not allowed for a client with refresh token rotation.")
    return refresh_auth_result(pool, pool_id, client_id, token)
