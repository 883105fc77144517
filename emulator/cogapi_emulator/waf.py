"""Corrections of WAF: web ACLs as they were written, and what they protect. Must not judge requests.

ministack drops members of a web ACL, keeps what an update leaves out, and associates anything with anything at once.
"""

import re
import time

from ministack.core.responses import get_account_id, get_region, json_response, new_uuid
from ministack.services import apigateway_v1 as apigw
from ministack.services import waf

from cogapi_emulator import settings
from cogapi_emulator.patching import around

# What CreateWebACL and UpdateWebACL take, apart from names and tokens.
_MEMBERS = (
    "DefaultAction", "Description", "Rules", "VisibilityConfig", "DataProtectionConfig", "CustomResponseBodies",
    "CaptchaConfig", "ChallengeConfig", "TokenDomains", "AssociationConfig",
)  # fmt: skip
_CREATED = "_cogapi_created"
# AWS's managed rule groups and their capacity; a rate-based rule takes 2, any other statement counts 1 here.
_MANAGED = {
    "AWSManagedRulesAdminProtectionRuleSet": 100,
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesAnonymousIpList": 50,
    "AWSManagedRulesCommonRuleSet": 700,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesLinuxRuleSet": 200,
    "AWSManagedRulesSQLiRuleSet": 200,
}
_STAGE = re.compile(r"arn:aws:apigateway:([^:]+)::/restapis/([^/]+)/stages/([^/]+)")
_MISSING = "AWS WAF couldn\u2019t perform the operation because your resource doesn\u2019t exist."


class _Refused(Exception):
    """A refusal with its code and text."""

    def answer(self):
        return waf._waf_err(*self.args)


def install() -> None:
    """Patch ministack's WAF in this process."""
    _install_web_acls()
    _install_associations()
    _install_deletions()


def web_acl_of(stage_arn: str) -> dict | None:
    """The web ACL that protects a stage of the current account and region."""
    arn = waf._associations.get(stage_arn)
    return None if arn is None else next((item for item in waf._web_acls.values() if item["ARN"] == arn), None)


def stage_arn(api_id: str, stage_name: str) -> str:
    """How WAF names a stage."""
    return f"arn:aws:apigateway:{get_region()}::/restapis/{api_id}/stages/{stage_name}"


def _install_web_acls() -> None:
    @around(waf, "_create_web_acl")
    def create_web_acl(original, data):
        try:
            _check(data)
        except _Refused as refusal:
            return refusal.answer()
        before = set(waf._web_acls)
        reply = original(data)
        for uid in set(waf._web_acls) - before:
            _write(waf._web_acls[uid], data)
            waf._web_acls[uid][_CREATED] = time.time()
        return reply

    @around(waf, "_get_web_acl")
    def get_web_acl(original, data):
        reply, acl = original(data), waf._web_acls.get(data.get("Id", ""))
        if reply[0] >= 300 or acl is None:
            return reply
        return json_response({"WebACL": _shown(acl), "LockToken": acl["LockToken"]})

    @around(waf, "_update_web_acl")
    def update_web_acl(original, data):
        acl = waf._web_acls.get(data.get("Id", ""))
        if acl is None or data.get("LockToken", "") != acl["LockToken"]:
            return original(data)
        try:
            _check(data)
        except _Refused as refusal:
            return refusal.answer()
        _write(acl, data)
        acl["LockToken"] = new_uuid()
        return json_response({"NextLockToken": acl["LockToken"]})

    @around(waf, "_delete_web_acl")
    def delete_web_acl(original, data):
        acl = waf._web_acls.get(data.get("Id", ""))
        if acl is not None and acl["LockToken"] == data.get("LockToken") and acl["ARN"] in waf._associations.values():
            message = (
                "AWS WAF couldn\u2019t perform the operation because your resource is being used by another resource "
                "or it\u2019s associated with another resource."
            )
            return waf._waf_err("WAFAssociatedItemException", message)
        return original(data)

    @around(waf, "_list_web_acls")
    def list_web_acls(_original, data):
        # ministack lists everything, with a marker that is null.
        names = ("ARN", "Id", "Name", "Description", "LockToken")
        scope = data.get("Scope", "REGIONAL")
        found = sorted(
            (item for item in waf._web_acls.values() if item["Scope"] == scope), key=lambda item: item["Name"]
        )
        marker, size = data.get("NextMarker") or "", int(data.get("Limit") or 100)
        page = [item for item in found if item["Name"] > marker]
        listed = [{name: item[name] for name in names if item.get(name)} for item in page[:size]]
        return json_response({"WebACLs": listed} | ({"NextMarker": page[size - 1]["Name"]} if len(page) > size else {}))


def _check(data: dict) -> None:
    """AWS: a web ACL and each rule have a visibility; a rule has an action, or overrides that of its group."""
    for name in ("DefaultAction", "VisibilityConfig"):
        if not data.get(name):
            raise _invalid(name)
    rules = data.get("Rules") or []
    for names in ([rule.get("Priority") for rule in rules], [rule.get("Name") for rule in rules]):
        if len(set(names)) < len(names):
            raise _Refused("WAFDuplicateItemException", waf._DUPLICATE_ITEM_MESSAGE)
    for rule in rules:
        statement = rule.get("Statement") or {}
        group = "ManagedRuleGroupStatement" in statement or "RuleGroupReferenceStatement" in statement
        if not rule.get("VisibilityConfig") or len(statement) != 1:
            raise _invalid("Rules")
        if bool(rule.get("OverrideAction")) != group or bool(rule.get("Action")) == group:
            raise _invalid("OverrideAction" if group else "Action")
        rate = statement.get("RateBasedStatement")
        if rate is not None and not 10 <= rate.get("Limit", 0) <= 2_000_000_000:
            raise _invalid("RateBasedStatement.Limit")
        managed = statement.get("ManagedRuleGroupStatement")
        if managed is not None and managed.get("VendorName") == "AWS" and managed.get("Name") not in _MANAGED:
            raise _Refused("WAFNonexistentItemException", _MISSING)


def _invalid(parameter: str) -> _Refused:
    return _Refused(
        "WAFInvalidParameterException",
        f"Error reason: A required field is missing from the parameter or it is not valid., field: {parameter}",
    )


def _write(acl: dict, data: dict) -> None:
    """AWS: both calls give the whole: what they leave out is not there any more."""
    for name in _MEMBERS:
        acl.pop(name, None)
        if data.get(name):
            acl[name] = data[name]
    acl.setdefault("Rules", [])
    acl["Capacity"] = sum(map(_capacity, acl["Rules"]))


def _capacity(rule: dict) -> int:
    managed = rule["Statement"].get("ManagedRuleGroupStatement") or {}
    return _MANAGED.get(managed.get("Name"), 2 if "RateBasedStatement" in rule["Statement"] else 1)


def _shown(acl: dict) -> dict:
    """A web ACL with what AWS adds by itself."""
    shown = {name: acl[name] for name in ("ARN", "Id", "Name", "Capacity", *_MEMBERS) if name in acl}
    shown["Rules"] = [_shown_rule(rule) for rule in acl["Rules"]]
    return shown | {
        "ManagedByFirewallManager": False,
        "RetrofittedByFirewallManager": False,
        "LabelNamespace": f"awswaf:{get_account_id()}:webacl:{acl['Name']}:",
    }


def _shown_rule(rule: dict) -> dict:
    rate = rule["Statement"].get("RateBasedStatement")
    if rate is None:
        return rule
    # AWS: a rate is counted over 5 minutes unless another window is asked for, and shows it.
    return rule | {"Statement": {"RateBasedStatement": {"EvaluationWindowSec": 300} | rate}}


def _install_associations() -> None:
    @around(waf, "_associate_web_acl")
    def associate_web_acl(original, data):
        try:
            stage = _stage(data.get("ResourceArn", ""))
            acl = next((item for item in waf._web_acls.values() if item["ARN"] == data.get("WebACLArn")), None)
            if acl is not None and acl.get("Scope") != "REGIONAL":
                raise _invalid("WebACLArn")
            lag = settings.of(get_account_id()).waf_propagation_seconds
            if acl is not None and time.time() - acl.get(_CREATED, 0) < lag:
                # AWS: "from a few seconds to a number of minutes for changes to propagate".
                message = "AWS WAF couldn\u2019t retrieve the resource that you requested. Retry your request."
                raise _Refused("WAFUnavailableEntityException", message)
        except _Refused as refusal:
            return refusal.answer()
        reply = original(data)
        if reply[0] < 300:
            # AWS: GetStage shows what protects the stage.
            stage["webAclArn"] = data["WebACLArn"]
        return reply

    @around(waf, "_disassociate_web_acl")
    def disassociate_web_acl(original, data):
        try:
            _stage(data.get("ResourceArn", "")).pop("webAclArn", None)
        except _Refused as refusal:
            return refusal.answer()
        return original(data)

    @around(waf, "_get_web_acl_for_resource")
    def get_web_acl_for_resource(_original, data):
        try:
            _stage(data.get("ResourceArn", ""))
        except _Refused as refusal:
            return refusal.answer()
        acl = web_acl_of(data["ResourceArn"])
        # AWS: a resource without a web ACL is no error; the answer is empty.
        return json_response({} if acl is None else {"WebACL": _shown(acl)})


def _stage(arn: str) -> dict:
    """The stage of an ARN. Other resources cannot be protected here."""
    match = _STAGE.fullmatch(arn)
    if match is None or match[1] != get_region():
        raise _Refused(
            "WAFInvalidParameterException",
            "Error reason: The ARN isn't valid. A valid ARN begins with arn: and includes other information separated "
            f"by colons or slashes., field: RESOURCE_ARN, parameter: {arn}",
        )
    stage = apigw._stages_v1.get(match[2], {}).get(match[3])
    if stage is None:
        raise _Refused("WAFNonexistentItemException", _MISSING)
    return stage


def _install_deletions() -> None:
    # AWS: what is deleted is not protected any more, and its web ACL is free.
    @around(apigw, "_delete_stage")
    def delete_stage(original, api_id, stage_name):
        reply = original(api_id, stage_name)
        if reply[0] < 300:
            waf._associations.pop(stage_arn(api_id, stage_name), None)
        return reply

    @around(apigw, "_delete_rest_api")
    def delete_rest_api(original, api_id):
        stages = list(apigw._stages_v1.get(api_id, {}))
        reply = original(api_id)
        if reply[0] < 300:
            for stage_name in stages:
                waf._associations.pop(stage_arn(api_id, stage_name), None)
        return reply
