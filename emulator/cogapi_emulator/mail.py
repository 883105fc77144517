"""The mails that Cognito and SES have sent. Must not send any."""

import sys

from cogapi_emulator.moment import iso


def sent(account: str) -> list[dict[str, object]]:
    """The account's mails, newest first."""
    ses = sys.modules.get("ministack.services.ses")
    if ses is None:
        return []
    records = [
        record
        for key, found in list(ses._sent_emails._data.items())
        if key[0] == account and key[-1] == "entries"
        for record in found
    ]
    records.sort(key=lambda record: record["Timestamp"], reverse=True)
    return [
        {
            "id": record["MessageId"],
            "to": record.get("To") or [],
            "subject": record.get("RenderedSubject") or record.get("Subject") or "",
            "text": record.get("RenderedBodyText") or record.get("BodyText") or "",
            "html": record.get("RenderedBodyHtml") or record.get("BodyHtml") or "",
            "at": iso(record["Timestamp"]),
        }
        for record in records
    ]
