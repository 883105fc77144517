"""How often passwords and codes may be tried."""

import re
from collections.abc import Callable

import pytest
from cognito_world import PASSWORD, World, make_world, refusal, totp  # noqa: F401 (a fixture)

JANE = "jane@example.com"
WRONG = {"email": JANE, "password": "Wrong-Passw0rd!!"}
NEW = "Another-Passw0rd!"
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")
MISMATCH = ("CodeMismatchException", "Invalid code received for user")
EXCEEDED = ("NotAuthorizedException", "Password attempts exceeded")
LIMIT = ("LimitExceededException", "Attempt limit exceeded, please try after some time.")


@pytest.fixture
def prepared(world: World) -> World:
    world.pool()
    world.client(PreventUserExistenceErrors="ENABLED")
    world.user(JANE)
    return world


def _fail(world: World, times: int) -> list[tuple[str, str]]:
    return [refusal(world.sign_in, **WRONG) for _ in range(times)]


def _lock_out(world: World, attempt: Callable[[], tuple[str, str]], refused: tuple[str, str] = INCORRECT) -> int:
    """Fail twelve times, each time when that is allowed again, so that the lockout lasts for 128 seconds.

    Returns how far the clock is ahead then: no test waits, and none depends on how long its calls take.
    """
    ahead = 0
    for failures in range(1, 13):
        assert attempt() == refused
        if 5 <= failures < 12:
            ahead += 2 ** (failures - 5) + 1
            world.settings(cognito_clock_ahead_seconds=ahead)
    return ahead


def _lock_out_by_password(world: World) -> int:
    return _lock_out(world, lambda: refusal(world.sign_in, **WRONG))


def test_five_wrong_passwords_lock_out_for_a_second_and_each_further_one_for_twice_as_long(prepared: World):
    ahead = _lock_out_by_password(prepared)
    prepared.settings(cognito_clock_ahead_seconds=ahead + 100)
    assert refusal(prepared.sign_in, email=JANE) == EXCEEDED
    # What is tried meanwhile does not count.
    assert _fail(prepared, 3) == [EXCEEDED] * 3
    prepared.settings(cognito_clock_ahead_seconds=ahead + 129)
    assert prepared.sign_in(JANE)["AuthenticationResult"]


def test_a_sign_in_forgets_the_failures(prepared: World):
    for _ in range(3):
        assert _fail(prepared, 4) == [INCORRECT] * 4
        assert prepared.sign_in(JANE)["AuthenticationResult"]


def test_fifteen_minutes_without_an_attempt_forget_the_failures(prepared: World):
    ahead = _lock_out_by_password(prepared)
    prepared.settings(cognito_clock_ahead_seconds=ahead + 15 * 60 + 1)
    assert _fail(prepared, 5) == [INCORRECT] * 5


def test_a_refresh_does_not_end_a_lockout(prepared: World):
    token = prepared.sign_in(JANE)["AuthenticationResult"]["RefreshToken"]
    _lock_out_by_password(prepared)
    arguments = {"ClientId": prepared.client_id, "ClientSecret": prepared.secret, "RefreshToken": token}
    assert prepared.idp.get_tokens_from_refresh_token(**arguments)["AuthenticationResult"]
    assert refusal(prepared.sign_in, email=JANE) == EXCEEDED


def test_a_user_who_does_not_exist_is_never_locked_out(prepared: World):
    nobody = WRONG | {"email": "nobody@example.com"}
    answers = {refusal(prepared.sign_in, **nobody) for _ in range(7)}
    assert answers == {INCORRECT}


def test_wrong_authenticator_codes_count_as_wrong_passwords_do(prepared: World):
    prepared.require_mfa()
    _, secret = prepared.enrol(JANE)
    username = prepared.idp.admin_get_user(UserPoolId=prepared.pool_id, Username=JANE)["Username"]
    respond = prepared.idp.admin_respond_to_auth_challenge

    def answering(code: str) -> dict:
        # A session of its own, as each takes three wrong answers only.
        session = prepared.sign_in(JANE)["Session"]
        return prepared.answering("SOFTWARE_TOKEN_MFA", session, username, SOFTWARE_TOKEN_MFA_CODE=code)

    last = answering(totp(secret))
    ahead = _lock_out(prepared, lambda: refusal(respond, **answering("0")), MISMATCH)
    assert refusal(respond, **last) == EXCEEDED
    prepared.settings(cognito_clock_ahead_seconds=ahead + 129)
    assert respond(**answering(totp(secret)))["AuthenticationResult"]


def test_a_password_is_changed_with_the_old_one_to_one_of_the_policy(prepared: World):
    token = prepared.sign_in(JANE)["AuthenticationResult"]["AccessToken"]
    change = {"AccessToken": token, "PreviousPassword": PASSWORD, "ProposedPassword": NEW}
    wrong = refusal(prepared.idp.change_password, **(change | {"PreviousPassword": WRONG["password"]}))
    assert wrong == INCORRECT
    weak = refusal(prepared.idp.change_password, **(change | {"ProposedPassword": "weak-weak"}))
    assert weak[0] == "InvalidPasswordException"
    prepared.idp.change_password(**change)
    assert refusal(prepared.sign_in, email=JANE)[0] == "NotAuthorizedException"
    assert prepared.sign_in(JANE, NEW)["AuthenticationResult"]
    # AWS: a new password ends no session.
    assert prepared.idp.get_user(AccessToken=token)["Username"]


def test_guessing_an_old_password_has_a_limit(prepared: World):
    token = prepared.sign_in(JANE)["AuthenticationResult"]["AccessToken"]
    guess = {"AccessToken": token, "PreviousPassword": WRONG["password"], "ProposedPassword": NEW}
    right = guess | {"PreviousPassword": PASSWORD}
    change = prepared.idp.change_password
    ahead = _lock_out(prepared, lambda: refusal(change, **guess))
    assert refusal(change, **right) == LIMIT
    prepared.settings(cognito_clock_ahead_seconds=ahead + 129)
    change(**right)


def _confirming(world: World, code: str, password: str = NEW) -> dict:
    return {
        "ClientId": world.client_id,
        "Username": JANE,
        "SecretHash": world.hash(JANE),
        "ConfirmationCode": code,
        "Password": password,
    }


def _forget(world: World) -> str:
    """Ask for a reset code and return it."""
    world.idp.forgot_password(ClientId=world.client_id, Username=JANE, SecretHash=world.hash(JANE))
    return re.search(r"\b\d{6}\b", world.mails(JANE)[0]["text"])[0]


def test_a_reset_code_works_once(prepared: World):
    code, confirm = _forget(prepared), prepared.idp.confirm_forgot_password
    assert refusal(confirm, **_confirming(prepared, code, "weak-weak"))[0] == "InvalidPasswordException"
    confirm(**_confirming(prepared, code))
    assert prepared.sign_in(JANE, NEW)["AuthenticationResult"]
    assert refusal(confirm, **_confirming(prepared, code))[0] == "ExpiredCodeException"


def test_a_reset_code_works_for_an_hour(prepared: World):
    code, confirm = _forget(prepared), prepared.idp.confirm_forgot_password
    prepared.settings(cognito_clock_ahead_seconds=3_601)
    assert refusal(confirm, **_confirming(prepared, code))[0] == "ExpiredCodeException"


def test_a_newer_reset_code_replaces_the_older(prepared: World):
    older, newer = _forget(prepared), _forget(prepared)
    confirm = prepared.idp.confirm_forgot_password
    if older != newer:
        assert refusal(confirm, **_confirming(prepared, older))[0] == "CodeMismatchException"
    confirm(**_confirming(prepared, newer))


def test_without_a_reset_code_there_is_none_to_confirm(prepared: World):
    confirm = prepared.idp.confirm_forgot_password
    assert refusal(confirm, **_confirming(prepared, "000000"))[0] == "ExpiredCodeException"


def test_a_disabled_user_looks_like_nobody_when_a_reset_is_confirmed(prepared: World):
    code = _forget(prepared)
    prepared.idp.admin_disable_user(UserPoolId=prepared.pool_id, Username=JANE)
    confirm = prepared.idp.confirm_forgot_password
    assert refusal(confirm, **_confirming(prepared, code))[0] == "CodeMismatchException"


def test_reset_codes_are_asked_for_and_entered_so_many_times_an_hour(prepared: World):
    prepared.settings(cognito_reset_attempts_per_hour=5)
    code, confirm = _forget(prepared), prepared.idp.confirm_forgot_password
    wrong = _confirming(prepared, "none")
    assert [refusal(confirm, **wrong)[0] for _ in range(4)] == ["CodeMismatchException"] * 4
    assert refusal(confirm, **_confirming(prepared, code)) == LIMIT
    forgot = {"ClientId": prepared.client_id, "Username": JANE, "SecretHash": prepared.hash(JANE)}
    assert refusal(prepared.idp.forgot_password, **forgot) == LIMIT
    prepared.settings(cognito_clock_ahead_seconds=3_601)
    confirm(**_confirming(prepared, _forget(prepared)))
