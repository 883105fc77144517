"""Corrections of Route 53: names, order, and changes that are refused."""

import pytest
from botocore.exceptions import ClientError
from conftest import REGION, Emulator
from domains import change, make_zone, record

ZONE_OF_API_GATEWAY = "ZLY8HYME6SFDD"


@pytest.fixture
def zone(emulator: Emulator, account: str) -> str:
    return make_zone(emulator, account)


def alias(name: str, target: str, zone_id: str = ZONE_OF_API_GATEWAY) -> dict:
    target_of = {"HostedZoneId": zone_id, "DNSName": target, "EvaluateTargetHealth": False}
    return {"Name": name, "Type": "A", "AliasTarget": target_of}


def names(emulator: Emulator, account: str, zone: str) -> list[tuple[str, str]]:
    found = emulator.client("route53", account).list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [(item["Name"], item["Type"]) for item in found if item["Type"] not in ("NS", "SOA")]


def refusal(emulator: Emulator, account: str, zone: str, *changes: tuple[str, dict]) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        change(emulator, account, zone, *changes)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_names_are_the_same_however_they_are_written(emulator: Emulator, account: str, zone: str):
    change(emulator, account, zone, ("CREATE", record("*.API.example.com", "CNAME", "a.example.com")))
    assert names(emulator, account, zone) == [("\\052.api.example.com.", "CNAME")]
    change(emulator, account, zone, ("UPSERT", record("\\052.api.Example.com.", "CNAME", "b.example.com")))
    change(emulator, account, zone, ("DELETE", record("*.api.example.com.", "CNAME", "b.example.com")))
    assert names(emulator, account, zone) == []


def test_a_record_is_created_once_and_deleted_only_as_it_is(emulator: Emulator, account: str, zone: str):
    known = record("api.example.com", "TXT", '"1"', '"2"')
    change(emulator, account, zone, ("CREATE", known))
    code, message = refusal(emulator, account, zone, ("CREATE", known))
    assert code == "InvalidChangeBatch"
    assert message == (
        "[Tried to create resource record set [name='api.example.com.', type='TXT'] but it already exists]"
    )
    others = (record("api.example.com", "TXT", '"1"'), record("api.example.com", "TXT", '"1"', '"2"', ttl=60))
    for other in others:
        code, message = refusal(emulator, account, zone, ("DELETE", other))
        assert (code, "values provided do not match the current values" in message) == ("InvalidChangeBatch", True)
    # The order of values is no difference.
    change(emulator, account, zone, ("DELETE", record("api.example.com", "TXT", '"2"', '"1"')))
    code, message = refusal(emulator, account, zone, ("DELETE", known))
    assert (code, "but it was not found" in message) == ("InvalidChangeBatch", True)


def test_a_batch_is_done_as_a_whole_or_not_and_tells_every_problem(emulator: Emulator, account: str, zone: str):
    good = ("CREATE", record("good.example.com", "A", "192.0.2.1"))
    gone = ("DELETE", record("gone.example.com", "A", "192.0.2.1"))
    apex = ("CREATE", record("example.com", "CNAME", "other.com"))
    foreign = ("CREATE", record("api.other.com", "A", "192.0.2.1"))
    _code, message = refusal(emulator, account, zone, good, gone, apex, foreign)
    assert "[name='gone.example.com.', type='A'] but it was not found" in message
    assert "RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com." in message
    assert "RRSet with DNS name api.other.com. is not permitted in zone example.com." in message
    assert names(emulator, account, zone) == []
    # Later changes are judged on what the earlier ones leave.
    change(emulator, account, zone, good)
    change(emulator, account, zone, ("DELETE", good[1]), ("CREATE", record("good.example.com", "A", "192.0.2.2")))
    _code, message = refusal(emulator, account, zone, ("UPSERT", good[1]), ("UPSERT", good[1]))
    assert "invalid set of changes" in message


def test_a_cname_stands_alone(emulator: Emulator, account: str, zone: str):
    change(emulator, account, zone, ("CREATE", record("api.example.com", "A", "192.0.2.1")))
    _code, message = refusal(emulator, account, zone, ("UPSERT", record("api.example.com", "CNAME", "other.com")))
    assert "conflicts with other records with the same DNS name" in message


def test_an_alias_names_a_target_in_its_zone_and_has_no_ttl(emulator: Emulator, account: str, zone: str):
    target = f"d-abc.execute-api.{REGION}.amazonaws.com"
    change(emulator, account, zone, ("CREATE", alias("example.com", target.upper())))
    [found] = [
        item
        for item in emulator.client("route53", account).list_resource_record_sets(HostedZoneId=zone)[
            "ResourceRecordSets"
        ]
        if item["Type"] == "A"
    ]
    assert found["AliasTarget"] == {
        "HostedZoneId": ZONE_OF_API_GATEWAY,
        "DNSName": f"{target}.",
        "EvaluateTargetHealth": False,
    }
    assert "TTL" not in found
    wrong_region = alias("api.example.com", "d-abc.execute-api.us-east-1.amazonaws.com")
    _code, message = refusal(emulator, account, zone, ("CREATE", wrong_region))
    assert "does not lie within the target zone" in message
    code, _message = refusal(emulator, account, zone, ("CREATE", alias("api.example.com", target) | {"TTL": 60}))
    assert code == "InvalidInput"
    nowhere = alias("api.example.com", "nowhere.example.com", zone)
    _code, message = refusal(emulator, account, zone, ("CREATE", nowhere))
    assert "that target was not found" in message
    change(emulator, account, zone, ("DELETE", alias("example.com", target)))


def test_a_zone_keeps_its_own_records(emulator: Emulator, account: str, zone: str):
    found = emulator.client("route53", account).list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [item["Type"] for item in found] == ["NS", "SOA"]
    for own in found:
        assert refusal(emulator, account, zone, ("DELETE", own))[0] == "InvalidChangeBatch"


def test_records_are_sorted_by_their_reversed_names_and_paged(emulator: Emulator, account: str, zone: str):
    written = ["b.example.com", "*.example.com", "a.b.example.com", "a-.example.com", "z.a.example.com"]
    change(emulator, account, zone, *(("CREATE", record(name, "A", "192.0.2.1")) for name in written))
    ordered = ["\\052.example.com.", "a-.example.com.", "z.a.example.com.", "b.example.com.", "a.b.example.com."]
    assert [name for name, _kind in names(emulator, account, zone)] == ordered
    pages = emulator.client("route53", account).get_paginator("list_resource_record_sets")
    paged = [
        item["Name"]
        for page in pages.paginate(HostedZoneId=zone, PaginationConfig={"PageSize": 2})
        for item in page["ResourceRecordSets"]
        if item["Type"] == "A"
    ]
    assert paged == ordered
    # A starting point only: what follows is listed, too.
    started = emulator.client("route53", account).list_resource_record_sets(
        HostedZoneId=zone, StartRecordName="aa.example.com", StartRecordType="A"
    )
    assert [item["Name"] for item in started["ResourceRecordSets"]] == ["b.example.com.", "a.b.example.com."]


def test_zones_by_name_begin_at_the_name_and_go_on(emulator: Emulator, account: str):
    for name in ("b.com", "a.org", "api.b.com", "c.com"):
        make_zone(emulator, account, name)
    route53 = emulator.client("route53", account)

    def listed(**query) -> list[str]:
        return [found["Name"] for found in route53.list_hosted_zones_by_name(**query)["HostedZones"]]

    assert listed() == ["b.com.", "api.b.com.", "c.com.", "a.org."]
    assert listed(DNSName="a.com") == ["b.com.", "api.b.com.", "c.com.", "a.org."]
    assert listed(DNSName="API.b.com") == ["api.b.com.", "c.com.", "a.org."]
    page = route53.list_hosted_zones_by_name(DNSName="b.com", MaxItems="1")
    assert (page["IsTruncated"], page["NextDNSName"]) == (True, "api.b.com.")


def test_a_change_is_pending_then_in_sync(emulator: Emulator, account: str, zone: str):
    changed = change(emulator, account, zone, ("CREATE", record("api.example.com", "A", "192.0.2.1")))
    route53 = emulator.client("route53", account)
    assert [route53.get_change(Id=changed)["ChangeInfo"]["Status"] for _ in range(2)] == ["PENDING", "INSYNC"]
