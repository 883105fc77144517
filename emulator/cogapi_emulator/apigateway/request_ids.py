"""The id of a request to an API: the same in the reply's `x-amzn-RequestId`, to the function, and in the access log.

On AWS all are `$context.requestId`; ministack makes one for each. Must not decide what a gateway response holds.
"""

import contextvars

from ministack.services import apigateway_v1 as apigw

from cogapi_emulator.patching import around

_request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id")


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_execute_in_scope")
    async def execute_in_scope(original, request, *rest):
        _request_id.set(request["request_id"])
        response = await original(request, *rest)
        # A gateway response is rendered later, with the id in it.
        if isinstance(response, apigw._GatewayError):
            return response
        status, headers, body = response
        return status, {**headers, "x-amzn-requestid": request["request_id"]}, body

    @around(apigw, "_build_lambda_event_v1")
    def build_lambda_event(original, *arguments, **keywords):
        event = original(*arguments, **keywords)
        request_id = _request_id.get()
        event["requestContext"] |= {"requestId": request_id, "extendedRequestId": request_id}
        return event
