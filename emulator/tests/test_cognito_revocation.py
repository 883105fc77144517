"""The end of sessions: sign-outs, revoked tokens, disabled and deleted users."""

from collections.abc import Callable

import pytest
from cognito_world import PASSWORD, World, make_world, refusal  # noqa: F401 (a fixture)

JANE = "jane@example.com"
REVOKED = ("NotAuthorizedException", "Access Token has been revoked")


@pytest.fixture
def prepared(world: World) -> World:
    world.pool()
    world.client(
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
        PreventUserExistenceErrors="ENABLED",
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    )
    world.user(JANE)
    return world


def _tokens(world: World) -> dict:
    return world.sign_in(JANE)["AuthenticationResult"]


def _refreshing(world: World, tokens: dict) -> dict:
    return {"ClientId": world.client_id, "ClientSecret": world.secret, "RefreshToken": tokens["RefreshToken"]}


def _by_access_token(world: World, token: str) -> dict[str, Callable[[], tuple[str, str]]]:
    """The calls that an access token authorizes, each as its refusal."""
    idp = world.idp
    calls = {
        "get_user": {},
        "change_password": {"PreviousPassword": PASSWORD, "ProposedPassword": PASSWORD},
        "associate_software_token": {},
        "verify_software_token": {"UserCode": "000000"},
        "set_user_mfa_preference": {},
        "global_sign_out": {},
        "start_web_authn_registration": {},
        "list_web_authn_credentials": {},
    }
    return {name: refusal(getattr(idp, name), AccessToken=token, **arguments) for name, arguments in calls.items()}


def _admin(world: World) -> dict:
    return {"UserPoolId": world.pool_id, "Username": JANE}


@pytest.mark.parametrize("by", ["the user", "an admin"])
def test_a_global_sign_out_ends_every_session(prepared: World, by: str):
    first, second = _tokens(prepared), _tokens(prepared)
    second = prepared.idp.get_tokens_from_refresh_token(**_refreshing(prepared, second))["AuthenticationResult"]
    if by == "the user":
        prepared.idp.global_sign_out(AccessToken=first["AccessToken"])
    else:
        prepared.idp.admin_user_global_sign_out(**_admin(prepared))
    for tokens in (first, second):
        assert set(_by_access_token(prepared, tokens["AccessToken"]).values()) == {REVOKED}
        refresh = refusal(prepared.idp.get_tokens_from_refresh_token, **_refreshing(prepared, tokens))
        assert refresh[0] == "NotAuthorizedException"
    assert prepared.idp.get_user(AccessToken=_tokens(prepared)["AccessToken"])["Username"]


def test_a_revoked_refresh_token_ends_its_own_session_only(prepared: World):
    first, second = _tokens(prepared), _tokens(prepared)
    revoke = _revoking(prepared, first["RefreshToken"])
    prepared.idp.revoke_token(**revoke)
    assert refusal(prepared.idp.get_user, AccessToken=first["AccessToken"]) == REVOKED
    refresh = prepared.idp.get_tokens_from_refresh_token
    assert refusal(refresh, **_refreshing(prepared, first))[0] == "NotAuthorizedException"
    assert prepared.idp.get_user(AccessToken=second["AccessToken"])["Username"]
    # Again is no error.
    prepared.idp.revoke_token(**revoke)


def _revoking(world: World, token: str, **arguments: str) -> dict:
    return {"ClientId": world.client_id, "ClientSecret": world.secret, "Token": token} | arguments


def test_a_token_is_revoked_by_its_own_client_with_its_secret(prepared: World):
    tokens = _tokens(prepared)
    revoke = prepared.idp.revoke_token
    wrong = _revoking(prepared, tokens["RefreshToken"], ClientSecret="wrong-secret-of-enough-characters")
    assert refusal(revoke, **wrong)[0] == "UnauthorizedException"
    assert refusal(revoke, **_revoking(prepared, tokens["AccessToken"]))[0] == "UnsupportedTokenTypeException"
    prepared.client()
    assert refusal(revoke, **_revoking(prepared, tokens["RefreshToken"]))[0] == "UnauthorizedException"
    assert prepared.idp.get_user(AccessToken=tokens["AccessToken"])["Username"]


def test_a_client_without_token_revocation_revokes_none(prepared: World):
    prepared.client(EnableTokenRevocation=False)
    arguments = _revoking(prepared, _tokens(prepared)["RefreshToken"])
    assert refusal(prepared.idp.revoke_token, **arguments)[0] == "UnsupportedOperationException"


def test_a_disabled_user_has_no_sessions_and_gets_none(prepared: World):
    tokens = _tokens(prepared)
    prepared.idp.admin_disable_user(**_admin(prepared))
    disabled = ("NotAuthorizedException", "User is disabled.")
    assert set(_by_access_token(prepared, tokens["AccessToken"]).values()) == {disabled}
    refresh = prepared.idp.get_tokens_from_refresh_token
    assert refusal(refresh, **_refreshing(prepared, tokens)) == disabled
    assert refusal(prepared.sign_in, email=JANE) == disabled
    prepared.idp.admin_enable_user(**_admin(prepared))
    assert refusal(prepared.idp.get_user, AccessToken=tokens["AccessToken"]) == REVOKED
    assert _tokens(prepared)


def test_a_deleted_user_leaves_nothing_to_the_next_of_that_address(prepared: World):
    prepared.idp.create_group(UserPoolId=prepared.pool_id, GroupName="admins")
    prepared.idp.admin_add_user_to_group(GroupName="admins", **_admin(prepared))
    tokens = _tokens(prepared)
    prepared.idp.admin_delete_user(**_admin(prepared))
    assert {code for code, _ in _by_access_token(prepared, tokens["AccessToken"]).values()} == {"UserNotFoundException"}
    refresh = prepared.idp.get_tokens_from_refresh_token
    assert refusal(refresh, **_refreshing(prepared, tokens))[0] == "NotAuthorizedException"
    assert refusal(prepared.sign_in, email=JANE) == ("NotAuthorizedException", "Incorrect username or password.")
    prepared.user(JANE)
    assert prepared.idp.admin_list_groups_for_user(**_admin(prepared))["Groups"] == []
    members = prepared.idp.list_users_in_group(UserPoolId=prepared.pool_id, GroupName="admins")
    assert members["Users"] == []
    assert refusal(prepared.idp.get_user, AccessToken=tokens["AccessToken"])[0] == "UserNotFoundException"


def test_a_deleted_users_challenge_is_not_answered(prepared: World):
    prepared.require_mfa()
    challenge = prepared.sign_in(JANE)
    prepared.idp.admin_delete_user(**_admin(prepared))
    session = {"Session": challenge["Session"]}
    associated = prepared.idp.associate_software_token(**session)
    verify = {"Session": associated["Session"], "UserCode": "000000"}
    assert refusal(prepared.idp.verify_software_token, **verify)[0] == "NotAuthorizedException"
