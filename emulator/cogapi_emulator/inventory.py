"""Everything that exists in an account, in a stable order, so that tests compare before and after.

Reads ministack's stores and changes nothing. What is named in `_DESCRIBED` is described readably;
every other store shows its keys under `other`, so that nothing can exist unseen.
"""

import re
import sys
from collections.abc import Iterator

from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict

_SERVICES = "ministack.services."

# Stores that the sections below describe, or that only say more about what those describe.
_DESCRIBED = {
    "apigateway_v1": (
        "_rest_apis", "_resources", "_stages_v1", "_deployments_v1", "_authorizers_v1", "_models",
        "_gateway_responses", "_deployed_gateway_responses", "_documentation_parts", "_request_validators",
    ),
    "cloudwatch_logs": ("_log_groups",),
    "cognito": ("_user_pools",),
    "dynamodb": ("_tables", "_tags", "_ttl_settings", "_pitr_settings"),
    "iam": ("_roles",),
    "lambda_svc": ("_functions",),
    "s3": ("_bucket_encryption", "_buckets", "_object_versions"),
}  # fmt: skip

# Stores that hold what has happened, or what every account has, not what exists.
_NOT_RESOURCES = {
    "apigateway": ("_jwks_cache", "_oidc_config_cache"),
    "cloudtrail": ("_events",),
    "cloudwatch": ("_metrics", "_alarm_history"),
    "cloudwatch_logs": ("_log_records", "_queries"),
    "cognito": ("_challenge_sessions",),
    "dynamodb": ("_stream_records", "_stream_trimmed", "_closed_streams", "_txn_idempotency"),
    "elasticache": ("_param_groups", "_param_group_params"),
    "eventbridge": ("_event_buses", "_events_log"),
    "iam": ("_aws_managed_attachment_counts", "_service_linked_role_deletion_tasks"),
    "lambda_svc": ("_kinesis_positions", "_dynamodb_stream_positions", "_esm_backoff_until"),
    "route53": ("_changes", "_caller_refs", "_hc_caller_refs"),
    "s3": ("_completed_multipart_uploads",),
    "ses": ("_sent_emails",),
    "sns": ("_sms_messages",),
}  # fmt: skip

_ALGORITHM = re.compile(r"<SSEAlgorithm>(.*?)</SSEAlgorithm>")


def take(account: str) -> dict[str, object]:
    """What exists in the account, in all regions."""
    return {
        "user_pools": sorted(map(_user_pool, _values("cognito", "_user_pools", account)), key=_by_name),
        "functions": sorted(map(_function, _values("lambda_svc", "_functions", account)), key=_by_name),
        "roles": sorted(map(_role, _values("iam", "_roles", account)), key=_by_name),
        "rest_apis": sorted(
            (_rest_api(account, api) for api in _values("apigateway_v1", "_rest_apis", account)), key=_by_name
        ),
        "log_groups": sorted(_log_groups(account), key=_by_name),
        "buckets": sorted(_buckets(account), key=_by_name),
        "tables": sorted(map(_table, _values("dynamodb", "_tables", account)), key=_by_name),
        "other": _other(account),
    }


def _user_pool(pool: dict) -> dict[str, object]:
    return {
        "id": pool["Id"],
        "name": pool["Name"],
        "mfa": pool.get("MfaConfiguration", "OFF"),
        "triggers": sorted(pool.get("LambdaConfig") or {}),
        "clients": sorted(
            ({"id": client["ClientId"], "name": client["ClientName"]} for client in pool["_clients"].values()),
            key=_by_name,
        ),
        "groups": sorted(pool["_groups"]),
        "users": sorted(pool["_users"]),
    }


def _function(function: dict) -> dict[str, object]:
    config = function["config"]
    return {
        "name": config["FunctionName"],
        "handler": config.get("Handler", ""),
        "role": config.get("Role", ""),
        "code": config.get("CodeSha256", ""),
        "permissions": sorted(statement["Sid"] for statement in function["policy"]["Statement"]),
    }


def _role(role: dict) -> dict[str, object]:
    return {
        "name": role["RoleName"],
        "policies": sorted(role["InlinePolicies"]),
        "attached": sorted(role["AttachedPolicies"]),
    }


def _rest_api(account: str, api: dict) -> dict[str, object]:
    def of_api(store: str) -> list[dict]:
        found = (value for key, value in _items("apigateway_v1", store, account) if key[-1] == api["id"])
        return [item for values in found for item in values.values()]

    return {
        "id": api["id"],
        "name": api["name"],
        "methods": sorted(
            f"{method} {resource['path']}"
            for resource in of_api("_resources")
            for method in resource["resourceMethods"]
        ),
        "deployments": sorted(deployment["id"] for deployment in of_api("_deployments_v1")),
        "stages": sorted(
            ({"name": stage["stageName"], "deployment": stage["deploymentId"]} for stage in of_api("_stages_v1")),
            key=_by_name,
        ),
    }


def _log_groups(account: str) -> Iterator[dict[str, object]]:
    for key, group in _items("cloudwatch_logs", "_log_groups", account):
        yield {"name": key[-1], "retention_days": group.get("retentionInDays")}


def _buckets(account: str) -> Iterator[dict[str, object]]:
    versions = {key[-1]: found for key, found in _items("s3", "_object_versions", account)}
    encryption = {key[-1]: found for key, found in _items("s3", "_bucket_encryption", account)}
    for key, bucket in _items("s3", "_buckets", account):
        name = key[-1]
        keys = dict.fromkeys(bucket["objects"], 1)
        # With versioning, a deleted object's versions and its delete marker are still there.
        keys |= {item: len(found) for (owner, item), found in versions.items() if owner == name and found}
        # Without a setting of its own, S3 encrypts with its own keys: the same as saying so.
        algorithm = _ALGORITHM.search(encryption.get(name, ""))
        yield {
            "name": name,
            "encryption": algorithm[1] if algorithm else "AES256",
            "keys": [{"key": item, "versions": keys[item]} for item in sorted(keys)],
        }


def _table(table: dict) -> dict[str, object]:
    return {"name": table["TableName"], "items": sum(len(items) for items in table["items"].values())}


def _other(account: str) -> dict[str, list[str]]:
    found = {}
    for module_name, module in sorted(sys.modules.items()):
        if not module_name.startswith(_SERVICES) or module is None:
            continue
        service = module_name.removeprefix(_SERVICES)
        skipped = {*_DESCRIBED.get(service, ()), *_NOT_RESOURCES.get(service, ())}
        for name, store in sorted(vars(module).items()):
            if name in skipped or not isinstance(store, AccountScopedDict | AccountRegionScopedDict):
                continue
            if keys := sorted(str(key[-1]) for key, value in list(store._data.items()) if key[0] == account and value):
                found[f"{service}.{name}"] = keys
    return found


def _items(service: str, store: str, account: str) -> list[tuple[tuple, dict]]:
    """(scoped key, value) of a store in all regions; nothing when the service was never used."""
    module = sys.modules.get(_SERVICES + service)
    if module is None:
        return []
    return [(key, value) for key, value in list(getattr(module, store)._data.items()) if key[0] == account]


def _values(service: str, store: str, account: str) -> list[dict]:
    return [value for _key, value in _items(service, store, account)]


def _by_name(description: dict) -> tuple[str, str]:
    return str(description["name"]), str(description.get("id", ""))
