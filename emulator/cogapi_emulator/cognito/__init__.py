"""Owns what ministack's Cognito does unlike AWS. One module a concern, each with its `install()`.

Must be imported only after the process's environment is set: ministack reads it on import.
Nothing here may be needed by the other areas; they may not reach in.
"""

from cogapi_emulator.cognito import (
    attempts,
    choices,
    clients,
    custom_auth,
    dispatch,
    groups,
    invitations,
    messages,
    mfa_settings,
    passkeys,
    pools,
    preferences,
    recovery,
    refresh_tokens,
    revocation,
    sign_in,
    token_times,
    totp,
    triggers,
)

# `dispatch` goes first: it gives every other module's `Refused` its form on the wire.
_CONCERNS = (
    dispatch,
    triggers,
    pools,
    clients,
    groups,
    mfa_settings,
    sign_in,
    attempts,
    totp,
    preferences,
    custom_auth,
    choices,
    passkeys,
    refresh_tokens,
    token_times,
    revocation,
    messages,
    invitations,
    recovery,
)


def install() -> None:
    """Patch ministack's Cognito in this process."""
    for concern in _CONCERNS:
        concern.install()
