"""The rates of AWS's control planes: which calls are throttled, and how that shows."""

import sys
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from conftest import Emulator

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cogapi_emulator import settings
from cogapi_emulator.call import Call, operations
from cogapi_emulator.rates import _LIMITS, Rates


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rates(clock: Clock, account: str) -> Rates:
    settings.change(account, {"rates": True})
    return Rates(clock)


def admitted(rates: Rates, account: str, service: str, operation: str, number: int, body: bytes = b"", caller="user"):
    call = Call(account, service, operation, caller, is_read=False)
    return sum(rates.admit(call, body) for _ in range(number))


@pytest.mark.parametrize(
    ("service", "operation", "at_once", "seconds", "then"),
    [
        ("apigateway", "ImportRestApi", 1, 3, 1),
        ("apigateway", "PutRestApi", 1, 1, 1),
        ("apigateway", "CreateResource", 5, 1, 5),
        ("apigateway", "GetResources", 5, 2, 5),
        ("apigateway", "CreateDeployment", 1, 5, 1),
        ("apigateway", "DeleteDomainName", 1, 30, 1),
        ("apigateway", "UpdateAccount", 1, 20, 1),
        ("apigateway", "GetStage", 40, 1, 10),
        ("lambda", "CreateFunction", 15, 1, 15),
        ("lambda", "GetFunction", 100, 1, 100),
        ("cognito-idp", "UpdateUserPool", 15, 1, 15),
        ("route53", "GetChange", 5, 1, 5),
        ("wafv2", "AssociateWebACL", 1, 2, 1),
        ("acm", "RequestCertificate", 5, 1, 5),
    ],
)
def test_a_bucket_is_as_deep_and_fills_as_fast_as_aws_says(
    rates: Rates, clock: Clock, account: str, service: str, operation: str, at_once: int, seconds: float, then: int
):
    assert admitted(rates, account, service, operation, 200) == at_once
    clock.now += seconds * 0.9 / then
    assert admitted(rates, account, service, operation, 200) == 0
    clock.now += seconds
    assert admitted(rates, account, service, operation, 200) in (then, then + 1)


def test_all_calls_of_a_service_count_together_where_aws_says_so(rates: Rates, account: str):
    assert admitted(rates, account, "apigateway", "GetStage", 35) == 35
    assert admitted(rates, account, "apigateway", "GetRestApi", 10) == 5
    # A call that one bucket refuses takes nothing from the others.
    assert admitted(rates, account, "lambda", "GetPolicy", 20) == 15
    assert admitted(rates, account, "lambda", "UpdateFunctionCode", 10) == 10
    assert admitted(rates, account, "lambda", "AddPermission", 10) == 5
    assert admitted(rates, account, "lambda", "Invoke", 500) == 500


def test_clients_of_one_pool_have_a_rate_of_their_own(rates: Rates, account: str):
    for pool, expected in (("a", 5), ("b", 5), ("c", 5), ("d", 0)):
        body = b'{"UserPoolId":"%s"}' % pool.encode()
        assert admitted(rates, account, "cognito-idp", "CreateUserPoolClient", 9, body) == expected


def test_only_a_users_calls_count_and_only_where_it_is_asked_for(rates: Rates, account: str):
    assert admitted(rates, account, "apigateway", "DeleteRestApi", 9, caller="function") == 9
    settings.change(account, {"rates": False})
    assert admitted(rates, account, "apigateway", "DeleteRestApi", 9) == 9
    settings.change(account, {"rates": True})
    assert admitted(rates, account, "apigateway", "DeleteRestApi", 9) == 1


def test_every_limit_names_operations_that_there_are():
    for service, limits in _LIMITS.items():
        for limit in limits:
            assert any(map(limit.applies, operations(service))), (service, limit.name)


def test_a_throttled_call_is_not_done_and_counted_apart(emulator: Emulator, account: str):
    emulator.admin("POST", "settings", {"rates": True}, account)
    client = emulator.client("apigateway", account)
    client.create_rest_api(name="first")
    with pytest.raises(ClientError) as refused:
        client.create_rest_api(name="second")
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert [api["name"] for api in client.get_rest_apis()["items"]] == ["first"]
    calls = emulator.admin("GET", "calls", account=account)
    assert calls["by_operation"] == {"apigateway:CreateRestApi": 1, "apigateway:GetRestApis": 1}
    assert (calls["total"], calls["throttled"]) == (2, 1)
    assert calls["throttled_by_operation"] == {"apigateway:CreateRestApi": 1}
    emulator.admin("DELETE", "calls", account=account)
    assert emulator.admin("GET", "calls", account=account)["throttled"] == 0


def test_a_throttled_answer_takes_as_long_as_any_other(emulator: Emulator, account: str):
    emulator.admin("POST", "settings", {"rates": True}, account)
    client = emulator.client("apigateway", account)
    client.create_rest_api(name="first")
    emulator.admin("POST", "faults", [{"kind": "latency", "latency_ms": 150}], account)
    begun = time.monotonic()
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.create_rest_api(name="second")
    assert time.monotonic() - begun >= 0.15
