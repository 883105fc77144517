"""Owns the text of Cognito's mails: the CustomMessage trigger, the pool's template, the codes.

Must not know when a mail is due: `invitations` and `recovery` do.
"""

import secrets
import unicodedata
from collections.abc import Callable

from ministack.core.responses import get_account_id
from ministack.services import cognito as idp

from cogapi_emulator import settings
from cogapi_emulator.cognito import triggers
from cogapi_emulator.cognito.refused import Refused, invalid_parameter
from cogapi_emulator.patching import around

_CODE = "{####}"
_USERNAME = "{username}"

_LONGEST_BODY = 20_000
_LONGEST_SUBJECT = 140
_PATTERN = r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*"
_SPACES = " \t\n\v\f\r"

NO_CLIENT = "CLIENT_ID_NOT_APPLICABLE"


def install() -> None:
    """Patch ministack."""

    @around(idp, "_deliver_cognito_email")
    def deliver_cognito_email(original: Callable, *arguments: object, **keywords: object) -> object:
        # AWS: when SES takes no mail, AdminCreateUser fails and yet has created the user; ministack never fails.
        chosen = settings.of(get_account_id())
        if chosen.mail_refused:
            # What SES says in its sandbox: it names whom it refuses.
            recipient, region = arguments[1], idp._pool_region(arguments[0]["Id"]).upper()
            raise Refused(
                "CodeDeliveryFailureException",
                "Email address is not verified. The following identities failed the check in region "
                f"{region}: {recipient}",
            )
        if chosen.mail_quota_used_up:
            # Believed: the user exists by then, as when SES refuses.
            raise Refused(
                "LimitExceededException",
                "Exceeded daily email limit for the operation or the account. If a higher limit is required, please "
                "configure your user pool to use your own Amazon SES configuration for sending email from Amazon SES.",
            )
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
    _check("emailBody", body, _LONGEST_BODY)
    _check("emailSubject", custom.get("emailSubject"), _LONGEST_SUBJECT)
    if body and not all(placeholder in body for placeholder in placeholders):
        return default
    return custom.get("emailSubject") or default[0], body or default[1]


def _check(field: str, text: str | None, longest: int) -> None:
    """Refuse a trigger's text that Cognito does not take, and the call with it; ministack takes any.

    AWS: "1 validation error detected: Value '…' at 'emailBody' failed to satisfy constraint: Member must satisfy
    regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*\\{####\\}…". A no-break space (Zs) or a joiner
    (Cf) is outside, as Java's \\s is ASCII. At most 20,000 characters, and 140 of a subject.
    """
    if not text:
        return
    constraint = None
    if len(text) > longest:
        constraint = f"Member must have length less than or equal to {longest}"
    elif not all(letter in _SPACES or unicodedata.category(letter)[0] in "LMSNP" for letter in text):
        constraint = f"Member must satisfy regular expression pattern: {_PATTERN}"
    if constraint is not None:
        raise invalid_parameter(
            f"1 validation error detected: Value '{text}' at '{field}' failed to satisfy constraint: {constraint}"
        )


def _expanded(pool: dict, user: dict, template: tuple, code: str) -> tuple:
    attributes = idp._attr_list_to_dict(user.get("Attributes", []))
    shown = idp._template_username(pool, user["Username"], attributes)
    return tuple(idp._expand_template(part, shown, code) for part in template)
