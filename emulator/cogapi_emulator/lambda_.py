"""Corrections of Lambda's control plane and of what a function may log. Must not touch how functions run."""

from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import cloudwatch_logs, lambda_svc

from cogapi_emulator import permission, roles
from cogapi_emulator.patching import around

_SERVICE = "lambda.amazonaws.com"


def install() -> None:
    """Patch ministack's Lambda in this process."""

    @around(lambda_svc, "_create_function")
    def create_function(original, data):
        if "FunctionName" in data and data["FunctionName"] in lambda_svc._functions:
            return original(data)
        return _role_refusal(data) or _code_refusal(data.get("Code") or {}) or original(data)

    @around(lambda_svc, "_update_config")
    def update_config(original, name, data):
        return _in_progress(name) or (_role_refusal(data) if "Role" in data else None) or original(name, data)

    @around(lambda_svc, "_update_code")
    def update_code(original, name, data):
        return _in_progress(name) or _code_refusal(data) or original(name, data)

    @around(lambda_svc, "_get_policy")
    def get_policy(original, name, *rest):
        function = lambda_svc._functions.get(name)
        if function is not None and not function["policy"]["Statement"]:
            # AWS: a function without permissions has no policy; ministack answers an empty one.
            message = "The resource you requested does not exist."
            return error_response_json("ResourceNotFoundException", message, 404)
        return original(name, *rest)

    @around(lambda_svc, "invalidate_worker")
    def invalidate_worker(original, name, qualifier=None, account=None, region=None):
        # ministack ends the processes of the functions of this name in every account where a configuration is updated,
        # in the middle of their invocations.
        original(name, qualifier=qualifier, account=account or get_account_id(), region=region or get_region())

    @around(lambda_svc, "_emit_lambda_logs")
    def emit_lambda_logs(original, function, *rest, **names):
        if _may_log(function.get("config") or function):
            original(function, *rest, **names)


def _role_refusal(data: dict):
    """AWS: a role that is not there yet, or does not trust Lambda, cannot be assumed; all three say the same."""
    arn = data.get("Role", "")
    role = permission.role_of(arn)
    if (
        role is not None
        and permission.trusts(role, _SERVICE)
        and roles.has_propagated(arn.split(":")[4], role["RoleName"])
    ):
        return None
    message = "The role defined for the function cannot be assumed by Lambda."
    return error_response_json("InvalidParameterValueException", message, 400)


def _code_refusal(code: dict):
    """AWS: code that is not in the bucket is refused; ministack makes a function without code."""
    bucket, key = code.get("S3Bucket"), code.get("S3Key")
    if not bucket or not key:
        return None
    if lambda_svc._fetch_code_from_s3(bucket, key, version_id=code.get("S3ObjectVersion")) is not None:
        return None
    message = (
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
    )
    return error_response_json("InvalidParameterValueException", message, 400)


def _in_progress(name: str):
    """AWS: UpdateFunctionCode/Configuration fail while the function is being made or changed."""
    function = lambda_svc._functions.get(name)
    if function is None:
        return None
    config = function["config"]
    if config.get("State") != "Pending" and config.get("LastUpdateStatus") != "InProgress":
        return None
    arn = f"arn:aws:lambda:{lambda_svc.get_region()}:{get_account_id()}:function:{name}"
    message = f"The operation cannot be performed at this time. An update is in progress for resource: {arn}"
    return error_response_json("ResourceConflictException", message, 409)


def _may_log(config: dict) -> bool:
    """AWS: a function logs with its role's permissions, and without them not at all.

    ministack always logs, and makes a missing group: that would leave one behind after the group was deleted.
    """
    role = permission.role_of(config.get("Role", ""))
    if role is None:
        return False
    _arn, _aws, _lambda, region, account, *_ = config["FunctionArn"].split(":")
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    arn = f"arn:aws:logs:{region}:{account}:log-group:{group}"
    if cloudwatch_logs._log_groups.get_scoped(account, region, group) is None and not permission.allows(
        role, "logs:CreateLogGroup", f"{arn}:*"
    ):
        return False
    return all(
        permission.allows(role, action, f"{arn}:log-stream:any")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    )
