"""Corrections of how policies are evaluated: which values conditions see. Evaluates nothing.

ministack takes a request over HTTP for one without TLS, which is true and of no use: it has no other.
"""

from ministack.core import iam_evaluator

from cogapi_emulator.patching import around


def install() -> None:
    """Patch ministack's evaluation in this process."""

    @around(iam_evaluator, "_resolve_condition_key")
    def resolve_condition_key(original, key, context):
        # AWS is called over TLS, and so are buckets with a policy that demands it. Root users are not asked here.
        return "true" if key.lower() == "aws:securetransport" else original(key, context)
