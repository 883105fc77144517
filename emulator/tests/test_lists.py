"""What the inspector shows: users and what functions logged."""

from cognito_world import World, make_world  # noqa: F401 (a fixture)
from conftest import Emulator
from functions import make_function

_LINE = '{"level": "WARN", "endpoint": "login", "outcome": "invalid_credentials", "_aws": {}}'


def test_users_are_shown_with_what_aws_does_not_tell(world: World):
    world.pool()
    world.client()
    world.user("jane@example.com")
    (user,) = world.emulator.admin("GET", "users", account=world.account)
    assert (user["email"], user["enabled"], user["passkeys"]) == ("jane@example.com", True, 0)
    assert user["created"] <= user["modified"]
    assert user.keys() == {
        "id", "email", "name", "status", "enabled", "mfa", "groups", "passkeys", "created", "modified",
    }  # fmt: skip


def test_log_lines_are_parsed_newest_first_without_lambdas_own(emulator: Emulator, account: str):
    make_function(emulator, account, "f", f"print({_LINE!r}, 'and this', sep=chr(10), flush=True)")
    _may_log(emulator, account)
    emulator.client("lambda", account).invoke(FunctionName="f")
    newest, line = emulator.admin("GET", "logs", account=account)
    assert (newest["message"], newest["fields"], newest["function"]) == ("and this", {}, "login")
    assert (line["level"], line["message"], line["function"]) == ("WARN", "invalid_credentials", "login")
    assert "_aws" not in line["fields"]
    assert line["id"] != newest["id"]
    assert emulator.admin("GET", "logs?limit=1", account=account) == [newest]


def _may_log(emulator: Emulator, account: str) -> None:
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}'
    emulator.client("iam", account).put_role_policy(RoleName="f-role", PolicyName="log", PolicyDocument=policy)
