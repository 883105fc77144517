"""Tells what an HTTP request is as an AWS call: account, service, operation, who makes it.

Pure, except for the lookup of a temporary key's account, and of the pool that an unsigned call is for. Must not answer
requests.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs

ROOT_ACCOUNT = "000000000000"

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_READ_PREFIXES = (
    "Get", "List", "Describe", "Head", "BatchGet", "Query", "Scan", "AdminGet", "AdminList", "Filter",
    "Simulate", "Lookup", "Test",
)  # fmt: skip
# Signing names whose botocore model has another name.
_MODELS = {"tagging": "resourcegroupstaggingapi", "monitoring": "cloudwatch"}


@dataclass(frozen=True)
class Call:
    """One AWS call. `caller` is `user`, `function` (a Lambda role's key) or `anonymous` (not signed)."""

    account: str
    service: str
    operation: str
    caller: str
    is_read: bool

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


def identify(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Call | None:
    """Return the call that this request makes, or None when it is not one (an API's own traffic, pages).

    `path` is as it was sent: an ARN in it has its slashes encoded, which decoding would take for the path's.
    """
    parameters = parse_qs(query, keep_blank_values=True)
    credential = _credential(headers, parameters)
    if credential is None:
        target = headers.get("x-amz-target", "")
        if not target.startswith("AWSCognitoIdentityProviderService."):
            return None
        key, service = "", "cognito-idp"
    else:
        key, service = credential
        if service == "ses" and path.startswith("/v2/"):
            # Both of SES's APIs sign as the one; they share neither operations nor a protocol.
            service = "sesv2"
    if service == "execute-api" or path.startswith("/_aws/execute-api/"):
        return None
    operation = _operation(service, method, path, parameters, headers, body)
    return Call(
        account=account_of(key) if key else _owner(body),
        service=service,
        operation=operation,
        caller="anonymous" if not key else "function" if key.startswith("ASIA") else "user",
        is_read=operation.startswith(_READ_PREFIXES),
    )


def account_of(access_key: str) -> str:
    """The account that an access key belongs to; ministack takes a 12-digit key as the account itself."""
    if re.fullmatch(r"\d{12}", access_key):
        return access_key
    from ministack.app import _request_account_scope
    from ministack.core.responses import _account_from_sts_session

    if access_key.startswith("ASIA"):
        return _account_from_sts_session(access_key) or ROOT_ACCOUNT
    account = _request_account_scope(access_key) if access_key else ""
    return account if re.fullmatch(r"\d{12}", account) else ROOT_ACCOUNT


def _owner(body: bytes) -> str:
    """The account whose user pool an unsigned call is for."""
    from cogapi_emulator.cognito import dispatch

    try:
        data = json.loads(body)
    except ValueError:
        return ROOT_ACCOUNT
    return (isinstance(data, dict) and dispatch.owner(data)) or ROOT_ACCOUNT


def _credential(headers: dict[str, str], parameters: dict[str, list[str]]) -> tuple[str, str] | None:
    presigned = parameters.get("X-Amz-Credential", [""])[0]
    match = _CREDENTIAL.search(headers.get("authorization", "")) or _CREDENTIAL.search(f"Credential={presigned}")
    return (match[1], match[3]) if match else None


def _operation(
    service: str, method: str, path: str, parameters: dict[str, list[str]], headers: dict[str, str], body: bytes
) -> str:
    if target := headers.get("x-amz-target", ""):
        return target.rpartition(".")[2]
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = parse_qs(body.decode("utf-8", "replace"))
        if action := form.get("Action", [""])[0]:
            return action
    if action := parameters.get("Action", [""])[0]:
        return action
    sent = path.rstrip("/") or "/"
    found = [route for route in _routes(service) if route.takes(method, sent, parameters, headers)]
    return max(found, key=_Route.rank).operation if found else f"{method} {path}"


def operations(service: str) -> frozenset[str]:
    """The names of a service's operations; none when there is no such service."""
    model = _model(service)
    return frozenset(model.operation_names) if model else frozenset()


@cache
def _model(service: str):
    """A service's botocore model, which ministack brings with it."""
    import botocore.session
    from botocore.exceptions import UnknownServiceError

    try:
        return botocore.session.get_session().get_service_model(_MODELS.get(service, service))
    except UnknownServiceError:
        return None


@dataclass(frozen=True)
class _Route:
    """How an operation of a REST service is called."""

    operation: str
    method: str
    path: re.Pattern[str]
    literals: int
    query: tuple[tuple[str, str], ...]
    headers: tuple[str, ...]

    def takes(self, method: str, path: str, query: dict[str, list[str]], headers: dict[str, str]) -> bool:
        return (
            self.method == method
            and self.path.fullmatch(path) is not None
            and all(name in query and (not value or value in query[name]) for name, value in self.query)
            and all(name in headers for name in self.headers)
        )

    def rank(self) -> tuple[int, int]:
        """Of the routes that take a request, the one that asks for most is meant."""
        return len(self.query) + len(self.headers), self.literals


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    model = _model(service)
    if model is None:
        return ()
    models = (model.operation_model(name) for name in model.operation_names)
    # A deprecated operation shares the route of what replaced it.
    return tuple(_route(operation) for operation in models if not operation.deprecated)


def _route(operation) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    pattern, literals = "", 0
    for part in re.split(r"(\{[^}]+\})", path.rstrip("/") or "/"):
        if part.startswith("{"):
            pattern += ".+" if part.endswith("+}") else "[^/]+"
        else:
            pattern += re.escape(part)
            literals += len(part)
    written = [(name, value) for name, _, value in (item.partition("=") for item in query.split("&") if item)]
    shape = operation.input_shape
    required = [shape.members[name].serialization for name in shape.required_members] if shape else []
    return _Route(
        operation=operation.name,
        method=operation.http["method"],
        path=re.compile(pattern),
        literals=literals,
        query=(*written, *((item["name"], "") for item in required if item.get("location") == "querystring")),
        headers=tuple(item["name"].lower() for item in required if item.get("location") == "header"),
    )
