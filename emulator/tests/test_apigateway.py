"""Corrections of API Gateway: OpenAPI, snapshots, permissions, proxy replies."""

import copy
import json
import urllib.error
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from conftest import REGION, Emulator
from functions import GREETING, make_function, make_role

STAGE = "live"


def definition(function_arn: str = "", role: str = "", **extra) -> dict:
    """An OpenAPI body with one proxy and one mock method, and a gateway response that marks itself."""
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri} | ({"credentials": role} if role else {})
    mock = {
        "type": "mock",
        "passthroughBehavior": "when_no_match",
        "requestTemplates": {"application/json": '{"statusCode": 204}'},
        "responses": {
            "default": {
                "statusCode": "204",
                "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'https://a.example'"},
            }
        },
    }
    cors = {"Access-Control-Allow-Origin": {"schema": {"type": "string"}}}
    marked = {"responseParameters": {"gatewayresponse.header.x-marked": "'yes'"}}
    return {
        "openapi": "3.0.1",
        "info": {"title": "api", "description": "an API", "version": "1"},
        "paths": {
            "/v1/things/{id}": {
                "get": {"responses": {}, "x-amazon-apigateway-integration": proxy},
                "options": {
                    "responses": {"204": {"description": "", "headers": cors}},
                    "x-amazon-apigateway-integration": mock,
                },
            }
        },
        "x-amazon-apigateway-gateway-responses": {
            "DEFAULT_4XX": marked,
            "DEFAULT_5XX": marked | {"responseTemplates": {"application/json": '{"code":"internal"}'}},
        },
        **extra,
    }


def import_api(emulator: Emulator, account: str, body: dict) -> str:
    client = emulator.client("apigateway", account)
    return client.import_rest_api(parameters={"endpointConfigurationTypes": "REGIONAL"}, body=json.dumps(body))["id"]


def deploy(emulator: Emulator, account: str, api: str) -> str:
    return emulator.client("apigateway", account).create_deployment(restApiId=api, stageName=STAGE)["id"]


def request(emulator: Emulator, api: str, path: str, method: str = "GET", body: bytes | None = None, **headers):
    """Return (status, headers, text) of a request to a deployed API."""
    url = f"{emulator.url}/_aws/execute-api/{api}/{STAGE}{path}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=20) as reply:
            return reply.status, reply.headers, reply.read().decode()
    except urllib.error.HTTPError as reply:
        return reply.code, reply.headers, reply.read().decode()


def deployed(emulator: Emulator, account: str, expression: str = GREETING) -> str:
    """An API whose method invokes a function through a role that may."""
    function = make_function(emulator, account, "f", expression)
    role = make_role(emulator, account, "invoker", "apigateway.amazonaws.com", allow="lambda:InvokeFunction")
    api = import_api(emulator, account, definition(function, role))
    deploy(emulator, account, api)
    return api


def test_import_applies_the_whole_body(emulator: Emulator, account: str):
    body = definition()
    body["components"] = {"schemas": {"Thing": {"type": "object", "required": ["name"]}}}
    body["x-amazon-apigateway-request-validators"] = {"body": {"validateRequestBody": True}}
    body["paths"]["/v1/things"] = {
        "post": copy.deepcopy(body["paths"]["/v1/things/{id}"]["get"])
        | {
            "operationId": "createThing",
            "x-amazon-apigateway-request-validator": "body",
            "parameters": [{"name": "lang", "in": "query", "required": True}],
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
        }
    }
    api = import_api(emulator, account, body)
    client = emulator.client("apigateway", account)
    described = client.get_rest_api(restApiId=api)
    assert (described["name"], described["description"]) == ("api", "an API")
    assert described["endpointConfiguration"]["types"] == ["REGIONAL"]
    resources = {item["path"]: item for item in client.get_resources(restApiId=api, embed=["methods"])["items"]}
    assert sorted(resources) == ["/", "/v1", "/v1/things", "/v1/things/{id}"]
    post = resources["/v1/things"]["resourceMethods"]["POST"]
    assert post["requestModels"] == {"application/json": "Thing"}
    assert post["requestParameters"] == {"method.request.querystring.lang": True}
    assert post["operationName"] == "createThing"
    [validator] = client.get_request_validators(restApiId=api)["items"]
    assert post["requestValidatorId"] == validator["id"]
    options = resources["/v1/things/{id}"]["resourceMethods"]["OPTIONS"]
    assert options["methodIntegration"]["type"] == "MOCK"
    assert options["methodIntegration"]["integrationResponses"]["204"]["selectionPattern"] == ""
    assert [model["name"] for model in client.get_models(restApiId=api)["items"]] == ["Thing"]
    custom = client.get_gateway_response(restApiId=api, responseType="DEFAULT_4XX")
    assert custom["responseParameters"] == {"gatewayresponse.header.x-marked": "'yes'"}


def test_import_makes_an_edge_api_unless_told(emulator: Emulator, account: str):
    client = emulator.client("apigateway", account)
    made = client.import_rest_api(body=json.dumps(definition()))
    assert made["endpointConfiguration"]["types"] == ["EDGE"]


def test_an_unreadable_import_is_refused_and_makes_nothing(emulator: Emulator, account: str):
    client = emulator.client("apigateway", account)
    body = definition()
    body["paths"]["/v1/things/{id}"]["get"]["security"] = [{"unknown": []}]
    for broken in (b"{", b"[]", json.dumps(body)):
        with pytest.raises(ClientError) as refused:
            client.import_rest_api(body=broken)
        assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert client.get_rest_apis()["items"] == []


def test_put_overwrite_replaces_the_definition_and_keeps_the_rest(emulator: Emulator, account: str):
    api = import_api(emulator, account, definition())
    deploy(emulator, account, api)
    changed = definition()
    changed["info"]["description"] = "another"
    changed["paths"] = {"/v2": changed["paths"]["/v1/things/{id}"]}
    del changed["x-amazon-apigateway-gateway-responses"]["DEFAULT_4XX"]
    client = emulator.client("apigateway", account)
    for _ in range(2):  # idempotent
        assert client.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(changed))["id"] == api
    assert sorted(item["path"] for item in client.get_resources(restApiId=api)["items"]) == ["/", "/v2"]
    described = client.get_rest_api(restApiId=api)
    assert described["description"] == "another"
    assert described["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert client.get_gateway_response(restApiId=api, responseType="DEFAULT_4XX")["defaultResponse"] is True
    assert len(client.get_stages(restApiId=api)["item"]) == 1


def test_methods_are_embedded_only_when_asked_for(emulator: Emulator, account: str):
    api = import_api(emulator, account, definition())
    resources = emulator.client("apigateway", account).get_resources(restApiId=api)["items"]
    [methods] = [item["resourceMethods"] for item in resources if item["path"] == "/v1/things/{id}"]
    assert methods == {"GET": {}, "OPTIONS": {}}


def test_tags_are_the_same_wherever_they_are_read(emulator: Emulator, account: str):
    client = emulator.client("apigateway", account)
    untouched = emulator.admin("GET", "inventory", account=account)
    api = import_api(emulator, account, definition())
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{api}"
    client.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    client.untag_resource(resourceArn=arn, tagKeys=["b"])
    client.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(definition()))
    assert client.get_rest_api(restApiId=api)["tags"] == {"a": "1"}
    deployment = client.create_deployment(restApiId=api)["id"]
    client.create_stage(restApiId=api, stageName=STAGE, deploymentId=deployment, tags={"c": "3"})
    client.tag_resource(resourceArn=f"{arn}/stages/{STAGE}", tags={"d": "4"})
    assert client.get_stage(restApiId=api, stageName=STAGE)["tags"] == {"c": "3", "d": "4"}
    assert client.get_tags(resourceArn=f"{arn}/stages/{STAGE}")["tags"] == {"c": "3", "d": "4"}
    client.delete_rest_api(restApiId=api)
    assert emulator.admin("GET", "inventory", account=account) == untouched


def test_a_mock_method_answers_without_a_function(emulator: Emulator, account: str):
    api = import_api(emulator, account, definition())
    deploy(emulator, account, api)
    status, headers, _ = request(emulator, api, "/v1/things/1", "OPTIONS")
    assert (status, headers["Access-Control-Allow-Origin"]) == (204, "https://a.example")
    assert headers["Content-Length"] == "0"


def test_a_mock_method_echoes_the_origin_that_its_template_allows(emulator: Emulator, account: str):
    body = definition()
    integration = body["paths"]["/v1/things/{id}"]["options"]["x-amazon-apigateway-integration"]
    template = (
        "#set($origin = $input.params().header.get('Origin'))"
        "#if(!$origin)#set($origin = $input.params().header.get('origin'))#end"
        "#if($origin == 'https://a.example' || $origin == 'https://b.example')"
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)"
        "#end"
    )
    integration["responses"] = {"default": {"statusCode": "204", "responseTemplates": {"application/json": template}}}
    api = import_api(emulator, account, body)
    deploy(emulator, account, api)
    for origin, allowed in (("https://b.example", "https://b.example"), ("https://c.example", None)):
        status, headers, _ = request(emulator, api, "/v1/things/1", "OPTIONS", Origin=origin)
        assert (status, headers["Access-Control-Allow-Origin"]) == (204, allowed)


def test_a_204_with_a_body_is_an_error(emulator: Emulator, account: str):
    body = definition()
    integration = body["paths"]["/v1/things/{id}"]["options"]["x-amazon-apigateway-integration"]
    for template, expected in (("#set($x = 1)\n", 500), ("#set($x = 1)", 204)):
        templates = {"application/json": template}
        integration["responses"] = {"default": {"statusCode": "204", "responseTemplates": templates}}
        api = import_api(emulator, account, body)
        deploy(emulator, account, api)
        assert request(emulator, api, "/v1/things/1", "OPTIONS")[0] == expected


def test_a_response_header_must_be_declared_before_it_is_mapped(emulator: Emulator, account: str):
    body = definition()
    del body["paths"]["/v1/things/{id}"]["options"]["responses"]["204"]["headers"]
    with pytest.raises(ClientError, match="Invalid mapping expression parameter specified"):
        emulator.client("apigateway", account).import_rest_api(body=json.dumps(body))


def test_patched_values_have_the_types_of_their_fields(emulator: Emulator, account: str):
    api = import_api(emulator, account, definition())
    deploy(emulator, account, api)
    client = emulator.client("apigateway", account)
    operations = [
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "50"},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "100"},
        {"op": "replace", "path": "/*/*/metrics/enabled", "value": "true"},
        {"op": "replace", "path": "/tracingEnabled", "value": "true"},
    ]
    stage = client.update_stage(restApiId=api, stageName=STAGE, patchOperations=operations)
    settings = stage["methodSettings"]["*/*"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (50.0, 100)
    assert stage["tracingEnabled"] is True
    operations = [
        {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"},
        {"op": "replace", "path": "/minimumCompressionSize", "value": "1024"},
        {"op": "replace", "path": "/description", "value": "true"},
    ]
    patched = client.update_rest_api(restApiId=api, patchOperations=operations)
    assert patched["disableExecuteApiEndpoint"] is True
    assert patched["minimumCompressionSize"] == 1024
    assert patched["description"] == "true"


def test_a_stage_serves_what_its_deployment_captured(emulator: Emulator, account: str):
    api = import_api(emulator, account, definition())
    first = deploy(emulator, account, api)
    changed = definition()
    changed["paths"] = {"/v2": changed["paths"]["/v1/things/{id}"]}
    client = emulator.client("apigateway", account)
    client.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(changed))
    assert request(emulator, api, "/v1/things/1", "OPTIONS")[0] == 204
    assert request(emulator, api, "/v2", "OPTIONS")[0] == 403
    second = client.create_deployment(restApiId=api)["id"]
    assert request(emulator, api, "/v2", "OPTIONS")[0] == 403
    moved = [{"op": "replace", "path": "/deploymentId", "value": second}]
    client.update_stage(restApiId=api, stageName=STAGE, patchOperations=moved)
    assert request(emulator, api, "/v2", "OPTIONS")[0] == 204
    assert request(emulator, api, "/v1/things/1", "OPTIONS")[0] == 403
    with pytest.raises(ClientError, match="Active stages"):
        client.delete_deployment(restApiId=api, deploymentId=second)
    client.delete_deployment(restApiId=api, deploymentId=first)


def test_what_cannot_be_deployed_is_refused(emulator: Emulator, account: str):
    client = emulator.client("apigateway", account)
    empty = client.create_rest_api(name="empty")["id"]
    with pytest.raises(ClientError, match="doesn't contain any methods"):
        client.create_deployment(restApiId=empty)
    body = definition()
    del body["paths"]["/v1/things/{id}"]["get"]["x-amazon-apigateway-integration"]
    api = import_api(emulator, account, body)
    with pytest.raises(ClientError, match="No integration defined"):
        client.create_deployment(restApiId=api)
    with pytest.raises(ClientError, match="Warnings found"):
        client.import_rest_api(failOnWarnings=True, body=json.dumps(body))


def test_a_stage_is_made_once_and_for_a_deployment_that_exists(emulator: Emulator, account: str):
    api = import_api(emulator, account, definition())
    deployment = deploy(emulator, account, api)
    client = emulator.client("apigateway", account)
    with pytest.raises(ClientError, match="Stage already exists"):
        client.create_stage(restApiId=api, stageName=STAGE, deploymentId=deployment)
    with pytest.raises(ClientError, match="does not exist"):
        client.create_stage(restApiId=api, stageName="other", deploymentId="none")


def test_the_integrations_role_must_allow_the_invocation(emulator: Emulator, account: str):
    function = make_function(emulator, account, "f")
    roles = {
        "good": make_role(emulator, account, "good", "apigateway.amazonaws.com", allow="lambda:InvokeFunction"),
        "other": make_role(
            emulator, account, "other", "apigateway.amazonaws.com", allow="lambda:InvokeFunction", on=f"{function}x"
        ),
        "lambda": make_role(emulator, account, "lambda", "lambda.amazonaws.com", allow="lambda:InvokeFunction"),
        "none": "",
    }
    statuses = {}
    for name, role in roles.items():
        api = import_api(emulator, account, definition(function, role))
        deploy(emulator, account, api)
        statuses[name] = request(emulator, api, "/v1/things/1")[0]
    assert statuses == {"good": 200, "other": 500, "lambda": 500, "none": 500}


def test_a_resource_policy_for_this_api_allows_the_invocation(emulator: Emulator, account: str):
    function = make_function(emulator, account, "f")
    api = import_api(emulator, account, definition(function))
    deploy(emulator, account, api)
    client = emulator.client("lambda", account)

    def permit(statement: str, **who: str) -> int:
        client.add_permission(FunctionName="f", StatementId=statement, Action="lambda:InvokeFunction", **who)
        return request(emulator, api, "/v1/things/1")[0]

    gateway = "apigateway.amazonaws.com"
    prefix = f"arn:aws:execute-api:{REGION}:{account}"
    assert permit("a", Principal="cognito-idp.amazonaws.com") == 500
    assert permit("b", Principal=gateway, SourceArn=f"{prefix}:other/*/*/*") == 500
    assert permit("c", Principal=gateway, SourceArn=f"{prefix}:{api}/*/GET/v1/things/*") == 200


@pytest.mark.parametrize(
    "expression", ["1 / 0", '{"body": "no status"}', '"text"', "None", '{"statusCode": 200, "body": {}}']
)
def test_a_reply_that_is_none_is_a_502_through_the_gateway_response(emulator: Emulator, account: str, expression: str):
    api = deployed(emulator, account, expression)
    status, headers, text = request(emulator, api, "/v1/things/1")
    assert (status, headers["x-marked"], text) == (502, "yes", '{"code":"internal"}')


def test_a_good_reply_passes_unchanged(emulator: Emulator, account: str):
    api = deployed(emulator, account, '{"statusCode": 418, "headers": {"x-a": "b"}, "body": event["path"]}')
    status, headers, text = request(emulator, api, "/v1/things/1")
    assert (status, headers["x-a"], text) == (418, "b", "/v1/things/1")


def test_the_reply_has_the_request_id_that_the_function_was_told(emulator: Emulator, account: str):
    api = deployed(emulator, account, '{"statusCode": 200, "body": event["requestContext"]["requestId"]}')
    _, headers, told = request(emulator, api, "/v1/things/1")
    assert headers["x-amzn-requestid"] == told
    _, headers, another = request(emulator, api, "/v1/things/1")
    assert headers["x-amzn-requestid"] == another != told


def test_an_authorizer_without_scopes_takes_id_tokens_only(emulator: Emulator, account: str):
    cognito = emulator.client("cognito-idp", account)
    pool = cognito.create_user_pool(PoolName="p")["UserPool"]
    client_id = cognito.create_user_pool_client(
        UserPoolId=pool["Id"], ClientName="c", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool["Id"], Username="jane", MessageAction="SUPPRESS")
    password = "Correct-Horse-7"
    cognito.admin_set_user_password(UserPoolId=pool["Id"], Username="jane", Password=password, Permanent=True)
    tokens = cognito.admin_initiate_auth(
        UserPoolId=pool["Id"],
        ClientId=client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "jane", "PASSWORD": password},
    )["AuthenticationResult"]

    function = make_function(emulator, account, "f")
    role = make_role(emulator, account, "invoker", "apigateway.amazonaws.com", allow="lambda:InvokeFunction")
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [pool["Arn"]]},
    }
    body = definition(function, role, components={"securitySchemes": {"pool": scheme}})
    body["paths"]["/v1/things/{id}"]["get"]["security"] = [{"pool": []}]
    api = import_api(emulator, account, body)
    deploy(emulator, account, api)
    path = "/v1/things/1"
    assert request(emulator, api, path)[0] == 401
    assert request(emulator, api, path, Authorization=f"Bearer {tokens['AccessToken']}")[0] == 401
    assert request(emulator, api, path, Authorization=f"Bearer {tokens['IdToken']}")[0] == 200


def test_a_signer_whom_iam_denies_gets_the_gateway_response(emulator: Emulator, account: str):
    function = make_function(emulator, account, "f")
    role = make_role(emulator, account, "invoker", "apigateway.amazonaws.com", allow="lambda:InvokeFunction")
    scheme = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}
    body = definition(function, role, components={"securitySchemes": {"iam": scheme}})
    body["paths"]["/v1/things/{id}"]["get"]["security"] = [{"iam": []}]
    api = import_api(emulator, account, body)
    deploy(emulator, account, api)
    iam = emulator.client("iam", account)
    answers = {}
    for effect in ("Allow", "Deny"):
        iam.create_user(UserName=effect)
        statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=effect, PolicyName="p", PolicyDocument=policy)
        key = iam.create_access_key(UserName=effect)["AccessKey"]
        path = "/v1/things/1"
        call = AWSRequest("GET", f"{emulator.url}/_aws/execute-api/{api}/{STAGE}{path}")
        SigV4Auth(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), "execute-api", REGION).add_auth(call)
        answers[effect] = request(emulator, api, path, **dict(call.headers.items()))
    assert answers["Allow"][0] == 200
    status, headers, _ = answers["Deny"]
    assert (status, headers["x-marked"]) == (403, "yes")
