"""Owns the invocation of a pool's Lambda triggers: permission, execution, what a failure is called.

Must not know what any trigger is for.
"""

import json
import time
from collections.abc import Callable

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id
from ministack.services import cognito as idp
from ministack.services import lambda_svc

from cogapi_emulator import permission, settings
from cogapi_emulator.cognito.refused import Refused
from cogapi_emulator.patching import around

_SERVICE = "cognito-idp.amazonaws.com"

# AWS: "your function must respond within 5 seconds. If it doesn't, Amazon Cognito retries the call. After three
# unsuccessful attempts, the function times out."
_ANSWER_SECONDS = 5
_TRIES = 3


def install() -> None:
    """Patch the triggers that ministack still invokes by itself: permission first."""

    @around(idp, "_apply_presignup_trigger")
    def apply_presignup_trigger(original: Callable, pool_id: str, *arguments: object, **keywords: object) -> dict:
        _check_before("PreSignUp", pool_id)
        return original(pool_id, *arguments, **keywords)

    @around(idp, "_apply_pretoken_trigger")
    def apply_pretoken_trigger(original: Callable, pool_id: str, *arguments: object, **keywords: object) -> dict:
        _check_before("PreTokenGeneration", pool_id)
        return original(pool_id, *arguments, **keywords)


def invoke(pool: dict, trigger: str, event: dict) -> dict | None:
    """Run the pool's `trigger` function and return its `response` block; None when the pool has no such trigger."""
    arn = (pool.get("LambdaConfig") or {}).get(trigger)
    if not arn:
        return None
    record, config, _name = lambda_svc._get_func_record_for_ref(arn)
    if record is None or config is None:
        raise _unexpected(trigger, "ResourceNotFoundException")
    _check_permission(pool, trigger, arn, record)
    result = _tried(trigger, lambda_svc._execution_record_for_config(record, config), event)
    payload = _parsed(result.get("body"))
    if result.get("error"):
        message = payload.get("errorMessage", "") if isinstance(payload, dict) else str(payload)
        raise Refused("UserLambdaValidationException", f"{trigger} failed with error {message}.")
    response = payload.get("response") if isinstance(payload, dict) else None
    if not isinstance(response, dict):
        raise Refused("InvalidLambdaResponseException", "Unrecognizable lambda output")
    return response


def _tried(trigger: str, function: dict, event: dict) -> dict:
    """Invoke until an answer comes in time. Every try runs the whole function: what is late has been done, too."""
    lost = settings.of(get_account_id()).cognito_trigger_answers_lost
    for attempt in range(_TRIES):
        started = time.monotonic()
        result = lambda_svc._execute_function_with_config_scope(function, event)
        if attempt >= lost and time.monotonic() - started <= _ANSWER_SECONDS:
            return result
    raise _unexpected(trigger, "Socket timeout while invoking Lambda function")


def event(pool: dict, source: str, username: str, client_id: str, request: dict, response: dict) -> dict:
    """Return a trigger event with the fields that all of them share."""
    return {
        "version": "1",
        "triggerSource": source,
        "region": idp._pool_region(pool["Id"]),
        "userPoolId": pool["Id"],
        "userName": username,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client_id},
        "request": request,
        "response": response,
    }


def user_attributes(user: dict) -> dict:
    """Return a user's attributes as an event carries them, with the status that Cognito adds."""
    attributes = idp._attr_list_to_dict(user.get("Attributes", []))
    return {**attributes, "cognito:user_status": user.get("UserStatus", "CONFIRMED")}


def _check_before(trigger: str, pool_id: str) -> None:
    pool = idp._user_pools.get(pool_id) or {}
    arn = (pool.get("LambdaConfig") or {}).get(trigger)
    record = lambda_svc._get_func_record_for_ref(arn)[0] if arn else None
    if record is not None:
        _check_permission(pool, trigger, arn, record)


def _check_permission(pool: dict, trigger: str, function_arn: str, function: dict) -> None:
    """Cognito invokes as itself: only the function's resource policy can allow that, for this very pool.

    AWS: a permission per trigger function for cognito-idp.amazonaws.com, with SourceArn = the pool's ARN
    and SourceAccount. ministack invokes any function.
    """
    account = parse_arn(pool["Arn"]).account_id
    if not permission.by_resource_policy(function.get("policy"), _SERVICE, function_arn, pool["Arn"], account):
        raise _unexpected(trigger, "AccessDeniedException")


def _unexpected(trigger: str, error: str) -> Refused:
    return Refused("UnexpectedLambdaException", f"{trigger} invocation failed due to error {error}.")


def _parsed(body: object) -> object:
    if isinstance(body, (str, bytes)):
        try:
            return json.loads(body)
        except ValueError:
            return body
    return body
