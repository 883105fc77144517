"""Owns what follows a proved password: which challenge comes next, and what answers it.

CUSTOM_AUTH is `custom_auth`'s, USER_AUTH `choices`'; the TOTP arithmetic and the enrolment are `totp`'s.
"""

import json
import time
from collections.abc import Callable

from ministack.core.responses import json_response
from ministack.services import cognito as idp

from cogapi_emulator.cognito import attempts, choices, custom_auth, flows, invitations, sessions, totp
from cogapi_emulator.cognito.refused import client_not_found, invalid_parameter, not_authorized, raise_if_refused
from cogapi_emulator.cognito.replacing import instead_of
from cogapi_emulator.patching import around


def install() -> None:
    """Patch ministack."""
    around(idp, "_password_signin_refused")(_refused_before_the_password)
    instead_of(idp, "_password_auth_result")(password_proved)
    instead_of(idp, "_respond_to_auth_challenge")(respond_to_auth_challenge)
    instead_of(idp, "_admin_respond_to_auth_challenge")(admin_respond_to_auth_challenge)


def _refused_before_the_password(refused: Callable, user: dict) -> tuple | None:
    """Refuse a sign-in whatever its password is.

    AWS: AdminResetUserPassword "deactivates a user's password"; any sign-in gets PasswordResetRequiredException
    from then on, with a wrong password too. ministack compares first.
    """
    attempts.refuse_locked_out(user)
    if user.get("UserStatus") == "RESET_REQUIRED":
        return idp._password_reset_required()
    return refused(user)


def password_proved(
    pool: dict,
    pool_id: str,
    client_id: str,
    user: dict,
    _named: str,
    client_metadata: dict | None = None,
    data: dict | None = None,
) -> tuple:
    """Answer a sign-in whose password is right: a challenge, or tokens."""
    if user.get("UserStatus") == "FORCE_CHANGE_PASSWORD":
        invitations.refuse_expired(pool, user)
        idp._record_auth_event(pool, user, data or {}, "SignIn", "Pass", (("Password", "Success"),))
        attributes = idp._attr_list_to_dict(user.get("Attributes", []))
        parameters = {
            "requiredAttributes": "[]",
            "userAttributes": json.dumps({name: value for name, value in attributes.items() if name != "sub"}),
        }
        return json_response(_challenge(pool_id, client_id, user, "NEW_PASSWORD_REQUIRED", parameters))
    challenge = _second_factor(pool, client_id, user)
    idp._record_auth_event(
        pool,
        user,
        data or {},
        "SignIn",
        "InProgress" if challenge else "Pass",
        (("Password", "Success"),),
        (challenge or {}).get("Session"),
    )
    return json_response(challenge) if challenge else flows.tokens(pool, client_id, user, client_metadata)


def respond_to_auth_challenge(data: dict) -> tuple:
    """Answer RespondToAuthChallenge, which knows the pool by its client only."""
    pool, _ = idp._pool_for_client(data.get("ClientId"))
    return _respond(pool, data)


def admin_respond_to_auth_challenge(data: dict) -> tuple:
    """Answer AdminRespondToAuthChallenge."""
    pool, error = idp._resolve_pool(data.get("UserPoolId"))
    raise_if_refused(error)
    return _respond(pool, data)


def _respond(pool: dict | None, data: dict) -> tuple:
    client_id = data.get("ClientId")
    if pool is None or client_id not in pool["_clients"]:
        raise client_not_found(client_id)
    challenge = data.get("ChallengeName")
    if challenge == "PASSWORD_VERIFIER":
        # Bound to its SECRET_BLOCK or to a CUSTOM_AUTH session, which ministack checks by itself.
        return idp._respond_to_password_verifier(data, client_id)
    answer = _ANSWERS.get(challenge)
    if answer is None:
        raise invalid_parameter(f"Unsupported challenge: {challenge}")
    session = sessions.find(data.get("Session"), challenge, client_id)
    return answer(pool, session, data)


def _answer_new_password(pool: dict, session: dict, data: dict) -> tuple:
    responses = data.get("ChallengeResponses") or {}
    user = _user(pool, session, responses)
    new_password = responses.get("NEW_PASSWORD")
    if not new_password:
        raise invalid_parameter("Missing required parameter NEW_PASSWORD")
    raise_if_refused(idp._password_signin_refused(user))
    # AWS checks the pool's policy here as everywhere, and leaves the session open for a better password.
    raise_if_refused(idp._validate_password(pool, new_password))
    sessions.spend(session)
    user["_password"] = new_password
    user["UserStatus"] = "CONFIRMED"
    user["UserLastModifiedDate"] = time.time()
    prefix = "userAttributes."
    given = {name.removeprefix(prefix): value for name, value in responses.items() if name.startswith(prefix)}
    user["Attributes"] = idp._merge_attributes(user.get("Attributes", []), idp._dict_to_attr_list(given))
    idp._record_auth_event(pool, user, data, "PasswordChange", "Pass")
    challenge = _second_factor(pool, session["client_id"], user)
    if challenge:
        return json_response(challenge)
    source = "TokenGeneration_NewPasswordChallenge"
    return flows.tokens(pool, session["client_id"], user, data.get("ClientMetadata"), source)


def _answer_totp(pool: dict, session: dict, data: dict) -> tuple:
    responses = data.get("ChallengeResponses") or {}
    user = _user(pool, session, responses)
    attempts.refuse_locked_out(user)
    refusal = totp.refusal(user, user.get("_totp_secret"), responses.get("SOFTWARE_TOKEN_MFA_CODE"))
    idp._finish_auth_event(user, data.get("Session"), "Mfa", refusal is None)
    if refusal is not None:
        attempts.failed_to_sign_in(user)
        raise sessions.wrong_answer(session, refusal)
    sessions.spend(session)
    return flows.tokens(pool, session["client_id"], user, data.get("ClientMetadata"))


def _answer_mfa_setup(pool: dict, session: dict, data: dict) -> tuple:
    user = _user(pool, session, data.get("ChallengeResponses") or {})
    if session.get("stage") != totp.VERIFIED:
        # AWS: the session of this answer is the one that VerifySoftwareToken returned.
        raise not_authorized("Invalid session for the user.")
    sessions.spend(session)
    return flows.tokens(pool, session["client_id"], user, data.get("ClientMetadata"))


_ANSWERS = {
    "NEW_PASSWORD_REQUIRED": _answer_new_password,
    "SOFTWARE_TOKEN_MFA": _answer_totp,
    "MFA_SETUP": _answer_mfa_setup,
    "CUSTOM_CHALLENGE": custom_auth.answer,
    "SELECT_CHALLENGE": choices.answer_selection,
    "WEB_AUTHN": choices.answer_passkey,
}


def _second_factor(pool: dict, client_id: str, user: dict) -> dict | None:
    """Return the challenge between a proved password and tokens, if there is one.

    AWS: with MFA ON, a user without a factor gets MFA_SETUP. ministack gives tokens.
    """
    mfa = pool.get("MfaConfiguration", "OFF")
    if mfa != "OFF" and totp.enrolled(user):
        parameters = {"FRIENDLY_DEVICE_NAME": "TOTP device"}
        return _challenge(pool["Id"], client_id, user, "SOFTWARE_TOKEN_MFA", parameters)
    if mfa != "ON":
        return None
    can_set_up = ["SOFTWARE_TOKEN_MFA"] if totp.allowed(pool) else []
    parameters = {"MFAS_CAN_SETUP": json.dumps(can_set_up)}
    return _challenge(pool["Id"], client_id, user, "MFA_SETUP", parameters, stage=totp.BEGUN)


def _challenge(
    pool_id: str, client_id: str, user: dict, name: str, parameters: dict[str, str], **facts: object
) -> dict:
    """Begin a session for a challenge, and return what the client is told.

    USER_ID_FOR_SRP is the real username, the sub in a pool of e-mail addresses; ministack repeats the alias.
    """
    token, _ = sessions.issue(pool_id, client_id, user["Username"], name, **facts)
    return {
        "ChallengeName": name,
        "Session": token,
        "ChallengeParameters": {"USER_ID_FOR_SRP": user["Username"], **parameters},
    }


def _user(pool: dict, session: dict, responses: dict) -> dict:
    user = sessions.check_user(session, pool, responses.get("USERNAME"))
    if user is None:
        raise not_authorized("Invalid session for the user.")
    if not user.get("Enabled", True):
        raise not_authorized("User is disabled.")
    return user
