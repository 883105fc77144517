"""Cognito's mails: CustomMessage and its permission, codes, invitations, recovery, unknown users."""

import json
import re

import pytest
from cognito_world import PASSWORD, TEMPORARY, World, make_world, refusal  # noqa: F401 (a fixture)

JANE = "jane@example.com"
INVITED = "FORCE_CHANGE_PASSWORD"

# Puts what it was given into the subject.
_TRIGGER = """
import json
def handler(event, context):
    request = event["request"]
    if request["clientMetadata"].get("fail"):
        raise ValueError("no such template")
    seen = [event["triggerSource"], request["userAttributes"]["cognito:user_status"], request["usernameParameter"]]
    metadata = request["clientMetadata"]
    body = "user={username} " if request["usernameParameter"] else ""
    if not metadata.get("without_code"):
        body += "code={####}"
    body += metadata.get("more", "") * int(metadata.get("times", 1))
    subject = json.dumps(seen) + metadata.get("subject", "")
    event["response"].update(emailSubject=subject, emailMessage=body)
    return event
"""


def _prepared(world: World, trigger: bool = True, **permission) -> World:
    world.pool()
    world.client(PreventUserExistenceErrors="ENABLED")
    if trigger:
        _attach(world, world.function("messages", _TRIGGER, **permission))
    return world


def _attach(world: World, arn: str) -> None:
    world.idp.update_user_pool(
        UserPoolId=world.pool_id, AutoVerifiedAttributes=["email"], LambdaConfig={"CustomMessage": arn}
    )


def _forgot(world: World, email: str, **arguments) -> dict:
    return {"ClientId": world.client_id, "Username": email, "SecretHash": world.hash(email), **arguments}


def _code(mail: dict) -> str:
    return re.search(r"\b\d{6}\b", mail["text"])[0]


def _body(mail: dict) -> str:
    """The mail as it was sent: a password with a `<` in it makes HTML of a text, for ministack."""
    return mail["text"] or mail["html"]


def _seen(mail: dict) -> list:
    return json.loads(mail["subject"])


def test_the_trigger_writes_the_invitation(world: World):
    _prepared(world).invite(JANE)
    (mail,) = world.mails(JANE)
    # Placeholders are filled in the subject too.
    assert _seen(mail) == ["CustomMessage_AdminCreateUser", INVITED, JANE]
    assert mail["text"] == f"user={JANE} code={TEMPORARY}"


def test_an_invitation_is_sent_again_with_a_new_password_that_replaces_the_old_one(world: World):
    _prepared(world).invite(JANE)
    world.idp.admin_create_user(
        UserPoolId=world.pool_id, Username=JANE, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"]
    )
    newest, _ = world.mails(JANE)
    assert _seen(newest)[0] == "CustomMessage_AdminCreateUser"
    password = _body(newest).removeprefix(f"user={JANE} code=")
    assert password != TEMPORARY
    assert world.sign_in(JANE, password)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert refusal(world.sign_in, email=JANE, password=TEMPORARY)[0] == "NotAuthorizedException"


def test_an_invitation_is_not_sent_again_to_a_confirmed_user(world: World):
    _prepared(world, trigger=False).user(JANE)
    arguments = {"UserPoolId": world.pool_id, "Username": JANE, "MessageAction": "RESEND"}
    assert refusal(world.idp.admin_create_user, **arguments)[0] == "UnsupportedUserStateException"


def test_a_reply_without_both_placeholders_gives_the_default_mail(world: World):
    _prepared(world).invite(JANE, ClientMetadata={"without_code": "yes"})
    (mail,) = world.mails(JANE)
    assert mail["subject"] == "Your temporary password"
    assert TEMPORARY in mail["text"]
    assert JANE in mail["text"]


def test_when_mail_is_refused_the_call_fails_and_yet_the_user_is_created(world: World):
    _prepared(world, trigger=False)
    world.settings(mail_refused=True)
    arguments = {"UserPoolId": world.pool_id, "Username": JANE, "DesiredDeliveryMediums": ["EMAIL"]}
    arguments["UserAttributes"] = [{"Name": "email", "Value": JANE}]
    assert refusal(world.idp.admin_create_user, **arguments)[0] == "CodeDeliveryFailureException"
    world.settings(mail_refused=False)
    world.idp.admin_create_user(**(arguments | {"MessageAction": "RESEND"}))
    (mail,) = world.mails(JANE)
    assert JANE in mail["text"]


def test_a_refused_mail_names_its_recipient(world: World):
    _prepared(world, trigger=False)
    world.settings(mail_refused=True)
    arguments = {"UserPoolId": world.pool_id, "Username": JANE, "DesiredDeliveryMediums": ["EMAIL"]}
    arguments["UserAttributes"] = [{"Name": "email", "Value": JANE}]
    assert refusal(world.idp.admin_create_user, **arguments)[1] == (
        "Email address is not verified. The following identities failed the check in region EU-WEST-1: " + JANE
    )


def test_when_the_days_mails_are_used_up_no_mail_goes_out(world: World):
    _prepared(world, trigger=False).user(JANE)
    world.settings(mail_quota_used_up=True)
    code, message = refusal(world.idp.forgot_password, **_forgot(world, JANE))
    assert (code, message[:26]) == ("LimitExceededException", "Exceeded daily email limit")
    world.settings(mail_quota_used_up=False)
    assert world.mails(JANE) == []
    world.idp.forgot_password(**_forgot(world, JANE))
    assert len(world.mails(JANE)) == 1


@pytest.mark.parametrize("character", ["\u00a0", "\u200d", "\u200c", "\u202e", "\u2028", "\x07"])
@pytest.mark.parametrize("part", ["more", "subject"])
def test_a_text_with_a_character_that_cognito_does_not_take_fails_the_call(world: World, part: str, character: str):
    _prepared(world).user(JANE)
    code, message = refusal(world.idp.forgot_password, **_forgot(world, JANE, ClientMetadata={part: character}))
    assert code == "InvalidParameterException"
    assert "failed to satisfy constraint: Member must satisfy regular expression pattern" in message
    assert world.mails(JANE) == []


def test_letters_marks_symbols_numbers_and_punctuation_of_any_script_are_taken(world: World):
    _prepared(world).user(JANE)
    text = "é ß 名 سلام e\u0301 👩 € ½ « » \t\n\f\v"
    world.idp.forgot_password(**_forgot(world, JANE, ClientMetadata={"more": text, "subject": "名 👩"}))
    (mail,) = world.mails(JANE)
    assert text in mail["text"]


def test_a_text_of_more_than_20000_characters_fails_the_call(world: World):
    _prepared(world).user(JANE)
    longest = 20_000 - len("code={####}")
    world.idp.forgot_password(**_forgot(world, JANE, ClientMetadata={"more": "é", "times": str(longest)}))
    for metadata in ({"more": "é", "times": str(longest + 1)}, {"subject": "é" * 140}):
        code, message = refusal(world.idp.forgot_password, **_forgot(world, JANE, ClientMetadata=metadata))
        assert code == "InvalidParameterException"
        assert "Member must have length less than or equal to" in message
    assert len(world.mails(JANE)) == 1


def test_a_temporary_password_expires_until_the_invitation_is_sent_again(world: World):
    world.pool(Policies={"PasswordPolicy": {"TemporaryPasswordValidityDays": 1}})
    world.client()
    world.invite(JANE)
    world.settings(cognito_clock_ahead_seconds=86_400 + 60)
    assert refusal(world.sign_in, email=JANE, password=TEMPORARY) == (
        "NotAuthorizedException",
        "Temporary password has expired and must be reset by an administrator.",
    )
    again = {"TemporaryPassword": "Another-Temporary-1", "MessageAction": "RESEND"}
    world.idp.admin_create_user(UserPoolId=world.pool_id, Username=JANE, **again)
    assert world.sign_in(JANE, "Another-Temporary-1")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_a_failing_trigger_fails_the_call_and_creates_nobody(world: World):
    _prepared(world)
    arguments = {
        "UserPoolId": world.pool_id,
        "Username": JANE,
        "DesiredDeliveryMediums": ["EMAIL"],
        "ClientMetadata": {"fail": "yes"},
    }
    assert refusal(world.idp.admin_create_user, **arguments) == (
        "UserLambdaValidationException",
        "CustomMessage failed with error no such template.",
    )
    assert world.idp.list_users(UserPoolId=world.pool_id)["Users"] == []


@pytest.mark.parametrize("permission", ["none", "another pool"])
def test_cognito_invokes_no_trigger_without_permission_for_this_pool(world: World, permission: str):
    world.pool()
    world.client()
    another = world.pool_arn[:-1] + ("x" if world.pool_arn[-1] != "x" else "y")
    arn = world.function("messages", _TRIGGER, permitted=permission != "none", source_arn=another)
    _attach(world, arn)
    arguments = {"UserPoolId": world.pool_id, "Username": JANE, "DesiredDeliveryMediums": ["EMAIL"]}
    arguments["UserAttributes"] = [{"Name": "email", "Value": JANE}]
    assert refusal(world.idp.admin_create_user, **arguments) == (
        "UnexpectedLambdaException",
        "CustomMessage invocation failed due to error AccessDeniedException.",
    )


def test_a_forgotten_password_is_reset_by_a_mailed_code(world: World):
    _prepared(world).user(JANE)
    details = world.idp.forgot_password(**_forgot(world, JANE))["CodeDeliveryDetails"]
    (mail,) = world.mails(JANE)
    assert details["Destination"] == "j****@e****"
    assert _seen(mail) == ["CustomMessage_ForgotPassword", "CONFIRMED", None]
    confirmation = _forgot(world, JANE, Password="Another-Passw0rd!")
    wrong = f"{(int(_code(mail)) + 1) % 10**6:06d}"
    assert refusal(world.idp.confirm_forgot_password, ConfirmationCode=wrong, **confirmation)[0] == (
        "CodeMismatchException"
    )
    world.idp.confirm_forgot_password(ConfirmationCode=_code(mail), **confirmation)
    assert world.sign_in(JANE, "Another-Passw0rd!")["AuthenticationResult"]


def test_codes_are_random(world: World):
    _prepared(world, trigger=False).user(JANE)
    for _ in range(4):
        world.idp.forgot_password(**_forgot(world, JANE))
    assert len({_code(mail) for mail in world.mails(JANE)}) > 1


def test_an_admins_reset_mails_a_code_and_stops_sign_ins(world: World):
    _prepared(world).user(JANE)
    world.idp.admin_reset_user_password(UserPoolId=world.pool_id, Username=JANE)
    (mail,) = world.mails(JANE)
    assert _seen(mail)[0] == "CustomMessage_ForgotPassword"
    # Whatever the password: it does not count any more.
    for password in (PASSWORD, "Wrong-Passw0rd!!"):
        assert refusal(world.sign_in, email=JANE, password=password)[0] == "PasswordResetRequiredException"
    world.idp.confirm_forgot_password(
        ConfirmationCode=_code(mail), **_forgot(world, JANE, Password="Another-Passw0rd!")
    )
    assert world.sign_in(JANE, "Another-Passw0rd!")["AuthenticationResult"]


def test_a_sign_up_and_its_resent_code_are_mailed_by_the_trigger(world: World):
    _prepared(world)
    world.idp.sign_up(Password=PASSWORD, **_forgot(world, JANE))
    world.idp.resend_confirmation_code(**_forgot(world, JANE))
    resent, first = world.mails(JANE)
    assert _seen(first) == ["CustomMessage_SignUp", "UNCONFIRMED", None]
    assert _seen(resent) == ["CustomMessage_ResendCode", "UNCONFIRMED", None]
    world.idp.confirm_sign_up(ConfirmationCode=_code(resent), **_forgot(world, JANE))
    assert refusal(world.idp.resend_confirmation_code, **_forgot(world, JANE))[0] == "InvalidParameterException"


def test_nothing_but_a_new_invitation_works_for_an_invited_user(world: World):
    _prepared(world, trigger=False).invite(JANE)
    assert refusal(world.idp.forgot_password, **_forgot(world, JANE))[0] == "NotAuthorizedException"
    assert refusal(world.idp.resend_confirmation_code, **_forgot(world, JANE))[0] == "NotAuthorizedException"
    reset = {"UserPoolId": world.pool_id, "Username": JANE}
    assert refusal(world.idp.admin_reset_user_password, **reset)[0] == "NotAuthorizedException"


def test_a_user_without_a_verified_address_gets_no_code(world: World):
    _prepared(world, trigger=False).user(JANE)
    world.idp.admin_update_user_attributes(
        UserPoolId=world.pool_id, Username=JANE, UserAttributes=[{"Name": "email_verified", "Value": "false"}]
    )
    world.idp.forgot_password(**_forgot(world, JANE))
    assert world.mails(JANE) == []


def test_a_temporary_password_made_by_cognito_satisfies_a_long_policy(world: World):
    world.pool(Policies={"PasswordPolicy": {"MinimumLength": 20, "RequireSymbols": True}})
    world.client()
    arguments = {"UserPoolId": world.pool_id, "Username": JANE, "DesiredDeliveryMediums": ["EMAIL"]}
    world.idp.admin_create_user(UserAttributes=[{"Name": "email", "Value": JANE}], **arguments)
    (mail,) = world.mails(JANE)
    password = _body(mail).removesuffix(".").rsplit(" ", 1)[-1]
    assert len(password) == 20
    assert world.sign_in(JANE, password)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_a_temporary_password_made_by_cognito_goes_into_the_mail_as_it_is_whatever_html_makes_of_it(world: World):
    world.pool(Policies={"PasswordPolicy": {"MinimumLength": 99}})
    world.client()
    arguments = {"UserPoolId": world.pool_id, "Username": JANE, "DesiredDeliveryMediums": ["EMAIL"]}
    world.idp.admin_create_user(UserAttributes=[{"Name": "email", "Value": JANE}], **arguments)
    symbols = ""
    for _ in range(12):
        # 1,200 characters of 94: that one never comes up has odds of less than one in 10^5.
        world.idp.admin_create_user(MessageAction="RESEND", **arguments)
        symbols += _body(world.mails(JANE)[0]).removesuffix(".").rsplit(" ", 1)[-1]
    assert set("<>&") & set(symbols)


def test_no_mail_goes_out_unless_email_is_the_delivery_medium(world: World):
    _prepared(world, trigger=False)
    world.idp.admin_create_user(
        UserPoolId=world.pool_id, Username=JANE, UserAttributes=[{"Name": "email", "Value": JANE}]
    )
    assert world.mails(JANE) == []


def test_an_unknown_user_looks_like_a_known_one(world: World):
    _prepared(world, trigger=False).user(JANE)
    nobody = "jack@elsewhere.org"
    known = world.idp.forgot_password(**_forgot(world, JANE))["CodeDeliveryDetails"]
    assert world.idp.forgot_password(**_forgot(world, nobody))["CodeDeliveryDetails"] == known
    assert world.mails(nobody) == []
    sign_in = {"password": "Wrong-Passw0rd!!"}
    assert refusal(world.sign_in, email=nobody, **sign_in) == refusal(world.sign_in, email=JANE, **sign_in)
    assert world.idp.resend_confirmation_code(**_forgot(world, nobody))["CodeDeliveryDetails"]
    confirmation = {"ConfirmationCode": "000000", "Password": PASSWORD}
    assert refusal(world.idp.confirm_forgot_password, **_forgot(world, nobody, **confirmation))[0] == (
        "CodeMismatchException"
    )
