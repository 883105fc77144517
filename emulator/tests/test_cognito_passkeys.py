"""Passkeys: registration, the user's preference, sign-in; all of it verified for real."""

import json

import pytest
from authenticator import Authenticator
from cognito_world import World, make_world, refusal, totp  # noqa: F401 (a fixture)

JANE = "jane@example.com"
JOE = "joe@example.com"
RELYING_PARTY = "example.com"
FLOWS = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"]


def _configure(world: World, mfa: str = "ON", **settings: str) -> None:
    """The pool's passkeys, in the order that AWS takes."""
    chosen = {
        "RelyingPartyId": RELYING_PARTY,
        "UserVerification": "required",
        "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
    }
    totp = {} if mfa == "OFF" else {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    world.idp.set_user_pool_mfa_config(
        UserPoolId=world.pool_id, MfaConfiguration=mfa, WebAuthnConfiguration=chosen | settings, **totp
    )
    world.idp.update_user_pool(
        UserPoolId=world.pool_id,
        AutoVerifiedAttributes=["email"],
        MfaConfiguration=mfa,
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
    )


@pytest.fixture
def ready(world: World) -> World:
    world.pool()
    world.client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")
    _configure(world)
    return world


def _signed_in(world: World, email: str = JANE) -> str:
    """A user with an authenticator for codes; returns an access token."""
    world.user(email)
    return world.enrol(email)[0]["AccessToken"]


def _begin(world: World, token: str) -> dict:
    return world.idp.start_web_authn_registration(AccessToken=token)["CredentialCreationOptions"]


def _register(world: World, token: str, authenticator: Authenticator) -> None:
    credential = authenticator.create(_begin(world, token))
    world.idp.complete_web_authn_registration(AccessToken=token, Credential=credential)


def _preferring(token: str) -> dict:
    return {
        "AccessToken": token,
        "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True},
        "WebAuthnMfaSettings": {"Enabled": True},
    }


def _with_passkey(world: World, email: str = JANE, **arguments) -> tuple[str, Authenticator]:
    token, authenticator = _signed_in(world, email), Authenticator(**arguments)
    _register(world, token, authenticator)
    world.idp.set_user_mfa_preference(**_preferring(token))
    return token, authenticator


def _initiating(world: World, email: str, **parameters: str) -> dict:
    return {
        "ClientId": world.client_id,
        "AuthFlow": "USER_AUTH",
        "AuthParameters": {"USERNAME": email, "SECRET_HASH": world.hash(email)} | parameters,
    }


def _challenged(world: World, email: str = JANE) -> dict:
    return world.idp.initiate_auth(**_initiating(world, email, PREFERRED_CHALLENGE="WEB_AUTHN"))


def _options(challenge: dict) -> dict:
    return json.loads(challenge["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])


def _username(world: World, email: str = JANE) -> str:
    return world.idp.admin_get_user(UserPoolId=world.pool_id, Username=email)["Username"]


def _answering(world: World, challenge: dict, credential: dict, email: str = JANE) -> dict:
    return world.answering(
        "WEB_AUTHN", challenge["Session"], _username(world, email), CREDENTIAL=json.dumps(credential)
    )


def _sign_in(world: World, authenticator: Authenticator) -> dict:
    challenge = _challenged(world)
    answer = _answering(world, challenge, authenticator.get(_options(challenge)))
    return world.idp.admin_respond_to_auth_challenge(**answer)["AuthenticationResult"]


def _factors(world: World, token: str) -> list[str]:
    return world.idp.get_user(AccessToken=token)["UserMFASettingList"]


def test_a_passkey_is_registered_and_signs_in_without_password_or_code(ready: World):
    _, authenticator = _with_passkey(ready)
    challenge = _challenged(ready)
    assert challenge["ChallengeName"] == "WEB_AUTHN"
    assert set(challenge["AvailableChallenges"]) == {"PASSWORD", "PASSWORD_SRP", "WEB_AUTHN"}
    assert authenticator.knows(_options(challenge))
    answer = _answering(ready, challenge, authenticator.get(_options(challenge)))
    public = {name: value for name, value in answer.items() if name != "UserPoolId"}
    tokens = ready.idp.respond_to_auth_challenge(**public)["AuthenticationResult"]
    assert tokens.keys() >= {"AccessToken", "IdToken", "RefreshToken", "ExpiresIn"}
    assert ready.idp.get_user(AccessToken=tokens["AccessToken"])["Username"] == _username(ready)


def test_the_admin_operations_sign_in_with_a_passkey_too(ready: World):
    _, authenticator = _with_passkey(ready, algorithm=-257)
    arguments = _initiating(ready, JANE, PREFERRED_CHALLENGE="WEB_AUTHN")
    challenge = ready.idp.admin_initiate_auth(UserPoolId=ready.pool_id, **arguments)
    answer = _answering(ready, challenge, authenticator.get(_options(challenge)))
    assert ready.idp.admin_respond_to_auth_challenge(**answer)["AuthenticationResult"]["AccessToken"]


def test_the_options_are_those_of_awss_samples(ready: World):
    token, _ = _with_passkey(ready)
    options = _begin(ready, token)
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
    challenge = _challenged(ready)
    assert challenge["ChallengeParameters"].keys() == {"CREDENTIAL_REQUEST_OPTIONS"}
    options = _options(challenge)
    assert len(options.pop("challenge")) == 22
    assert options == {
        "timeout": 180_000,
        "rpId": RELYING_PARTY,
        "allowCredentials": [{"type": "public-key", "id": known[0], "transports": ["internal", "hybrid"]}],
        "userVerification": "required",
    }


def test_passkeys_are_listed_in_pages_and_deleted(ready: World):
    token = _signed_in(ready)
    for _ in range(3):
        _register(ready, token, Authenticator())
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
    token = _signed_in(ready)
    for _ in range(20):
        _register(ready, token, Authenticator())
    assert refusal(ready.idp.start_web_authn_registration, AccessToken=token)[0] == "LimitExceededException"


def test_a_registrations_challenge_works_once_and_not_for_ever(ready: World):
    token = _signed_in(ready)
    complete, expired = ready.idp.complete_web_authn_registration, "WebAuthnChallengeNotFoundException"
    options = _begin(ready, token)
    credential = Authenticator().create(options)
    complete(AccessToken=token, Credential=credential)
    assert refusal(complete, AccessToken=token, Credential=credential)[0] == expired
    for_another = Authenticator().create(options)
    _begin(ready, token)
    assert refusal(complete, AccessToken=token, Credential=for_another)[0] == expired
    late = Authenticator().create(_begin(ready, token))
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
    token = _signed_in(ready)
    credential = Authenticator(**arguments).create(_begin(ready, token), **answers)
    arguments = {"AccessToken": token, "Credential": credential}
    assert refusal(ready.idp.complete_web_authn_registration, **arguments)[0] == expected
    assert ready.idp.list_web_authn_credentials(AccessToken=token)["Credentials"] == []


@pytest.mark.parametrize(
    "credential", [{}, {"id": "x"}, {"id": "AA", "rawId": "AA", "response": {"clientDataJSON": 1}}]
)
def test_what_is_no_credential_is_refused(ready: World, credential: dict):
    token = _signed_in(ready)
    _begin(ready, token)
    arguments = {"AccessToken": token, "Credential": credential}
    assert refusal(ready.idp.complete_web_authn_registration, **arguments)[0] == "InvalidParameterException"


def test_a_registration_is_completed_through_the_client_that_began_it(ready: World):
    username = ready.user(JANE)
    tokens, secret = ready.enrol(JANE)
    credential = Authenticator().create(_begin(ready, tokens["AccessToken"]))
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
    token = _signed_in(world)
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
    _configure(world, RelyingPartyId="localhost")
    _, authenticator = _with_passkey(world, origin="http://localhost:8080")
    assert _sign_in(world, authenticator)


def test_a_registered_passkey_is_refused_until_the_user_prefers_it_as_mfa(ready: World):
    token, authenticator = _signed_in(ready), Authenticator()
    _register(ready, token, authenticator)
    arguments = _initiating(ready, JANE, PREFERRED_CHALLENGE="WEB_AUTHN")
    refused = ("NotAuthorizedException", "Password Challenge is Required to SignIn")
    assert refusal(ready.idp.initiate_auth, **arguments) == refused
    ready.idp.set_user_mfa_preference(**_preferring(token))
    assert set(_factors(ready, token)) == {"SOFTWARE_TOKEN_MFA", "WEB_AUTHN_MFA"}
    assert _challenged(ready)["ChallengeName"] == "WEB_AUTHN"
    ready.idp.set_user_mfa_preference(AccessToken=token, WebAuthnMfaSettings={"Enabled": False})
    assert _factors(ready, token) == ["SOFTWARE_TOKEN_MFA"]
    assert refusal(ready.idp.initiate_auth, **arguments) == refused


def test_passkeys_are_preferred_only_together_with_another_factor_and_when_there_is_one(ready: World):
    token = _signed_in(ready)
    prefer, alone = ready.idp.set_user_mfa_preference, {"AccessToken": token, "WebAuthnMfaSettings": {"Enabled": True}}
    assert refusal(prefer, **_preferring(token)) == (
        "InvalidParameterException",
        "User does not have applicable WebAuthn credentials to enable WebAuthn MFA.",
    )
    _register(ready, token, Authenticator())
    assert refusal(prefer, **alone) == (
        "InvalidParameterException",
        "WebAuthn MFA requires enabling an additional MFA setting.",
    )
    assert _factors(ready, token) == ["SOFTWARE_TOKEN_MFA"]
    by_admin = {name: value for name, value in _preferring(token).items() if name != "AccessToken"}
    ready.idp.admin_set_user_mfa_preference(UserPoolId=ready.pool_id, Username=JANE, **by_admin)
    assert set(_factors(ready, token)) == {"SOFTWARE_TOKEN_MFA", "WEB_AUTHN_MFA"}


def test_an_authenticator_that_was_not_verified_is_not_preferred(ready: World):
    ready.user(JANE)
    arguments = {"UserPoolId": ready.pool_id, "Username": JANE, "SoftwareTokenMfaSettings": {"Enabled": True}}
    assert refusal(ready.idp.admin_set_user_mfa_preference, **arguments)[0] == "InvalidParameterException"


def test_a_user_without_passkeys_is_offered_the_password(ready: World):
    _signed_in(ready)
    challenge = _challenged(ready)
    assert challenge["ChallengeName"] == "SELECT_CHALLENGE"
    assert set(challenge["AvailableChallenges"]) == {"PASSWORD", "PASSWORD_SRP"}


def test_an_invited_user_needs_the_password_first(ready: World):
    ready.invite(JANE)
    arguments = _initiating(ready, JANE, PREFERRED_CHALLENGE="WEB_AUTHN")
    assert refusal(ready.idp.initiate_auth, **arguments)[0] == "NotAuthorizedException"


def test_a_passkey_can_be_selected(ready: World):
    _, authenticator = _with_passkey(ready)
    challenge = ready.idp.initiate_auth(**_initiating(ready, JANE))
    assert challenge["ChallengeName"] == "SELECT_CHALLENGE"
    challenge = ready.answer("SELECT_CHALLENGE", challenge["Session"], _username(ready), ANSWER="WEB_AUTHN")
    answer = _answering(ready, challenge, authenticator.get(_options(challenge)))
    assert ready.idp.admin_respond_to_auth_challenge(**answer)["AuthenticationResult"]


def test_deleting_the_last_passkey_ends_the_preference(ready: World):
    token, _ = _with_passkey(ready)
    (passkey,) = ready.idp.list_web_authn_credentials(AccessToken=token)["Credentials"]
    ready.idp.delete_web_authn_credential(AccessToken=token, CredentialId=passkey["CredentialId"])
    assert _factors(ready, token) == ["SOFTWARE_TOKEN_MFA"]
    assert _challenged(ready)["ChallengeName"] == "SELECT_CHALLENGE"


def test_another_relying_party_orphans_every_passkey(ready: World):
    token, _ = _with_passkey(ready)
    _configure(ready, RelyingPartyId="example.org")
    assert _challenged(ready)["ChallengeName"] == "SELECT_CHALLENGE"
    (orphan,) = ready.idp.list_web_authn_credentials(AccessToken=token)["Credentials"]
    assert orphan["RelyingPartyId"] == RELYING_PARTY


def test_a_sign_ins_challenge_works_once(ready: World):
    _, authenticator = _with_passkey(ready)
    challenge = _challenged(ready)
    answer = _answering(ready, challenge, authenticator.get(_options(challenge)))
    respond = ready.idp.admin_respond_to_auth_challenge
    assert respond(**answer)["AuthenticationResult"]
    assert refusal(respond, **answer)[0] == "NotAuthorizedException"
    # An answer to one challenge is none to the next.
    fresh = _challenged(ready)
    replayed = authenticator.get(_options(fresh), challenge=_options(challenge)["challenge"])
    assert refusal(respond, **_answering(ready, fresh, replayed))[0] == "NotAuthorizedException"
    # And that answer used it up.
    right = _answering(ready, fresh, authenticator.get(_options(fresh)))
    assert refusal(respond, **right)[1] == "Invalid session for the user, session can only be used once."


def test_a_sign_ins_challenge_expires(ready: World):
    _, authenticator = _with_passkey(ready)
    challenge = _challenged(ready)
    answer = _answering(ready, challenge, authenticator.get(_options(challenge)))
    ready.settings(cognito_clock_ahead_seconds=3 * 60 + 1)
    respond = ready.idp.admin_respond_to_auth_challenge
    assert refusal(respond, **answer)[1] == "Invalid session for the user, session is expired."


@pytest.mark.parametrize("wrong", ["signature", "unverified", "origin", "handle", "counter", "another's", "garbage"])
def test_a_sign_in_is_verified(ready: World, wrong: str):
    _, authenticator = _with_passkey(ready)
    challenge = _challenged(ready)
    options = _options(challenge)
    if wrong == "another's":
        _, other = _with_passkey(ready, JOE)
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
    assert refusal(respond, **_answering(ready, challenge, credential)) == (
        "NotAuthorizedException",
        "Incorrect username or password.",
    )


def test_a_passkey_that_does_not_count_signs_in_again_and_again(ready: World):
    _, authenticator = _with_passkey(ready, counter=0)
    for _ in range(2):
        assert _sign_in(ready, authenticator)


def test_a_disabled_user_does_not_sign_in_with_a_passkey(ready: World):
    _, authenticator = _with_passkey(ready)
    challenge = _challenged(ready)
    answer = _answering(ready, challenge, authenticator.get(_options(challenge)))
    ready.idp.admin_disable_user(UserPoolId=ready.pool_id, Username=JANE)
    refused = ("NotAuthorizedException", "User is disabled.")
    assert refusal(ready.idp.admin_respond_to_auth_challenge, **answer) == refused
    assert refusal(ready.idp.initiate_auth, **_initiating(ready, JANE)) == refused


def test_a_forced_reset_stops_passkeys_too(ready: World):
    _with_passkey(ready)
    ready.idp.admin_reset_user_password(UserPoolId=ready.pool_id, Username=JANE)
    arguments = _initiating(ready, JANE, PREFERRED_CHALLENGE="WEB_AUTHN")
    assert refusal(ready.idp.initiate_auth, **arguments)[0] == "PasswordResetRequiredException"


def test_the_client_must_allow_user_auth(ready: World):
    ready.user(JANE)
    ready.client(ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"])
    assert refusal(ready.idp.initiate_auth, **_initiating(ready, JANE))[0] == "InvalidParameterException"


def test_nobody_is_challenged_with_any_of_the_pools_factors_but_gets_no_tokens(ready: World):
    nobodies = [f"nobody{number}@example.com" for number in range(12)]
    challenges = {email: _challenged(ready, email) for email in nobodies}
    assert {one["ChallengeName"] for one in challenges.values()} == {"PASSWORD", "WEB_AUTHN"}
    email = next(email for email, one in challenges.items() if one["ChallengeName"] == "WEB_AUTHN")
    assert _challenged(ready, email)["ChallengeName"] == "WEB_AUTHN"
    assert _options(challenges[email])["allowCredentials"] == []
    _, authenticator = _with_passkey(ready)
    credential = json.dumps(authenticator.get(_options(challenges[email])))
    session = challenges[email]["Session"]
    answer = ready.answering("WEB_AUTHN", session, email, CREDENTIAL=credential)
    assert refusal(ready.idp.admin_respond_to_auth_challenge, **answer)[0] == "NotAuthorizedException"


def test_nobody_is_told_so_by_a_legacy_client(ready: World):
    ready.client(ExplicitAuthFlows=FLOWS)
    assert refusal(ready.idp.initiate_auth, **_initiating(ready, JANE))[0] == "UserNotFoundException"


def test_where_mfa_is_optional_a_passkey_is_enough_for_who_has_no_other_factor(world: World):
    world.pool()
    world.client(ExplicitAuthFlows=FLOWS)
    _configure(world, "OPTIONAL", FactorConfiguration="SINGLE_FACTOR")
    world.user(JANE)
    token, authenticator = world.sign_in(JANE)["AuthenticationResult"]["AccessToken"], Authenticator()
    _register(world, token, authenticator)
    assert _sign_in(world, authenticator)
    assert refusal(world.idp.set_user_mfa_preference, **_preferring(token))[0] == "InvalidParameterException"


def test_a_deleted_users_passkeys_are_gone(ready: World):
    token, _ = _with_passkey(ready)
    ready.idp.admin_delete_user(UserPoolId=ready.pool_id, Username=JANE)
    assert refusal(ready.idp.list_web_authn_credentials, AccessToken=token)[0] == "UserNotFoundException"
    again = _signed_in(ready)
    assert ready.idp.list_web_authn_credentials(AccessToken=again)["Credentials"] == []
    assert _challenged(ready)["ChallengeName"] == "SELECT_CHALLENGE"


def test_passkey_operations_need_an_access_token(ready: World):
    tokens = [_signed_in(ready), "garbage"]
    ready.idp.global_sign_out(AccessToken=tokens[0])
    for call in (ready.idp.start_web_authn_registration, ready.idp.list_web_authn_credentials):
        assert [refusal(call, AccessToken=token)[0] for token in tokens] == ["NotAuthorizedException"] * 2
