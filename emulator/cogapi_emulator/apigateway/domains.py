"""Custom domain names: which certificates they take, what they show, how they change. Must not know their mappings.

ministack takes any certificate, or none, and cannot update a domain name.
"""

import copy
import json
import re
import time

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import apigateway_v1 as apigw

from cogapi_emulator import acm, settings
from cogapi_emulator.apigateway import hosted_zones
from cogapi_emulator.patching import around

_EDGE_REGION = "us-east-1"
_REPLACED = ("/certificateArn", "/certificateName", "/regionalCertificateArn", "/regionalCertificateName",
             "/securityPolicy")  # fmt: skip
_TYPES = "/endpointConfiguration/types"
_PATCHED = {"replace": _REPLACED, "add": (_TYPES,), "remove": (_TYPES,)}
_POLICIES = ("TLS_1_0", "TLS_1_2")
# When it was last updated: what GetDomainName shows as UPDATING for a while.
_UPDATED = "_cogapi_updated"


class _Refused(Exception):
    """A domain name that AWS would not take; the message of its BadRequestException."""


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_create_domain_name")
    def create_domain_name(original, data):
        try:
            record = _made(data)
        except _Refused as refusal:
            return _bad_request(refusal)
        name = record["domainName"]
        if (known := apigw.find_domain_scope(name)) is not None and known[1] == get_region():
            # AWS: a name belongs to one account in a region.
            return apigw._v1_error("ConflictException", "The domain name you provided already exists.", 409)
        original(data | record)
        apigw._domain_names[name].update(record)
        if data.get("tags"):
            apigw._v1_tags[f"arn:aws:apigateway:{get_region()}::/domainnames/{name}"] = dict(data["tags"])
        acm.attach(_certificate_of(record), _user(record))
        return apigw._v1_response(view(apigw._domain_names[name]), 201)

    @around(apigw, "_get_domain_name")
    def get_domain_name(original, name):
        record = apigw._domain_names.get(name)
        return original(name) if record is None else apigw._v1_response(view(record))

    @around(apigw, "_get_domain_names")
    def get_domain_names(_original, query):
        return apigw._v1_paginated_response([view(record) for record in apigw._domain_names.values()], query)

    @around(apigw, "_delete_domain_name")
    def delete_domain_name(original, name):
        record = apigw._domain_names.get(name)
        reply = original(name)
        if record is not None:
            apigw._v1_tags.pop(f"arn:aws:apigateway:{get_region()}::/domainnames/{name}", None)
            acm.detach(_certificate_of(record), _user(record))
        return reply

    @around(apigw, "handle_request")
    async def handle_request(original, method, path, headers, body, query):
        if method == "PATCH" and (match := re.fullmatch(r"/domainnames/([^/]+)", path)):
            return _update(match[1], json.loads(body or b"{}").get("patchOperations") or [])
        return await original(method, path, headers, body, query)


def view(record: dict) -> dict:
    """A domain name as AWS shows it: what it has not, it does not name."""
    hidden = "distribution" if _is_regional(record) else "regional"
    shown = {
        key: value for key, value in record.items() if value not in ("", {}, None) and not key.startswith(("_", hidden))
    }
    age = time.time() - record.get(_UPDATED, 0)
    updating = age < settings.of(get_account_id()).apigateway_domain_update_seconds
    return shown | {"domainNameStatus": "UPDATING" if updating else "AVAILABLE"}


def _made(data: dict) -> dict:
    """What AWS makes of the request, beyond what ministack stores."""
    name = data.get("domainName", "")
    # AWS: "Uppercase letters are not supported."
    if not re.fullmatch(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+", name):
        raise _Refused("Invalid domain name identifier specified")
    # AWS: a domain name is edge-optimised unless it is asked for otherwise.
    types = (data.get("endpointConfiguration") or {}).get("types") or ["EDGE"]
    record = {
        "domainName": name,
        "endpointConfiguration": {"ipAddressType": "ipv4"}
        | (data.get("endpointConfiguration") or {})
        | {"types": types},
        "securityPolicy": data.get("securityPolicy") or "TLS_1_2",
        "regionalDomainName": f"d-{new_uuid().replace('-', '')[:10]}.execute-api.{get_region()}.amazonaws.com",
        "regionalHostedZoneId": hosted_zones.of_region(get_region()),
        "distributionDomainName": f"d{new_uuid().replace('-', '')[:13]}.cloudfront.net",
    }
    for key in ("certificateArn", "regionalCertificateArn"):
        record[key] = data.get(key) or ""
    _check(record)
    return record


def _update(name: str, operations: list[dict]):
    known = apigw._domain_names.get(name)
    if known is None:
        return apigw._v1_error("NotFoundException", "Invalid domain name identifier specified", 404)
    record = copy.deepcopy(known)
    for operation in operations:
        path, kind, value = (operation.get(key, "") for key in ("path", "op", "value"))
        if path not in (patched := _PATCHED.get(kind, ())):
            message = f"Invalid patch path  '{path}' specified for op '{kind}'. Must be one of: [{', '.join(patched)}]"
            return apigw._v1_error("BadRequestException", message, 400)
        if path == _TYPES:
            # AWS: a domain name migrates by getting the other type first and losing its own then.
            others = [each for each in record["endpointConfiguration"]["types"] if each != value]
            record["endpointConfiguration"]["types"] = [*others, value] if kind == "add" else others
        else:
            record[path[1:]] = value
    try:
        _check(record)
    except _Refused as refusal:
        return _bad_request(refusal)
    before, after = _certificate_of(known), _certificate_of(record)
    if before != after:
        acm.detach(before, _user(known))
        acm.attach(after, _user(record))
    known |= record | {_UPDATED: time.time()}
    return apigw._v1_response(view(known))


def _check(record: dict) -> None:
    """AWS: a certificate that is issued, in the right region, and for this name; for the texts see the tests.

    Those for a pending certificate, for another name and for no type are not published and only resemble AWS's.
    """
    if record["securityPolicy"] not in _POLICIES and not record["securityPolicy"].startswith("SecurityPolicy_"):
        raise _Refused("Invalid security policy specified")
    arn, types = _certificate_of(record), record["endpointConfiguration"]["types"]
    if not types:
        raise _Refused("A domain name has at least one endpoint type.")
    if not arn:
        raise _Refused(f"A certificate was not provided for the endpoint type {types[0]}.")
    region = get_region() if _is_regional(record) else _EDGE_REGION
    if arn.split(":")[3:4] != [region]:
        raise _Refused(f"Invalid certificate ARN: {arn}. Certificate must be in '{region}'.")
    with apigw.request_scope(get_account_id(), region):
        certificate = acm.find(arn)
    if certificate is None:
        raise _Refused("The provided certificate does not exist.")
    if certificate["Status"] != "ISSUED":
        raise _Refused(f"The certificate {arn} is not issued. Its status is {certificate['Status']}.")
    if not acm.covers(certificate, record["domainName"]):
        raise _Refused(f"The domain name {record['domainName']} does not match the certificate {arn}.")


def _is_regional(record: dict) -> bool:
    return "REGIONAL" in record["endpointConfiguration"]["types"]


def _certificate_of(record: dict) -> str:
    return record.get("regionalCertificateArn" if _is_regional(record) else "certificateArn") or ""


def _user(record: dict) -> str:
    """AWS: what uses a certificate is a load balancer of API Gateway's own, not the domain name."""
    host = record["regionalDomainName"].partition(".")[0]
    return f"arn:aws:elasticloadbalancing:{get_region()}:987654321098:loadbalancer/net/prod-{host}/{host[2:]}"


def _bad_request(refusal: _Refused):
    return apigw._v1_error("BadRequestException", str(refusal), 400)
