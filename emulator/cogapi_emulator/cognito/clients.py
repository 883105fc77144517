"""Owns an app client's settings: what an update resets, and refresh token rotation, which ministack drops."""

import copy
import json
from collections.abc import Callable

from ministack.core.responses import json_response
from ministack.services import cognito as idp

from cogapi_emulator.cognito.refused import invalid_parameter
from cogapi_emulator.patching import around

# What UpdateUserPoolClient sets a field to when the request leaves it out; ClientName is kept.
_DEFAULTS: dict[str, object] = {
    "RefreshTokenValidity": 30,
    "AccessTokenValidity": None,
    "IdTokenValidity": None,
    "TokenValidityUnits": {},
    "ReadAttributes": [],
    "WriteAttributes": [],
    "ExplicitAuthFlows": [],
    "SupportedIdentityProviders": [],
    "CallbackURLs": [],
    "LogoutURLs": [],
    "DefaultRedirectURI": "",
    "AllowedOAuthFlows": [],
    "AllowedOAuthScopes": [],
    "AllowedOAuthFlowsUserPoolClient": False,
    "AnalyticsConfiguration": None,
    "PreventUserExistenceErrors": "LEGACY",
    "EnableTokenRevocation": True,
    "EnablePropagateAdditionalUserContextData": False,
    "AuthSessionValidity": 3,
}

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
# What AWS takes: access and ID tokens 5 minutes to 1 day, refresh tokens 60 minutes to 10 years; with their units.
_VALIDITIES = {
    "AccessToken": ("hours", 5 * 60, 86_400),
    "IdToken": ("hours", 5 * 60, 86_400),
    "RefreshToken": ("days", 3_600, 3_650 * 86_400),
}


def install() -> None:
    """Patch ministack."""
    around(idp, "_create_user_pool_client")(_create)
    around(idp, "_update_user_pool_client")(_update)


def rotation(client: dict) -> dict | None:
    """Return the client's refresh token rotation when it is switched on."""
    settings = client.get("RefreshTokenRotation") or {}
    return settings if settings.get("Feature") == "ENABLED" else None


def _create(create: Callable, data: dict) -> tuple:
    _check(data)
    return _with_rotation(create(data), data)


def _update(update: Callable, data: dict) -> tuple:
    """AWS: what UpdateUserPoolClient leaves out goes back to its default; ministack keeps it."""
    _check(data)
    defaults = {name: copy.deepcopy(value) for name, value in _DEFAULTS.items() if name not in data}
    return _with_rotation(update({**data, **defaults}), data)


def _check(data: dict) -> None:
    for token, (unit, shortest, longest) in _VALIDITIES.items():
        validity = data.get(f"{token}Validity")
        seconds = _SECONDS.get((data.get("TokenValidityUnits") or {}).get(token, unit))
        if seconds is None:
            raise invalid_parameter("Invalid unit of a token validity.")
        if validity and not shortest <= validity * seconds <= longest:
            raise invalid_parameter("Invalid range for token validity.")
    if not 3 <= data.get("AuthSessionValidity", 3) <= 15:
        raise invalid_parameter("AuthSessionValidity must be between 3 and 15 minutes.")
    settings = data.get("RefreshTokenRotation") or {}
    if not 0 <= settings.get("RetryGracePeriodSeconds", 0) <= 60:
        raise invalid_parameter("RetryGracePeriodSeconds must be between 0 and 60 seconds.")
    if rotation(data) and "ALLOW_REFRESH_TOKEN_AUTH" in (data.get("ExplicitAuthFlows") or []):
        # AWS: with rotation on, REFRESH_TOKEN_AUTH is rejected, and so is a client that would allow it.
        raise invalid_parameter("ALLOW_REFRESH_TOKEN_AUTH cannot be enabled together with refresh token rotation.")


def _with_rotation(answer: tuple, data: dict) -> tuple:
    """Store the rotation with the client and show it, as Describe does from then on."""
    if answer[0] != 200:
        return answer
    shown = json.loads(answer[2])["UserPoolClient"]
    client = idp._user_pools[shown["UserPoolId"]]["_clients"][shown["ClientId"]]
    settings = data.get("RefreshTokenRotation")
    if settings:
        client["RefreshTokenRotation"] = {"RetryGracePeriodSeconds": 0, **settings}
    else:
        client.pop("RefreshTokenRotation", None)
    return json_response({"UserPoolClient": {name: value for name, value in client.items() if value is not None}})
