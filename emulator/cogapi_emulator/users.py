"""The users of an account's pools and what state they are in, more than AWS tells. Shows no secret, changes nothing."""

import sys

from cogapi_emulator.moment import iso


def registered(account: str) -> list[dict[str, object]]:
    """All users, newest first."""
    cognito = sys.modules.get("ministack.services.cognito")
    if cognito is None:
        return []
    pools = [pool for key, pool in list(cognito._user_pools._data.items()) if key[0] == account]
    users = [user for pool in pools for user in list(pool["_users"].values())]
    users.sort(key=lambda user: user["UserCreateDate"], reverse=True)
    return [_shown(user) for user in users]


def _shown(user: dict) -> dict[str, object]:
    attributes = {attribute["Name"]: attribute["Value"] for attribute in user["Attributes"]}
    return {
        "id": attributes.get("sub", user["Username"]),
        "email": attributes.get("email", ""),
        "name": attributes.get("name", ""),
        "status": user["UserStatus"],
        "enabled": user["Enabled"],
        "mfa": user.get("_mfa_enabled", []),
        "groups": user.get("_groups", []),
        "passkeys": len(user.get("_passkeys", [])),
        "created": iso(user["UserCreateDate"]),
        "modified": iso(user["UserLastModifiedDate"]),
    }
