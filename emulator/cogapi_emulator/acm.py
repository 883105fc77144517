"""Corrections of ACM: a certificate is requested, validated through DNS, issued, used and only then deletable.

ministack issues every certificate at once, with a validation record as no AWS makes it. Owns the life of a
certificate; services that use one say so through `attach` and `detach`.
"""

import base64
import hashlib
import time

from ministack.core.responses import error_response_json, get_account_id, json_response, request_scope
from ministack.services import acm, route53

from cogapi_emulator import settings
from cogapi_emulator.patching import around

_HOUR = 3600
_VALIDATION_TIMEOUT = 72 * _HOUR
_YEAR = 395 * 24 * _HOUR
# Failures that ACM sees at once; of the others it knows when it has the proof and tries to issue.
_EARLY = ("INVALID_PUBLIC_DOMAIN", "DOMAIN_NOT_ALLOWED", "ADDITIONAL_VERIFICATION_REQUIRED")
# What is ours in ministack's certificates: what they went through, in times of ACM's clock.
_LIFE = "_cogapi"


def install() -> None:
    """Patch ministack's ACM in this process."""
    _install_requests()
    _install_reads()
    _install_deletion()

    @around(route53, "_change_resource_record_sets")
    def change_resource_record_sets(original, zone_id, body):
        reply = original(zone_id, body)
        # Certificates of all regions: Route 53 is global.
        for (account, region, _arn), certificate in acm._certificates.all_items():
            if account == get_account_id():
                with request_scope(account, region):
                    _advance(certificate)
        return reply


def covers(certificate: dict, domain: str) -> bool:
    """Whether a certificate is for this name. A wildcard stands for one label."""
    domain = domain.lower()
    names = {name.lower() for name in certificate["SubjectAlternativeNames"]}
    return domain in names or f"*.{domain.partition('.')[2]}" in names


def find(arn: str) -> dict | None:
    """The certificate of an ARN in the current account and region, as it is by now."""
    certificate = acm._get_local_certificate(arn)
    if certificate is not None:
        _advance(certificate)
    return certificate


def attach(arn: str, user: str) -> None:
    """`user` (an ARN) uses a certificate from now on."""
    certificate = find(arn)
    if certificate is not None:
        certificate.setdefault(_LIFE, {}).setdefault("users", {})[user] = {"since": _now(), "until": None}


def detach(arn: str, user: str) -> None:
    """`user` does not use a certificate any more."""
    certificate = find(arn)
    if certificate is not None and (use := certificate.get(_LIFE, {}).get("users", {}).get(user)):
        use["until"] = _now()


def _install_requests() -> None:
    @around(acm, "_request_certificate")
    def request_certificate(original, data):
        token = data.get("IdempotencyToken")
        if token and (known := _requested_with(token)) is not None:
            return json_response({"CertificateArn": known["CertificateArn"]})
        names = list(dict.fromkeys([data.get("DomainName", ""), *(data.get("SubjectAlternativeNames") or [])]))
        before = set(acm._certificates.keys())
        # AWS: validation is by EMAIL unless it is asked for otherwise; ministack takes DNS.
        method = data.get("ValidationMethod") or "EMAIL"
        reply = original(data | {"SubjectAlternativeNames": names, "ValidationMethod": method})
        for arn in set(acm._certificates.keys()) - before:
            certificate = acm._certificates[arn]
            for name in ("IssuedAt", "NotBefore", "NotAfter"):
                certificate.pop(name)
            options = {"CertificateTransparencyLoggingPreference": "ENABLED"} | (data.get("Options") or {})
            certificate |= {"Status": "PENDING_VALIDATION", "Options": options}
            certificate[_LIFE] = {"requested": _now(), "token": token, "found": {}}
            acm._certificates[arn] = certificate
            # A record may be there already: it is the same for every certificate of the domain.
            _advance(certificate)
        return reply

    @around(acm, "_validation_options")
    def validation_options(_original, domain, method):
        options = {"DomainName": domain, "ValidationDomain": domain, "ValidationMethod": method}
        if method == "DNS":
            options["ResourceRecord"] = _record(domain)
        else:
            options["ValidationEmails"] = [f"admin@{domain.removeprefix('*.')}"]
        return options


def _requested_with(token: str) -> dict | None:
    """AWS: the same IdempotencyToken within an hour is the same request."""
    for certificate in acm._certificates.values():
        life = certificate.get(_LIFE, {})
        if life.get("token") == token and _now() - life["requested"] < _HOUR:
            return certificate
    return None


def _record(domain: str) -> dict[str, str]:
    """AWS: a domain's validation record is the same for every certificate of an account, whatever its region, and
    the same for the domain and its wildcard."""
    base = domain.removeprefix("*.").lower()
    digest = hashlib.sha512(f"{get_account_id()} {base}".encode()).digest()
    label = base64.b32encode(digest[32:]).decode().lower().translate(str.maketrans("234567", "ghijkl"))[:10]
    return {
        "Name": f"_{digest[:16].hex()}.{base}.",
        "Type": "CNAME",
        "Value": f"_{digest[16:32].hex()}.{label}.acm-validations.aws.",
    }


def _install_reads() -> None:
    @around(acm, "_cert_shape")
    def cert_shape(original, certificate):
        _advance(certificate)
        life = certificate.get(_LIFE, {})
        shape = original(certificate)
        # AWS: tags are read with ListTagsForCertificate.
        shape.pop("Tags")
        # AWS: asked for as RSA_2048, shown as RSA-2048.
        shape["KeyAlgorithm"] = shape["KeyAlgorithm"].replace("_", "-")
        if certificate["Status"] != "ISSUED":
            for name in ("IssuedAt", "NotBefore", "NotAfter"):
                shape.pop(name)
        if reason := life.get("failure"):
            shape["FailureReason"] = reason
        shape["InUseBy"] = [*shape["InUseBy"], *_users(certificate)]
        eligible = certificate["Status"] == "ISSUED" and shape["InUseBy"]
        shape["RenewalEligibility"] = "ELIGIBLE" if eligible else "INELIGIBLE"
        shape["DomainValidationOptions"] = [
            _shown_validation(certificate, options) for options in certificate["DomainValidationOptions"]
        ]
        return shape

    @around(acm, "_describe_certificate")
    def describe_certificate(original, data):
        arn = data.get("CertificateArn", "")
        certificate = acm._get_local_certificate(arn)
        # AWS: "a delay of several seconds before you can retrieve information about it".
        if certificate is not None and _age(certificate) < _settings().acm_describe_lag_seconds / 2:
            return acm._certificate_not_found(arn)
        return original(data)

    @around(acm, "_list_certificates")
    def list_certificates(_original, data):
        # ministack lists neither pages nor what a certificate is for.
        found = [certificate for arn in acm._certificates if (certificate := find(arn)) is not None]
        statuses = data.get("CertificateStatuses") or []
        found = [item for item in found if not statuses or item["Status"] in statuses]
        start, size = int(data.get("NextToken") or 0), int(data.get("MaxItems") or 1000)
        page = {"CertificateSummaryList": [_summary(item) for item in found[start : start + size]]}
        if start + size < len(found):
            page["NextToken"] = str(start + size)
        return json_response(page)

    @around(acm, "_get_certificate")
    def get_certificate(original, data):
        certificate = find(data.get("CertificateArn", ""))
        if certificate is not None and certificate["Status"] == "PENDING_VALIDATION":
            message = f"Certificate {data['CertificateArn']} is not yet issued"
            return error_response_json("RequestInProgressException", message, 400)
        return original(data)


def _shown_validation(certificate: dict, options: dict) -> dict:
    status = "PENDING_VALIDATION"
    if certificate["Status"] == "ISSUED":
        status = "SUCCESS"
    elif certificate["Status"] != "PENDING_VALIDATION":
        status = "FAILED"
    shown = options | {"ValidationStatus": status}
    # AWS: when the certificate is there, its records may still not be.
    if _age(certificate) < _settings().acm_describe_lag_seconds:
        shown.pop("ResourceRecord", None)
    return shown


def _age(certificate: dict) -> float:
    """Seconds since the request; an imported certificate was never requested."""
    return _now() - certificate.get(_LIFE, {}).get("requested", 0)


def _summary(certificate: dict) -> dict:
    names = certificate["SubjectAlternativeNames"]
    return {
        "CertificateArn": certificate["CertificateArn"],
        "DomainName": certificate["DomainName"],
        "SubjectAlternativeNameSummaries": names[:100],
        "HasAdditionalSubjectAlternativeNames": len(names) > 100,
        "Status": certificate["Status"],
        "Type": certificate.get("Type", "AMAZON_ISSUED"),
        "KeyAlgorithm": "RSA-2048",
        "InUse": bool(_users(certificate)),
        "CreatedAt": acm._epoch(certificate["CreatedAt"]),
    }


def _install_deletion() -> None:
    @around(acm, "_delete_certificate")
    def delete_certificate(original, data):
        arn = data.get("CertificateArn", "")
        certificate = find(arn)
        if certificate is not None and _in_use(certificate):
            message = f"Certificate {arn} in account {get_account_id()} is in use."
            return error_response_json("ResourceInUseException", message, 400)
        return original(data)


def _advance(certificate: dict) -> None:
    """Bring a certificate to where it is by now. AWS: not validated within 72 hours it is lost for good."""
    life = certificate.get(_LIFE)
    if life is None or certificate["Status"] != "PENDING_VALIDATION":
        return
    now, lag = _now(), _settings().acm_validation_seconds
    reasons = _settings().acm_failure
    failure = next((reasons[name] for name in certificate["SubjectAlternativeNames"] if name in reasons), None)
    found = life["found"]
    for options in certificate["DomainValidationOptions"]:
        record = options.get("ResourceRecord")
        if record is None or not _is_published(record):
            found.pop(options["DomainName"], None)
        else:
            found.setdefault(options["DomainName"], now)
    validated = len(found) == len(certificate["DomainValidationOptions"]) and max(found.values()) + lag <= now
    if failure == "TIMED_OUT" or (not validated and now - life["requested"] >= _VALIDATION_TIMEOUT):
        certificate["Status"] = "VALIDATION_TIMED_OUT"
    elif failure is not None and (validated or (failure in _EARLY and life["requested"] + lag <= now)):
        certificate["Status"], life["failure"] = "FAILED", failure
    elif validated:
        issued = max(found.values()) + lag
        certificate |= {"Status": "ISSUED", "IssuedAt": issued, "NotBefore": issued, "NotAfter": issued + _YEAR}


def _is_published(record: dict) -> bool:
    """Whether a public hosted zone of the account answers with this CNAME."""
    name = record["Name"]
    for zone in route53._zones.values():
        if zone.get("private") or not f".{name}".endswith(f".{zone['name']}"):
            continue
        for published in route53._records.get(zone["id"], []):
            values = [value.lower().rstrip(".") for value in published.get("ResourceRecords", [])]
            if (published["Name"], published["Type"], values) == (name, "CNAME", [record["Value"].rstrip(".")]):
                return True
    return False


def _users(certificate: dict) -> list[str]:
    """AWS: InUseBy lags behind what uses a certificate, in both directions."""
    lag, now = _settings().acm_in_use_lag_seconds, _now()
    return [
        user
        for user, use in certificate.get(_LIFE, {}).get("users", {}).items()
        if use["since"] + lag <= now and (use["until"] is None or now < use["until"] + lag)
    ]


def _in_use(certificate: dict) -> bool:
    users = certificate.get(_LIFE, {}).get("users", {}).values()
    return bool(_users(certificate)) or any(use["until"] is None for use in users)


def _settings() -> settings.Settings:
    return settings.of(get_account_id())


def _now() -> float:
    return time.time() + _settings().acm_clock_ahead_seconds
