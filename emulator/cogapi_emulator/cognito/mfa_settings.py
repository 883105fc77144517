"""Owns a pool's MFA settings: SetUserPoolMfaConfig, and which first factors go with which MFA."""

from collections.abc import Callable

from ministack.services import cognito as idp

from cogapi_emulator.cognito import webauthn
from cogapi_emulator.cognito.refused import Refused, invalid_parameter
from cogapi_emulator.patching import around

# What the pool's record keeps of a SetUserPoolMfaConfig.
FACTORS = (
    "SmsMfaConfiguration",
    "SoftwareTokenMfaConfiguration",
    "EmailMfaConfiguration",
    "WebAuthnConfiguration",
)
_MULTI_FACTOR = "MULTI_FACTOR_WITH_USER_VERIFICATION"
_FIRST_FACTORS = ("PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN")


def install() -> None:
    """Patch ministack."""
    around(idp, "_set_user_pool_mfa_config")(_set)


def first_factors(pool: dict) -> list[str]:
    """Return what users can begin a sign-in with."""
    policy = (pool.get("Policies") or {}).get("SignInPolicy") or {}
    return policy.get("AllowedFirstAuthFactors") or ["PASSWORD"]


def check_first_factors(factors: list, mfa: str, web_authn: dict | None, tier: str) -> None:
    """Refuse first factors that AWS does not take together with these settings."""
    # That PASSWORD must be among them is believed; that the list may not be empty is documented.
    unknown = [factor for factor in factors if factor not in _FIRST_FACTORS]
    if not factors or unknown or "PASSWORD" not in factors:
        raise invalid_parameter("AllowedFirstAuthFactors must contain PASSWORD, and nothing unknown.")
    if factors != ["PASSWORD"] and tier == "LITE":
        raise Refused(
            "FeatureUnavailableInTierException",
            "The following features need to be disabled for the LITE pricing tier configured: "
            "Choice-based authentication",
        )
    if mfa != "ON":
        return
    if "EMAIL_OTP" in factors or "SMS_OTP" in factors:
        # A one-time code is one factor; with MFA required it would need a second one that does not exist.
        raise invalid_parameter("EMAIL_OTP and SMS_OTP cannot be used as an auth factor when MFA is enabled")
    if "WEB_AUTHN" in factors and (web_authn or {}).get("FactorConfiguration") != _MULTI_FACTOR:
        # AWS's own words; so SetUserPoolMfaConfig has to come before UpdateUserPool.
        raise invalid_parameter(
            "WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA"
        )


def _set(set_config: Callable, data: dict) -> tuple:
    """AWS: SetUserPoolMfaConfig replaces everything (an omitted MfaConfiguration means OFF) and refuses nonsense.

    ministack merges, and takes whatever it is given.
    """
    pool, error = idp._resolve_pool(data.get("UserPoolId"))
    if error:
        return error
    _check(data, pool)
    replaced = {name: data.get(name) for name in FACTORS}
    return set_config({**data, **replaced, "MfaConfiguration": data.get("MfaConfiguration", "OFF")})


def _check(data: dict, pool: dict) -> None:
    mfa = data.get("MfaConfiguration", "OFF")
    if mfa not in ("ON", "OFF", "OPTIONAL"):
        raise invalid_parameter(
            f"1 validation error detected: Value '{mfa}' at 'mfaConfiguration' failed to satisfy constraint: "
            "Member must satisfy enum value set: [ON, OFF, OPTIONAL]"
        )
    tier = idp._user_pool_tier(pool)
    enabled = _enabled_factors(data)
    if mfa == "OFF" and enabled:
        raise invalid_parameter("Invalid MFA configuration given, can't disable MFA and configure an MFA together.")
    if mfa != "OFF" and not enabled:
        raise invalid_parameter("Invalid MFA configuration given, can't turn on MFA and disable all factors.")
    if "EmailMfaConfiguration" in enabled and (
        tier == "LITE" or pool.get("EmailConfiguration", {}).get("EmailSendingAccount") != "DEVELOPER"
    ):
        raise invalid_parameter("Email MFA needs the Essentials tier and an Amazon SES email configuration.")
    web_authn = data.get("WebAuthnConfiguration")
    _check_web_authn(web_authn, tier)
    check_first_factors(first_factors(pool), mfa, web_authn, tier)


def _enabled_factors(data: dict) -> list[str]:
    """Return the second factors that a request switches on; a passkey is a first factor."""
    enabled = [name for name in ("SmsMfaConfiguration", "EmailMfaConfiguration") if data.get(name)]
    if (data.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled"):
        enabled.append("SoftwareTokenMfaConfiguration")
    return enabled


def _check_web_authn(web_authn: dict | None, tier: str) -> None:
    if not web_authn:
        return
    domain = web_authn.get("RelyingPartyId")
    if domain and not webauthn.can_be_relying_party(domain):
        # AWS: "returns an error when you attempt to set your RP URL to a domain on the" public suffix list.
        raise invalid_parameter(f"The relying party id {domain} is a public suffix.")
    verification = web_authn.get("UserVerification", "preferred")
    factor = web_authn.get("FactorConfiguration", "SINGLE_FACTOR")
    if verification not in ("required", "preferred") or factor not in ("SINGLE_FACTOR", _MULTI_FACTOR):
        raise invalid_parameter("Invalid WebAuthn configuration given.")
    if factor == _MULTI_FACTOR and tier == "LITE":
        raise Refused(
            "FeatureUnavailableInTierException", "Passkeys as MFA are not available in the LITE pricing tier."
        )
    if factor == _MULTI_FACTOR and verification != "required":
        # Believed: a passkey can only stand for two factors when the device checks who holds it.
        raise invalid_parameter("MULTI_FACTOR_WITH_USER_VERIFICATION needs UserVerification required.")
