"""Owns a user's passkeys: registering, listing and deleting them, which ministack does not know.

What a browser's answer proves is `webauthn`'s; signing in with one is `choices`'.
"""

import time

from ministack.core.responses import json_response
from ministack.services import cognito as idp

from cogapi_emulator.cognito import access_tokens, clock, dispatch, mfa_settings, preferences, webauthn
from cogapi_emulator.cognito.refused import Refused, invalid_parameter

# AWS: "Each user can register up to 20 passkeys."
_MOST = 20


def install() -> None:
    """Add the operations to ministack."""
    dispatch.serve("StartWebAuthnRegistration", start_web_authn_registration)
    dispatch.serve("CompleteWebAuthnRegistration", complete_web_authn_registration)
    dispatch.serve("ListWebAuthnCredentials", list_web_authn_credentials)
    dispatch.serve("DeleteWebAuthnCredential", delete_web_authn_credential)


def start_web_authn_registration(data: dict) -> tuple:
    """Begin a registration; one that was begun before can no longer be completed."""
    pool, user = _owner(data)
    _refuse_one_too_many(user)
    challenge = webauthn.new_challenge()
    options = webauthn.creation_options(pool, user, challenge, user.get("_passkeys", []))
    user["_passkey_challenge"] = {
        "challenge": challenge,
        "client_id": idp._token_claims(data["AccessToken"])["client_id"],
        "expires_at": clock.now() + webauthn.REGISTRATION_SECONDS,
    }
    return json_response({"CredentialCreationOptions": options})


def complete_web_authn_registration(data: dict) -> tuple:
    """Verify what the authenticator made of the challenge, which every attempt uses up, and keep the passkey."""
    pool, user = _owner(data)
    begun = user.pop("_passkey_challenge", None)
    if begun is None or clock.now() > begun["expires_at"]:
        raise webauthn.challenge_not_found()
    if begun["client_id"] != idp._token_claims(data["AccessToken"])["client_id"]:
        raise Refused(
            "WebAuthnClientMismatchException",
            "The access token is of another client than the one that started the registration.",
        )
    _refuse_one_too_many(user)
    credential = data.get("Credential")
    identifier, public, counter = webauthn.verify_registration(pool, begun["challenge"], credential)
    if any(passkey["CredentialId"] == identifier for passkey in user.get("_passkeys", [])):
        raise invalid_parameter("The passkey is already registered.")
    passkey = {
        "CredentialId": identifier,
        # AWS's sample shows the first name; the second is believed.
        "FriendlyCredentialName": "Roaming passkey"
        if credential.get("authenticatorAttachment") == "cross-platform"
        else "Passkey",
        "RelyingPartyId": webauthn.relying_party(pool),
        "CreatedAt": round(time.time(), 3),
        "_public": public,
        "_counter": counter,
    }
    for shown, told in (
        ("AuthenticatorAttachment", credential.get("authenticatorAttachment")),
        ("AuthenticatorTransports", credential["response"].get("transports")),
    ):
        if told:
            passkey[shown] = told
    user.setdefault("_passkeys", []).append(passkey)
    return json_response({})


def list_web_authn_credentials(data: dict) -> tuple:
    """List the passkeys, orphaned ones included, in pages."""
    _, user = access_tokens.owner(data)
    found = user.get("_passkeys", [])
    token = data.get("NextToken", "0")
    if not token.isdecimal() or int(token) > len(found):
        raise invalid_parameter("Invalid NextToken.")
    start, end = int(token), int(token) + (data.get("MaxResults") or _MOST)
    answer: dict[str, object] = {"Credentials": [_shown(passkey) for passkey in found[start:end]]}
    if end < len(found):
        answer["NextToken"] = str(end)
    return json_response(answer)


def delete_web_authn_credential(data: dict) -> tuple:
    """Delete a passkey. That the preference for passkeys ends with the last one is believed."""
    pool, user = access_tokens.owner(data)
    kept = [passkey for passkey in user.get("_passkeys", []) if passkey["CredentialId"] != data.get("CredentialId")]
    if len(kept) == len(user.get("_passkeys", [])):
        raise Refused("ResourceNotFoundException", "The passkey does not exist.")
    user["_passkeys"] = kept
    if not webauthn.usable(pool, kept):
        preferences.forget_passkeys(user)
    return json_response({})


def _owner(data: dict) -> tuple[dict, dict]:
    """Return the pool and the user of a registration, if the pool has passkeys."""
    pool, user = access_tokens.owner(data)
    if "WEB_AUTHN" not in mfa_settings.first_factors(pool):
        raise Refused("WebAuthnNotEnabledException", "Passkeys are not enabled for the user pool.")
    return pool, user


def _refuse_one_too_many(user: dict) -> None:
    if len(user.get("_passkeys", [])) >= _MOST:
        raise Refused("LimitExceededException", f"A user can have {_MOST} passkeys.")


def _shown(passkey: dict) -> dict:
    return {name: value for name, value in passkey.items() if not name.startswith("_")}
