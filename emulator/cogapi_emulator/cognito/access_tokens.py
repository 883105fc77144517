"""Owns whose an access token is, for the operations that nothing else authorizes."""

from ministack.services import cognito as idp

from cogapi_emulator.cognito.refused import not_authorized


def owner(data: dict) -> tuple[dict, dict]:
    """Return the pool and the user of a request's AccessToken; the dispatcher has checked the token itself."""
    user, pool = idp._user_pool_for_access_token(data.get("AccessToken"))
    if user is None:
        raise not_authorized("Invalid Access Token")
    return pool, user
