"""Counts AWS calls by account and operation. Owns nothing but the numbers."""

from collections import Counter

from cogapi_emulator.call import Call


class Calls:
    """How often each account made each call. Functions' own calls and unsigned ones are not counted."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[Call]] = {}

    def count(self, call: Call) -> None:
        if call.caller == "user":
            self._counts.setdefault(call.account, Counter())[call] += 1

    def report(self, account: str) -> dict[str, object]:
        counts = self._counts.get(account, Counter())
        reads = sum(number for call, number in counts.items() if call.is_read)
        total = counts.total()
        by_operation = {call.name: number for call, number in sorted(counts.items(), key=lambda item: item[0].name)}
        return {"total": total, "reads": reads, "writes": total - reads, "by_operation": by_operation}

    def clear(self, account: str | None = None) -> None:
        if account is None:
            self._counts.clear()
        else:
            self._counts.pop(account, None)
