"""Mock integrations: evaluates their response templates, which ministack sends as they are written.

A preflight that echoes one of several origins is such a template.
"""

import contextvars
import logging

from ministack.services import apigateway_v1 as apigw

from cogapi_emulator.apigateway.template import render
from cogapi_emulator.patching import around

log = logging.getLogger(__name__)

_NO_CONTENT = 204

_request: contextvars.ContextVar[dict] = contextvars.ContextVar("request")


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_execute_in_scope")
    async def execute_in_scope(original, request, *rest):
        token = _request.set(request)
        try:
            return await original(request, *rest)
        finally:
            _request.reset(token)

    @around(apigw, "_invoke_mock_v1")
    def invoke_mock(original, integration):
        status, headers, body = original(integration)
        scope = _scope(_request.get())
        # AWS: without a response template, a mock's body is empty; ministack's is `{}`, even of a 204.
        text = render(body.decode(), scope) if _has_template(integration, body.decode()) else ""
        # AWS: `$context.responseOverride` overrides the status and headers of the integration's response.
        override = scope["context"]["responseOverride"]
        for name, value in override["header"].items():
            headers = {other: kept for other, kept in headers.items() if other.lower() != name.lower()}
            headers[name] = str(value)
        status = int(override.get("status") or status)
        if status == _NO_CONTENT and text:
            # RFC 9110, 15.3.5: a 204 has no content. What clients and caches make of one that has differs, so that a
            # template that leaves a newline behind is a defect here.
            log.error("a mock's response template renders %r, and its status is 204", text)
            return apigw._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
        return status, headers, text.encode()


def _has_template(integration: dict, body: str) -> bool:
    responses = integration.get("integrationResponses") or {}
    return any(response["responseTemplates"].get("application/json") == body for response in responses.values())


def _scope(request: dict) -> dict:
    """The references' roots, as AWS's mapping template reference lists them."""
    query = {name: value[0] if isinstance(value, list) else value for name, value in request["query_params"].items()}
    sent = {"path": request["path_params"], "querystring": query, "header": request["headers"]}

    def params(name: str | None = None) -> object:
        if name is None:
            return sent
        # AWS: "searches the path, query string, and header value (in that order)"
        return next((values[name] for values in sent.values() if name in values), "")

    return {
        "input": {"params": params},
        "stageVariables": request["stage"].get("variables") or {},
        "context": {
            "apiId": request["api_id"],
            "requestId": request["request_id"],
            "resourcePath": request["resource_path"],
            "stage": request["stage_name"],
            "responseOverride": {"header": {}},
        },
    }
