"""The mails that Cognito and SES have sent, as JSON and as a page. Must not send any."""

import html
import sys
from datetime import datetime, timezone

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Mail</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
article {{ border: 1px solid #bbb; border-radius: 6px; padding: 1rem; margin: 1rem 0; }}
h2 {{ font-size: 1.1rem; margin: 0; }}
p {{ color: #555; margin: 0 0 .5rem; }}
pre {{ white-space: pre-wrap; }}
iframe {{ width: 100%; height: 24rem; border: 1px solid #ddd; }}
</style></head><body><h1>Mail</h1>
{articles}
</body></html>
"""


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
            "to": record.get("To") or [],
            "subject": record.get("RenderedSubject") or record.get("Subject") or "",
            "text": record.get("RenderedBodyText") or record.get("BodyText") or "",
            "html": record.get("RenderedBodyHtml") or record.get("BodyHtml") or "",
            "at": datetime.fromtimestamp(record["Timestamp"], timezone.utc).isoformat(timespec="milliseconds"),
        }
        for record in records
    ]


def page(account: str) -> str:
    """A page that shows them. Nothing of a mail runs: text is escaped, HTML is in a sandboxed frame."""
    articles = "".join(_article(mail) for mail in sent(account)) or "<p>No mail yet.</p>"
    return _PAGE.format(articles=articles)


def _article(mail: dict) -> str:
    if mail["html"]:
        # An empty sandbox: no scripts, no forms, no navigation, an origin of its own.
        content = f'<iframe sandbox="" title="the mail" srcdoc="{html.escape(mail["html"])}"></iframe>'
    else:
        content = f"<pre>{html.escape(mail['text'])}</pre>"
    to = html.escape(", ".join(mail["to"]))
    return f"<article><h2>{html.escape(mail['subject'])}</h2><p>{to} · {mail['at']}</p>{content}</article>\n"
