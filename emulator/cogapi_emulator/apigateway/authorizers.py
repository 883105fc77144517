"""Who may call a method: which kind of token the user pool authorizer takes, and how IAM's refusal looks.

Must not verify tokens or signatures itself.
"""

import json
import time

from ministack import app
from ministack.core.iam_evaluator import AuthError
from ministack.services import apigateway_v1 as apigw

from cogapi_emulator import settings
from cogapi_emulator.patching import around

_DENIED = "AccessDeniedException"


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_validate_cognito_authorizer")
    async def validate(original, authorizer, method, *rest):
        claims, error = await original(authorizer, method, *rest)
        if error is not None:
            return claims, error
        # AWS: a method without scopes takes ID tokens only; with AuthorizationScopes, access tokens only.
        # ministack takes either for a method without scopes.
        wanted = "access" if method.get("authorizationScopes") else "id"
        if claims.get("token_use") != wanted:
            return None, apigw._gw_error("UNAUTHORIZED", "Unauthorized")
        if claims["exp"] <= _now(authorizer):
            return None, apigw._gw_error("UNAUTHORIZED", "The incoming token has expired")
        return claims, None

    # AWS: a caller whom IAM denies execute-api:Invoke gets the gateway response ACCESS_DENIED, as one with a wrong
    # signature gets INVALID_SIGNATURE; ministack answers with a control plane's error.
    apigw._AUTHENTICATION_GATEWAY_ERRORS[_DENIED] = ("ACCESS_DENIED", _DENIED)

    @around(app, "_enforce_execute_api")
    def enforce_execute_api(original, api_id, stage, method, path, headers, query, **names):
        refusal = original(api_id, stage, method, path, headers, query, **names)
        if refusal is None or _DENIED.encode() not in refusal[2]:
            return refusal
        denied = AuthError(_DENIED, json.loads(refusal[2])["message"])
        return apigw.authentication_error_response(api_id, stage, denied, headers, query) or refusal


def _now(authorizer: dict) -> float:
    """Return the time in the account of the authorizer's pools, which a test can set ahead."""
    account = authorizer["providerARNs"][0].split(":")[4]
    return time.time() + settings.of(account).cognito_clock_ahead_seconds
