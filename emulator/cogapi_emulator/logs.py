"""What the functions of an account have logged, a line an item. Changes nothing."""

import heapq
import json
import sys
from collections.abc import Iterator

from cogapi_emulator.moment import iso

# What Lambda itself logs around an invocation.
_OF_LAMBDA = ("START RequestId: ", "END RequestId: ", "REPORT RequestId: ")


def written(account: str, limit: int) -> list[dict[str, object]]:
    """The last lines, newest first."""
    logs = sys.modules.get("ministack.services.cloudwatch_logs")
    if logs is None:
        return []
    streams = [
        (name, stream["events"])
        for key, group in list(logs._log_groups._data.items())
        if key[0] == account
        for name, stream in list(group["streams"].items())
        if stream["events"]
    ]
    # Each line is written by its place in its stream, and a stream is one invocation.
    newest = heapq.nlargest(limit, streams, key=lambda stream: stream[1][-1]["timestamp"])
    lines = (line for name, events in newest for line in _lines(name, list(events)))
    return [line for line, _ in zip(lines, range(limit), strict=False)]


def _lines(stream: str, events: list[dict]) -> Iterator[dict[str, object]]:
    lines = [
        (number, event, _fields(event["message"]))
        for number, event in enumerate(events)
        if not event["message"].startswith(_OF_LAMBDA)
    ]
    function = next((fields["endpoint"] for _, _, fields in lines if "endpoint" in fields), "")
    for number, event, fields in reversed(lines):
        yield {
            "id": f"{stream}:{number}",
            "at": iso(event["timestamp"] / 1000),
            "function": function,
            "level": fields.get("level", "INFO"),
            "message": fields.get("message") or fields.get("outcome") or event["message"],
            "fields": fields,
        }


def _fields(message: str) -> dict[str, object]:
    """The members of a JSON line; what CloudWatch makes metrics of is nothing to read."""
    try:
        document = json.loads(message)
    except ValueError:
        return {}
    return {name: value for name, value in document.items() if name != "_aws"} if isinstance(document, dict) else {}
