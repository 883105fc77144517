"""The process: readiness, faults and counts."""

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from conftest import Emulator


def test_health_answers(emulator: Emulator):
    assert emulator.admin("GET", "health") == {"status": "ok"}


def test_calls_are_counted_by_operation_and_account(emulator: Emulator, account: str):
    cognito = emulator.client("cognito-idp", account)
    cognito.create_user_pool(PoolName="counted")
    cognito.list_user_pools(MaxResults=1)
    emulator.client("iam", account).list_roles()
    emulator.client("apigateway", account).get_rest_apis()
    s3 = emulator.client("s3", account)
    s3.list_buckets()
    calls = emulator.admin("GET", "calls", account=account)
    assert calls == {
        "total": 5,
        "reads": 4,
        "writes": 1,
        "by_operation": {
            "apigateway:GetRestApis": 1,
            "cognito-idp:CreateUserPool": 1,
            "cognito-idp:ListUserPools": 1,
            "iam:ListRoles": 1,
            "s3:ListBuckets": 1,
        },
    }
    emulator.admin("DELETE", "calls", account=account)
    assert emulator.admin("GET", "calls", account=account)["total"] == 0


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("cognito-idp", lambda client: client.list_user_pools(MaxResults=1), "TooManyRequestsException"),
        ("apigateway", lambda client: client.get_rest_apis(), "TooManyRequestsException"),
        ("lambda", lambda client: client.list_functions(), "TooManyRequestsException"),
        ("iam", lambda client: client.list_roles(), "Throttling"),
        ("logs", lambda client: client.describe_log_groups(), "ThrottlingException"),
        ("dynamodb", lambda client: client.list_tables(), "ThrottlingException"),
        ("s3", lambda client: client.list_buckets(), "SlowDown"),
    ],
)
def test_throttling_has_each_services_own_shape(emulator: Emulator, account: str, service, call, code):
    emulator.admin("POST", "faults", [{"service": service, "kind": "throttle", "times": 1}], account)
    client = emulator.client(service, account)
    with pytest.raises(ClientError) as refused:
        call(client)
    assert refused.value.response["Error"]["Code"] == code
    call(client)


def test_hangup_after_does_the_call_and_loses_the_answer(emulator: Emulator, account: str):
    cognito = emulator.client("cognito-idp", account)
    emulator.admin("POST", "faults", [{"operation": "CreateUserPool", "kind": "hangup_after", "times": 1}], account)
    with pytest.raises(HTTPClientError):
        cognito.create_user_pool(PoolName="done")
    assert [pool["Name"] for pool in cognito.list_user_pools(MaxResults=10)["UserPools"]] == ["done"]


def test_hangup_before_does_nothing(emulator: Emulator, account: str):
    cognito = emulator.client("cognito-idp", account)
    emulator.admin("POST", "faults", [{"operation": "CreateUserPool", "kind": "hangup_before", "times": 1}], account)
    with pytest.raises(HTTPClientError):
        cognito.create_user_pool(PoolName="not done")
    assert cognito.list_user_pools(MaxResults=10)["UserPools"] == []
