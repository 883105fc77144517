"""Owns software tokens: enrolment by access token or by session, and that a code works once."""

import base64
import hmac
import secrets
import threading
import time

from ministack.core.responses import json_response
from ministack.services import cognito as idp

from cogapi_emulator.cognito import access_tokens, sessions
from cogapi_emulator.cognito.refused import Refused, invalid_parameter, not_authorized
from cogapi_emulator.cognito.replacing import instead_of

# The stages of an MFA_SETUP session: each call spends its session and returns the next one.
BEGUN = "begun"
ASSOCIATED = "associated"
VERIFIED = "verified"

_STEP_SECONDS = 30
# AWS takes codes that drift by up to 30 s to either side.
_DRIFT_STEPS = (-1, 0, 1)

_lock = threading.Lock()


def install() -> None:
    """Patch ministack."""
    instead_of(idp, "_associate_software_token")(associate_software_token)
    instead_of(idp, "_verify_software_token")(verify_software_token)


def allowed(pool: dict) -> bool:
    """Return whether the pool takes software tokens."""
    return bool((pool.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled"))


def enrolled(user: dict) -> bool:
    """Return whether the user has an authenticator that counts."""
    return bool(user.get("_totp_secret")) and "SOFTWARE_TOKEN_MFA" in user.get("_mfa_enabled", [])


def refusal(user: dict, secret: str | None, code: object) -> Refused | None:
    """Return why AWS would not take this code, or None, and then the code is used up.

    ministack takes a code as often as it is offered within its 90 seconds.
    """
    step = _matching_step(secret, code)
    if step is None:
        return Refused("CodeMismatchException", "Invalid code received for user")
    with _lock:
        oldest = _now_step() + _DRIFT_STEPS[0]
        used = [entry for entry in user.get("_totp_used", []) if entry[1] >= oldest]
        if [secret, step] in used:
            return Refused("ExpiredCodeException", "Your software token has already been used once.")
        user["_totp_used"] = [*used, [secret, step]]
    return None


def associate_software_token(data: dict) -> tuple:
    """Make a secret for the access token's user, or for the user of an MFA_SETUP session."""
    secret = base64.b32encode(secrets.token_bytes(32)).decode().rstrip("=")
    if _one_of(data) == "AccessToken":
        pool, user = access_tokens.owner(data)
        _refuse_unless_allowed(pool)
        user["_totp_pending_secret"] = secret
        return json_response({"SecretCode": secret})
    session = sessions.find(data["Session"], "MFA_SETUP")
    pool = idp._user_pools[session["pool_id"]]
    _refuse_unless_allowed(pool)
    if session.get("stage") != BEGUN:
        raise not_authorized("Invalid session for the user.")
    sessions.spend(session)
    following = _next_session(session, ASSOCIATED, secret=secret)
    return json_response({"SecretCode": secret, "Session": following})


def verify_software_token(data: dict) -> tuple:
    """Check a code against the secret that was made, and make it the user's authenticator."""
    code = data.get("UserCode")
    if _one_of(data) == "AccessToken":
        pool, user = access_tokens.owner(data)
        secret = user.get("_totp_pending_secret")
        if secret is None:
            raise Refused("SoftwareTokenMFANotFoundException", "Software token MFA has not been associated.")
        if refusal(user, secret, code) is not None:
            raise _mismatch()
        user.pop("_totp_pending_secret", None)
        _enrol(user, secret)
        return json_response({"Status": "SUCCESS"})
    session = sessions.find(data["Session"], "MFA_SETUP")
    pool = idp._user_pools[session["pool_id"]]
    user, _ = idp._resolve_user(pool, session["username"])
    if session.get("stage") != ASSOCIATED or user is None:
        raise not_authorized("Invalid session for the user.")
    if refusal(user, session["secret"], code) is not None:
        raise sessions.wrong_answer(session, _mismatch())
    sessions.spend(session)
    _enrol(user, session["secret"])
    return json_response({"Status": "SUCCESS", "Session": _next_session(session, VERIFIED)})


def _one_of(data: dict) -> str:
    """Return how the request is authorized: AWS takes an access token or a session, but not both."""
    given = [name for name in ("AccessToken", "Session") if data.get(name)]
    if len(given) != 1:
        raise invalid_parameter("Either an access token or a session is required, but not both.")
    return given[0]


def _refuse_unless_allowed(pool: dict) -> None:
    if not allowed(pool):
        raise Refused("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool")


def _next_session(session: dict, stage: str, **facts: object) -> str:
    following, _ = sessions.issue(
        session["pool_id"], session["client_id"], session["username"], "MFA_SETUP", stage=stage, **facts
    )
    return following


def _mismatch() -> Refused:
    return Refused("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")


def _enrol(user: dict, secret: str) -> None:
    user["_totp_secret"] = secret
    enabled = user.setdefault("_mfa_enabled", [])
    if "SOFTWARE_TOKEN_MFA" not in enabled:
        enabled.append("SOFTWARE_TOKEN_MFA")
    user["_preferred_mfa"] = "SOFTWARE_TOKEN_MFA"


def _now_step() -> int:
    return int(time.time() // _STEP_SECONDS)


def _matching_step(secret: str | None, code: object) -> int | None:
    if not secret or not isinstance(code, str) or not code.isascii():
        return None
    now = _now_step()
    for drift in _DRIFT_STEPS:
        if hmac.compare_digest(idp._totp_code(secret, drift), code):
            return now + drift
    return None
