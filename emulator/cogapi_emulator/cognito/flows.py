"""Owns what all sign-in flows share: how an AuthFlow is begun, for whom, and the tokens at its end.

What happens in between is the business of the modules that register a flow here.
"""

import uuid
from collections.abc import Callable

from ministack.core.responses import json_response
from ministack.services import cognito as idp

from cogapi_emulator.cognito.refused import Refused, invalid_parameter, not_authorized, raise_if_refused
from cogapi_emulator.patching import around


def begin_with(flow: str, start: Callable[[dict, dict], tuple]) -> None:
    """Let `start(pool, data)` answer InitiateAuth and AdminInitiateAuth for an AuthFlow.

    Other flows are ministack's, and so are the refusals of pools and clients that are not there.
    """

    @around(idp, "_initiate_auth")
    def initiate_auth(original: Callable, data: dict) -> tuple:
        pool, _ = idp._pool_for_client(data.get("ClientId"))
        return start(pool, data) if pool and data.get("AuthFlow") == flow else original(data)

    @around(idp, "_admin_initiate_auth")
    def admin_initiate_auth(original: Callable, data: dict) -> tuple:
        pool = idp._user_pools.get(data.get("UserPoolId"))
        known = pool and data.get("ClientId") in pool["_clients"]
        return start(pool, data) if known and data.get("AuthFlow") == flow else original(data)


def named(data: dict) -> str:
    """Return the name with which the sign-in begins."""
    name = (data.get("AuthParameters") or {}).get("USERNAME")
    if not name:
        raise invalid_parameter("Missing required parameter USERNAME")
    return name


def user_or_nobody(pool: dict, client_id: str, name: str) -> dict | None:
    """Return who signs in, or None for somebody unknown whose absence the client hides; refuse who may not."""
    user, error = idp._resolve_user(pool, name)
    if user is None:
        if not idp._hides_user_existence(pool, client_id):
            raise_if_refused(error)
        return None
    if not user.get("Enabled", True):
        raise not_authorized("User is disabled.")
    if user.get("UserStatus") == "UNCONFIRMED":
        raise Refused("UserNotConfirmedException", "User is not confirmed.")
    if user.get("UserStatus") == "RESET_REQUIRED":
        # AWS: "the user must request a code and reset their password before they can sign in", with what ever.
        raise_if_refused(idp._password_reset_required())
    return user


def stand_in(pool: dict, name: str) -> str:
    """Return the username of an unknown user: where usernames are made by Cognito, one that looks like them.

    Believed from what AWS documents for SRP ("a simulated UUID"), and the same for the same address.
    """
    if not pool.get("UsernameAttributes"):
        return name
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{pool['Arn']}/{name}"))


def tokens(
    pool: dict,
    client_id: str,
    user: dict,
    client_metadata: dict | None,
    source: str = "TokenGeneration_Authentication",
) -> tuple:
    """End a sign-in with tokens."""
    result = idp._build_auth_result(pool["Id"], client_id, user, trigger_source=source, client_metadata=client_metadata)
    return json_response({"ChallengeParameters": {}, "AuthenticationResult": result})
