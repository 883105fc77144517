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
    "acm": ("_certificates",),
    "apigateway_v1": (
        "_rest_apis", "_resources", "_stages_v1", "_deployments_v1", "_authorizers_v1", "_models",
        "_gateway_responses", "_deployed_gateway_responses", "_documentation_parts", "_request_validators",
        "_domain_names", "_base_path_mappings", "_account_settings",
    ),
    "cloudwatch_logs": ("_log_groups",),
    "cognito": ("_user_pools",),
    "dynamodb": ("_tables", "_tags", "_ttl_settings", "_pitr_settings"),
    "iam": ("_roles",),
    "lambda_svc": ("_functions",),
    "route53": ("_zones", "_records"),
    "s3": ("_bucket_encryption", "_buckets", "_object_versions"),
    "waf": ("_web_acls", "_associations"),
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
        "domain_names": sorted(
            (_domain_name(key, domain, account) for key, domain in _items("apigateway_v1", "_domain_names", account)),
            key=_by_name,
        ),
        "api_gateway_accounts": sorted(_api_gateway_accounts(account), key=_by_name),
        "certificates": sorted(map(_certificate, _values("acm", "_certificates", account)), key=_by_name),
        "hosted_zones": sorted(
            (_hosted_zone(account, zone) for zone in _values("route53", "_zones", account)), key=_by_name
        ),
        "web_acls": sorted((_web_acl(account, acl) for acl in _values("waf", "_web_acls", account)), key=_by_name),
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
        "reserved_concurrency": function.get("concurrency"),
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
            (_stage(stage) for stage in of_api("_stages_v1")),
            key=_by_name,
        ),
    }


def _stage(stage: dict) -> dict[str, object]:
    return {
        "name": stage["stageName"],
        "deployment": stage["deploymentId"],
        "access_logs": (stage.get("accessLogSettings") or {}).get("destinationArn"),
        "method_settings": sorted(stage.get("methodSettings") or {}),
    }


def _domain_name(key: tuple, domain: dict, account: str) -> dict[str, object]:
    found = _items("apigateway_v1", "_base_path_mappings", account)
    mappings = next((mappings for other, mappings in found if other == key), {})
    return {
        "name": domain["domainName"],
        "target": domain["regionalDomainName"],
        "certificate": domain.get("regionalCertificateArn") or domain.get("certificateArn"),
        "security_policy": domain.get("securityPolicy"),
        "mappings": {
            base_path: f"{mapping['restApiId']}/{mapping['stage']}" for base_path, mapping in sorted(mappings.items())
        },
    }


def _api_gateway_accounts(account: str) -> Iterator[dict[str, object]]:
    """The settings that an account has once in a region; those that were never set are no thing that exists."""
    for key, found in _items("apigateway_v1", "_account_settings", account):
        if role := found.get("cloudwatchRoleArn"):
            yield {"name": key[1], "log_role": role}


def _certificate(certificate: dict) -> dict[str, object]:
    return {
        "id": certificate["CertificateArn"],
        "name": certificate["DomainName"],
        "names": sorted(certificate["SubjectAlternativeNames"]),
        "status": certificate["Status"],
    }


def _hosted_zone(account: str, zone: dict) -> dict[str, object]:
    records = next((found for key, found in _items("route53", "_records", account) if key[-1] == zone["id"]), [])
    return {"id": zone["id"], "name": zone["name"], "records": sorted(map(_record, records))}


def _record(record: dict) -> str:
    """A record in one line, as a zone file has it."""
    alias = record.get("AliasTarget")
    value = f"ALIAS {alias['DNSName']}" if alias else ", ".join(sorted(record.get("ResourceRecords", [])))
    return f"{record['Name']} {record.get('TTL', '-')} {record['Type']} {value}"


def _web_acl(account: str, acl: dict) -> dict[str, object]:
    return {
        "id": acl["Id"],
        "name": acl["Name"],
        "rules": [rule["Name"] for rule in sorted(acl["Rules"], key=lambda rule: rule["Priority"])],
        "protects": sorted(key[-1] for key, arn in _items("waf", "_associations", account) if arn == acl["ARN"]),
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
