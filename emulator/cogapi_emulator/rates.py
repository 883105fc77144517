"""How often AWS lets an account call its control planes, as far as AWS says so. Must not know how requests are served.

Token buckets, each as deep as AWS documents, or else a second's worth; a call takes from all that it falls under,
or from none. What AWS does not publish (IAM, STS) has no limit here. Region is no part of it: tests use one.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from cogapi_emulator import settings
from cogapi_emulator.call import Call


@dataclass(frozen=True)
class _Limit:
    """`number` calls in `seconds`, counted together, or apart by what `apart` tells of a call."""

    name: str
    number: float
    seconds: float
    applies: Callable[[str], bool]
    burst: float = 0
    apart: Callable[[Call, bytes], str] = lambda _call, _body: ""

    @property
    def depth(self) -> float:
        """A bucket holds a second's worth, but at least the one call that would else never pass."""
        return self.burst or max(1, self.number / self.seconds)


def _each(number: float, seconds: float, *operations: str) -> list[_Limit]:
    """A limit of its own for each of these operations."""
    return [_Limit(name, number, seconds, name.__eq__) for name in operations]


def _together(name: str, number: float, *operations: str, **more) -> _Limit:
    """One limit a second for all of these operations."""
    return _Limit(name, number, 1, frozenset(operations).__contains__, **more)


def _own(call: Call, _body: bytes) -> str:
    return call.operation


def _pool(_call: Call, body: bytes) -> str:
    try:
        return str(json.loads(body)["UserPoolId"])
    except (ValueError, KeyError, TypeError):
        return ""


_READ_CLIENTS = ("DescribeUserPoolClient", "ListUserPoolClients")
_WRITE_CLIENTS = ("CreateUserPoolClient", "UpdateUserPoolClient", "DeleteUserPoolClient")
_NOT_LAMBDAS_CONTROL_PLANE = ("Invoke", "InvokeAsync", "InvokeWithResponseStream", "GetFunction", "GetPolicy")

# Signing name -> its limits, from the quota pages of each service.
_LIMITS: dict[str, list[_Limit]] = {
    "apigateway": [
        *_each(1, 3, "CreateRestApi", "ImportRestApi"),
        *_each(1, 1, "PutRestApi"),
        *_each(5, 1, "CreateResource", "DeleteResource", "CreateApiKey", "DeleteApiKey"),
        # Published as such: 5 in 2 seconds.
        _Limit("GetResources", 5, 2, "GetResources".__eq__, burst=5),
        *_each(1, 5, "CreateDeployment"),
        *_each(1, 30, "CreateDomainName", "UpdateDomainName", "DeleteDomainName", "DeleteRestApi"),
        *_each(1, 20, "UpdateAccount", "UpdateUsagePlan"),
        _Limit("all", 10, 1, lambda _operation: True, burst=40),
    ],
    "lambda": [
        *_each(100, 1, "GetFunction"),
        *_each(15, 1, "GetPolicy"),
        _Limit("control plane", 15, 1, lambda operation: operation not in _NOT_LAMBDAS_CONTROL_PLANE),
    ],
    "cognito-idp": [
        _together("UserPoolRead", 15, "DescribeUserPool", "ListUserPools"),
        _together("UserPoolUpdate", 15, "CreateUserPool", "UpdateUserPool", "DeleteUserPool"),
        _together("UserPoolResourceRead", 20, "GetGroup", "ListGroups", "GetUserPoolMfaConfig", "ListTagsForResource",
                  "DescribeUserPoolDomain", "GetSigningCertificate", "ListIdentityProviders", "ListResourceServers",
                  "DescribeRiskConfiguration", "GetUICustomization", "GetLogDeliveryConfiguration"),
        _together("UserPoolResourceUpdate", 15, "CreateGroup", "UpdateGroup", "DeleteGroup", "SetUserPoolMfaConfig",
                  "AddCustomAttributes", "TagResource", "UntagResource", "SetRiskConfiguration", "SetUICustomization",
                  "CreateUserPoolDomain", "UpdateUserPoolDomain", "DeleteUserPoolDomain",
                  "SetLogDeliveryConfiguration"),
        _together("UserPoolClientRead", 15, *_READ_CLIENTS),
        _together("UserPoolClientRead of a pool", 5, *_READ_CLIENTS, apart=_pool),
        _together("UserPoolClientUpdate", 15, *_WRITE_CLIENTS),
        _together("UserPoolClientUpdate of a pool", 5, *_WRITE_CLIENTS, apart=_pool),
    ],
    "acm": [
        *_each(5, 1, "RequestCertificate", "AddTagsToCertificate", "RemoveTagsFromCertificate"),
        *_each(8, 1, "ListCertificates"),
        *_each(10, 1, "DescribeCertificate", "GetCertificate", "DeleteCertificate", "ListTagsForCertificate"),
    ],
    "route53": [_Limit("all", 5, 1, lambda _operation: True)],
    "wafv2": [
        *_each(1, 2, "AssociateWebACL", "DisassociateWebACL"),
        *_each(1, 1, "GetWebACLForResource", "ListResourcesForWebACL"),
        _Limit("a write", 1, 1, lambda operation: operation.startswith(("Create", "Put", "Update")), apart=_own),
        _Limit("a read", 5, 1, lambda operation: operation.startswith(("Get", "List"))
               and operation not in ("GetWebACLForResource", "ListResourcesForWebACL"), apart=_own),
    ],
    "logs": _each(10, 1, "CreateLogGroup", "DeleteLogGroup", "DescribeLogGroups", "PutRetentionPolicy"),
    "ses": [_Limit("an action", 1, 1, lambda operation: not operation.startswith("Send"), apart=_own)],
    "sesv2": [_Limit("an action", 1, 1, lambda operation: not operation.startswith("Send"), apart=_own)],
}  # fmt: skip


class Rates:
    """The buckets of every account. They fill whether anyone looks or not."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # (account, service, limit, what it is apart by) -> tokens, and when they were counted.
        self._buckets: dict[tuple[str, str, str, str], tuple[float, float]] = {}

    def admit(self, call: Call, body: bytes) -> bool:
        """Whether AWS would take this call now; if so, it counts. Only where the setting `rates` is on."""
        if call.caller != "user" or not settings.of(call.account).rates:
            return True
        now, left = self._clock(), {}
        for limit in _LIMITS.get(call.service, []):
            if not limit.applies(call.operation):
                continue
            bucket = (call.account, call.service, limit.name, limit.apart(call, body))
            tokens, since = self._buckets.get(bucket, (limit.depth, now))
            tokens = min(limit.depth, tokens + (now - since) * limit.number / limit.seconds)
            if tokens < 1:
                return False
            left[bucket] = (tokens - 1, now)
        self._buckets |= left
        return True

    def clear(self) -> None:
        """Every bucket is full again."""
        self._buckets.clear()
