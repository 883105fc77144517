"""Owns challenge sessions: one-time, bound to the app client and the user, expiring.

ministack answers SOFTWARE_TOKEN_MFA and NEW_PASSWORD_REQUIRED with random strings that it never looks at
again. Here every session is a record in its own store (which it resets and persists); what a challenge
means is the business of the modules that use this one.
"""

import threading

from ministack.services import cognito as idp

from cogapi_emulator.cognito import clock
from cogapi_emulator.cognito.refused import Refused, invalid_parameter, not_authorized

# Believed, not documented: AWS gives up on a session after a few wrong codes.
_TRIES = 3

_lock = threading.Lock()


def issue(pool_id: str, client_id: str, username: str, challenge: str, **facts: object) -> tuple[str, dict]:
    """Begin a session that waits for an answer to `challenge`; it lives for the client's AuthSessionValidity."""
    _forget_expired()
    token, session = idp._create_challenge_session(pool_id, client_id, username)
    session.update(facts, challenge=challenge, expires_at=clock.now() + session["expires_at"] - session["created_at"])
    return token, session


def find(token: object, challenge: str, client_id: str | None = None) -> dict:
    """Return the session that waits for `challenge`, or refuse."""
    if not isinstance(token, str) or not token:
        raise invalid_parameter("Missing required parameter Session")
    session = idp._challenge_sessions.get(token)
    if session is None:
        raise not_authorized("Invalid session for the user.")
    if clock.now() > session["expires_at"]:
        raise not_authorized("Invalid session for the user, session is expired.")
    if session.get("spent"):
        raise not_authorized("Invalid session for the user, session can only be used once.")
    if session.get("challenge") != challenge or client_id not in (None, session["client_id"]):
        raise not_authorized("Invalid session for the user.")
    return session


def spend(session: dict) -> None:
    """Use the session up. Of two answers at once, one wins."""
    with _lock:
        if session.get("spent"):
            raise not_authorized("Invalid session for the user, session can only be used once.")
        session["spent"] = True


def end(session: dict) -> None:
    """Make the session unusable, whether it was used or not."""
    with _lock:
        session["spent"] = True


def wrong_answer(session: dict, refusal: Refused) -> Refused:
    """Count a wrong answer and return the refusal: AWS lets the client try again in the same session."""
    with _lock:
        session["wrong_answers"] = session.get("wrong_answers", 0) + 1
        if session["wrong_answers"] >= _TRIES:
            session["spent"] = True
    return refusal


def check_user(session: dict, pool: dict, username: object) -> dict | None:
    """Return the session's user, refusing a USERNAME that is another's; None when the session has no real user."""
    if not username:
        raise invalid_parameter("Missing required parameter USERNAME")
    user, _ = idp._resolve_user(pool, session["username"])
    named, _ = idp._resolve_user(pool, username)
    if named is not user or (user is None and username not in (session["username"], session.get("named"))):
        raise not_authorized("Invalid session for the user.")
    return user


def _forget_expired() -> None:
    now = clock.now()
    for token, session in idp._challenge_sessions.items():
        if now > session["expires_at"]:
            idp._challenge_sessions.pop(token, None)
