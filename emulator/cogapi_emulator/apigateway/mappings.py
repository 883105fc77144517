"""Base path mappings: what they may name, and what a request to a custom domain reaches through them.

ministack takes any mapping, cannot update one, and answers for a domain's unmapped paths as for no domain's.
"""

import json
import re
from urllib.parse import unquote

from ministack import app
from ministack.services import apigateway_v1 as apigw

from cogapi_emulator.patching import around

_NONE = "(none)"
_PATCHED = {"/basePath": "basePath", "/restapiId": "restApiId", "/restApiId": "restApiId", "/stage": "stage"}


def install() -> None:
    """Patch ministack in this process."""
    _install_control_plane()
    _install_deletions()

    @around(app, "_handle_execute_api_request")
    async def handle_execute_api_request(original, host, path, *rest, **names):
        reply = await original(host, path, *rest, **names)
        if reply is None and apigw.find_domain_scope(host.partition(":")[0]) is not None:
            # AWS: a path that nothing is mapped to is forbidden, before any API is asked.
            headers = {"Content-Type": "application/json", "x-amzn-ErrorType": "ForbiddenException"}
            return 403, headers, b'{"message":"Forbidden"}'
        return reply


def _install_control_plane() -> None:
    @around(apigw, "_create_base_path_mapping")
    def create_base_path_mapping(original, domain, data):
        if domain not in apigw._domain_names:
            return original(domain, data)
        mapping = data | {"basePath": data.get("basePath") or _NONE}
        return _refusal(domain, mapping, apigw._base_path_mappings.get(domain, {})) or original(domain, mapping)

    @around(apigw, "_delete_base_path_mapping")
    def delete_base_path_mapping(original, domain, base_path):
        if base_path not in apigw._base_path_mappings.get(domain, {}):
            return _missing()
        return original(domain, base_path)

    @around(apigw, "handle_request")
    async def handle_request(original, method, path, headers, body, query):
        if method == "PATCH" and (match := re.fullmatch(r"/domainnames/([^/]+)/basepathmappings/([^/]+)", path)):
            return _update(match[1], unquote(match[2]), json.loads(body or b"{}").get("patchOperations") or [])
        return await original(method, path, headers, body, query)


def _update(domain: str, base_path: str, operations: list[dict]):
    mappings = apigw._base_path_mappings.get(domain, {})
    known = mappings.get(base_path)
    if known is None:
        return _missing()
    mapping = dict(known)
    for operation in operations:
        path, kind = operation.get("path", ""), operation.get("op", "")
        if kind != "replace" or path not in _PATCHED:
            message = f"Invalid patch path  '{path}' specified for op '{kind}'. Must be one of: [{', '.join(_PATCHED)}]"
            return apigw._v1_error("BadRequestException", message, 400)
        mapping[_PATCHED[path]] = operation.get("value") or ""
    mapping["basePath"] = mapping["basePath"] or _NONE
    others = {key: value for key, value in mappings.items() if key != base_path}
    refusal = _refusal(domain, mapping, others)
    if refusal is not None:
        return refusal
    del mappings[base_path]
    mappings[mapping["basePath"]] = mapping
    return apigw._v1_response(apigw._public_mapping(mapping))


def _refusal(domain: str, mapping: dict, others: dict):
    """Why AWS would not take a mapping beside the domain's others."""
    base_path, api_id, stage = mapping["basePath"], mapping.get("restApiId", ""), mapping.get("stage") or ""
    if "/" in base_path:
        message = (
            "API Gateway V1 doesn't support the slash character (/) in base path mappings. "
            "To create a multi-level base path mapping, use API Gateway V2."
        )
        return apigw._v1_error("BadRequestException", message, 400)
    if api_id not in apigw._rest_apis:
        return apigw._v1_error("BadRequestException", "Invalid REST API identifier specified", 400)
    if stage and stage not in apigw._stages_v1.get(api_id, {}):
        return apigw._v1_error("BadRequestException", "Invalid stage identifier specified", 400)
    if base_path in others:
        return apigw._v1_error("ConflictException", "Base path already exists for this domain name", 409)
    if others and _NONE in (base_path, *others):
        message = "Only one base path mapping is allowed if the base path is empty."
        return apigw._v1_error("ConflictException", message, 409)
    return None


def _missing():
    return apigw._v1_error("NotFoundException", "Invalid base path mapping identifier specified", 404)


def _install_deletions() -> None:
    @around(apigw, "_delete_rest_api")
    def delete_rest_api(original, api_id):
        if domains := _domains_of(api_id):
            message = (
                f"Deleting RestApi {api_id} failed. Please remove all base path mappings related to the RestApi "
                f"in your domains: {', '.join(domains)}"
            )
            return apigw._v1_error("BadRequestException", message, 400)
        return original(api_id)

    @around(apigw, "_delete_stage")
    def delete_stage(original, api_id, stage_name):
        # The same for a stage, in words that AWS does not publish.
        if domains := _domains_of(api_id, stage_name):
            message = (
                f"Deleting Stage {stage_name} failed. Please remove all base path mappings related to the Stage "
                f"in your domains: {', '.join(domains)}"
            )
            return apigw._v1_error("BadRequestException", message, 400)
        return original(api_id, stage_name)


def _domains_of(api_id: str, stage_name: str = "") -> list[str]:
    return sorted(
        domain
        for domain, mappings in apigw._base_path_mappings.items()
        if any(item["restApiId"] == api_id and stage_name in ("", item["stage"]) for item in mappings.values())
    )
