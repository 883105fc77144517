"""Makes hosted zones and certificates for the tests."""

import time
from collections.abc import Callable

from conftest import Emulator

DOMAIN = "example.com"


def make_zone(emulator: Emulator, account: str, name: str = DOMAIN) -> str:
    """Make a hosted zone and return its id."""
    made = emulator.client("route53", account).create_hosted_zone(Name=name, CallerReference=f"{account} {name}")
    return made["HostedZone"]["Id"].removeprefix("/hostedzone/")


def change(emulator: Emulator, account: str, zone: str, *changes: tuple[str, dict]) -> str:
    """Change records, as (action, record) each, and return the id of the change."""
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes]}
    changed = emulator.client("route53", account).change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    return changed["ChangeInfo"]["Id"]


def record(name: str, kind: str, *values: str, ttl: int = 300) -> dict:
    return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}


def request_certificate(emulator: Emulator, account: str, *names: str, **more) -> str:
    """Request a certificate that is validated through DNS; its records show at once."""
    emulator.admin("POST", "settings", {"acm_describe_lag_seconds": 0}, account)
    first, *others = names
    more |= {"SubjectAlternativeNames": others} if others else {}
    return emulator.client("acm", account).request_certificate(DomainName=first, ValidationMethod="DNS", **more)[
        "CertificateArn"
    ]


def describe(emulator: Emulator, account: str, arn: str) -> dict:
    return emulator.client("acm", account).describe_certificate(CertificateArn=arn)["Certificate"]


def publish(emulator: Emulator, account: str, zone: str, arn: str, action: str = "UPSERT") -> None:
    """Write (or delete) a certificate's validation records."""
    options = describe(emulator, account, arn)["DomainValidationOptions"]
    records = {option["ResourceRecord"]["Name"]: option["ResourceRecord"]["Value"] for option in options}
    change(emulator, account, zone, *((action, record(name, "CNAME", value)) for name, value in records.items()))


def issued_certificate(emulator: Emulator, account: str, *names: str) -> str:
    """A certificate that is issued, and the hosted zone that its validation needs."""
    emulator.admin("POST", "settings", {"acm_validation_seconds": 0}, account)
    arn = request_certificate(emulator, account, *names)
    publish(emulator, account, make_zone(emulator, account), arn)
    assert describe(emulator, account, arn)["Status"] == "ISSUED"
    return arn


def eventually(holds: Callable[[], object], seconds: float = 5) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.05)
