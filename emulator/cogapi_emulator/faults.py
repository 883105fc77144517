"""Injected faults: which calls fail, slow down or lose their connection, and what a failure looks like.

AWS services answer throttling in the shape of their own protocol, and an SDK recognises it by the
code in that shape, so each protocol's real one is made here. Must not know how requests are served.
"""

import json
import random
from dataclasses import asdict, dataclass, fields
from xml.sax.saxutils import escape

from cogapi_emulator.call import Call, operations

_CALLERS = ("user", "function", "anonymous", "any")
KINDS = ("throttle", "error500", "latency", "hangup_before", "hangup_after")
Reply = tuple[int, dict[str, str], bytes]


class BadRule(ValueError):
    """A rule that says something impossible. The message is for the person who wrote it."""


@dataclass
class Rule:
    """A fault for the calls that match; an empty `service` or `operation` matches all."""

    kind: str
    service: str = ""
    operation: str = ""
    times: int | None = None
    probability: float = 1.0
    latency_ms: float = 0
    # Functions have their own retries and deadlines, so they are left alone unless asked for.
    caller: str = "user"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadRule(f"kind is {self.kind!r}; it can be {', '.join(KINDS)}")
        if self.caller not in _CALLERS:
            raise BadRule(f"caller is {self.caller!r}; it can be {', '.join(_CALLERS)}")
        if self.times is not None and (not _is_number(self.times) or self.times < 1 or self.times != int(self.times)):
            raise BadRule(f"times is {self.times!r}; it is a whole number from 1, or left out for ever")
        if not _is_number(self.probability) or not 0 <= self.probability <= 1:
            raise BadRule(f"probability is {self.probability!r}; it lies between 0 and 1")
        if not _is_number(self.latency_ms) or (self.kind == "latency") != (self.latency_ms > 0):
            raise BadRule("latency_ms is a number above 0 in a latency rule, and in no other")
        self._check_names()

    def _check_names(self) -> None:
        # A rule with a misspelt name would never hit, and a test that needs it would pass for nothing.
        if not self.service:
            return
        known = operations(self.service)
        if not known:
            raise BadRule(f"service is {self.service!r}; it is the name that signatures carry, such as cognito-idp")
        if self.operation and self.operation not in known:
            raise BadRule(f"{self.service} has no operation {self.operation!r}")

    def matches(self, call: Call) -> bool:
        return (
            self.service in ("", call.service)
            and self.operation in ("", call.operation)
            and self.caller in ("any", call.caller)
            and self.times != 0
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Faults:
    """The rules of every account."""

    def __init__(self) -> None:
        self._rules: dict[str, list[Rule]] = {}

    def add(self, account: str, document: object) -> None:
        """Add the rules of a JSON document; nothing is added when one of them is bad."""
        if not isinstance(document, list):
            raise BadRule("the body must be a JSON list of rules")
        known = {field.name for field in fields(Rule)}
        rules = []
        for item in document:
            if not isinstance(item, dict) or "kind" not in item or not item.keys() <= known:
                raise BadRule(f"a rule is an object with a kind and at most the keys {', '.join(sorted(known))}")
            rules.append(Rule(**item))
        self._rules.setdefault(account, []).extend(rules)

    def report(self, account: str) -> list[dict[str, object]]:
        """The rules that are in force, with the `times` that are left."""
        return [asdict(rule) for rule in self._rules.get(account, []) if rule.times != 0]

    def clear(self, account: str | None = None) -> None:
        """Remove an account's rules, or all."""
        if account is None:
            self._rules.clear()
        else:
            self._rules.pop(account, None)

    def strike(self, call: Call) -> list[Rule]:
        """Return the rules that hit this call, and use up one of each one's `times`.

        Latency adds up and goes with the first failure, as on a slow network that also loses packets.
        """
        hits: list[Rule] = []
        failed = False
        for rule in self._rules.get(call.account, []):
            fails = rule.kind != "latency"
            if not rule.matches(call) or (fails and failed) or random.random() >= rule.probability:
                continue
            failed = failed or fails
            if rule.times is not None:
                rule.times -= 1
            hits.append(rule)
        return hits


# service -> protocol, for the services that do not speak JSON.
_QUERY = {"iam", "sts", "ses", "sns", "cloudformation", "monitoring", "elasticloadbalancing", "autoscaling"}
_REST_JSON = {"lambda", "apigateway", "sesv2"}
_THROTTLE_CODES = {
    "cognito-idp": "TooManyRequestsException",
    "lambda": "TooManyRequestsException",
    "apigateway": "TooManyRequestsException",
    "sesv2": "TooManyRequestsException",
    "s3": "SlowDown",
}


def throttled(service: str, request_id: str) -> Reply:
    """What the service answers when it is called too often."""
    if service == "s3":
        return _s3(503, "SlowDown", "Please reduce your request rate.", request_id)
    if service in _QUERY or service == "route53":
        return _query(400, "Sender", "Throttling", "Rate exceeded", request_id)
    code = _THROTTLE_CODES.get(service, "ThrottlingException")
    return _json(service, 429 if service in _REST_JSON else 400, code, "Rate exceeded", request_id)


def failed(service: str, request_id: str) -> Reply:
    """What the service answers when it is broken."""
    message = "We encountered an internal error. Please try again."
    if service == "s3":
        return _s3(500, "InternalError", message, request_id)
    if service in _QUERY or service == "route53":
        return _query(500, "Receiver", "ServiceFailure", message, request_id)
    code = {
        "cognito-idp": "InternalErrorException",
        "dynamodb": "InternalServerError",
        "lambda": "ServiceException",
    }.get(service, "InternalFailure")
    return _json(service, 500, code, message, request_id)


def _json(service: str, status: int, code: str, message: str, request_id: str) -> Reply:
    rest = service in _REST_JSON
    content_type = "application/json" if rest else f"application/x-amz-json-1.{0 if service == 'dynamodb' else 1}"
    headers = {"content-type": content_type, "x-amzn-requestid": request_id, "x-amzn-errortype": code}
    # REST-JSON services name the error in the header; the others in the document as well.
    document = {"message": message} if rest else {"__type": code, "message": message}
    return status, headers, json.dumps(document).encode()


def _query(status: int, side: str, code: str, message: str, request_id: str) -> Reply:
    text = (
        f"<ErrorResponse><Error><Type>{side}</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return status, {"content-type": "text/xml", "x-amzn-requestid": request_id}, text.encode()


def _s3(status: int, code: str, message: str, request_id: str) -> Reply:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message><RequestId>{request_id}</RequestId></Error>"
    )
    return status, {"content-type": "application/xml", "x-amz-request-id": request_id}, text.encode()
