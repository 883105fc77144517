"""Corrections of SES: which identities are verified, who may send from them, and to whom, if at all.

ministack has identities of its two APIs apart, verifies them all, and lets every account send, out of the sandbox.
"""

import json
import re

from ministack import app
from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import ses, ses_v2

from cogapi_emulator import settings
from cogapi_emulator.patching import around

# AWS: in the sandbox, 200 mails a day and one a second.
_SANDBOX = {"Max24HourSend": 200.0, "MaxSendRate": 1.0}
_PAUSED = "Email sending is disabled for your account."
_SENDS = ("/v2/email/outbound-emails", "/v2/email/outbound-bulk-emails")
_IDENTITY = re.compile(r"/v2/email/identities/([^/]+)")
_SEND = ("POST", "/v2/email/outbound-emails")


def install() -> None:
    """Patch ministack's SES in this process."""
    _install_identities()
    _install_account()
    _install_sending()


def _install_identities() -> None:
    @around(ses_v2, "handle_request")
    async def handle_request(original, method, path, headers, body, query):
        match = _IDENTITY.fullmatch(path.rstrip("/"))
        if method == "GET" and match is not None and (identity := _identity(match[1])) is not None:
            return json_response(identity)
        if method == "POST" and path.rstrip("/") in _SENDS and _is_paused():
            return ses_v2._json_err("SendingPausedException", _PAUSED)
        reply = await original(method, path, headers, body, query)
        if method == "GET" and path.rstrip("/") == "/v2/email/account":
            return json_response(_account(json.loads(reply[2])))
        return reply

    @around(ses, "_get_identity_verification_attributes")
    def get_identity_verification_attributes(_original, parameters):
        # AWS: an identity that is not there is not in the answer; ministack has it pending.
        entries = "".join(
            f"<entry><key>{ses._esc(name)}</key><value><VerificationStatus>{status}</VerificationStatus></value></entry>"
            for name in ses._collect_list(parameters, "Identities.member")
            if (status := _status(name)) is not None
        )
        result = f"<VerificationAttributes>{entries}</VerificationAttributes>"
        return ses._xml(
            200,
            "GetIdentityVerificationAttributesResponse",
            f"<GetIdentityVerificationAttributesResult>{result}</GetIdentityVerificationAttributesResult>",
        )

    @around(ses, "_identity_verified")
    def identity_verified(original, address, **names):
        name = ses.parseaddr(address)[1]
        if not {name, *ses._domain_and_parents(name.rpartition("@")[2])}.isdisjoint(_settings().ses_verified):
            return True
        unverified = _settings().ses_unverified
        # A verified domain vouches for its addresses, unless the domain is what waits.
        waiting = name in unverified and not original(f"anyone@{name.rpartition('@')[2]}", **names)
        return not waiting and name.rpartition("@")[2] not in unverified and original(address, **names)


def _install_account() -> None:
    @around(ses, "_production_access_enabled")
    def production_access_enabled(original):
        return original() and not _is_sandboxed()

    for action in ("_send_email", "_send_raw_email", "_send_templated_email", "_send_bulk_templated_email"):
        _install_pause(action)

    @around(ses, "_get_send_quota")
    def get_send_quota(original, parameters):
        status, headers, body = original(parameters)
        if _is_sandboxed():
            for name, value in _SANDBOX.items():
                body = re.sub(rf"<{name}>[^<]*<".encode(), f"<{name}>{value}<".encode(), body)
        return status, headers, body


def _install_pause(action: str) -> None:
    @around(ses, action)
    def send(original, parameters):
        if _is_paused():
            return ses._error("AccountSendingPausedException", _PAUSED, 400)
        return original(parameters)


def _account(document: dict) -> dict:
    """The account's sending as it is set to be."""
    if _is_sandboxed():
        document["ProductionAccessEnabled"] = False
        document["SendQuota"] |= _SANDBOX
    document["SendingEnabled"] = not _is_paused()
    return document


def _install_sending() -> None:
    @around(app, "_enforce_ses_v2")
    def enforce_ses_v2(original, method, path, headers, body, query, request_id):
        if (method, path.rstrip("/")) != _SEND:
            return original(method, path, headers, body, query, request_id)
        # AWS: ses:SendEmail is allowed on the identity that is sent from, and by who sends what to whom; ministack
        # asks for it on everything, so a policy for one identity allows nothing.
        message = _parsed(body)
        identity = _sending_identity(message)
        return (
            app._enforce_data_plane(
                "sesv2",
                "ses:SendEmail",
                headers,
                query,
                request_id,
                resource_arn=identity,
                service_context=_sending_context(message),
                named_resource=identity,
            )
            or _quota_refusal()
        )


def _parsed(body: bytes) -> dict:
    try:
        message = json.loads(body)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _sending_identity(message: dict) -> str:
    """The ARN of what a message is sent from: the address where it is an identity of its own, else its domain."""
    if given := message.get("FromEmailAddressIdentityArn"):
        return given
    address = ses.parseaddr(message.get("FromEmailAddress") or "")[1]
    names = [address, *ses._domain_and_parents(address.rpartition("@")[2])]
    name = next((name for name in names if _status(name) is not None), address)
    return f"arn:aws:ses:{get_region()}:{get_account_id()}:identity/{name}"


def _sending_context(message: dict) -> dict[str, object]:
    """The condition keys of ses:SendEmail."""
    name, address = ses.parseaddr(message.get("FromEmailAddress") or "")
    destination = message.get("Destination") or {}
    recipients = [one for kind in ("ToAddresses", "CcAddresses", "BccAddresses") for one in destination.get(kind) or []]
    return {
        "ses:FromAddress": address,
        "ses:FromDisplayName": name,
        "ses:FeedbackAddress": message.get("FeedbackForwardingEmailAddress") or address,
        "ses:Recipients": [ses.parseaddr(one)[1] for one in recipients],
        "ses:ApiVersion": "2",
    }


def _quota_refusal():
    if not _settings().ses_quota_used_up:
        return None
    # The name is documented; that the quota of a day and the rate of a second share it is believed.
    return ses_v2._json_err("TooManyRequestsException", "Daily message quota exceeded.", 429)


def _identity(name: str) -> dict | None:
    """An identity as the newer API shows it, whichever of the two made it."""
    status = _status(name)
    if status is None:
        return None
    known = ses_v2._identities.get(name) or {
        "IdentityType": "EMAIL_ADDRESS" if "@" in name else "DOMAIN",
        "FeedbackForwardingStatus": True,
        "MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
        "Tags": [],
    }
    shown = {key: value for key, value in known.items() if key not in ("EmailIdentity", "CreatedTimestamp")}
    return shown | {"VerifiedForSendingStatus": status == "Success", "VerificationStatus": status.upper()}


def _status(name: str) -> str | None:
    """AWS: an identity is pending until its owner has followed the mail, or its DNS records are found."""
    if name in _settings().ses_verified:
        return "Success"
    if ses._identities.get(name) is None and ses_v2._identities.get(name) is None:
        return None
    return "Pending" if name in _settings().ses_unverified else "Success"


def _is_sandboxed() -> bool:
    return _settings().ses_sandbox


def _is_paused() -> bool:
    return _settings().ses_paused


def _settings() -> settings.Settings:
    return settings.of(get_account_id())
