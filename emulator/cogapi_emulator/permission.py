"""What AWS services may do for a caller: by a resource's own policy, or through a role.

ministack evaluates policies for callers with keys, but lets its own services call anything.
"""

import json

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.iam_evaluator import (
    EvalContext,
    _gather_role_policies,
    evaluate,
    evaluate_resource_policy,
)
from ministack.services import iam

INVOKE = "lambda:InvokeFunction"


def by_resource_policy(policy: dict | None, service: str, function_arn: str, source_arn: str, account: str) -> bool:
    """Whether a function's resource policy lets `service` invoke it for `source_arn` of `account`."""
    keys = {"aws:sourcearn": source_arn, "aws:sourceaccount": account}
    context = _context("", INVOKE, function_arn, keys)
    return evaluate_resource_policy(policy, context, service=service).decision == "Allow"


def by_role(role_arn: str, service: str, function_arn: str) -> bool:
    """Whether `service` can assume the role, and the role may invoke the function."""
    role = role_of(role_arn)
    return role is not None and trusts(role, service) and allows(role, INVOKE, function_arn)


def allows(role: dict, action: str, resource_arn: str) -> bool:
    """Whether the role's own policies allow an action on a resource."""
    account = parse_arn(role["Arn"]).account_id
    context = _context(role["Arn"], action, resource_arn, {})
    return evaluate(context, _gather_role_policies(role["RoleName"], account)).decision == "Allow"


def trusts(role: dict, service: str) -> bool:
    """Whether the role's trust policy lets `service` assume it."""
    try:
        document = json.loads(role.get("AssumeRolePolicyDocument") or "{}")
    except json.JSONDecodeError:
        return False
    statements = document.get("Statement", [])
    # A trust policy is a resource policy that leaves out its resource, the role itself.
    statements = [{**item, "Resource": "*"} for item in (statements if isinstance(statements, list) else [statements])]
    context = _context("", "sts:AssumeRole", role["Arn"], {})
    return evaluate_resource_policy({"Statement": statements}, context, service=service).decision == "Allow"


def role_of(role_arn: str) -> dict | None:
    """The role that an ARN names, if it exists."""
    try:
        parsed = parse_arn(role_arn)
    except ArnParseError:
        return None
    return iam._roles.get_scoped(parsed.account_id, None, role_arn.rsplit("/", 1)[-1])


def _context(principal: str, action: str, resource: str, keys: dict[str, str]) -> EvalContext:
    return EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole" if principal else "Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region="",
        service_context=keys,
    )
