"""Requests are told apart by the operation that the SDK would name, whatever the protocol."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cogapi_emulator.call import identify

ACCOUNT = "123456789012"


def _signed(service: str, **headers: str) -> dict[str, str]:
    credential = f"{ACCOUNT}/20260101/eu-west-1/{service}/aws4_request"
    return {"authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"} | headers


@pytest.mark.parametrize(
    ("service", "request_line", "operation", "is_read"),
    [
        ("s3", "GET /bucket/?list-type=2", "ListObjectsV2", True),
        ("s3", "GET /bucket?versions&max-keys=5", "ListObjectVersions", True),
        ("s3", "GET /bucket?policy", "GetBucketPolicy", True),
        ("s3", "PUT /bucket?policy", "PutBucketPolicy", False),
        ("s3", "PUT /bucket", "CreateBucket", False),
        ("s3", "HEAD /bucket", "HeadBucket", True),
        ("s3", "POST /bucket?delete", "DeleteObjects", False),
        ("s3", "PUT /bucket/env/state.json?x-id=PutObject", "PutObject", False),
        ("s3", "GET /bucket/env/state.json?x-id=GetObject", "GetObject", True),
        ("s3", "HEAD /bucket/env/state.json", "HeadObject", True),
        ("s3", "DELETE /bucket/env/state.json?versionId=v", "DeleteObject", False),
        ("s3", "PUT /bucket/key?partNumber=1&uploadId=u", "UploadPart", False),
        ("s3", "GET /", "ListBuckets", True),
        ("s3", "PUT /bucket?publicAccessBlock", "PutPublicAccessBlock", False),
        ("apigateway", "POST /restapis", "CreateRestApi", False),
        ("apigateway", "POST /restapis?mode=import&endpointConfigurationTypes=REGIONAL", "ImportRestApi", False),
        ("apigateway", "PUT /restapis/a1?mode=overwrite", "PutRestApi", False),
        ("apigateway", "GET /restapis/a1/resources?embed=methods", "GetResources", True),
        ("apigateway", "PATCH /restapis/a1/stages/dev", "UpdateStage", False),
        ("apigateway", "GET /restapis/a1/stages/dev/exports/oas30", "GetExport", True),
        ("apigateway", "PUT /tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Frestapis%2Fa1", "TagResource", False),
        ("apigateway", "DELETE /tags/arn%3Aaws%3Aa?tagKeys=k", "UntagResource", False),
        ("lambda", "POST /2015-03-31/functions", "CreateFunction", False),
        ("lambda", "GET /2015-03-31/functions/?MaxItems=50", "ListFunctions", True),
        ("lambda", "GET /2015-03-31/functions/f/policy", "GetPolicy", True),
        ("lambda", "POST /2015-03-31/functions/f/policy", "AddPermission", False),
        ("lambda", "PUT /2015-03-31/functions/f/code", "UpdateFunctionCode", False),
    ],
)
def test_rest_calls_are_named_by_their_route(service: str, request_line: str, operation: str, is_read: bool):
    method, _, target = request_line.partition(" ")
    path, _, query = target.partition("?")
    call = identify(method, path, query, _signed(service), b"")
    assert call is not None
    assert (call.account, call.service, call.operation, call.is_read) == (ACCOUNT, service, operation, is_read)


def test_a_copy_is_told_from_a_put():
    call = identify("PUT", "/bucket/key", "", _signed("s3", **{"x-amz-copy-source": "/bucket/other"}), b"")
    assert call is not None
    assert call.operation == "CopyObject"


def test_json_calls_are_named_by_their_target_and_query_calls_by_their_action():
    target = {"x-amz-target": "AWSCognitoIdentityProviderService.AdminGetUser"}
    named = identify("POST", "/", "", _signed("cognito-idp", **target), b"{}")
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    asked = identify("POST", "/", "", _signed("iam", **form), b"Action=CreateRole&Version=2010-05-08")
    assert named is not None
    assert asked is not None
    assert (named.name, named.is_read) == ("cognito-idp:AdminGetUser", True)
    assert (asked.name, asked.is_read) == ("iam:CreateRole", False)


def test_what_clients_send_to_a_deployed_api_is_no_call():
    assert identify("POST", "/_aws/execute-api/a1/dev/v1/login", "", {}, b"{}") is None
    assert identify("GET", "/_aws/execute-api/a1/dev/v1/x", "", _signed("execute-api"), b"") is None
