"""The end of tokens by time, on a clock that is set ahead."""

import pytest
from cognito_world import World, make_world, refusal  # noqa: F401 (a fixture)

JANE = "jane@example.com"
EXPIRED = ("NotAuthorizedException", "Access Token has expired")


@pytest.fixture
def prepared(world: World) -> World:
    world.pool()
    world.client(ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"])
    world.user(JANE)
    return world


def _tokens(world: World) -> dict:
    return world.sign_in(JANE)["AuthenticationResult"]


def test_an_access_token_ends_with_its_hour(prepared: World):
    token = _tokens(prepared)["AccessToken"]
    prepared.settings(cognito_clock_ahead_seconds=3_500)
    prepared.idp.get_user(AccessToken=token)
    prepared.settings(cognito_clock_ahead_seconds=3_601)
    assert refusal(prepared.idp.get_user, AccessToken=token) == EXPIRED


def test_tokens_that_are_made_later_end_later(prepared: World):
    prepared.settings(cognito_clock_ahead_seconds=90 * 24 * 3_600)
    tokens = _tokens(prepared)
    assert tokens["ExpiresIn"] == 3_600
    prepared.idp.get_user(AccessToken=tokens["AccessToken"])
    arguments = {"ClientId": prepared.client_id, "ClientSecret": prepared.secret}
    prepared.idp.get_tokens_from_refresh_token(RefreshToken=tokens["RefreshToken"], **arguments)
    prepared.settings(cognito_clock_ahead_seconds=90 * 24 * 3_600 + 3_601)
    assert refusal(prepared.idp.get_user, AccessToken=tokens["AccessToken"]) == EXPIRED
