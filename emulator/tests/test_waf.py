"""Corrections of WAF: web ACLs, what they protect, and the rate that they hold."""

import pytest
from botocore.exceptions import ClientError
from conftest import REGION, Emulator
from domains import eventually
from test_apigateway import STAGE, definition, deploy, import_api, request

REGIONAL = "REGIONAL"


def visibility(name: str) -> dict:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": False, "MetricName": name}


def rate_rule(limit: int = 300, **more) -> dict:
    statement = {"RateBasedStatement": {"Limit": limit, "AggregateKeyType": "IP"} | more}
    return {
        "Name": "rate",
        "Priority": 0,
        "Statement": statement,
        "Action": {"Block": {}},
        "VisibilityConfig": visibility("rate"),
    }


REPUTATION = {
    "Name": "reputation",
    "Priority": 1,
    "Statement": {
        "ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesAmazonIpReputationList"},
    },
    "OverrideAction": {"None": {}},
    "VisibilityConfig": visibility("reputation"),
}


def create(emulator: Emulator, account: str, *rules: dict, **more) -> dict:
    """Make a web ACL that can be associated at once."""
    emulator.admin("POST", "settings", {"waf_propagation_seconds": 0}, account)
    wanted = {"Name": "acl", "Scope": REGIONAL, "DefaultAction": {"Allow": {}}, "VisibilityConfig": visibility("acl")}
    # What botocore itself would refuse is WAF's to refuse, too.
    client = emulator.client("wafv2", account, parameter_validation=False)
    return client.create_web_acl(**wanted | {"Rules": list(rules)} | more)["Summary"]


def named(summary: dict) -> dict:
    return {"Name": summary["Name"], "Scope": REGIONAL, "Id": summary["Id"]}


def staged(emulator: Emulator, account: str, **extra) -> tuple[str, str]:
    """A deployed API and the ARN of its stage."""
    api = import_api(emulator, account, definition(**extra))
    deploy(emulator, account, api)
    return api, f"arn:aws:apigateway:{REGION}::/restapis/{api}/stages/{STAGE}"


def code(call, **arguments) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def test_a_web_acl_is_kept_as_it_was_written(emulator: Emulator, account: str):
    body = {"late": {"ContentType": "APPLICATION_JSON", "Content": "{}"}}
    rules = [rate_rule(), REPUTATION]
    tags = [{"Key": "a", "Value": "1"}]
    summary = create(emulator, account, *rules, Description="An ACL.", CustomResponseBodies=body, Tags=tags)
    waf = emulator.client("wafv2", account)
    acl = waf.get_web_acl(**named(summary))["WebACL"]
    assert acl["Rules"] == [rate_rule(EvaluationWindowSec=300), REPUTATION]
    assert (acl["Description"], acl["CustomResponseBodies"], acl["Capacity"]) == ("An ACL.", body, 27)
    assert waf.list_tags_for_resource(ResourceARN=summary["ARN"])["TagInfoForResource"]["TagList"] == tags
    assert code(lambda: create(emulator, account)) == "WAFDuplicateItemException"


def test_an_update_replaces_everything_and_needs_the_token(emulator: Emulator, account: str):
    summary = create(emulator, account, rate_rule(), Description="An ACL.")
    waf = emulator.client("wafv2", account)
    token = waf.get_web_acl(**named(summary))["LockToken"]
    wanted = {**named(summary), "DefaultAction": {"Block": {}}, "VisibilityConfig": visibility("other")}
    changed = waf.update_web_acl(**wanted, LockToken=token)["NextLockToken"]
    acl = waf.get_web_acl(**named(summary))
    assert (acl["LockToken"], acl["WebACL"]["Rules"], "Description" in acl["WebACL"]) == (changed, [], False)
    assert acl["WebACL"]["DefaultAction"] == {"Block": {}}
    assert code(waf.update_web_acl, **wanted, LockToken=token) == "WAFOptimisticLockException"
    assert code(waf.delete_web_acl, **named(summary), LockToken=token) == "WAFOptimisticLockException"
    waf.delete_web_acl(**named(summary), LockToken=changed)
    assert code(waf.get_web_acl, **named(summary)) == "WAFNonexistentItemException"


def test_web_acls_are_listed_in_pages(emulator: Emulator, account: str):
    for name in ("b", "a", "c"):
        create(emulator, account, Name=name)
    waf = emulator.client("wafv2", account)
    first = waf.list_web_acls(Scope=REGIONAL, Limit=2)
    second = waf.list_web_acls(Scope=REGIONAL, Limit=2, NextMarker=first["NextMarker"])
    assert [item["Name"] for item in first["WebACLs"] + second["WebACLs"]] == ["a", "b", "c"]
    assert "NextMarker" not in second


@pytest.mark.parametrize(
    ("rules", "refused"),
    [
        ([rate_rule(9)], "WAFInvalidParameterException"),
        ([rate_rule() | {"Action": {}}], "WAFInvalidParameterException"),
        ([REPUTATION | {"OverrideAction": {}, "Action": {"Block": {}}}], "WAFInvalidParameterException"),
        ([rate_rule(), REPUTATION | {"Priority": 0}], "WAFDuplicateItemException"),
        (
            [REPUTATION | {"Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "none"}}}],
            "WAFNonexistentItemException",
        ),
    ],
)
def test_rules_that_cannot_be_are_refused(emulator: Emulator, account: str, rules: list[dict], refused: str):
    assert code(lambda: create(emulator, account, *rules)) == refused


def test_a_new_web_acl_protects_a_stage_after_a_while(emulator: Emulator, account: str):
    _api, stage = staged(emulator, account)
    emulator.admin("POST", "settings", {"waf_propagation_seconds": 0}, account)
    summary = create(emulator, account)
    emulator.admin("POST", "settings", {"waf_propagation_seconds": 0.6}, account)
    waf = emulator.client("wafv2", account)
    pair = {"WebACLArn": summary["ARN"], "ResourceArn": stage}
    assert code(waf.associate_web_acl, **pair) == "WAFUnavailableEntityException"

    def associated() -> bool:
        try:
            waf.associate_web_acl(**pair)
        except waf.exceptions.WAFUnavailableEntityException:
            return False
        return True

    eventually(associated)


def test_what_protects_a_stage_shows_and_cannot_be_deleted(emulator: Emulator, account: str):
    api, stage = staged(emulator, account)
    summary = create(emulator, account)
    waf = emulator.client("wafv2", account)
    gateway = emulator.client("apigateway", account)
    assert "WebACL" not in waf.get_web_acl_for_resource(ResourceArn=stage)
    waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=stage)
    assert waf.get_web_acl_for_resource(ResourceArn=stage)["WebACL"]["Id"] == summary["Id"]
    assert gateway.get_stage(restApiId=api, stageName=STAGE)["webAclArn"] == summary["ARN"]
    deletion = {**named(summary), "LockToken": summary["LockToken"]}
    assert code(waf.delete_web_acl, **deletion) == "WAFAssociatedItemException"
    waf.disassociate_web_acl(ResourceArn=stage)
    waf.disassociate_web_acl(ResourceArn=stage)
    assert "webAclArn" not in gateway.get_stage(restApiId=api, stageName=STAGE)
    # A stage that is deleted lets its web ACL go.
    waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=stage)
    gateway.delete_rest_api(restApiId=api)
    assert waf.list_resources_for_web_acl(WebACLArn=summary["ARN"])["ResourceArns"] == []
    waf.delete_web_acl(**deletion)


def test_only_a_stage_that_exists_is_protected(emulator: Emulator, account: str):
    _api, stage = staged(emulator, account)
    waf = emulator.client("wafv2", account)
    arn = create(emulator, account)["ARN"]
    for wrong, refused in ((f"{stage}x", "WAFNonexistentItemException"), (arn, "WAFInvalidParameterException")):
        assert code(waf.associate_web_acl, WebACLArn=arn, ResourceArn=wrong) == refused
        assert code(waf.get_web_acl_for_resource, ResourceArn=wrong) == refused
        assert code(waf.disassociate_web_acl, ResourceArn=wrong) == refused
    assert code(waf.associate_web_acl, WebACLArn=f"{arn[:-1]}x", ResourceArn=stage) == "WAFNonexistentItemException"


@pytest.mark.parametrize("key", ["IP", "FORWARDED_IP"])
def test_a_rate_rule_blocks_through_the_gateway_response(emulator: Emulator, account: str, key: str):
    filtered = {"WAF_FILTERED": {"responseTemplates": {"application/json": '{"code":"filtered"}'}}}
    api, stage = staged(emulator, account, **{"x-amazon-apigateway-gateway-responses": filtered})
    forwarded = {"ForwardedIPConfig": {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH"}}
    rule = rate_rule(10, AggregateKeyType=key, **(forwarded if key == "FORWARDED_IP" else {}))
    waf = emulator.client("wafv2", account)
    waf.associate_web_acl(WebACLArn=create(emulator, account, rule)["ARN"], ResourceArn=stage)

    def answers(number: int, address: str = "192.0.2.1") -> list[int]:
        headers = {"X-Forwarded-For": address}
        return [request(emulator, api, "/v1/things/1", "OPTIONS", **headers)[0] for _ in range(number)]

    assert answers(12) == [204] * 10 + [403] * 2
    assert request(emulator, api, "/v1/things/1", **{"X-Forwarded-For": "192.0.2.1"})[2] == '{"code":"filtered"}'
    assert answers(1, "192.0.2.2") == [403 if key == "IP" else 204]
    waf.disassociate_web_acl(ResourceArn=stage)
    assert answers(1) == [204]
