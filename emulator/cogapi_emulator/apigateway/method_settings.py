"""What a stage sets for its methods: under which keys, and whom a throttle meets.

ministack writes its keys another way than AWS, takes any path, and takes -1 for a limit. What a patch leaves out is
filled in by ministack as by AWS: with the account's own limits.
"""

from ministack.services import apigateway_v1 as apigw

from cogapi_emulator.patching import around

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "*")
_FIELDS = (
    "metrics/enabled", "logging/dataTrace", "logging/loglevel", "throttling/burstLimit", "throttling/rateLimit",
    "caching/ttlInSeconds", "caching/enabled", "caching/dataEncrypted", "caching/requireAuthorizationForCacheControl",
    "caching/unauthorizedCacheControlHeaderStrategy",
)  # fmt: skip
# Stage fields of their own, in which a slash separates no method.
_OF_THE_STAGE = apigw._STAGE_ROOT_PATH_PREFIXES
# What says that a method has no limit of its own.
_UNSET = -1


class _Refused(Exception):
    """A patch operation that AWS refuses."""


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_try_apply_method_settings_patch")
    def try_apply(original, stage, operation):
        tokens = operation.get("path", "").removeprefix("/").split("/")
        if tokens[0] in _OF_THE_STAGE or len(tokens) == 1:
            return original(stage, operation)
        settings = stage.setdefault("methodSettings", {})
        if operation.get("op") == "remove":
            del settings["/".join(tokens)]
            return True
        key = "/".join(tokens[:-2])
        field = apigw._method_setting_field_from_patch(tokens[-2:])
        entry = settings.setdefault(key, apigw._default_method_setting_entry())
        entry[field] = apigw._parse_stage_method_setting_value(field, operation.get("value"))
        return True

    @around(apigw, "_update_stage")
    def update_stage(original, api_id, stage_name, data):
        stage = apigw._stages_v1.get(api_id, {}).get(stage_name)
        if stage is not None:
            known = set(stage.get("methodSettings") or {})
            try:
                for operation in data.get("patchOperations", []):
                    _check(operation, known)
            except _Refused as refusal:
                return apigw._v1_error("BadRequestException", str(refusal), 400)
        return original(api_id, stage_name, data)

    @around(apigw, "_method_throttle_settings")
    def method_throttle_settings(_original, stage, resource_path, method):
        return _throttle(stage.get("methodSettings") or {}, resource_path, method)


def _check(operation: dict, known: set[str]) -> None:
    """Refuse what AWS refuses; `known` are the keys that there are, before and after."""
    path = operation.get("path", "")
    tokens = path.removeprefix("/").split("/")
    if tokens[0] in _OF_THE_STAGE or len(tokens) == 1:
        return
    if operation.get("op") == "remove":
        # AWS: only a method's settings as a whole can be removed, and only if there are any.
        key = "/".join(tokens)
        if key not in known:
            raise _Refused(f"Cannot remove method setting {key} because there is no method setting for this method ")
        known.discard(key)
        return
    # AWS: ANY is no method that settings can be for.
    if "/".join(tokens[-2:]) not in _FIELDS or len(tokens) < 4 or tokens[-3] not in _METHODS:
        listed = ", ".join(f"/{{resourcePath}}/{{httpMethod}}/{field}" for field in _FIELDS)
        raise _Refused(f"Invalid method setting path: {path}. Must be one of: [{listed}]")
    known.add("/".join(tokens[:-2]))


def _throttle(settings: dict, resource_path: str, method: str) -> dict | None:
    """The limits that meet a method: each its own, or that of all methods.

    AWS: GetStage shows a method under the key that it was patched with, "~1v1~1login/POST"; plain slashes are taken
    as well.
    """
    escaped, plain = resource_path.replace("/", "~1"), resource_path.removeprefix("/")
    entries = [settings.get(key) or {} for key in (f"{escaped}/{method}", f"{plain}/{method}", "*/*")]
    limits = {}
    for field in ("throttlingRateLimit", "throttlingBurstLimit"):
        found = next((entry[field] for entry in entries if entry.get(field, _UNSET) >= 0), None)
        if found is not None:
            limits[field] = found
    return limits or None
