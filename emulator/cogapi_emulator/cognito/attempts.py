"""Owns how often something may be tried: passwords, authenticator codes, codes by mail.

Sessions count the wrong answers to themselves; this counts a user's, whatever he tries them with.
"""

from collections.abc import Callable

from ministack.core.responses import get_account_id
from ministack.services import cognito as idp

from cogapi_emulator import settings
from cogapi_emulator.cognito import clock
from cogapi_emulator.cognito.refused import Refused, not_authorized
from cogapi_emulator.patching import around

# AWS: after five failures, 2^(n-5) seconds, "up to a maximum of approximately 15 minutes"; 15 minutes without an
# attempt forget them.
_FREE_FAILURES = 5
_LONGEST_LOCKOUT = 15 * 60
_HOUR = 3_600


def install() -> None:
    """Patch ministack, which lets everything be tried for ever."""
    around(idp, "_record_auth_event")(_count_wrong_password)
    around(idp, "_build_auth_result")(_forgive)
    around(idp, "_change_password")(_change_password)


def refuse_locked_out(user: dict) -> None:
    """Refuse a sign-in during a lockout, whatever its password or code is.

    AWS: "Attempts during a lockout period generate a `Password attempts exceeded` exception, and don't affect the
    duration of subsequent lockout periods"; it is the same for wrong MFA codes. Users who do not exist are not counted.
    """
    if _is_locked_out(user, "_failed_sign_ins"):
        raise not_authorized("Password attempts exceeded")


def failed_to_sign_in(user: dict) -> None:
    """Count a wrong password or authenticator code."""
    _count(user, "_failed_sign_ins")


def spend_reset_attempt(user: dict) -> None:
    """Count a request for a reset code, or the use of one; refuse it when there were too many in an hour.

    AWS: "In a given hour, we allow between 5 and 20 attempts for a user to request or enter a password reset code …
    The exact value depends on the risk parameters": `cognito_reset_attempts_per_hour` is it here.
    """
    now = clock.now()
    recent = [at for at in user.get("_reset_attempts", []) if at > now - _HOUR]
    if len(recent) >= settings.of(get_account_id()).cognito_reset_attempts_per_hour:
        raise _attempt_limit_exceeded()
    user["_reset_attempts"] = [*recent, now]


def _count_wrong_password(
    record: Callable, pool: dict, user: dict, data: dict, event: str, response: str, *rest: object
) -> None:
    """Count what ministack records as a failure: in its sign-ins, that is a wrong password."""
    if (event, response) == ("SignIn", "Fail"):
        failed_to_sign_in(user)
    record(pool, user, data, event, response, *rest)


def _forgive(build: Callable, pool_id: str, client_id: str, user: dict, *rest: object, **named: object) -> dict:
    """Forget the failures with the tokens of a sign-in; a refresh is none."""
    if named.get("trigger_source") != "TokenGeneration_RefreshTokens":
        user.pop("_failed_sign_ins", None)
    return build(pool_id, client_id, user, *rest, **named)


def _change_password(change: Callable, data: dict) -> tuple:
    """Count wrong old passwords. AWS refuses more of them with LimitExceededException; after how many is believed."""
    user, _ = idp._user_pool_for_access_token(data.get("AccessToken"))
    if user is not None and _is_locked_out(user, "_failed_changes"):
        raise _attempt_limit_exceeded()
    answer = change(data)
    if user is not None and answer[0] == 200:
        user.pop("_failed_changes", None)
    elif user is not None and b"NotAuthorizedException" in answer[2]:
        _count(user, "_failed_changes")
    return answer


def _count(user: dict, kind: str) -> None:
    number, last = user.get(kind, (0, 0))
    user[kind] = [1 if clock.now() > last + _LONGEST_LOCKOUT else number + 1, clock.now()]


def _is_locked_out(user: dict, kind: str) -> bool:
    number, last = user.get(kind, (0, 0))
    return number >= _FREE_FAILURES and clock.now() < last + min(2 ** (number - _FREE_FAILURES), _LONGEST_LOCKOUT)


def _attempt_limit_exceeded() -> Refused:
    return Refused("LimitExceededException", "Attempt limit exceeded, please try after some time.")
