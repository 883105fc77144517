"""The process: readiness, faults and counts."""

import json
import time
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from cognito_world import World, make_world, refusal  # noqa: F401 (a fixture)
from conftest import Emulator
from functions import make_function


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
        "throttled": 0,
        "throttled_by_operation": {},
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
        ("acm", lambda client: client.list_certificates(), "ThrottlingException"),
        ("route53", lambda client: client.list_hosted_zones(), "Throttling"),
        ("wafv2", lambda client: client.list_web_acls(Scope="REGIONAL"), "ThrottlingException"),
        ("ses", lambda client: client.list_identities(), "Throttling"),
        ("sesv2", lambda client: client.get_account(), "TooManyRequestsException"),
    ],
)
def test_throttling_has_each_services_own_shape(emulator: Emulator, account: str, service, call, code):
    emulator.admin("POST", "faults", [{"service": service, "kind": "throttle", "times": 1}], account)
    client = emulator.client(service, account)
    with pytest.raises(ClientError) as refused:
        call(client)
    assert refused.value.response["Error"]["Code"] == code
    call(client)


def test_rules_are_counted_down_and_show_what_is_left(emulator: Emulator, account: str):
    rule = {"service": "iam", "operation": "ListRoles", "kind": "error500", "times": 2}
    emulator.admin("POST", "faults", [rule], account)
    iam = emulator.client("iam", account)
    with pytest.raises(ClientError) as refused:
        iam.list_roles()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    iam.list_users()
    assert [left["times"] for left in emulator.admin("GET", "faults", account=account)] == [1]
    emulator.admin("DELETE", "faults", account=account)
    iam.list_roles()


def test_latency_is_added_to_every_call_it_names(emulator: Emulator, account: str):
    emulator.admin("POST", "faults", [{"kind": "latency", "latency_ms": 150}], account)
    begun = time.monotonic()
    emulator.client("iam", account).list_roles()
    assert time.monotonic() - begun >= 0.15


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "throtle"},
        {"kind": "throttle", "service": "cognito"},
        {"kind": "throttle", "service": "iam", "operation": "ListRole"},
        {"kind": "throttle", "times": 0},
        {"kind": "throttle", "probability": "often"},
        {"kind": "latency"},
        {"kind": "throttle", "unknown": 1},
        "throttle",
    ],
)
def test_a_rule_that_could_never_hit_is_refused(emulator: Emulator, account: str, rule):
    with pytest.raises(HTTPError) as refused:
        emulator.admin("POST", "faults", [rule], account)
    assert refused.value.code == 400


def test_the_functions_own_calls_are_neither_counted_nor_faulty(emulator: Emulator, account: str):
    call = "__import__('botocore.session').session.get_session().create_client('iam').list_users()['Users']"
    make_function(emulator, account, "f", call)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}]}
    iam = emulator.client("iam", account)
    iam.put_role_policy(RoleName="f-role", PolicyName="list", PolicyDocument=json.dumps(policy))
    emulator.admin("DELETE", "calls", account=account)
    emulator.admin("POST", "faults", [{"service": "iam", "kind": "throttle"}], account)
    answer = emulator.client("lambda", account).invoke(FunctionName="f")
    assert (json.load(answer["Payload"]), answer.get("FunctionError")) == ([], None)
    assert emulator.admin("GET", "calls", account=account)["by_operation"] == {"lambda:Invoke": 1}


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


def test_a_call_that_is_not_signed_is_faulty_by_the_rules_of_the_pools_account(world: World):
    world.pool()
    world.client()
    world.user("jane@example.com")
    token = world.sign_in("jane@example.com")["AuthenticationResult"]["AccessToken"]
    rule = {"operation": "GetUser", "kind": "throttle", "times": 1, "caller": "anonymous"}
    world.emulator.admin("POST", "faults", [rule], world.account)
    assert refusal(world.idp.get_user, AccessToken=token)[0] == "TooManyRequestsException"
    assert world.idp.get_user(AccessToken=token)["Username"]
