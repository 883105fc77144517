"""Owns USER_AUTH, in which the user chooses a first factor: what is offered to whom, and the sign-in with a passkey.

Of the factors, only passkeys are served: passwords have flows of their own, and one-time codes cannot go with MFA.
"""

import hashlib
import json

from ministack.core.responses import json_response

from cogapi_emulator.cognito import flows, mfa_settings, preferences, sessions, webauthn
from cogapi_emulator.cognito.refused import invalid_parameter, not_authorized

_PASSKEY = "WEB_AUTHN"
_PASSWORDS = ("PASSWORD_SRP", "PASSWORD")
_SELECT = "SELECT_CHALLENGE"


def install() -> None:
    """Patch ministack."""
    flows.begin_with("USER_AUTH", _start)


def _start(pool: dict, data: dict) -> tuple:
    client_id = data["ClientId"]
    if "ALLOW_USER_AUTH" not in (pool["_clients"][client_id].get("ExplicitAuthFlows") or []):
        raise invalid_parameter("USER_AUTH flow not enabled for this client")
    name = flows.named(data)
    user = flows.user_or_nobody(pool, client_id, name)
    if user is None:
        return _challenge_nobody(pool, client_id, name)
    preferred = data["AuthParameters"].get("PREFERRED_CHALLENGE")
    offered = _offered(pool, user)
    if preferred == _PASSKEY:
        _refuse_without_password(pool, user)
    if preferred not in offered:
        # AWS: "If the preferred challenge isn't available, Amazon Cognito responds with SELECT_CHALLENGE and a list of
        # available challenges", as it does when none is preferred.
        return _challenge(pool, client_id, user["Username"], _SELECT, offered, {})
    return _ask(pool, client_id, user, preferred, offered)


def answer_selection(pool: dict, session: dict, data: dict) -> tuple:
    """Go on with the factor that was selected, in a session of its own."""
    responses = data.get("ChallengeResponses") or {}
    user = sessions.check_user(session, pool, responses.get("USERNAME"))
    sessions.spend(session)
    offered = _offered(pool, user) if user else []
    if responses.get("ANSWER") not in offered:
        raise invalid_parameter("The selected challenge is not available.")
    return _ask(pool, session["client_id"], user, responses["ANSWER"], offered)


def answer_passkey(pool: dict, session: dict, data: dict) -> tuple:
    """Give tokens for what an authenticator made of the session's challenge, which every attempt uses up.

    No second factor follows. How AWS words the refusals of a passkey is believed.
    """
    responses = data.get("ChallengeResponses") or {}
    user = sessions.check_user(session, pool, responses.get("USERNAME"))
    if "CREDENTIAL" not in responses:
        raise invalid_parameter("Missing required parameter CREDENTIAL")
    sessions.spend(session)
    if user is None:
        raise not_authorized()
    if not user.get("Enabled", True):
        raise not_authorized("User is disabled.")
    known = {passkey["CredentialId"]: passkey for passkey in webauthn.usable(pool, user.get("_passkeys", []))}
    public = {identifier: passkey["_public"] for identifier, passkey in known.items()}
    try:
        credential = json.loads(responses["CREDENTIAL"])
        identifier, counter = webauthn.verify_assertion(pool, user, session["passkey_challenge"], credential, public)
    except (ValueError, webauthn.NotProved) as error:
        raise not_authorized() from error
    passkey = known[identifier]
    if (counter or passkey["_counter"]) and counter <= passkey["_counter"]:
        # WebAuthn: an authenticator that counts never signs with an old number, but its copy does.
        raise not_authorized()
    passkey["_counter"] = counter
    return flows.tokens(pool, session["client_id"], user, data.get("ClientMetadata"))


def _offered(pool: dict, user: dict) -> list[str]:
    """Return what this user can sign in with."""
    factors = mfa_settings.first_factors(pool)
    offered = list(_PASSWORDS) if "PASSWORD" in factors else []
    if _PASSKEY in factors and _has_passkey(pool, user) and _passkey_is_enough(pool, user):
        offered.append(_PASSKEY)
    return offered


def _refuse_without_password(pool: dict, user: dict) -> None:
    """Refuse a passkey to whom AWS would ask for a password first.

    AWS: without the user's own preference for passkeys as MFA, the sign-in is refused with these words, and not
    answered with another challenge. That an invited user hears the same is believed.
    """
    if user.get("UserStatus") == "FORCE_CHANGE_PASSWORD" or (
        _has_passkey(pool, user) and not _passkey_is_enough(pool, user)
    ):
        raise not_authorized("Password Challenge is Required to SignIn")


def _has_passkey(pool: dict, user: dict) -> bool:
    return bool(webauthn.usable(pool, user.get("_passkeys", [])))


def _passkey_is_enough(pool: dict, user: dict) -> bool:
    """AWS: a passkey is one factor, unless the pool and the user both count it as two."""
    mfa = pool.get("MfaConfiguration", "OFF")
    if mfa == "OFF" or (mfa == "OPTIONAL" and not preferences.has_any(user)):
        return True
    return webauthn.counts_as_two_factors(pool) and preferences.prefers_passkeys(user)


def _ask(pool: dict, client_id: str, user: dict, factor: str, offered: list[str]) -> tuple:
    if factor != _PASSKEY:
        raise invalid_parameter(f"The emulator serves no {factor} in USER_AUTH; passwords have USER_PASSWORD_AUTH.")
    known = webauthn.usable(pool, user.get("_passkeys", []))
    return _challenge_passkey(pool, client_id, user["Username"], known, offered)


def _challenge_nobody(pool: dict, client_id: str, name: str) -> tuple:
    """Answer for somebody who does not exist.

    AWS: "a random selection from the challenge types allowed for the user pool". That it is the same for the same
    address is believed; that the options name no passkey too: it is the least that they can be.
    """
    factors = mfa_settings.first_factors(pool)
    username = flows.stand_in(pool, name)
    factor = factors[hashlib.sha256(username.encode()).digest()[0] % len(factors)]
    if factor == _PASSKEY:
        return _challenge_passkey(pool, client_id, username, [], factors)
    return _challenge(pool, client_id, username, factor, factors, {})


def _challenge_passkey(pool: dict, client_id: str, username: str, known: list[dict], offered: list[str]) -> tuple:
    challenge = webauthn.new_challenge()
    seconds = pool["_clients"][client_id].get("AuthSessionValidity", 3) * 60
    options = json.dumps(webauthn.request_options(pool, challenge, known, seconds))
    parameters = {"CREDENTIAL_REQUEST_OPTIONS": options}
    return _challenge(pool, client_id, username, _PASSKEY, offered, parameters, passkey_challenge=challenge)


def _challenge(
    pool: dict,
    client_id: str,
    username: str,
    name: str,
    offered: list[str],
    parameters: dict[str, str],
    **facts: object,
) -> tuple:
    """Begin a session for a challenge. AWS's samples of USER_AUTH name no user: there is no USER_ID_FOR_SRP."""
    token, _ = sessions.issue(pool["Id"], client_id, username, name, **facts)
    return json_response(
        {
            "ChallengeName": name,
            "Session": token,
            "ChallengeParameters": parameters,
            "AvailableChallenges": offered,
        }
    )
