"""Refreshing tokens: the client secret, rotation, replay."""

import pytest
from cognito_world import World, make_world, refusal  # noqa: F401 (a fixture)

JANE = "jane@example.com"


def _signed_in(world: World, **settings) -> dict:
    world.pool()
    world.client(ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"], **settings)
    world.user(JANE)
    return world.sign_in(JANE)["AuthenticationResult"]


def _rotating(grace: int) -> dict:
    return {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": grace}}


def _arguments(world: World, token: str) -> dict:
    return {"ClientId": world.client_id, "ClientSecret": world.secret, "RefreshToken": token}


def test_a_refresh_needs_the_client_secret(world: World):
    tokens = _signed_in(world)
    arguments = _arguments(world, tokens["RefreshToken"])
    refresh = world.idp.get_tokens_from_refresh_token
    assert refusal(refresh, **(arguments | {"ClientSecret": "wrong-secret-of-enough-characters"}))[0] == (
        "NotAuthorizedException"
    )
    arguments.pop("ClientSecret")
    assert refusal(refresh, **arguments)[0] == "NotAuthorizedException"


def test_without_rotation_a_refresh_gives_no_new_refresh_token(world: World):
    tokens = _signed_in(world)
    for _ in range(2):
        refreshed = world.idp.get_tokens_from_refresh_token(**_arguments(world, tokens["RefreshToken"]))
        assert {"AccessToken", "IdToken"} <= refreshed["AuthenticationResult"].keys()
        assert "RefreshToken" not in refreshed["AuthenticationResult"]


def test_with_rotation_a_refresh_token_is_exchanged_and_its_replay_refused(world: World):
    tokens = _signed_in(world, **_rotating(0))
    refresh = world.idp.get_tokens_from_refresh_token
    second = refresh(**_arguments(world, tokens["RefreshToken"]))["AuthenticationResult"]["RefreshToken"]
    assert second != tokens["RefreshToken"]
    assert refusal(refresh, **_arguments(world, tokens["RefreshToken"]))[0] == "RefreshTokenReuseException"
    assert refresh(**_arguments(world, second))["AuthenticationResult"]["RefreshToken"] != second


def test_within_the_grace_period_a_refresh_can_be_tried_again(world: World):
    tokens = _signed_in(world, **_rotating(60))
    refresh = world.idp.get_tokens_from_refresh_token
    refresh(**_arguments(world, tokens["RefreshToken"]))
    refresh(**_arguments(world, tokens["RefreshToken"]))
    world.settings(cognito_clock_ahead_seconds=61)
    assert refusal(refresh, **_arguments(world, tokens["RefreshToken"]))[0] == "RefreshTokenReuseException"


def test_with_rotation_refresh_token_auth_is_refused(world: World):
    tokens = _signed_in(world, **_rotating(0))
    arguments = {
        "UserPoolId": world.pool_id,
        "ClientId": world.client_id,
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": {
            "REFRESH_TOKEN": tokens["RefreshToken"],
            "SECRET_HASH": world.hash(world.idp.list_users(UserPoolId=world.pool_id)["Users"][0]["Username"]),
        },
    }
    assert refusal(world.idp.admin_initiate_auth, **arguments)[0] == "InvalidParameterException"


def test_a_rotated_refresh_token_ends_when_the_first_would_have(world: World):
    tokens = _signed_in(world, **_rotating(0))
    refresh = world.idp.get_tokens_from_refresh_token
    world.settings(cognito_clock_ahead_seconds=29 * 86_400)
    second = refresh(**_arguments(world, tokens["RefreshToken"]))["AuthenticationResult"]["RefreshToken"]
    world.settings(cognito_clock_ahead_seconds=31 * 86_400)
    assert refusal(refresh, **_arguments(world, second)) == ("NotAuthorizedException", "Refresh Token has expired")


@pytest.mark.parametrize("rotating", [{}, _rotating(0)])
def test_after_a_global_sign_out_no_refresh_token_works(world: World, rotating: dict):
    tokens = _signed_in(world, **rotating)
    refresh = world.idp.get_tokens_from_refresh_token
    newest = refresh(**_arguments(world, tokens["RefreshToken"]))["AuthenticationResult"]
    world.idp.global_sign_out(AccessToken=newest["AccessToken"])
    token = newest.get("RefreshToken", tokens["RefreshToken"])
    assert refusal(refresh, **_arguments(world, token))[0] == "NotAuthorizedException"
