"""Counts AWS calls by account and operation. Owns nothing but the numbers."""

from collections import Counter

from cogapi_emulator.call import Call


class Calls:
    """How often each account made each call. Functions' own calls and unsigned ones are not counted.

    A call above AWS's rates counts as throttled, and only so.
    """

    def __init__(self) -> None:
        self._counts: dict[str, Counter[Call]] = {}
        self._throttled: dict[str, Counter[Call]] = {}

    def count(self, call: Call) -> None:
        self._add(self._counts, call)

    def count_throttled(self, call: Call) -> None:
        self._add(self._throttled, call)

    def report(self, account: str) -> dict[str, object]:
        counts = self._counts.get(account, Counter())
        reads = sum(number for call, number in counts.items() if call.is_read)
        total = counts.total()
        throttled = self._throttled.get(account, Counter())
        return {
            "total": total,
            "reads": reads,
            "writes": total - reads,
            "by_operation": _by_operation(counts),
            "throttled": throttled.total(),
            "throttled_by_operation": _by_operation(throttled),
        }

    def clear(self, account: str | None = None) -> None:
        for counts in (self._counts, self._throttled):
            if account is None:
                counts.clear()
            else:
                counts.pop(account, None)

    @staticmethod
    def _add(counts: dict[str, Counter[Call]], call: Call) -> None:
        if call.caller == "user":
            counts.setdefault(call.account, Counter())[call] += 1


def _by_operation(counts: Counter[Call]) -> dict[str, int]:
    return {call.name: number for call, number in sorted(counts.items(), key=lambda item: item[0].name)}
