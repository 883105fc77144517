"""Owns the text of Cognito's mails: the CustomMessage trigger, the pool's template, the codes.

Must not know when a mail is due: `invitations` and `recovery` do.
"""

import secrets
from collections.abc import Callable

from ministack.core.responses import get_account_id
from ministack.services import cognito as idp

from cogapi_emulator import settings
from cogapi_emulator.cognito import triggers
from cogapi_emulator.cognito.refused import Refused
from cogapi_emulator.patching import around

_CODE = "{####}"
_USERNAME = "{username}"

NO_CLIENT = "CLIENT_ID_NOT_APPLICABLE"


def install() -> None:
    """Patch ministack."""

    @around(idp, "_deliver_cognito_email")
    def deliver_cognito_email(original: Callable, *arguments: object, **keywords: object) -> object:
        # AWS: when SES takes no mail, AdminCreateUser fails and yet has created the user; ministack never fails.
        if settings.of(get_account_id()).mail_refused:
            raise Refused("CodeDeliveryFailureException", "Email address is not verified.")
        return original(*arguments, **keywords)


def new_code() -> str:
    """Return a random six-digit code; ministack's are the same for everyone, so a test could not tell them apart."""
    return f"{secrets.randbelow(10**6):06d}"


def invitation(
    pool: dict, username: str, password: str, attributes: dict, client_metadata: dict | None = None
) -> tuple:
    """Return subject and body of an invitation.

    AWS: the reply to CustomMessage_AdminCreateUser must contain both placeholders, or Cognito silently sends its
    own message; ministack refuses the call.
    """
    default = idp._resolve_invite_template(pool)[:2]
    user = {"Username": username, "Attributes": idp._dict_to_attr_list(attributes)}
    user["UserStatus"] = "FORCE_CHANGE_PASSWORD"
    template = _template(pool, "AdminCreateUser", user, NO_CLIENT, client_metadata, default, (_CODE, _USERNAME))
    return _expanded(pool, user, template, password)


def send_code(pool: dict, reason: str, user: dict, code: str, client_id: str, client_metadata: dict | None) -> None:
    """Mail a code to the user; `reason` is the CustomMessage trigger source's second half."""
    default = idp._resolve_verification_template(pool)
    template = _template(pool, reason, user, client_id, client_metadata, default, (_CODE,))
    subject, body = _expanded(pool, user, template, code)
    idp._deliver_cognito_email(
        pool,
        idp._attr_list_to_dict(user.get("Attributes", [])).get("email"),
        subject,
        body,
        type_name="CognitoVerificationMessage",
        extra={"Username": user["Username"], "AttributeName": "email"},
    )


def _template(
    pool: dict,
    reason: str,
    user: dict,
    client_id: str,
    client_metadata: dict | None,
    default: tuple,
    placeholders: tuple,
) -> tuple:
    """Return the subject and body that the CustomMessage trigger chose, or the default ones."""
    event = triggers.event(
        pool,
        f"CustomMessage_{reason}",
        user["Username"],
        client_id,
        {
            "userAttributes": triggers.user_attributes(user),
            "codeParameter": _CODE,
            "linkParameter": "{##Click Here##}",
            # Only the invitation has a place for the username.
            "usernameParameter": _USERNAME if _USERNAME in placeholders else None,
            "clientMetadata": dict(client_metadata or {}),
        },
        {"smsMessage": None, "emailMessage": None, "emailSubject": None},
    )
    custom = triggers.invoke(pool, "CustomMessage", event) or {}
    body = custom.get("emailMessage")
    if body and not all(placeholder in body for placeholder in placeholders):
        return default
    return custom.get("emailSubject") or default[0], body or default[1]


def _expanded(pool: dict, user: dict, template: tuple, code: str) -> tuple:
    attributes = idp._attr_list_to_dict(user.get("Attributes", []))
    shown = idp._template_username(pool, user["Username"], attributes)
    return tuple(idp._expand_template(part, shown, code) for part in template)
