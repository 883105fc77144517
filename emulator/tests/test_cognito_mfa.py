"""Second factors: MFA_SETUP, challenge sessions, codes that work once, the pool's MFA settings."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from cognito_world import PASSWORD, TEMPORARY, World, make_world, refusal, totp  # noqa: F401 (a fixture)

JANE = "jane@example.com"
JOE = "joe@example.com"
SESSION_USED = "Invalid session for the user, session can only be used once."


@pytest.fixture
def secured(world: World) -> World:
    world.pool()
    world.client()
    world.require_mfa()
    return world


def test_a_first_login_with_mfa_on_leads_through_a_new_password_and_mfa_setup_to_tokens(secured: World):
    username = secured.invite(JANE, MessageAction="SUPPRESS")
    challenge = secured.sign_in(JANE, TEMPORARY)
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    challenge = secured.answer("NEW_PASSWORD_REQUIRED", challenge["Session"], username, NEW_PASSWORD=PASSWORD)
    assert challenge["ChallengeName"] == "MFA_SETUP"
    assert challenge["ChallengeParameters"] == {
        "USER_ID_FOR_SRP": username,
        "MFAS_CAN_SETUP": '["SOFTWARE_TOKEN_MFA"]',
    }
    associated = secured.idp.associate_software_token(Session=challenge["Session"])
    verified = secured.idp.verify_software_token(Session=associated["Session"], UserCode=totp(associated["SecretCode"]))
    assert verified["Status"] == "SUCCESS"
    tokens = secured.answer("MFA_SETUP", verified["Session"], username)["AuthenticationResult"]
    user = secured.idp.get_user(AccessToken=tokens["AccessToken"])
    assert user["Username"] == username
    assert user["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


def test_a_login_with_an_authenticator_asks_for_its_code(secured: World):
    username = secured.user(JANE)
    _, secret = secured.enrol(JANE)
    challenge = secured.sign_in(JANE)
    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    answer = secured.answer("SOFTWARE_TOKEN_MFA", challenge["Session"], username, SOFTWARE_TOKEN_MFA_CODE=totp(secret))
    assert answer["AuthenticationResult"]["AccessToken"]


def test_a_totp_code_works_once(secured: World):
    username = secured.user(JANE)
    _, secret = secured.enrol(JANE)
    code = totp(secret)
    first, second = secured.sign_in(JANE), secured.sign_in(JANE)
    secured.answer("SOFTWARE_TOKEN_MFA", first["Session"], username, SOFTWARE_TOKEN_MFA_CODE=code)
    arguments = secured.answering("SOFTWARE_TOKEN_MFA", second["Session"], username, SOFTWARE_TOKEN_MFA_CODE=code)
    assert refusal(secured.idp.admin_respond_to_auth_challenge, **arguments) == (
        "ExpiredCodeException",
        "Your software token has already been used once.",
    )


def test_a_code_that_enrolled_an_authenticator_does_not_sign_in(secured: World):
    username = secured.user(JANE)
    associated = secured.idp.associate_software_token(Session=secured.sign_in(JANE)["Session"])
    code = totp(associated["SecretCode"])
    secured.idp.verify_software_token(Session=associated["Session"], UserCode=code)
    arguments = secured.answering(
        "SOFTWARE_TOKEN_MFA", secured.sign_in(JANE)["Session"], username, SOFTWARE_TOKEN_MFA_CODE=code
    )
    assert refusal(secured.idp.admin_respond_to_auth_challenge, **arguments)[0] == "ExpiredCodeException"


def test_a_wrong_code_leaves_the_session_open_but_not_for_ever(secured: World):
    username = secured.user(JANE)
    _, secret = secured.enrol(JANE)
    session = secured.sign_in(JANE)["Session"]
    wrong = secured.answering("SOFTWARE_TOKEN_MFA", session, username, SOFTWARE_TOKEN_MFA_CODE="none")
    right = secured.answering("SOFTWARE_TOKEN_MFA", session, username, SOFTWARE_TOKEN_MFA_CODE=totp(secret))
    respond = secured.idp.admin_respond_to_auth_challenge
    assert [refusal(respond, **wrong)[0] for _ in range(2)] == ["CodeMismatchException"] * 2
    assert respond(**right)["AuthenticationResult"]
    session = secured.sign_in(JANE)["Session"]
    wrong["Session"] = right["Session"] = session
    assert [refusal(respond, **wrong)[0] for _ in range(3)] == ["CodeMismatchException"] * 3
    assert refusal(respond, **right) == ("NotAuthorizedException", SESSION_USED)


def test_a_session_works_once(secured: World):
    username = secured.invite(JANE, MessageAction="SUPPRESS")
    session = secured.sign_in(JANE, TEMPORARY)["Session"]
    secured.answer("NEW_PASSWORD_REQUIRED", session, username, NEW_PASSWORD=PASSWORD)
    arguments = secured.answering("NEW_PASSWORD_REQUIRED", session, username, NEW_PASSWORD=PASSWORD)
    assert refusal(secured.idp.admin_respond_to_auth_challenge, **arguments) == (
        "NotAuthorizedException",
        SESSION_USED,
    )


def test_every_step_of_mfa_setup_spends_its_session(secured: World):
    username = secured.user(JANE)
    begun = secured.sign_in(JANE)["Session"]
    associated = secured.idp.associate_software_token(Session=begun)
    assert refusal(secured.idp.associate_software_token, Session=begun) == ("NotAuthorizedException", SESSION_USED)
    code = totp(associated["SecretCode"])
    verified = secured.idp.verify_software_token(Session=associated["Session"], UserCode=code)
    replay = {"Session": associated["Session"], "UserCode": code}
    assert refusal(secured.idp.verify_software_token, **replay) == ("NotAuthorizedException", SESSION_USED)
    secured.answer("MFA_SETUP", verified["Session"], username)
    arguments = secured.answering("MFA_SETUP", verified["Session"], username)
    assert refusal(secured.idp.admin_respond_to_auth_challenge, **arguments) == (
        "NotAuthorizedException",
        SESSION_USED,
    )


def test_mfa_setup_is_not_answered_before_the_token_is_verified(secured: World):
    username = secured.user(JANE)
    begun = secured.sign_in(JANE)["Session"]
    respond = secured.idp.admin_respond_to_auth_challenge
    assert refusal(respond, **secured.answering("MFA_SETUP", begun, username))[0] == "NotAuthorizedException"
    associated = secured.idp.associate_software_token(Session=begun)["Session"]
    assert refusal(respond, **secured.answering("MFA_SETUP", associated, username))[0] == "NotAuthorizedException"


def test_a_session_is_bound_to_its_challenge_and_user_and_client(secured: World):
    jane, joe = secured.user(JANE), secured.user(JOE)
    _, secret = secured.enrol(JOE)
    respond = secured.idp.admin_respond_to_auth_challenge
    session = secured.sign_in(JOE)["Session"]
    code = {"SOFTWARE_TOKEN_MFA_CODE": totp(secret)}
    of_another_user = secured.answering("SOFTWARE_TOKEN_MFA", session, jane, **code)
    of_another_user["ChallengeResponses"]["SECRET_HASH"] = secured.hash(joe)
    assert refusal(respond, **of_another_user) == ("NotAuthorizedException", "Invalid session for the user.")
    of_another_challenge = secured.answering("MFA_SETUP", session, joe)
    assert refusal(respond, **of_another_challenge) == ("NotAuthorizedException", "Invalid session for the user.")
    first_client = secured.client_id
    secured.client()
    of_another_client = secured.answering("SOFTWARE_TOKEN_MFA", session, joe, **code)
    assert first_client != secured.client_id
    assert refusal(respond, **of_another_client) == ("NotAuthorizedException", "Invalid session for the user.")


def test_garbage_is_not_a_session(secured: World):
    username = secured.user(JANE)
    garbage = "garbage-that-is-long-enough"
    arguments = secured.answering("SOFTWARE_TOKEN_MFA", garbage, username, SOFTWARE_TOKEN_MFA_CODE="123456")
    assert refusal(secured.idp.admin_respond_to_auth_challenge, **arguments)[0] == "NotAuthorizedException"
    assert refusal(secured.idp.associate_software_token, Session=garbage)[0] == "NotAuthorizedException"


def test_of_two_answers_at_once_one_wins(secured: World):
    username = secured.invite(JANE, MessageAction="SUPPRESS")
    session = secured.sign_in(JANE, TEMPORARY)["Session"]

    def answer(number: int) -> str:
        try:
            return secured.answer("NEW_PASSWORD_REQUIRED", session, username, NEW_PASSWORD=PASSWORD)["ChallengeName"]
        except secured.idp.exceptions.NotAuthorizedException as refused:
            return refused.response["Error"]["Message"]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(answer, range(8)))
    assert sorted(answers) == [SESSION_USED] * 7 + ["MFA_SETUP"]


def test_a_session_expires(secured: World):
    username = secured.invite(JANE, MessageAction="SUPPRESS")
    session = secured.sign_in(JANE, TEMPORARY)["Session"]
    secured.settings(cognito_clock_ahead_seconds=3 * 60 + 1)
    arguments = secured.answering("NEW_PASSWORD_REQUIRED", session, username, NEW_PASSWORD=PASSWORD)
    assert refusal(secured.idp.admin_respond_to_auth_challenge, **arguments) == (
        "NotAuthorizedException",
        "Invalid session for the user, session is expired.",
    )


def test_a_challenge_takes_the_secret_hash_of_the_real_username_only(secured: World):
    secured.user(JANE)
    _, secret = secured.enrol(JANE)
    arguments = secured.answering(
        "SOFTWARE_TOKEN_MFA", secured.sign_in(JANE)["Session"], JANE, SOFTWARE_TOKEN_MFA_CODE=totp(secret)
    )
    code, message = refusal(secured.idp.admin_respond_to_auth_challenge, **arguments)
    assert code == "NotAuthorizedException"
    assert message.startswith("Unable to verify secret hash")


def test_a_new_password_must_satisfy_the_policy(secured: World):
    username = secured.invite(JANE, MessageAction="SUPPRESS")
    session = secured.sign_in(JANE, TEMPORARY)["Session"]
    arguments = secured.answering("NEW_PASSWORD_REQUIRED", session, username, NEW_PASSWORD="weak")
    assert refusal(secured.idp.admin_respond_to_auth_challenge, **arguments)[0] == "InvalidPasswordException"
    answer = secured.answer("NEW_PASSWORD_REQUIRED", session, username, NEW_PASSWORD=PASSWORD)
    assert answer["ChallengeName"] == "MFA_SETUP"


def test_the_public_operations_find_their_pool_in_any_account(secured: World):
    username = secured.user(JANE)
    parameters = {"USERNAME": JANE, "PASSWORD": PASSWORD, "SECRET_HASH": secured.hash(JANE)}
    challenge = secured.idp.initiate_auth(
        ClientId=secured.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )
    associated = secured.idp.associate_software_token(Session=challenge["Session"])
    verified = secured.idp.verify_software_token(Session=associated["Session"], UserCode=totp(associated["SecretCode"]))
    answer = secured.idp.respond_to_auth_challenge(
        ClientId=secured.client_id,
        ChallengeName="MFA_SETUP",
        Session=verified["Session"],
        ChallengeResponses={"USERNAME": username, "SECRET_HASH": secured.hash(username)},
    )
    assert answer["AuthenticationResult"]["AccessToken"]


def test_a_new_authenticator_replaces_the_old_one_by_access_token(secured: World):
    username = secured.user(JANE)
    tokens, old = secured.enrol(JANE)
    associated = secured.idp.associate_software_token(AccessToken=tokens["AccessToken"])
    verify = {"AccessToken": tokens["AccessToken"]}
    assert refusal(secured.idp.verify_software_token, UserCode=totp(old), **verify)[0] == (
        "EnableSoftwareTokenMFAException"
    )
    secured.idp.verify_software_token(UserCode=totp(associated["SecretCode"]), **verify)
    session = secured.sign_in(JANE)["Session"]
    with_old = secured.answering("SOFTWARE_TOKEN_MFA", session, username, SOFTWARE_TOKEN_MFA_CODE=totp(old))
    assert refusal(secured.idp.admin_respond_to_auth_challenge, **with_old)[0] == "CodeMismatchException"


def test_set_mfa_config_replaces_everything(world: World):
    world.pool()
    world.require_mfa()
    world.idp.set_user_pool_mfa_config(UserPoolId=world.pool_id)
    config = world.idp.get_user_pool_mfa_config(UserPoolId=world.pool_id)
    assert config["MfaConfiguration"] == "OFF"
    assert not config.get("SoftwareTokenMfaConfiguration", {}).get("Enabled")


@pytest.mark.parametrize(
    "settings",
    [
        {"MfaConfiguration": "ON"},
        {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": False}},
        {"MfaConfiguration": "OFF", "SoftwareTokenMfaConfiguration": {"Enabled": True}},
        {"SoftwareTokenMfaConfiguration": {"Enabled": True}},
    ],
)
def test_set_mfa_config_refuses_what_contradicts_itself(world: World, settings: dict):
    world.pool()
    arguments = {"UserPoolId": world.pool_id} | settings
    assert refusal(world.idp.set_user_pool_mfa_config, **arguments)[0] == "InvalidParameterException"


def test_passkeys_as_first_factor_need_to_be_set_up_for_mfa_before(world: World):
    world.pool()
    world.require_mfa()
    passkeys = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}}
    arguments = {"UserPoolId": world.pool_id, "MfaConfiguration": "ON"} | passkeys
    assert refusal(world.idp.update_user_pool, **arguments) == (
        "InvalidParameterException",
        "WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA",
    )
    world.idp.set_user_pool_mfa_config(
        UserPoolId=world.pool_id,
        MfaConfiguration="ON",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        WebAuthnConfiguration={
            "RelyingPartyId": "example.com",
            "UserVerification": "required",
            "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
        },
    )
    world.idp.update_user_pool(**arguments)
    shown = world.idp.describe_user_pool(UserPoolId=world.pool_id)["UserPool"]["Policies"]
    assert shown["SignInPolicy"] == passkeys["Policies"]["SignInPolicy"]


def test_passkeys_as_mfa_need_user_verification(world: World):
    world.pool()
    arguments = {
        "UserPoolId": world.pool_id,
        "MfaConfiguration": "ON",
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
        "WebAuthnConfiguration": {
            "RelyingPartyId": "example.com",
            "UserVerification": "preferred",
            "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
        },
    }
    assert refusal(world.idp.set_user_pool_mfa_config, **arguments)[0] == "InvalidParameterException"


def test_the_lite_tier_has_no_passkeys(world: World):
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    arguments = {"PoolName": "test", "UserPoolTier": "LITE", "Policies": policies}
    assert refusal(world.idp.create_user_pool, **arguments)[0] == "FeatureUnavailableInTierException"


@pytest.mark.parametrize("factors", [[], ["PASSWORD", "EMAIL_OTP"], ["PASSWORD", "SMS_OTP"]])
def test_first_factors_that_cannot_go_with_mfa_are_refused(world: World, factors: list):
    world.pool()
    world.require_mfa()
    arguments = {
        "UserPoolId": world.pool_id,
        "MfaConfiguration": "ON",
        "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": factors}},
    }
    world.idp = world.emulator.client("cognito-idp", world.account, parameter_validation=False)
    assert refusal(world.idp.update_user_pool, **arguments)[0] == "InvalidParameterException"
