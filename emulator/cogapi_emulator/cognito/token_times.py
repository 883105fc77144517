"""Owns when tokens end: by Cognito's clock, which a test can set ahead. What is in them besides is ministack's."""

from collections.abc import Callable

from ministack.core.responses import get_account_id
from ministack.services import cognito as idp

from cogapi_emulator import settings
from cogapi_emulator.cognito import clock
from cogapi_emulator.cognito.refused import not_authorized
from cogapi_emulator.patching import around


def install() -> None:
    """Patch ministack, which knows the real time only."""
    around(idp, "_fake_token")(_made_now)
    around(idp, "_access_token_error")(_until_expiry)


def _made_now(make: Callable, sub: str, pool_id: str, client_id: str, token_type: str = "access", **named) -> str:
    """Let a token that is made when the clock is ahead live as long as any other.

    When it was made stays the real time: API Gateway's authorizer refuses a token of the future.
    """
    token = make(sub, pool_id, client_id, token_type, **named)
    ahead = int(settings.of(get_account_id()).cognito_clock_ahead_seconds)
    if not ahead:
        return token
    claims = idp._token_claims(token)
    later = {**claims, "exp": claims["exp"] + ahead}
    return idp._signed_jwt(later, pool_id, "id" if token_type == "id" else "access")


def _until_expiry(error_of: Callable, data: dict) -> tuple | None:
    error = error_of(data)
    if error is None and data.get("AccessToken") and idp._token_claims(data["AccessToken"])["exp"] <= clock.now():
        raise not_authorized("Access Token has expired")
    return error
