"""Owns the way into a Cognito operation: whose account it is for, its secret hash, how it is refused.

Must not know what any operation does.
"""

from collections.abc import Callable, Iterator

from ministack.core.responses import set_request_account_id
from ministack.services import cognito as idp

from cogapi_emulator.cognito.refused import Answered, Refused
from cogapi_emulator.patching import around

_RESPONSES_TO_CHALLENGES = ("RespondToAuthChallenge", "AdminRespondToAuthChallenge")

_added: dict[str, Callable[[dict], tuple]] = {}


def install() -> None:
    """Patch ministack."""
    around(idp, "_run_idp_handler")(_with_refusals)
    around(idp, "_pin_unsigned_idp_scope")(_in_the_owners_account)
    around(idp, "_validate_client_secret_hash")(_over_the_real_username)
    around(idp, "_dispatch_idp")(_with_what_is_added)


def serve(action: str, handler: Callable[[dict], tuple]) -> None:
    """Answer a public operation that ministack does not know."""
    _added[action] = handler
    idp._UNSIGNED_IDP_ACTIONS.add(action)


async def _with_what_is_added(dispatch: Callable, action: str, data: dict) -> tuple:
    handler = _added.get(action)
    if handler is None:
        return await dispatch(action, data)
    return await idp.run_reentrant(idp._run_idp_handler, handler, action, data, thread_name="ministack-cognito-trigger")


def _with_refusals(run: Callable, handler: Callable, action: str, data: dict) -> tuple:
    try:
        return run(handler, action, data)
    except (Refused, Answered) as refused:
        return refused.answer()


def _in_the_owners_account(pin: Callable, data: dict) -> None:
    """Public operations carry no signature: AWS finds the pool by client id, token or session, which are global.

    ministack looks for them in its root account only, so a client in any other account gets
    "Client not found", and parallel tests could use nothing but the Admin operations.
    """
    account = owner(data)
    if account is not None:
        set_request_account_id(account)
    pin(data)


def owner(data: dict) -> str | None:
    """Return the account of the pool that an unsigned request is for, if there is one."""
    return next(_owners(data), None)


def _owners(data: dict) -> Iterator[str]:
    client_id = data.get("ClientId")
    pool_ids = {idp._pool_id_from_token(data.get(field, "")) for field in ("AccessToken", "RefreshToken", "Token")}
    for (account, _region, pool_id), pool in idp._user_pools.all_items():
        if pool_id in pool_ids or (client_id and client_id in pool["_clients"]):
            yield account
    session = data.get("Session")
    for account, token in idp._challenge_sessions.to_dict():
        if token == session:
            yield account


def _over_the_real_username(validate: Callable, action: str, data: dict) -> tuple | None:
    """A challenge's SECRET_HASH is over the user's real name, whatever alias began the sign-in.

    AWS: a user who signs in by e-mail has the sub as the username in later challenges
    (USER_ID_FOR_SRP tells it). ministack accepts a hash over whatever USERNAME says.
    """
    session = idp._challenge_sessions.get(data.get("Session") or "")
    if action in _RESPONSES_TO_CHALLENGES and session:
        responses = {**(data.get("ChallengeResponses") or {}), "USERNAME": session["username"]}
        data = {**data, "ChallengeResponses": responses}
    return validate(action, data)
