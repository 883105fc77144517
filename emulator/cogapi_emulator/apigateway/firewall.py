"""What a stage's web ACL does to requests: its rate-based rules, and nothing else of it.

ministack asks no web ACL. AWS asks it before everything else of the API.
"""

import ipaddress
import time
from collections import deque

from ministack.core.responses import get_account_id, get_request_client_ip
from ministack.services import apigateway_v1 as apigw

from cogapi_emulator import waf
from cogapi_emulator.patching import around

# (account, stage, rule, address) -> when its requests came.
_seen: dict[tuple[str, str, str, str], deque[float]] = {}


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_execute_in_scope")
    async def execute_in_scope(original, request, api_id, stage_name, *rest):
        stage = apigw._stages_v1.get(api_id, {}).get(stage_name)
        if stage is not None and _blocks(waf.stage_arn(api_id, stage_name), request["headers"]):
            # The gateway response needs to know the stage, as with every other refusal.
            request["stage"] = stage
            return apigw._gw_error("WAF_FILTERED", "Forbidden")
        return await original(request, api_id, stage_name, *rest)

    @around(apigw, "reset")
    def reset(original):
        original()
        _seen.clear()


def _blocks(stage_arn: str, headers: dict) -> bool:
    """AWS: above its limit within its window, an address is blocked until it is below again.

    AWS sees this some seconds late; here it is at once. Rules that scope down, count, or aggregate by more than
    an address are not judged, nor is any other kind of rule.
    """
    acl = waf.web_acl_of(stage_arn)
    blocked = False
    for rule in [] if acl is None else acl["Rules"]:
        rate = rule["Statement"].get("RateBasedStatement")
        if rate is None or "ScopeDownStatement" in rate or "Block" not in rule.get("Action", {}):
            continue
        address = _address(rate, headers)
        if address is None:
            continue
        now = time.monotonic()
        seen = _seen.setdefault((get_account_id(), stage_arn, rule["Name"], address), deque())
        seen.append(now)
        while seen[0] <= now - rate.get("EvaluationWindowSec", 300):
            seen.popleft()
        blocked = blocked or len(seen) > rate["Limit"]
    return blocked


def _address(rate: dict, headers: dict) -> str | None:
    """The address that a request counts for; None when it counts for none."""
    if rate.get("AggregateKeyType") == "IP":
        return get_request_client_ip()
    if rate.get("AggregateKeyType") != "FORWARDED_IP":
        return None
    wanted = rate["ForwardedIPConfig"]["HeaderName"].lower()
    first = (
        next((str(value) for name, value in headers.items() if name.lower() == wanted), "").partition(",")[0].strip()
    )
    try:
        return str(ipaddress.ip_address(first))
    except ValueError:
        return None
