"""Deployments are snapshots: a stage serves what its deployment captured, whatever the API is now.

ministack serves the live API, which hides the classic bug of this field: a changed API and a
forgotten CreateDeployment. Owns the snapshots.
"""

import contextvars
import copy

from ministack.core.responses import AccountRegionScopedDict, request_scope
from ministack.services import apigateway_v1 as apigw

from cogapi_emulator.patching import around

# The stores that the data plane reads. Gateway responses are captured by ministack itself.
_CAPTURED = ("_rest_apis", "_resources", "_authorizers_v1", "_models", "_request_validators")

# API -> {deployment -> {store -> what it held for this API}}; `keeping` keeps it.
snapshots = AccountRegionScopedDict()
# The API and the snapshot that the current request is served from.
_serving: contextvars.ContextVar[tuple[str, dict] | None] = contextvars.ContextVar("serving", default=None)


class _Store(AccountRegionScopedDict):
    """One of ministack's stores, seen through the snapshot while a request is served from one."""

    __slots__ = ("_name",)

    def __init__(self, name: str, live: AccountRegionScopedDict) -> None:
        super().__init__()
        self._name = name
        self._data = live._data

    def get(self, key, default=None):
        serving = _serving.get()
        if serving is not None and serving[0] == key:
            return serving[1][self._name]
        return super().get(key, default)


def install() -> None:
    """Patch ministack in this process."""
    for name in _CAPTURED:
        setattr(apigw, name, _Store(name, getattr(apigw, name)))
    _install_snapshots()
    _install_serving()
    _install_refusals()


def _install_snapshots() -> None:
    @around(apigw, "_create_deployment")
    def create_deployment(original, api_id, data):
        refusal = _not_deployable(api_id)
        if refusal is not None:
            return refusal
        before = set(apigw._deployments_v1.get(api_id, {}))
        reply = original(api_id, data)
        for deployment_id in set(apigw._deployments_v1.get(api_id, {})) - before:
            captured = {name: copy.deepcopy(getattr(apigw, name).get(api_id, {})) for name in _CAPTURED}
            snapshots.setdefault(api_id, {})[deployment_id] = captured
        return reply

    @around(apigw, "_delete_deployment")
    def delete_deployment(original, api_id, deployment_id):
        if any(stage["deploymentId"] == deployment_id for stage in apigw._stages_v1.get(api_id, {}).values()):
            # AWS: a deployment that a stage serves cannot be deleted.
            message = "Active stages pointing to this deployment must be moved or deleted"
            return apigw._v1_error("BadRequestException", message, 400)
        reply = original(api_id, deployment_id)
        snapshots.get(api_id, {}).pop(deployment_id, None)
        return reply

    @around(apigw, "_delete_rest_api")
    def delete_rest_api(original, api_id):
        snapshots.pop(api_id, None)
        return original(api_id)

    @around(apigw, "reset")
    def reset(original):
        original()
        snapshots.clear()


def _not_deployable(api_id: str):
    """AWS: an API without methods, or with a method without integration, cannot be deployed."""
    if api_id not in apigw._rest_apis:
        return None
    methods = [method for item in apigw._resources[api_id].values() for method in item["resourceMethods"].values()]
    if not methods:
        return apigw._v1_error("BadRequestException", "The REST API doesn't contain any methods", 400)
    if any(method["methodIntegration"] is None for method in methods):
        return apigw._v1_error("BadRequestException", "No integration defined for method", 400)
    return None


def _install_serving() -> None:
    @around(apigw, "_handle_execute_in_scope")
    async def handle_execute_in_scope(original, api_id, stage_name, *rest):
        token = _serving.set(_snapshot(api_id, stage_name))
        try:
            return await original(api_id, stage_name, *rest)
        finally:
            _serving.reset(token)

    @around(apigw, "method_authorization_type")
    def method_authorization_type(original, api_id, stage_name, method, path):
        scope = apigw.find_api_scope(api_id)
        if scope is None:
            return None
        with request_scope(*scope):
            token = _serving.set(_snapshot(api_id, stage_name))
        try:
            return original(api_id, stage_name, method, path)
        finally:
            _serving.reset(token)

    @around(apigw, "_get_export")
    def get_export(original, api_id, stage_name, *rest):
        # AWS: GetExport shows what the stage serves.
        token = _serving.set(_snapshot(api_id, stage_name))
        try:
            return original(api_id, stage_name, *rest)
        finally:
            _serving.reset(token)


def _snapshot(api_id: str, stage_name: str) -> tuple[str, dict] | None:
    stage = apigw._stages_v1.get(api_id, {}).get(stage_name)
    if stage is None:
        return None
    captured = snapshots.get(api_id, {}).get(stage["deploymentId"])
    return None if captured is None else (api_id, captured)


def _install_refusals() -> None:
    @around(apigw, "_create_stage")
    def create_stage(original, api_id, data):
        if data.get("stageName") in apigw._stages_v1.get(api_id, {}):
            # AWS: CreateStage does not replace; ministack does.
            return apigw._v1_error("ConflictException", "Stage already exists", 409)
        return _unknown_deployment(api_id, data.get("deploymentId", "")) or original(api_id, data)

    @around(apigw, "_update_stage")
    def update_stage(original, api_id, stage_name, data):
        for operation in data.get("patchOperations", []):
            if operation.get("path") == "/deploymentId":
                refusal = _unknown_deployment(api_id, operation.get("value", ""))
                if refusal is not None:
                    return refusal
        return original(api_id, stage_name, data)


def _unknown_deployment(api_id: str, deployment_id: str):
    """AWS: a stage can only serve a deployment that is there."""
    if api_id not in apigw._rest_apis or deployment_id in apigw._deployments_v1.get(api_id, {}):
        return None
    return apigw._v1_error("BadRequestException", "Deployment id does not exist", 400)
