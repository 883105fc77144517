"""Corrections of API Gateway's account: the role that logs, and the logs of a stage."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import REGION, Emulator
from functions import make_role
from test_apigateway import STAGE, definition, deploy, import_api, request

FORMAT = '{"id":"$context.requestId","ip":"$context.identity.sourceIp","line":"$context.httpMethod $context.resourcePath","status":$context.status,"bytes":$context.responseLength,"who":"$context.authorizer.principalId"}'  # noqa: E501
UNSET = "CloudWatch Logs role ARN must be set in account settings to enable logging"


def destination(account: str, group: str = "access") -> str:
    return f"arn:aws:logs:{REGION}:{account}:log-group:{group}"


def patch(**values: str) -> list[dict]:
    paths = {"destination": "/accessLogSettings/destinationArn", "format": "/accessLogSettings/format"}
    return [{"op": "replace", "path": paths[name], "value": value} for name, value in values.items()]


def set_role(emulator: Emulator, account: str, role: str) -> dict:
    operation = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
    return emulator.client("apigateway", account).update_account(patchOperations=[operation])


def logging_role(emulator: Emulator, account: str) -> str:
    role = make_role(emulator, account, "gateway-logs", "apigateway.amazonaws.com")
    policy = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    emulator.client("iam", account).attach_role_policy(RoleName="gateway-logs", PolicyArn=policy)
    return role


def staged(emulator: Emulator, account: str) -> str:
    api = import_api(emulator, account, definition())
    deploy(emulator, account, api)
    return api


def refusal(call, **arguments) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    return refused.value.response["Error"]["Message"]


def test_the_account_takes_only_a_role_that_api_gateway_can_log_with(emulator: Emulator, account: str):
    client = emulator.client("apigateway", account)
    assert "cloudwatchRoleArn" not in client.get_account()
    denied = (
        f"arn:aws:iam::{account}:role/none",
        make_role(emulator, account, "foreign", "lambda.amazonaws.com", allow="logs:*"),
        make_role(emulator, account, "powerless", "apigateway.amazonaws.com"),
    )
    for unusable in denied:
        told = refusal(set_role, emulator=emulator, account=account, role=unusable)
        assert "does not have required permissions configured" in told
    role = logging_role(emulator, account)
    emulator.admin("POST", "settings", {"role_propagation_seconds": 60}, account)
    assert "does not have required permissions" in refusal(lambda: set_role(emulator, account, role))
    emulator.admin("POST", "settings", {"role_propagation_seconds": 0}, account)
    assert set_role(emulator, account, role)["cloudwatchRoleArn"] == role
    assert client.get_account()["cloudwatchRoleArn"] == role
    set_role(emulator, account, "")
    assert "cloudwatchRoleArn" not in client.get_account()


def test_a_stage_cannot_log_before_the_account_has_a_role(emulator: Emulator, account: str):
    stage = {"restApiId": staged(emulator, account), "stageName": STAGE}
    client = emulator.client("apigateway", account)
    operations = patch(destination=destination(account), format=FORMAT)
    assert refusal(client.update_stage, **stage, patchOperations=operations) == UNSET
    execution = {"op": "replace", "path": "/*/*/logging/loglevel", "value": "ERROR"}
    assert refusal(client.update_stage, **stage, patchOperations=[execution]) == UNSET
    assert "accessLogSettings" not in client.get_stage(**stage)
    # What is off needs no role.
    client.update_stage(**stage, patchOperations=[execution | {"value": "OFF"}])


def test_access_log_settings_are_checked(emulator: Emulator, account: str):
    stage = {"restApiId": staged(emulator, account), "stageName": STAGE}
    client = emulator.client("apigateway", account)
    set_role(emulator, account, logging_role(emulator, account))

    def told(**values: str) -> str:
        return refusal(client.update_stage, **stage, patchOperations=patch(**values))

    assert "Invalid ARN specified" in told(destination="access")
    assert "destination must be" in told(destination=destination(f"{int(account) - 1:012d}"))
    assert "must be single line" in told(format="$context.requestId\n$context.status")
    assert "must contain $context.requestId" in told(format="$context.status")
    operations = patch(destination=f"{destination(account)}:*", format=FORMAT)
    changed = client.update_stage(**stage, patchOperations=operations)
    assert changed["accessLogSettings"] == {"destinationArn": destination(account), "format": FORMAT}
    client.update_stage(**stage, patchOperations=[{"op": "remove", "path": "/accessLogSettings"}])
    assert "accessLogSettings" not in client.get_stage(**stage)


def test_every_request_is_a_line_in_the_log_group(emulator: Emulator, account: str):
    api = staged(emulator, account)
    set_role(emulator, account, logging_role(emulator, account))
    emulator.client("apigateway", account).update_stage(
        restApiId=api,
        stageName=STAGE,
        patchOperations=patch(destination=destination(account), format=FORMAT),
    )
    logs = emulator.client("logs", account)
    # Without its group a line is lost.
    request(emulator, api, "/v1/things/1", "OPTIONS")
    logs.create_log_group(logGroupName="access")
    assert request(emulator, api, "/v1/things/1", "OPTIONS")[0] == 204
    assert request(emulator, api, "/none")[0] == 403
    lines = [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName="access")["events"]]
    assert [(line["line"], line["status"], line["who"]) for line in lines] == [
        ("OPTIONS /v1/things/{id}", 204, "-"),
        ("GET -", 403, "-"),
    ]
    assert all(line["id"] != "-" and line["ip"] == "127.0.0.1" for line in lines)
