"""Owns the time by which Cognito's invitations, sessions and refresh tokens expire."""

import time

from ministack.core.responses import get_account_id

from cogapi_emulator import settings


def now() -> float:
    """Return the time in the request's account, which a test can set ahead."""
    return time.time() + settings.of(get_account_id()).cognito_clock_ahead_seconds
