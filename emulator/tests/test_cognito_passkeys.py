"""Passkeys: what is registered, listed, deleted and preferred; all of it verified for real."""

import pytest
from authenticator import Authenticator
from cognito_world import World, make_world, refusal, totp  # noqa: F401 (a fixture)
from passkeys_world import (  # noqa: F401 (a fixture)
    FLOWS,
    JANE,
    RELYING_PARTY,
    begin,
    challenged,
    configure,
    factors,
    make_ready,
    options_of,
    preferring,
    register,
    sign_in_with,
    signed_in,
    with_passkey,
)


def test_the_options_are_those_of_awss_samples(ready: World):
    token, _ = with_passkey(ready)
    options = begin(ready, token)
    known = [one["CredentialId"] for one in ready.idp.list_web_authn_credentials(AccessToken=token)["Credentials"]]
    challenge, user = options.pop("challenge"), options.pop("user")
    assert len(challenge) == 22
    assert (user["name"], user["displayName"]) == (JANE, JANE)
    assert options == {
        "authenticatorSelection": {
            "requireResidentKey": True,
            "residentKey": "required",
            "userVerification": "required",
        },
        "excludeCredentials": [{"id": known[0], "type": "public-key"}],
        "pubKeyCredParams": [{"alg": -7, "type": "public-key"}, {"alg": -257, "type": "public-key"}],
        "rp": {"id": RELYING_PARTY, "name": RELYING_PARTY},
        "timeout": 60_000,
    }
    challenge = challenged(ready)
    assert challenge["ChallengeParameters"].keys() == {"CREDENTIAL_REQUEST_OPTIONS"}
    options = options_of(challenge)
    assert len(options.pop("challenge")) == 22
    assert options == {
        "timeout": 180_000,
        "rpId": RELYING_PARTY,
        "allowCredentials": [{"type": "public-key", "id": known[0], "transports": ["internal", "hybrid"]}],
        "userVerification": "required",
    }


def test_passkeys_are_listed_in_pages_and_deleted(ready: World):
    token = signed_in(ready)
    for _ in range(3):
        register(ready, token, Authenticator())
    listed = ready.idp.list_web_authn_credentials
    first = listed(AccessToken=token, MaxResults=2)
    second = listed(AccessToken=token, MaxResults=2, NextToken=first["NextToken"])
    assert (len(first["Credentials"]), len(second["Credentials"]), "NextToken" in second) == (2, 1, False)
    shown = dict(second["Credentials"][0])
    assert shown.pop("CreatedAt").timestamp() > 1_700_000_000
    identifier = shown.pop("CredentialId")
    assert shown == {
        "FriendlyCredentialName": "Passkey",
        "RelyingPartyId": RELYING_PARTY,
        "AuthenticatorAttachment": "platform",
        "AuthenticatorTransports": ["internal", "hybrid"],
    }
    ready.idp.delete_web_authn_credential(AccessToken=token, CredentialId=identifier)
    assert len(listed(AccessToken=token)["Credentials"]) == 2
    gone = {"AccessToken": token, "CredentialId": identifier}
    assert refusal(ready.idp.delete_web_authn_credential, **gone)[0] == "ResourceNotFoundException"
    assert refusal(listed, AccessToken=token, NextToken="none")[0] == "InvalidParameterException"


def test_a_user_has_at_most_20_passkeys(ready: World):
    token = signed_in(ready)
    for _ in range(20):
        register(ready, token, Authenticator())
    assert refusal(ready.idp.start_web_authn_registration, AccessToken=token)[0] == "LimitExceededException"


def test_a_registrations_challenge_works_once_and_not_for_ever(ready: World):
    token = signed_in(ready)
    complete, expired = ready.idp.complete_web_authn_registration, "WebAuthnChallengeNotFoundException"
    options = begin(ready, token)
    credential = Authenticator().create(options)
    complete(AccessToken=token, Credential=credential)
    assert refusal(complete, AccessToken=token, Credential=credential)[0] == expired
    for_another = Authenticator().create(options)
    begin(ready, token)
    assert refusal(complete, AccessToken=token, Credential=for_another)[0] == expired
    late = Authenticator().create(begin(ready, token))
    ready.settings(cognito_clock_ahead_seconds=61)
    assert refusal(complete, AccessToken=token, Credential=late)[0] == expired


@pytest.mark.parametrize(
    ("arguments", "answers", "expected"),
    [
        ({"origin": "https://example.org"}, {}, "WebAuthnOriginNotAllowedException"),
        ({"origin": "https://badexample.com"}, {}, "WebAuthnOriginNotAllowedException"),
        ({"origin": "http://app.example.com"}, {}, "WebAuthnOriginNotAllowedException"),
        ({}, {"relying_party": "app.example.com"}, "WebAuthnRelyingPartyMismatchException"),
        ({}, {"verified": False}, "WebAuthnCredentialNotSupportedException"),
    ],
)
def test_a_registration_is_verified(ready: World, arguments: dict, answers: dict, expected: str):
    token = signed_in(ready)
    credential = Authenticator(**arguments).create(begin(ready, token), **answers)
    arguments = {"AccessToken": token, "Credential": credential}
    assert refusal(ready.idp.complete_web_authn_registration, **arguments)[0] == expected
    assert ready.idp.list_web_authn_credentials(AccessToken=token)["Credentials"] == []


@pytest.mark.parametrize(
    "credential", [{}, {"id": "x"}, {"id": "AA", "rawId": "AA", "response": {"clientDataJSON": 1}}]
)
def test_what_is_no_credential_is_refused(ready: World, credential: dict):
    token = signed_in(ready)
    begin(ready, token)
    arguments = {"AccessToken": token, "Credential": credential}
    assert refusal(ready.idp.complete_web_authn_registration, **arguments)[0] == "InvalidParameterException"


def test_a_registration_is_completed_through_the_client_that_began_it(ready: World):
    username = ready.user(JANE)
    tokens, secret = ready.enrol(JANE)
    credential = Authenticator().create(begin(ready, tokens["AccessToken"]))
    ready.client(ExplicitAuthFlows=FLOWS)
    session = ready.sign_in(JANE)["Session"]
    code = {"SOFTWARE_TOKEN_MFA_CODE": totp(secret)}
    tokens = ready.answer("SOFTWARE_TOKEN_MFA", session, username, **code)["AuthenticationResult"]
    arguments = {"AccessToken": tokens["AccessToken"], "Credential": credential}
    assert refusal(ready.idp.complete_web_authn_registration, **arguments)[0] == "WebAuthnClientMismatchException"


def test_without_passkeys_in_the_pool_none_is_registered(world: World):
    world.pool()
    world.client(ExplicitAuthFlows=FLOWS)
    world.require_mfa()
    token = signed_in(world)
    start = world.idp.start_web_authn_registration
    assert refusal(start, AccessToken=token)[0] == "WebAuthnNotEnabledException"


def test_without_a_relying_party_none_is_registered(world: World):
    world.pool(Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}})
    world.client(ExplicitAuthFlows=FLOWS)
    world.user(JANE)
    token = world.sign_in(JANE)["AuthenticationResult"]["AccessToken"]
    start = world.idp.start_web_authn_registration
    assert refusal(start, AccessToken=token)[0] == "WebAuthnConfigurationMissingException"


def test_a_public_suffix_cannot_be_the_relying_party(world: World):
    world.pool()
    for domain in ("com", "co.uk"):
        arguments = {"UserPoolId": world.pool_id, "WebAuthnConfiguration": {"RelyingPartyId": domain}}
        assert refusal(world.idp.set_user_pool_mfa_config, **arguments)[0] == "InvalidParameterException"


def test_passkeys_work_on_localhost_over_plain_http(world: World):
    world.pool()
    world.client(ExplicitAuthFlows=FLOWS)
    configure(world, RelyingPartyId="localhost")
    _, authenticator = with_passkey(world, origin="http://localhost:8080")
    assert sign_in_with(world, authenticator)


def test_passkeys_are_preferred_only_together_with_another_factor_and_when_there_is_one(ready: World):
    token = signed_in(ready)
    prefer, alone = ready.idp.set_user_mfa_preference, {"AccessToken": token, "WebAuthnMfaSettings": {"Enabled": True}}
    assert refusal(prefer, **preferring(token)) == (
        "InvalidParameterException",
        "User does not have applicable WebAuthn credentials to enable WebAuthn MFA.",
    )
    register(ready, token, Authenticator())
    assert refusal(prefer, **alone) == (
        "InvalidParameterException",
        "WebAuthn MFA requires enabling an additional MFA setting.",
    )
    assert factors(ready, token) == ["SOFTWARE_TOKEN_MFA"]
    by_admin = {name: value for name, value in preferring(token).items() if name != "AccessToken"}
    ready.idp.admin_set_user_mfa_preference(UserPoolId=ready.pool_id, Username=JANE, **by_admin)
    assert set(factors(ready, token)) == {"SOFTWARE_TOKEN_MFA", "WEB_AUTHN_MFA"}


def test_an_authenticator_that_was_not_verified_is_not_preferred(ready: World):
    ready.user(JANE)
    arguments = {"UserPoolId": ready.pool_id, "Username": JANE, "SoftwareTokenMfaSettings": {"Enabled": True}}
    assert refusal(ready.idp.admin_set_user_mfa_preference, **arguments)[0] == "InvalidParameterException"


def test_deleting_the_last_passkey_ends_the_preference(ready: World):
    token, _ = with_passkey(ready)
    (passkey,) = ready.idp.list_web_authn_credentials(AccessToken=token)["Credentials"]
    ready.idp.delete_web_authn_credential(AccessToken=token, CredentialId=passkey["CredentialId"])
    assert factors(ready, token) == ["SOFTWARE_TOKEN_MFA"]
    assert challenged(ready)["ChallengeName"] == "SELECT_CHALLENGE"


def test_a_deleted_users_passkeys_are_gone(ready: World):
    token, _ = with_passkey(ready)
    ready.idp.admin_delete_user(UserPoolId=ready.pool_id, Username=JANE)
    assert refusal(ready.idp.list_web_authn_credentials, AccessToken=token)[0] == "UserNotFoundException"
    again = signed_in(ready)
    assert ready.idp.list_web_authn_credentials(AccessToken=again)["Credentials"] == []
    assert challenged(ready)["ChallengeName"] == "SELECT_CHALLENGE"


def test_passkey_operations_need_an_access_token(ready: World):
    tokens = [signed_in(ready), "garbage"]
    ready.idp.global_sign_out(AccessToken=tokens[0])
    for call in (ready.idp.start_web_authn_registration, ready.idp.list_web_authn_credentials):
        assert [refusal(call, AccessToken=token)[0] for token in tokens] == ["NotAuthorizedException"] * 2
