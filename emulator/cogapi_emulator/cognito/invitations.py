"""Owns invited users: temporary passwords, their expiry, and sending the invitation again."""

import secrets
import string
from collections.abc import Callable

from ministack.services import cognito as idp

from cogapi_emulator.cognito import clock, messages
from cogapi_emulator.cognito.refused import Refused, not_authorized, raise_if_refused
from cogapi_emulator.cognito.replacing import instead_of
from cogapi_emulator.patching import around

_DAY = 86_400
# All of Cognito's symbols, those included that HTML takes for something else: AWS mails the password as it is.
_SYMBOLS = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-"


def install() -> None:
    """Patch ministack."""
    around(idp, "_admin_create_user")(_admin_create_user)
    around(idp, "_admin_set_user_password")(_admin_set_user_password)
    instead_of(idp, "_render_invitation_message")(messages.invitation)
    instead_of(idp, "_wants_email_delivery")(_wants_email)


def _wants_email(data: dict) -> bool:
    """AWS: DesiredDeliveryMediums defaults to SMS; ministack sends a mail to who did not ask for one."""
    return "EMAIL" in (data.get("DesiredDeliveryMediums") or ["SMS"])


def refuse_expired(pool: dict, user: dict) -> None:
    """Refuse a temporary password that was not used in time; ministack's live for ever."""
    days = ((pool.get("Policies") or {}).get("PasswordPolicy") or {}).get("TemporaryPasswordValidityDays") or 7
    given = user.get("_temporary_since", user["UserCreateDate"])
    if clock.now() > given + days * _DAY:
        raise not_authorized("Temporary password has expired and must be reset by an administrator.")


def temporary_password(pool: dict) -> str:
    """Return a random password that satisfies the pool's policy; ministack's twelve characters fail a longer one.

    AWS draws from every class that its policies know; ministack knows six symbols, none of which needs an escape.
    """
    policy = (pool.get("Policies") or {}).get("PasswordPolicy") or {}
    classes = (string.ascii_uppercase, string.ascii_lowercase, string.digits, _SYMBOLS)
    length = max(8, policy.get("MinimumLength", 8))
    characters = [secrets.choice(one) for one in classes]
    characters += [secrets.choice("".join(classes)) for _ in range(length - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def _admin_create_user(create: Callable, data: dict) -> tuple:
    pool, error = idp._resolve_pool(data.get("UserPoolId"))
    raise_if_refused(error)
    data = {**data, "TemporaryPassword": data.get("TemporaryPassword") or temporary_password(pool)}
    return _resend(create, pool, data) if data.get("MessageAction") == "RESEND" else create(data)


def _resend(create: Callable, pool: dict, data: dict) -> tuple:
    """Send the invitation again with a new temporary password, which lives as long as the first did.

    AWS: "to reset the temporary-password duration with a new temporary password"; ministack repeats the old one.
    """
    user, error = idp._resolve_user(pool, data.get("Username"))
    raise_if_refused(error)
    if user["UserStatus"] != "FORCE_CHANGE_PASSWORD":
        raise Refused(
            "UnsupportedUserStateException",
            f"Resend not possible. {user['Username']} status is not FORCE_CHANGE_PASSWORD",
        )
    raise_if_refused(idp._validate_password(pool, data["TemporaryPassword"]))
    before = user["_password"]
    user["_password"] = data["TemporaryPassword"]
    try:
        answer = create(data)
    except BaseException:
        user["_password"] = before
        raise
    user["_temporary_since"] = clock.now()
    return answer


def _admin_set_user_password(set_password: Callable, data: dict) -> tuple:
    answer = set_password(data)
    if answer[0] == 200:
        user, _ = idp._resolve_user(idp._user_pools[data["UserPoolId"]], data["Username"])
        user["_temporary_since"] = clock.now()
    return answer
