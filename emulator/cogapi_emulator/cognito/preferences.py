"""Owns which second factors a user has switched on: SetUserMFAPreference and AdminSetUserMFAPreference."""

from collections.abc import Callable

from ministack.services import cognito as idp

from cogapi_emulator.cognito import access_tokens, webauthn
from cogapi_emulator.cognito.refused import invalid_parameter, raise_if_refused
from cogapi_emulator.patching import around

# What UserMFASettingList calls a passkey that counts as two factors: measured by others, AWS's own docs leave it out.
_PASSKEYS = "WEB_AUTHN_MFA"
_OTHERS = ("SoftwareTokenMfaSettings", "SMSMfaSettings", "EmailMfaSettings")


def install() -> None:
    """Patch ministack."""

    @around(idp, "_set_user_mfa_preference")
    def set_user_mfa_preference(original: Callable, data: dict) -> tuple:
        return _set(original, *access_tokens.owner(data), data)

    @around(idp, "_admin_set_user_mfa_preference")
    def admin_set_user_mfa_preference(original: Callable, data: dict) -> tuple:
        pool, error = idp._resolve_pool(data.get("UserPoolId"))
        raise_if_refused(error)
        user, error = idp._resolve_user(pool, data.get("Username"))
        raise_if_refused(error)
        return _set(original, pool, user, data)


def has_any(user: dict) -> bool:
    """Return whether the user has switched on any second factor."""
    return bool(user.get("_mfa_enabled"))


def prefers_passkeys(user: dict) -> bool:
    """Return whether the user's passkeys count as two factors."""
    return _PASSKEYS in user.get("_mfa_enabled", [])


def forget_passkeys(user: dict) -> None:
    """Switch passkeys off."""
    user["_mfa_enabled"] = [factor for factor in user.get("_mfa_enabled", []) if factor != _PASSKEYS]


def _set(set_preference: Callable, pool: dict, user: dict, data: dict) -> tuple:
    """Set what ministack knows, and passkeys, which it ignores; refuse what AWS refuses."""
    if _enabled(data, "SoftwareTokenMfaSettings") and not user.get("_totp_secret"):
        raise invalid_parameter("User has not verified software token mfa")
    asked = data.get("WebAuthnMfaSettings") or {}
    if asked.get("Enabled"):
        _check_passkeys(pool, user, data)
    answer = set_preference(data)
    if "Enabled" in asked:
        forget_passkeys(user)
    if asked.get("Enabled"):
        user["_mfa_enabled"].append(_PASSKEYS)
    return answer


def _check_passkeys(pool: dict, user: dict, data: dict) -> None:
    """AWS: together with another factor in the same call, even if that is on; both wordings were measured by others.

    "To activate this setting, the FactorConfiguration of your user pool WebAuthnConfiguration must be
    MULTI_FACTOR_WITH_USER_VERIFICATION."
    """
    if not webauthn.counts_as_two_factors(pool):
        raise invalid_parameter("WebAuthn MFA is not enabled for the user pool.")
    if not webauthn.usable(pool, user.get("_passkeys", [])):
        raise invalid_parameter("User does not have applicable WebAuthn credentials to enable WebAuthn MFA.")
    if not any(_enabled(data, name) for name in _OTHERS):
        raise invalid_parameter("WebAuthn MFA requires enabling an additional MFA setting.")


def _enabled(data: dict, name: str) -> bool:
    return bool((data.get(name) or {}).get("Enabled"))
