"""Makes roles and small functions for the tests."""

import io
import json
import sys
import time
import zipfile

from conftest import Emulator

# What a function answers, as the source of a Python expression.
GREETING = '{"statusCode": 200, "body": "hello"}'


# A custom runtime as our handlers are: it asks the runtime API for events and posts the answers.
_BOOTSTRAP = """#!{python}
import json, os, urllib.request

API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(API + "next") as asked:
        request, event = asked.headers["Lambda-Runtime-Aws-Request-Id"], json.load(asked)
    try:
        outcome, answer = "/response", {expression}
    except Exception as error:
        outcome, answer = "/error", {{"errorType": type(error).__name__, "errorMessage": str(error)}}
    urllib.request.urlopen(API + request + outcome, json.dumps(answer).encode()).close()
"""


def zipped(expression: str) -> bytes:
    """A deployment package whose function answers with the value of `expression`, which can use `event`."""
    bootstrap = zipfile.ZipInfo("bootstrap")
    bootstrap.external_attr = 0o755 << 16
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr(bootstrap, _BOOTSTRAP.format(python=sys.executable, expression=expression))
    return archive.getvalue()


def make_role(emulator: Emulator, account: str, name: str, service: str, *, allow: str = "", on: str = "*") -> str:
    """Make a role that `service` may assume, with an inline policy if there is something to allow; usable at once."""
    emulator.admin("POST", "settings", {"role_propagation_seconds": 0}, account)
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    iam = emulator.client("iam", account)
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    if allow:
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": allow, "Resource": on}]}
        iam.put_role_policy(RoleName=name, PolicyName="allow", PolicyDocument=json.dumps(policy))
    return arn


def make_function(emulator: Emulator, account: str, name: str, expression: str = GREETING) -> str:
    """Make a function, wait until it is active, and return its ARN."""
    role = make_role(emulator, account, f"{name}-role", "lambda.amazonaws.com")
    client = emulator.client("lambda", account)
    arn = client.create_function(
        FunctionName=name,
        Runtime="provided.al2023",
        Role=role,
        Handler="bootstrap",
        Code={"ZipFile": zipped(expression)},
    )["FunctionArn"]
    wait_until_active(client, name)
    return arn


def wait_until_active(client, name: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        configuration = client.get_function(FunctionName=name)["Configuration"]
        if configuration["State"] == "Active" and configuration["LastUpdateStatus"] == "Successful":
            return
        time.sleep(0.05)
    raise AssertionError(f"{name} did not become active")
