"""Lambda proxy integrations: who may invoke, and which answers of a function are none.

Must not run functions itself.
"""

import json

from ministack.core.arn import execute_api_arn
from ministack.services import apigateway_v1 as apigw
from ministack.services import lambda_svc

from cogapi_emulator import permission
from cogapi_emulator.patching import around

_SERVICE = "apigateway.amazonaws.com"


class _Malformed(Exception):
    """The function failed, or its reply is no proxy response."""


class _BadGateway(apigw._GatewayError):
    """502 by default, through the gateway response DEFAULT_5XX."""

    def __init__(self) -> None:
        super().__init__("DEFAULT_5XX", "Internal server error")


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_invoke_lambda_proxy_v1")
    async def invoke(original, integration, api_id, stage_name, stage, resource, request_path, method, *rest, **names):
        account, region = names["owner_account_id"], names["owner_region"]
        source = execute_api_arn(region, account, api_id, stage_name, method, resource["path"])
        if not _permitted(integration, source, account, region):
            # AWS: "Invalid permissions on Lambda function"; the client sees only a 500.
            return apigw._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
        try:
            return await original(
                integration, api_id, stage_name, stage, resource, request_path, method, *rest, **names
            )
        except _Malformed:
            return _BadGateway()

    @around(apigw, "_lambda_proxy_response")
    def proxy_response(_original, result):
        return _proxy_response(result), None

    @around(apigw, "_gateway_error_response")
    def gateway_error_response(original, error, request):
        status, headers, body = original(error, request)
        if isinstance(error, _BadGateway):
            deployed = apigw._deployed_gateway_responses.get(request["api_id"], {})
            custom = deployed.get(request["stage"].get("deploymentId")) or {}
            status = int(custom.get("DEFAULT_5XX", {}).get("statusCode") or 502)
        return status, headers, body


def _permitted(integration: dict, source_arn: str, account: str, region: str) -> bool:
    """AWS: API Gateway invokes with the integration's `credentials` role, or by the function's resource policy.

    ministack invokes any function.
    """
    reference = apigw._extract_lambda_ref_from_integration_uri(integration.get("uri", ""))
    function, config, _name = lambda_svc._get_func_record_for_ref_in_scope(reference, account_id=account, region=region)
    if function is None or config is None:
        return True  # ministack answers for a function that is not there
    if role := integration.get("credentials"):
        return permission.by_role(role, _SERVICE, config["FunctionArn"])
    return permission.by_resource_policy(function.get("policy"), _SERVICE, config["FunctionArn"], source_arn, account)


def _proxy_response(result: dict) -> dict:
    """The function's reply, if it is what AWS takes for one.

    AWS: a function error, or a reply that is not an object with a statusCode (a body other than a string
    included), is a "malformed Lambda proxy response" and answers 502. ministack shows the error's payload
    to the client, and makes a 200 of a reply without statusCode.
    """
    if result.get("throttle"):
        return {"statusCode": 429, "body": json.dumps({"message": "Too Many Requests"})}
    payload = result.get("body")
    if isinstance(payload, bytes):
        payload = payload.decode("utf-8", "replace")
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except ValueError:
            payload = None
    if result.get("error") or not isinstance(payload, dict) or not _is_status(payload.get("statusCode")):
        raise _Malformed
    if not isinstance(payload.get("body"), str | None):
        raise _Malformed
    return payload | {"statusCode": int(payload["statusCode"]), "body": payload.get("body") or ""}


def _is_status(value: object) -> bool:
    return not isinstance(value, bool) and str(value).isdigit() and 100 <= int(str(value)) <= 599
