"""Owns what passkeys are to WebAuthn: the options for a browser, and the verification of what it answers.

Knows no operation and stores nothing; `passkeys` and `choices` do. What is proved is proved by the library.
"""

import hashlib
import secrets

from fido2.cose import ES256, RS256
from fido2.rpid import verify_rp_id
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
)
from ministack.services import cognito as idp

from cogapi_emulator.cognito.refused import Refused, invalid_parameter

# AWS: passkeys of these two, and no enforcement of attestation.
_ALGORITHMS = (ES256.ALGORITHM, RS256.ALGORITHM)
# As in AWS's sample of the options. That the challenge ends with it is believed.
REGISTRATION_SECONDS = 60


class NotProved(Exception):
    """An assertion that does not prove the possession of a passkey."""


def new_challenge() -> str:
    """Return what an authenticator has to sign: 16 bytes, as in AWS's options that others published."""
    return websafe_encode(secrets.token_bytes(16))


def relying_party(pool: dict) -> str:
    """Return the pool's relying party id. AWS falls back on the pool's domain, which is not looked for here."""
    configured = (pool.get("WebAuthnConfiguration") or {}).get("RelyingPartyId")
    if not configured:
        raise Refused(
            "WebAuthnConfigurationMissingException",
            "The user pool has neither a relying party id nor a domain for passkeys.",
        )
    return configured


def usable(pool: dict, passkeys: list[dict]) -> list[dict]:
    """Return the passkeys that a browser can still be asked for: a changed relying party id orphans the others."""
    relying_party_id = (pool.get("WebAuthnConfiguration") or {}).get("RelyingPartyId")
    return [passkey for passkey in passkeys if passkey["RelyingPartyId"] == relying_party_id]


def counts_as_two_factors(pool: dict) -> bool:
    """Return whether the pool takes a passkey for MFA; which users' it takes is their preference."""
    settings = pool.get("WebAuthnConfiguration") or {}
    return settings.get("FactorConfiguration") == "MULTI_FACTOR_WITH_USER_VERIFICATION"


def can_be_relying_party(domain: str) -> bool:
    """Return whether browsers would take a domain for one: a public suffix, such as `com`, is nobody's."""
    # The one public suffix that is somebody's: one's own machine.
    return domain == "localhost" or verify_rp_id(domain, f"https://any.{domain}")


def creation_options(pool: dict, user: dict, challenge: str, known: list[dict]) -> dict:
    """Return what `navigator.credentials.create()` takes, with the members of AWS's sample and no others."""
    relying_party_id = relying_party(pool)
    attributes = idp._attr_list_to_dict(user.get("Attributes", []))
    # Believed: a person sees the name with which he signs in, as in AWS's mails, not the username that Cognito made.
    name = idp._template_username(pool, user["Username"], attributes)
    return {
        "authenticatorSelection": {
            "requireResidentKey": True,
            "residentKey": "required",
            "userVerification": _user_verification(pool),
        },
        "challenge": challenge,
        "excludeCredentials": [{"id": passkey["CredentialId"], "type": "public-key"} for passkey in known],
        "pubKeyCredParams": [{"alg": algorithm, "type": "public-key"} for algorithm in _ALGORITHMS],
        "rp": {"id": relying_party_id, "name": relying_party_id},
        "timeout": REGISTRATION_SECONDS * 1000,
        "user": {"displayName": name, "id": _user_handle(user), "name": name},
    }


def request_options(pool: dict, challenge: str, known: list[dict], seconds: int) -> dict:
    """Return what `navigator.credentials.get()` takes, with the members of AWS's sample and no others."""
    return {
        "challenge": challenge,
        "timeout": seconds * 1000,
        "rpId": relying_party(pool),
        "allowCredentials": [
            {
                "type": "public-key",
                "id": passkey["CredentialId"],
                "transports": passkey.get("AuthenticatorTransports", []),
            }
            for passkey in known
        ],
        "userVerification": _user_verification(pool),
    }


def verify_registration(pool: dict, challenge: str, credential: object) -> tuple[str, str, int]:
    """Return the id, the public data and the signature counter of a passkey that was just made."""
    try:
        response = RegistrationResponse.from_dict(credential)
        client_data = response.response.client_data
        made = response.response.attestation_object.auth_data
    except Exception as error:  # The library raises whatever a malformed credential makes it raise.
        raise invalid_parameter("Credential is not a RegistrationResponseJSON.") from error
    relying_party_id = relying_party(pool)
    if client_data.challenge != websafe_decode(challenge):
        raise challenge_not_found()
    if not verify_rp_id(relying_party_id, client_data.origin):
        raise Refused(
            "WebAuthnOriginNotAllowedException",
            "The origin of the passkey's registration does not align with the relying party id of the user pool.",
        )
    if made.rp_id_hash != hashlib.sha256(relying_party_id.encode()).digest():
        raise Refused(
            "WebAuthnRelyingPartyMismatchException",
            "The passkey is associated with another relying party id than that of the user pool.",
        )
    data = made.credential_data
    if data is None or data.public_key.get(3) not in _ALGORITHMS:
        raise _not_supported()
    try:
        _server(relying_party_id).register_complete(_state(pool, challenge), credential)
    except ValueError as error:
        # What is left: another type of client data, nobody present, nobody verified where that is required.
        raise _not_supported() from error
    return websafe_encode(data.credential_id), websafe_encode(data), made.counter


def verify_assertion(
    pool: dict, user: dict, challenge: str, credential: object, public: dict[str, str]
) -> tuple[str, int]:
    """Return the id and the signature counter of the passkey that signed; `public` are the user's, by their ids."""
    try:
        response = AuthenticationResponse.from_dict(credential)
        known = [AttestedCredentialData(websafe_decode(data)) for data in public.values()]
        _server(relying_party(pool)).authenticate_complete(_state(pool, challenge), known, credential)
    except Exception as error:  # The library raises ValueError, and whatever a malformed credential makes it raise.
        raise NotProved(str(error)) from error
    handle = response.response.user_handle
    if handle is not None and websafe_encode(handle) != _user_handle(user):
        raise NotProved("The passkey is of another user.")
    return response.id, response.response.authenticator_data.counter


def challenge_not_found() -> Refused:
    """Return the refusal of a registration that was not begun, was done already, or took too long."""
    return Refused("WebAuthnChallengeNotFoundException", "The challenge is expired or was not found.")


def _not_supported() -> Refused:
    return Refused("WebAuthnCredentialNotSupportedException", "The passkey's device or provider is not supported.")


def _server(relying_party_id: str) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(id=relying_party_id, name=relying_party_id))


def _state(pool: dict, challenge: str) -> dict:
    """Return what the library would have remembered of the options."""
    return {"challenge": challenge, "user_verification": _user_verification(pool)}


def _user_verification(pool: dict) -> str:
    return (pool.get("WebAuthnConfiguration") or {}).get("UserVerification") or "preferred"


def _user_handle(user: dict) -> str:
    """Return the user as an authenticator keeps it: the sub, as in AWS's sample."""
    attributes = idp._attr_list_to_dict(user.get("Attributes", []))
    return websafe_encode(attributes["sub"].encode())
