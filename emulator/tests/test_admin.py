"""The emulator's own endpoints: inventory, mail, reset of one process, and how a process ends."""

import json
import signal
import subprocess

import pytest
from conftest import Emulator, start
from functions import make_function, make_role
from test_apigateway import definition, deploy, import_api


def test_an_inventory_names_everything_and_forgets_what_is_deleted(emulator: Emulator, account: str):
    empty = emulator.admin("GET", "inventory", account=account)
    cognito = emulator.client("cognito-idp", account)
    pool = cognito.create_user_pool(PoolName="pool")["UserPool"]["Id"]
    cognito.create_user_pool_client(UserPoolId=pool, ClientName="client")
    cognito.create_group(UserPoolId=pool, GroupName="admins")
    make_function(emulator, account, "f")
    api = import_api(emulator, account, definition())
    deployment = deploy(emulator, account, api)
    logs, s3, dynamodb = (emulator.client(name, account) for name in ("logs", "s3", "dynamodb"))
    logs.create_log_group(logGroupName="group")
    bucket = f"bucket-{account}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="key", Body=b"1")
    s3.delete_object(Bucket=bucket, Key="key")
    dynamodb.create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    dynamodb.put_item(TableName="table", Item={"id": {"S": "1"}})
    emulator.client("sqs", account).create_queue(QueueName="unexpected")

    full = emulator.admin("GET", "inventory", account=account)
    [described] = full["user_pools"]
    assert (described["id"], described["groups"]) == (pool, ["admins"])
    assert [client["name"] for client in described["clients"]] == ["client"]
    assert [function["name"] for function in full["functions"]] == ["f"]
    assert [role["name"] for role in full["roles"]] == ["f-role"]
    assert full["rest_apis"] == [
        {
            "id": api,
            "name": "api",
            "methods": ["GET /v1/things/{id}", "OPTIONS /v1/things/{id}"],
            "deployments": [deployment],
            "stages": [{"name": "live", "deployment": deployment, "access_logs": None, "method_settings": []}],
        }
    ]
    assert full["log_groups"] == [{"name": "group", "retention_days": None}]
    assert full["buckets"] == [{"name": bucket, "encryption": "AES256", "keys": [{"key": "key", "versions": 2}]}]
    assert full["tables"] == [{"name": "table", "items": 1}]
    assert any("unexpected" in key for keys in full["other"].values() for key in keys)

    # S3's default said aloud is no difference; another key is.
    for algorithm in ("AES256", "aws:kms"):
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
        assert emulator.admin("GET", "inventory", account=account)["buckets"][0]["encryption"] == algorithm

    cognito.delete_user_pool(UserPoolId=pool)
    emulator.client("lambda", account).delete_function(FunctionName="f")
    emulator.client("iam", account).delete_role(RoleName="f-role")
    emulator.client("apigateway", account).delete_rest_api(restApiId=api)
    logs.delete_log_group(logGroupName="group")
    dynamodb.delete_table(TableName="table")
    found = s3.list_object_versions(Bucket=bucket)
    for version in [*found["Versions"], *found["DeleteMarkers"]]:
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=bucket)
    sqs = emulator.client("sqs", account)
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="unexpected")["QueueUrl"])
    assert emulator.admin("GET", "inventory", account=account) == empty


def test_mails_can_be_read_newest_first(emulator: Emulator, account: str):
    ses = emulator.client("ses", account)
    ses.verify_email_identity(EmailAddress="from@example.com")
    for subject, body in (
        ("first", {"Text": {"Data": "plain"}}),
        ("<second>", {"Html": {"Data": "<script>1</script>"}}),
    ):
        ses.send_email(
            Source="from@example.com",
            Destination={"ToAddresses": ["to@example.com"]},
            Message={"Subject": {"Data": subject}, "Body": body},
        )
    second, first = emulator.admin("GET", "mail", account=account)
    assert (first["to"], first["subject"], first["text"]) == (["to@example.com"], "first", "plain")
    assert (second["subject"], second["html"]) == ("<second>", "<script>1</script>")
    assert first["id"] != second["id"]


def test_accounts_do_not_see_each_other(emulator: Emulator, account: str):
    emulator.client("cognito-idp", account).create_user_pool(PoolName="mine")
    other = f"{int(account) - 1:012d}"
    assert emulator.admin("GET", "inventory", account=other)["user_pools"] == []
    assert emulator.admin("GET", "calls", account=other)["total"] == 0


@pytest.mark.parametrize("end", ["stdin", "SIGTERM", "SIGINT"])
def test_the_process_ends_cleanly_with_its_functions(end: str, account: str):
    process, url = start()
    emulator = Emulator(url)
    make_function(emulator, account, "f", '__import__("os").getpid()')
    client = emulator.client("lambda", account)
    child = json.load(client.invoke(FunctionName="f")["Payload"])
    assert process.stdin is not None
    if end == "stdin":
        process.stdin.close()
    else:
        process.send_signal(getattr(signal, end))
    assert process.wait(timeout=15) == 0
    assert subprocess.run(["ps", "-p", str(child)], capture_output=True, check=False).returncode == 1
    process.stdin.close()


def test_reset_forgets_everything(account: str):
    process, url = start()
    emulator = Emulator(url)
    emulator.client("cognito-idp", account).create_user_pool(PoolName="forgotten")
    make_role(emulator, account, "forgotten", "lambda.amazonaws.com")
    emulator.admin("POST", "faults", [{"kind": "throttle"}], account)
    emulator.admin("POST", "reset")
    assert emulator.admin("GET", "calls", account=account)["total"] == 0
    assert emulator.client("cognito-idp", account).list_user_pools(MaxResults=1)["UserPools"] == []
    assert emulator.admin("GET", "inventory", account=account)["roles"] == []
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=15) == 0
