"""Owns codes by mail: a forgotten password, an admin's reset, the confirmation of a sign-up."""

import time
from collections.abc import Callable

from ministack.core.responses import json_response
from ministack.services import cognito as idp

from cogapi_emulator.cognito import attempts, clock, messages
from cogapi_emulator.cognito.refused import (
    Refused,
    client_not_found,
    invalid_parameter,
    not_authorized,
    raise_if_refused,
)
from cogapi_emulator.cognito.replacing import instead_of
from cogapi_emulator.patching import around

# AWS: "The recovery code is valid for one hour."
_RESET_CODE_SECONDS = 3_600


def install() -> None:
    """Patch ministack."""
    instead_of(idp, "_forgot_password")(forgot_password)
    instead_of(idp, "_admin_reset_user_password")(admin_reset_user_password)
    instead_of(idp, "_resend_confirmation_code")(resend_confirmation_code)
    instead_of(idp, "_send_verification_email")(send_sign_up_code)
    around(idp, "_confirmation_code_error")(_refused_code)


def forgot_password(data: dict) -> tuple:
    """Mail a reset code.

    AWS: with PreventUserExistenceErrors, a user who does not exist, is disabled or has no verified address gets the
    same answer as one who does; ministack hides only the first.
    """
    pool, client_id = _pool_of_client(data)
    named = data.get("Username")
    user, _ = idp._resolve_user(pool, named)
    refusal = Refused("UserNotFoundException", "Username/client id combination not found.")
    if user is not None:
        _refuse_unless_resettable(user)
        refusal = _no_delivery(user)
    if refusal is not None:
        if idp._hides_user_existence(pool, client_id):
            return _sent_to(named)
        raise refusal
    _send_reset_code(pool, user, client_id, data)
    return _sent_to(_email(user))


def admin_reset_user_password(data: dict) -> tuple:
    """Force a reset and mail the code."""
    pool, error = idp._resolve_pool(data.get("UserPoolId"))
    raise_if_refused(error)
    user, error = idp._resolve_user(pool, data.get("Username"))
    raise_if_refused(error)
    _refuse_unless_resettable(user)
    refusal = _no_delivery(user)
    if refusal is not None:
        raise refusal
    _send_reset_code(pool, user, messages.NO_CLIENT, data)
    user["UserStatus"] = "RESET_REQUIRED"
    user["UserLastModifiedDate"] = time.time()
    return json_response({})


def resend_confirmation_code(data: dict) -> tuple:
    """Mail a new code to a user who signed up and has not confirmed; nobody else has one to resend."""
    pool, client_id = _pool_of_client(data)
    named = data.get("Username")
    user, _ = idp._resolve_user(pool, named)
    if user is None:
        if idp._hides_user_existence(pool, client_id):
            return _sent_to(named)
        raise Refused("UserNotFoundException", "Username/client id combination not found.")
    if user["UserStatus"] == "CONFIRMED":
        raise invalid_parameter("User is already confirmed.")
    if user["UserStatus"] != "UNCONFIRMED":
        # AWS: for an invited user only AdminCreateUser with RESEND works (the wording here is believed).
        raise not_authorized(f"User cannot be confirmed. Current status is {user['UserStatus']}")
    code = messages.new_code()
    messages.send_code(pool, "ResendCode", user, code, client_id, data.get("ClientMetadata"))
    user["_confirmation_code"] = code
    return _sent_to(_email(user) or named)


def send_sign_up_code(pool: dict, username: str, _attributes: dict, _code: str, _attribute: str = "email") -> None:
    """Mail the code of a new sign-up, for which ministack calls this with its fixed one."""
    user = pool["_users"][username]
    code = messages.new_code()
    user["_confirmation_code"] = code
    messages.send_code(pool, "SignUp", user, code, messages.NO_CLIENT, None)


def _refused_code(refused: Callable, action: str, data: dict) -> tuple | None:
    """Refuse a code before it is looked at; ministack's live for ever, and can be guessed as often as one likes."""
    pool, _ = idp._pool_for_client(data.get("ClientId"))
    user, _ = idp._resolve_user(pool, data.get("Username")) if pool else (None, None)
    if action == "ConfirmForgotPassword" and user is not None:
        attempts.spend_reset_attempt(user)
        if not user.get("Enabled", True):
            raise _disabled(pool, data["ClientId"])
        if clock.now() > user.get("_reset_code_until", float("inf")):
            user.pop("_reset_code", None)
    return refused(action, data)


def _disabled(pool: dict, client_id: str) -> Refused:
    """AWS: with PreventUserExistenceErrors, "CodeMismatchException … for users that don't exist or are disabled"."""
    if idp._hides_user_existence(pool, client_id):
        return Refused("CodeMismatchException", "Invalid verification code provided, please try again.")
    return not_authorized("User is disabled.")


def _send_reset_code(pool: dict, user: dict, client_id: str, data: dict) -> None:
    attempts.spend_reset_attempt(user)
    # The source is CustomMessage_ForgotPassword for an admin's reset too.
    code = messages.new_code()
    messages.send_code(pool, "ForgotPassword", user, code, client_id, data.get("ClientMetadata"))
    user["_reset_code"] = code
    user["_reset_code_until"] = clock.now() + _RESET_CODE_SECONDS


def _pool_of_client(data: dict) -> tuple[dict, str]:
    client_id = data.get("ClientId")
    pool, _ = idp._pool_for_client(client_id)
    if pool is None:
        raise client_not_found(client_id)
    return pool, client_id


def _refuse_unless_resettable(user: dict) -> None:
    """AWS: for an invited user (FORCE_CHANGE_PASSWORD) neither ForgotPassword nor AdminResetUserPassword works."""
    if user["UserStatus"] == "FORCE_CHANGE_PASSWORD":
        raise not_authorized("User password cannot be reset in the current state.")


def _no_delivery(user: dict) -> Refused | None:
    if not user.get("Enabled", True):
        return not_authorized("User is disabled.")
    if idp._attr_list_to_dict(user.get("Attributes", [])).get("email_verified") != "true":
        return invalid_parameter(
            "Cannot reset password for the user as there is no registered/verified email or phone_number"
        )
    return None


def _email(user: dict) -> str:
    return idp._attr_list_to_dict(user.get("Attributes", [])).get("email", "")


def _sent_to(address: str) -> tuple:
    return idp._code_delivery_response(idp._masked_destination(address))
