"""Reserved concurrency: what an account can reserve. Must not limit how functions run.

ministack reserves any number.
"""

import json

from ministack.core.responses import error_response_json, get_account_id
from ministack.services import lambda_svc

from cogapi_emulator import settings
from cogapi_emulator.patching import around

# AWS: "as long as you leave at least 100 simultaneous executions unreserved".
_UNRESERVED = 100


def install() -> None:
    """Patch ministack's Lambda in this process."""

    @around(lambda_svc, "_put_function_concurrency")
    def put_function_concurrency(original, name, data):
        wanted = data.get("ReservedConcurrentExecutions", 0)
        limit = _limit()
        # An account with a lower limit than that keeps all of it: it can reserve nothing but 0.
        minimum = min(_UNRESERVED, limit)
        if name in lambda_svc._functions and wanted > 0 and limit - _reserved(name) - wanted < minimum:
            message = (
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                f"below its minimum value of [{minimum}]."
            )
            return error_response_json("InvalidParameterValueException", message, 400)
        return original(name, data)

    @around(lambda_svc, "_get_account_settings")
    def get_account_settings(original):
        status, headers, body = original()
        document = json.loads(body)
        document["AccountLimit"] |= {
            "ConcurrentExecutions": _limit(),
            "UnreservedConcurrentExecutions": _limit() - _reserved(),
        }
        return status, headers, json.dumps(document).encode()


def _limit() -> int:
    return int(settings.of(get_account_id()).lambda_concurrent_executions)


def _reserved(apart_from: str = "") -> int:
    functions = lambda_svc._functions.items()
    return sum(function.get("concurrency") or 0 for name, function in functions if name != apart_from)
