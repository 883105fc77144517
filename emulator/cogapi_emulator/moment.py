"""How moments are written for people. Knows no AWS service."""

from datetime import datetime, timezone


def iso(seconds: float) -> str:
    """A moment since 1970, in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
