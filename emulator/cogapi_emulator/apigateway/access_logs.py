"""Access logs: a line a request, in the stage's format. Must not decide who may have them.

ministack writes none. Only variables that are known here have a value; others are `-`, as AWS shows what is empty.
"""

import contextvars
import re
import time
from datetime import datetime, timezone

from ministack.core.responses import get_account_id, get_request_client_ip
from ministack.services import apigateway_v1 as apigw
from ministack.services import cloudwatch_logs

from cogapi_emulator import permission
from cogapi_emulator.apigateway import account
from cogapi_emulator.patching import around

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.]+)")
# What the request turned out to be: filled in by ministack as it serves it.
_request: contextvars.ContextVar[dict | None] = contextvars.ContextVar("request", default=None)


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_execute_in_scope")
    async def execute_in_scope(original, request, *rest):
        _request.set(request)
        return await original(request, *rest)

    @around(apigw, "_handle_execute_in_scope")
    async def handle_execute_in_scope(original, api_id, stage_name, method, path, headers, *rest):
        begun = time.time()
        _request.set(None)
        response = await original(api_id, stage_name, method, path, headers, *rest)
        stage = apigw._stages_v1.get(api_id, {}).get(stage_name) or {}
        wanted = stage.get("accessLogSettings") or {}
        if wanted.get("destinationArn") and wanted.get("format"):
            known = _values(api_id, stage_name, method, path, headers, response, begun)
            line = _VARIABLE.sub(lambda match: str(known.get(match[1]) or "-"), wanted["format"])
            _write(wanted["destinationArn"], f"{api_id}/{stage_name}", line.removesuffix("\n"))
        return response


def _values(api_id: str, stage_name: str, method: str, path: str, headers: dict, response: tuple, begun: float) -> dict:
    request = _request.get() or {}
    status, reply_headers, body = response
    lower = {name.lower(): value for name, value in headers.items()}
    return {
        "accountId": get_account_id(),
        "apiId": api_id,
        "stage": stage_name,
        "requestId": request.get("request_id"),
        "extendedRequestId": request.get("request_id"),
        "httpMethod": method,
        "path": f"/{stage_name}{path}",
        "resourcePath": request.get("resource_path"),
        "protocol": "HTTP/1.1",
        "domainName": str(lower.get("host", "")).partition(":")[0],
        "identity.sourceIp": get_request_client_ip(),
        "identity.userAgent": lower.get("user-agent"),
        "status": status,
        "responseLength": str(len(body or b"")),
        "responseLatency": str(int((time.time() - begun) * 1000)),
        "requestTime": datetime.fromtimestamp(begun, timezone.utc).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(begun * 1000),
        "error.responseType": next(
            (value for name, value in reply_headers.items() if name.lower() == "x-amzn-errortype"), None
        ),
    }


def _write(destination: str, stream: str, line: str) -> None:
    """Write with the account's role, as far as it may; a group that is gone loses its lines."""
    group, role = destination.rpartition(":log-group:")[2], account.role()
    arn = f"{destination}:log-stream:{stream}"
    if (
        group not in cloudwatch_logs._log_groups
        or role is None
        or not permission.allows(role, "logs:PutLogEvents", arn)
    ):
        return
    names = {"logGroupName": group, "logStreamName": stream}
    if stream not in cloudwatch_logs._log_groups[group]["streams"]:
        cloudwatch_logs._create_log_stream(names)
    event = {"timestamp": int(time.time() * 1000), "message": line}
    cloudwatch_logs._put_log_events(names | {"logEvents": [event]})
