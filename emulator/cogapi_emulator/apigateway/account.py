"""The account's CloudWatch role, and the stage settings that need it. Must not write logs itself.

ministack takes any role, and lets stages log without one.
"""

import re

from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway_v1 as apigw

from cogapi_emulator import permission, roles
from cogapi_emulator.patching import around

_SERVICE = "apigateway.amazonaws.com"
_ROLE = "/cloudwatchRoleArn"
_NEEDED = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_DESTINATION, _FORMAT = "/accessLogSettings/destinationArn", "/accessLogSettings/format"
_REQUEST_IDS = ("$context.requestId", "$context.extendedRequestId")


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_get_account")
    def get_account(original):
        status, headers, _body = original()
        account = {**apigw._ACCOUNT_DEFAULTS, **(apigw._account_settings.get("settings") or {})}
        if not account["cloudwatchRoleArn"]:
            # AWS: a role that was never set is not named.
            del account["cloudwatchRoleArn"]
        return status, headers, apigw.json.dumps(account).encode()

    @around(apigw, "_update_account")
    def update_account(original, data):
        for operation in data.get("patchOperations", []):
            role = operation.get("value")
            if operation.get("path") == _ROLE and role and not _is_usable(role):
                # AWS says the same of a role that is not there, not trusted, too young or without permissions.
                message = (
                    "The role ARN does not have required permissions configured. Please grant trust permission for "
                    "API Gateway and add the required role policy."
                )
                return apigw._v1_error("BadRequestException", message, 400)
        return original(data)

    @around(apigw, "_update_stage")
    def update_stage(original, api_id, stage_name, data):
        operations = data.get("patchOperations", [])
        problem = next(filter(None, map(_problem, operations)), None)
        if problem is not None:
            return apigw._v1_error("BadRequestException", problem, 400)
        reply = original(api_id, stage_name, data | {"patchOperations": [_stored(item) for item in operations]})
        return reply if reply[0] >= 300 else apigw._v1_response(_without_unset(api_id, stage_name))

    @around(apigw, "_create_stage")
    def create_stage(original, api_id, data):
        reply = original(api_id, data)
        return reply if reply[0] >= 300 else apigw._v1_response(_without_unset(api_id, data["stageName"]), 201)

    @around(apigw, "_deploy_to_stage")
    def deploy_to_stage(original, api_id, deployment_id, stage_name, *rest, **names):
        original(api_id, deployment_id, stage_name, *rest, **names)
        return _without_unset(api_id, stage_name)


def role() -> dict | None:
    """The role that API Gateway logs with, if it is set and still there."""
    arn = (apigw._account_settings.get("settings") or {}).get("cloudwatchRoleArn")
    return permission.role_of(arn) if arn else None


def _without_unset(api_id: str, stage_name: str) -> dict:
    """AWS: a stage without access logs does not name them."""
    stage = apigw._stages_v1[api_id][stage_name]
    if not stage.get("accessLogSettings"):
        stage.pop("accessLogSettings", None)
    return stage


def _is_usable(arn: str) -> bool:
    found = permission.role_of(arn)
    return (
        found is not None
        and permission.trusts(found, _SERVICE)
        and roles.has_propagated(get_account_id(), found["RoleName"])
        and all(permission.allows(found, action, "arn:aws:logs:*:*:*") for action in _NEEDED)
    )


def _problem(operation: dict) -> str | None:
    """What AWS has against one patch operation of a stage."""
    if operation.get("op") == "remove":
        return None
    path, value = operation.get("path", ""), operation.get("value") or ""
    logs = path in (_DESTINATION, _FORMAT) or (path.endswith("/logging/loglevel") and value != "OFF")
    if logs and not (apigw._account_settings.get("settings") or {}).get("cloudwatchRoleArn"):
        return "CloudWatch Logs role ARN must be set in account settings to enable logging"
    if path == _DESTINATION and value.count(":") < 5:
        return (
            "Invalid ARN specified in the request. ARNs must start with 'arn:' and must contain at least six elements "
            "separated by a colon (:)."
        )
    if path == _DESTINATION and not _is_destination(value):
        return f"Access Log destination must be a log group or a delivery stream of this account and region: {value}"
    if path == _FORMAT and "\n" in value.removesuffix("\n"):
        return (
            f"Access Log format must be single line, new line character is allowed only at end of the format: '{value}'"
        )
    if path == _FORMAT and not any(name in value for name in _REQUEST_IDS):
        return f"Access Log format must contain {' or '.join(_REQUEST_IDS)}"
    return None


def _is_destination(arn: str) -> bool:
    own = rf"arn:aws:%s:{get_region()}:{get_account_id()}:%s"
    groups, streams = (
        own % ("logs", r"log-group:[^:*]+(:\*)?"),
        own % ("firehose", "deliverystream/amazon-apigateway-.+"),
    )
    return re.fullmatch(f"{groups}|{streams}", arn) is not None


def _stored(operation: dict) -> dict:
    """AWS: a log group's ARN is kept without the `:*` that CloudWatch Logs shows it with."""
    if operation.get("path") != _DESTINATION:
        return operation
    return operation | {"value": (operation.get("value") or "").removesuffix(":*")}
