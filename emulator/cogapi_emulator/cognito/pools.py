"""Owns what a user pool may be set to, what an update resets, and what protects a pool from deletion.

MFA settings have their own call and their own module (`mfa_settings`).
"""

import copy
from collections.abc import Callable

from ministack.services import cognito as idp

from cogapi_emulator.cognito import mfa_settings
from cogapi_emulator.cognito.refused import invalid_parameter
from cogapi_emulator.patching import around

_PASSWORD_POLICY = {
    "MinimumLength": 8,
    "RequireUppercase": True,
    "RequireLowercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "TemporaryPasswordValidityDays": 7,
}

# What UpdateUserPool sets a field to when the request leaves it out. UserPoolTier and PoolName are kept;
# None stands for "not set", which DescribeUserPool does not show.
_DEFAULTS: dict[str, object] = {
    "Policies": {},
    "AutoVerifiedAttributes": [],
    "SmsVerificationMessage": None,
    "EmailVerificationMessage": None,
    "EmailVerificationSubject": None,
    "SmsAuthenticationMessage": None,
    "MfaConfiguration": "OFF",
    "DeviceConfiguration": None,
    "EmailConfiguration": {},
    "SmsConfiguration": None,
    "UserPoolTags": {},
    "AdminCreateUserConfig": {},
    "UserPoolAddOns": None,
    "VerificationMessageTemplate": {},
    "AccountRecoverySetting": None,
    "LambdaConfig": {},
    "UserAttributeUpdateSettings": None,
    "DeletionProtection": "INACTIVE",
}


def install() -> None:
    """Patch ministack."""
    around(idp, "_create_user_pool")(_create)
    around(idp, "_update_user_pool")(_update)
    around(idp, "_delete_user_pool")(_delete)
    around(idp, "_pool_out")(_described)


def _create(create: Callable, data: dict) -> tuple:
    mfa = data.get("MfaConfiguration", "OFF")
    _check_mfa(mfa, data.get("SmsConfiguration"), totp=False)
    policies = _filled("Policies", data.get("Policies"))
    tier = data.get("UserPoolTier", "ESSENTIALS")
    mfa_settings.check_first_factors(policies["SignInPolicy"]["AllowedFirstAuthFactors"], mfa, None, tier)
    return create({**data, "Policies": policies})


def _update(update: Callable, data: dict) -> tuple:
    """AWS: what UpdateUserPool leaves out goes back to its default (`UserPoolTier` excepted); ministack keeps it."""
    pool, error = idp._resolve_pool(data.get("UserPoolId"))
    if error:
        return error
    asked = {name: data.get(name, copy.deepcopy(default)) for name, default in _DEFAULTS.items()}
    # AWS refuses an empty list of first factors, and leaving the list out does not take factors away.
    current_factors = (pool.get("Policies") or {}).get("SignInPolicy")
    asked["Policies"] = _filled("Policies", asked["Policies"], current_factors)
    totp = bool((pool.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled"))
    _check_mfa(asked["MfaConfiguration"], asked["SmsConfiguration"], totp)
    mfa_settings.check_first_factors(
        asked["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"],
        asked["MfaConfiguration"],
        pool.get("WebAuthnConfiguration"),
        data.get("UserPoolTier", idp._user_pool_tier(pool)),
    )
    answer = update({**data, **asked})
    if answer[0] == 200 and data.get("PoolName"):
        pool["Name"] = data["PoolName"]
    return answer


def _check_mfa(mfa: str, sms: dict | None, totp: bool) -> None:
    """AWS: MFA without SMS settings fails until SetUserPoolMfaConfig has switched TOTP on; ministack takes it."""
    if mfa != "OFF" and not sms and not totp:
        raise invalid_parameter(
            "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
        )


def _delete(delete: Callable, data: dict) -> tuple:
    pool, error = idp._resolve_pool(data.get("UserPoolId"))
    if error is None and pool.get("DeletionProtection") == "ACTIVE":
        # AWS: DeletionProtection ACTIVE answers InvalidParameterException; ministack deletes all the same.
        raise invalid_parameter(
            "The user pool cannot be deleted because deletion protection is activated. "
            "Deletion protection must be inactivated first."
        )
    return delete(data)


def _described(describe: Callable, pool: dict) -> dict:
    """AWS leaves out what is not set and fills in the defaults of what is; ministack shows "" and null."""
    shown = {name: value for name, value in describe(pool).items() if value not in (None, "")}
    for name in ("SmsConfiguration", "AccountRecoverySetting"):
        if not shown.get(name):
            shown.pop(name, None)
    # DescribeUserPool shows no TOTP or WebAuthn settings: GetUserPoolMfaConfig does.
    for name in mfa_settings.FACTORS:
        shown.pop(name, None)
    for name in ("AdminCreateUserConfig", "VerificationMessageTemplate"):
        shown[name] = _filled(name, shown.get(name))
    return shown


def _filled(name: str, value: dict | None, sign_in_policy: dict | None = None) -> dict:
    """Return a structure with the members that AWS adds when they are left out."""
    value = dict(value or {})
    if name == "Policies":
        value["PasswordPolicy"] = _password_policy(value.get("PasswordPolicy"))
        value["SignInPolicy"] = value.get("SignInPolicy") or sign_in_policy or {"AllowedFirstAuthFactors": ["PASSWORD"]}
    elif name == "AdminCreateUserConfig":
        value = {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7} | value
    elif name == "VerificationMessageTemplate":
        value = {"DefaultEmailOption": "CONFIRM_WITH_CODE"} | value
    return value


def _password_policy(policy: dict | None) -> dict:
    """Return the policy with its defaults; in a policy that is given, a requirement left out is not required."""
    if not policy:
        return dict(_PASSWORD_POLICY)
    required = {name: False for name in _PASSWORD_POLICY if name.startswith("Require")}
    return {**_PASSWORD_POLICY, **required, **policy}
