"""Corrections of Lambda and roles."""

import json
import time
import urllib.error

import pytest
from botocore.exceptions import ClientError
from conftest import Emulator
from functions import make_function, make_role, wait_until_active, zipped

CANNOT_ASSUME = "The role defined for the function cannot be assumed by Lambda."


def _create(client, role: str, **code):
    return client.create_function(
        FunctionName="f",
        Runtime="provided.al2023",
        Role=role,
        Handler="bootstrap",
        Code=code or {"ZipFile": zipped("1")},
    )


def test_a_new_role_cannot_be_assumed_for_a_moment(emulator: Emulator, account: str):
    role = make_role(emulator, account, "new", "lambda.amazonaws.com")
    emulator.admin("POST", "settings", {"role_propagation_seconds": 1}, account)
    client = emulator.client("lambda", account)
    with pytest.raises(ClientError, match=CANNOT_ASSUME) as refused:
        _create(client, role)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    time.sleep(1.1)
    _create(client, role)


def test_a_role_that_does_not_trust_lambda_is_refused(emulator: Emulator, account: str):
    role = make_role(emulator, account, "other", "apigateway.amazonaws.com")
    with pytest.raises(ClientError, match=CANNOT_ASSUME):
        _create(emulator.client("lambda", account), role)


def test_a_role_that_does_not_exist_is_refused(emulator: Emulator, account: str):
    with pytest.raises(ClientError, match=CANNOT_ASSUME):
        _create(emulator.client("lambda", account), f"arn:aws:iam::{account}:role/none")


def test_an_account_has_only_so_many_roles(emulator: Emulator, account: str):
    client = emulator.client("iam", account)
    assert client.get_account_summary()["SummaryMap"]["RolesQuota"] == 1000
    emulator.admin("POST", "settings", {"iam_roles": 1}, account)
    make_role(emulator, account, "first", "lambda.amazonaws.com")
    summary = client.get_account_summary()["SummaryMap"]
    assert (summary["Roles"], summary["RolesQuota"]) == (1, 1)
    with pytest.raises(client.exceptions.LimitExceededException):
        make_role(emulator, account, "second", "lambda.amazonaws.com")


def test_the_details_of_all_roles_tell_their_boundaries(emulator: Emulator, account: str):
    client = emulator.client("iam", account)
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    boundary = client.create_policy(PolicyName="p", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    for name in ("bound", "free"):
        make_role(emulator, account, name, "lambda.amazonaws.com")
    client.put_role_permissions_boundary(RoleName="bound", PermissionsBoundary=boundary)
    roles = client.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    found = {role["RoleName"]: role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for role in roles}
    assert found == {"bound": boundary, "free": None}


def test_code_that_is_not_in_the_bucket_is_refused(emulator: Emulator, account: str):
    role = make_role(emulator, account, "role", "lambda.amazonaws.com")
    with pytest.raises(ClientError, match="NoSuchKey"):
        _create(emulator.client("lambda", account), role, S3Bucket="none", S3Key="none")


def test_an_update_during_an_update_is_a_conflict(emulator: Emulator, account: str):
    make_function(emulator, account, "f")
    client = emulator.client("lambda", account)
    client.update_function_configuration(FunctionName="f", Timeout=7)
    with pytest.raises(ClientError) as refused:
        client.update_function_code(FunctionName="f", ZipFile=zipped("2"))
    assert refused.value.response["Error"]["Code"] == "ResourceConflictException"
    wait_until_active(client, "f")
    client.update_function_code(FunctionName="f", ZipFile=zipped("2"))


def test_a_function_whose_last_permission_is_removed_has_no_policy(emulator: Emulator, account: str):
    make_function(emulator, account, "f")
    client = emulator.client("lambda", account)
    permission = {"FunctionName": "f", "StatementId": "s"}
    client.add_permission(**permission, Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com")
    assert "apigateway" in client.get_policy(FunctionName="f")["Policy"]
    client.remove_permission(**permission)
    with pytest.raises(ClientError) as refused:
        client.get_policy(FunctionName="f")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_function_logs_only_what_its_role_allows(emulator: Emulator, account: str):
    make_function(emulator, account, "f")
    client, iam, logs = (emulator.client(name, account) for name in ("lambda", "iam", "logs"))

    def allow(*actions: str) -> list[str]:
        statement = {"Effect": "Allow", "Action": actions, "Resource": f"arn:aws:logs:*:{account}:log-group:*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        iam.put_role_policy(RoleName="f-role", PolicyName="logs", PolicyDocument=json.dumps(policy))
        client.invoke(FunctionName="f")
        return [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]

    client.invoke(FunctionName="f")
    assert allow("logs:CreateLogStream", "logs:PutLogEvents") == []
    assert allow("logs:*") == ["/aws/lambda/f"]


def test_a_change_of_a_function_leaves_those_of_the_same_name_elsewhere_running(
    emulator: Emulator, account: str, another_account: str
):
    for owner in (account, another_account):
        make_function(emulator, owner, "f", "os.getpid()")
    client = emulator.client("lambda", account)

    def process() -> str:
        return client.invoke(FunctionName="f")["Payload"].read()

    before = process()
    emulator.client("lambda", another_account).update_function_configuration(FunctionName="f", Timeout=7)
    assert process() == before


def test_settings_name_what_they_do_not_know(emulator: Emulator, account: str):
    with pytest.raises(urllib.error.HTTPError) as refused:
        emulator.admin("POST", "settings", {"unknown": 1}, account)
    assert refused.value.code == 400
