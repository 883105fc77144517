"""USER_AUTH: signing in with a passkey, verified for real, and what is offered to whom."""

import json

import pytest
from authenticator import Authenticator
from cognito_world import World, make_world, refusal  # noqa: F401 (a fixture)
from passkeys_world import (  # noqa: F401 (a fixture)
    FLOWS,
    JANE,
    JOE,
    RELYING_PARTY,
    answering,
    challenged,
    configure,
    factors,
    initiating,
    make_ready,
    options_of,
    preferring,
    register,
    sign_in_with,
    signed_in,
    username_of,
    with_passkey,
)


def test_a_passkey_is_registered_and_signs_in_without_password_or_code(ready: World):
    _, authenticator = with_passkey(ready)
    challenge = challenged(ready)
    assert challenge["ChallengeName"] == "WEB_AUTHN"
    assert set(challenge["AvailableChallenges"]) == {"PASSWORD", "PASSWORD_SRP", "WEB_AUTHN"}
    assert authenticator.knows(options_of(challenge))
    answer = answering(ready, challenge, authenticator.get(options_of(challenge)))
    public = {name: value for name, value in answer.items() if name != "UserPoolId"}
    tokens = ready.idp.respond_to_auth_challenge(**public)["AuthenticationResult"]
    assert tokens.keys() >= {"AccessToken", "IdToken", "RefreshToken", "ExpiresIn"}
    assert ready.idp.get_user(AccessToken=tokens["AccessToken"])["Username"] == username_of(ready)


def test_the_admin_operations_sign_in_with_a_passkey_too(ready: World):
    _, authenticator = with_passkey(ready, algorithm=-257)
    arguments = initiating(ready, JANE, PREFERRED_CHALLENGE="WEB_AUTHN")
    challenge = ready.idp.admin_initiate_auth(UserPoolId=ready.pool_id, **arguments)
    answer = answering(ready, challenge, authenticator.get(options_of(challenge)))
    assert ready.idp.admin_respond_to_auth_challenge(**answer)["AuthenticationResult"]["AccessToken"]


def test_a_registered_passkey_is_refused_until_the_user_prefers_it_as_mfa(ready: World):
    token, authenticator = signed_in(ready), Authenticator()
    register(ready, token, authenticator)
    arguments = initiating(ready, JANE, PREFERRED_CHALLENGE="WEB_AUTHN")
    refused = ("NotAuthorizedException", "Password Challenge is Required to SignIn")
    assert refusal(ready.idp.initiate_auth, **arguments) == refused
    ready.idp.set_user_mfa_preference(**preferring(token))
    assert set(factors(ready, token)) == {"SOFTWARE_TOKEN_MFA", "WEB_AUTHN_MFA"}
    assert challenged(ready)["ChallengeName"] == "WEB_AUTHN"
    ready.idp.set_user_mfa_preference(AccessToken=token, WebAuthnMfaSettings={"Enabled": False})
    assert factors(ready, token) == ["SOFTWARE_TOKEN_MFA"]
    assert refusal(ready.idp.initiate_auth, **arguments) == refused


def test_a_user_without_passkeys_is_offered_the_password(ready: World):
    signed_in(ready)
    challenge = challenged(ready)
    assert challenge["ChallengeName"] == "SELECT_CHALLENGE"
    assert set(challenge["AvailableChallenges"]) == {"PASSWORD", "PASSWORD_SRP"}


def test_an_invited_user_needs_the_password_first(ready: World):
    ready.invite(JANE)
    arguments = initiating(ready, JANE, PREFERRED_CHALLENGE="WEB_AUTHN")
    assert refusal(ready.idp.initiate_auth, **arguments)[0] == "NotAuthorizedException"


def test_a_passkey_can_be_selected(ready: World):
    _, authenticator = with_passkey(ready)
    challenge = ready.idp.initiate_auth(**initiating(ready, JANE))
    assert challenge["ChallengeName"] == "SELECT_CHALLENGE"
    challenge = ready.answer("SELECT_CHALLENGE", challenge["Session"], username_of(ready), ANSWER="WEB_AUTHN")
    answer = answering(ready, challenge, authenticator.get(options_of(challenge)))
    assert ready.idp.admin_respond_to_auth_challenge(**answer)["AuthenticationResult"]


def test_another_relying_party_orphans_every_passkey(ready: World):
    token, _ = with_passkey(ready)
    configure(ready, RelyingPartyId="example.org")
    assert challenged(ready)["ChallengeName"] == "SELECT_CHALLENGE"
    (orphan,) = ready.idp.list_web_authn_credentials(AccessToken=token)["Credentials"]
    assert orphan["RelyingPartyId"] == RELYING_PARTY


def test_a_sign_ins_challenge_works_once(ready: World):
    _, authenticator = with_passkey(ready)
    challenge = challenged(ready)
    answer = answering(ready, challenge, authenticator.get(options_of(challenge)))
    respond = ready.idp.admin_respond_to_auth_challenge
    assert respond(**answer)["AuthenticationResult"]
    assert refusal(respond, **answer)[0] == "NotAuthorizedException"
    # An answer to one challenge is none to the next.
    fresh = challenged(ready)
    replayed = authenticator.get(options_of(fresh), challenge=options_of(challenge)["challenge"])
    assert refusal(respond, **answering(ready, fresh, replayed))[0] == "NotAuthorizedException"
    # And that answer used it up.
    right = answering(ready, fresh, authenticator.get(options_of(fresh)))
    assert refusal(respond, **right)[1] == "Invalid session for the user, session can only be used once."


def test_a_sign_ins_challenge_expires(ready: World):
    _, authenticator = with_passkey(ready)
    challenge = challenged(ready)
    answer = answering(ready, challenge, authenticator.get(options_of(challenge)))
    ready.settings(cognito_clock_ahead_seconds=3 * 60 + 1)
    respond = ready.idp.admin_respond_to_auth_challenge
    assert refusal(respond, **answer)[1] == "Invalid session for the user, session is expired."


@pytest.mark.parametrize("wrong", ["signature", "unverified", "origin", "handle", "counter", "another's", "garbage"])
def test_a_sign_in_is_verified(ready: World, wrong: str):
    _, authenticator = with_passkey(ready)
    challenge = challenged(ready)
    options = options_of(challenge)
    if wrong == "another's":
        _, other = with_passkey(ready, JOE)
        credential = other.get(options)
    elif wrong == "origin":
        authenticator.origin = "https://example.org"
        credential = authenticator.get(options)
    elif wrong == "counter":
        authenticator.counter = 0
        credential = authenticator.get(options)
    elif wrong == "garbage":
        credential = {"id": "x"}
    else:
        arguments = {"unverified": {"verified": False}, "handle": {"user_handle": "AAAA"}}.get(wrong, {})
        credential = authenticator.get(options, **arguments)
    if wrong == "signature":
        credential["response"]["signature"] = authenticator.get(options)["response"]["signature"]
    respond = ready.idp.admin_respond_to_auth_challenge
    assert refusal(respond, **answering(ready, challenge, credential)) == (
        "NotAuthorizedException",
        "Incorrect username or password.",
    )


def test_a_passkey_that_does_not_count_signs_in_again_and_again(ready: World):
    _, authenticator = with_passkey(ready, counter=0)
    for _ in range(2):
        assert sign_in_with(ready, authenticator)


def test_a_disabled_user_does_not_sign_in_with_a_passkey(ready: World):
    _, authenticator = with_passkey(ready)
    challenge = challenged(ready)
    answer = answering(ready, challenge, authenticator.get(options_of(challenge)))
    ready.idp.admin_disable_user(UserPoolId=ready.pool_id, Username=JANE)
    refused = ("NotAuthorizedException", "User is disabled.")
    assert refusal(ready.idp.admin_respond_to_auth_challenge, **answer) == refused
    assert refusal(ready.idp.initiate_auth, **initiating(ready, JANE)) == refused


def test_a_forced_reset_stops_passkeys_too(ready: World):
    with_passkey(ready)
    ready.idp.admin_reset_user_password(UserPoolId=ready.pool_id, Username=JANE)
    arguments = initiating(ready, JANE, PREFERRED_CHALLENGE="WEB_AUTHN")
    assert refusal(ready.idp.initiate_auth, **arguments)[0] == "PasswordResetRequiredException"


def test_the_client_must_allow_user_auth(ready: World):
    ready.user(JANE)
    ready.client(ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"])
    assert refusal(ready.idp.initiate_auth, **initiating(ready, JANE))[0] == "InvalidParameterException"


def test_nobody_is_challenged_with_any_of_the_pools_factors_but_gets_no_tokens(ready: World):
    nobodies = [f"nobody{number}@example.com" for number in range(40)]
    challenges = {email: challenged(ready, email) for email in nobodies}
    assert {one["ChallengeName"] for one in challenges.values()} == {"PASSWORD", "WEB_AUTHN"}
    email = next(email for email, one in challenges.items() if one["ChallengeName"] == "WEB_AUTHN")
    assert challenged(ready, email)["ChallengeName"] == "WEB_AUTHN"
    assert options_of(challenges[email])["allowCredentials"] == []
    _, authenticator = with_passkey(ready)
    credential = json.dumps(authenticator.get(options_of(challenges[email])))
    session = challenges[email]["Session"]
    answer = ready.answering("WEB_AUTHN", session, email, CREDENTIAL=credential)
    assert refusal(ready.idp.admin_respond_to_auth_challenge, **answer)[0] == "NotAuthorizedException"


def test_nobody_is_told_so_by_a_legacy_client(ready: World):
    ready.client(ExplicitAuthFlows=FLOWS)
    assert refusal(ready.idp.initiate_auth, **initiating(ready, JANE))[0] == "UserNotFoundException"


def test_where_mfa_is_optional_a_passkey_is_enough_for_who_has_no_other_factor(world: World):
    world.pool()
    world.client(ExplicitAuthFlows=FLOWS)
    configure(world, "OPTIONAL", FactorConfiguration="SINGLE_FACTOR")
    world.user(JANE)
    token, authenticator = world.sign_in(JANE)["AuthenticationResult"]["AccessToken"], Authenticator()
    register(world, token, authenticator)
    assert sign_in_with(world, authenticator)
    assert refusal(world.idp.set_user_mfa_preference, **preferring(token))[0] == "InvalidParameterException"
