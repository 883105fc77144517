"""Corrections of SES: which identities are verified, and whether the account may send, and to whom. Sends nothing.

ministack has identities of its two APIs apart, verifies them all, and lets every account send, out of the sandbox.
"""

import json
import re

from ministack.core.responses import get_account_id, json_response
from ministack.services import ses, ses_v2

from cogapi_emulator import settings
from cogapi_emulator.patching import around

# AWS: in the sandbox, 200 mails a day and one a second.
_SANDBOX = {"Max24HourSend": 200.0, "MaxSendRate": 1.0}
_PAUSED = "Email sending is disabled for your account."
_SENDS = ("/v2/email/outbound-emails", "/v2/email/outbound-bulk-emails")
_IDENTITY = re.compile(r"/v2/email/identities/([^/]+)")


def install() -> None:
    """Patch ministack's SES in this process."""
    _install_identities()
    _install_account()


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
        unverified = settings.of(get_account_id()).ses_unverified
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
    if ses._identities.get(name) is None and ses_v2._identities.get(name) is None:
        return None
    return "Pending" if name in settings.of(get_account_id()).ses_unverified else "Success"


def _is_sandboxed() -> bool:
    return settings.of(get_account_id()).ses_sandbox


def _is_paused() -> bool:
    return settings.of(get_account_id()).ses_paused
