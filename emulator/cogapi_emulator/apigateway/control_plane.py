"""What API Gateway's control plane answers otherwise than ministack, apart from OpenAPI and deployments."""

from ministack.services import apigateway_v1 as apigw

from cogapi_emulator.patching import around


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_get_resources")
    def get_resources(original, api_id, query):
        # AWS: methods are embedded only when asked for (`embed=methods`); else only their names show.
        # ministack always embeds them, which would hide a forgotten parameter.
        embed = query.get("embed", [])
        if "methods" in ([embed] if isinstance(embed, str) else embed) or api_id not in apigw._rest_apis:
            return original(api_id, query)
        resources = [_without_methods(resource) for resource in apigw._resources.get(api_id, {}).values()]
        return apigw._v1_paginated_response(resources, query)

    @around(apigw, "_delete_rest_api")
    def delete_rest_api(original, api_id):
        reply = original(api_id)
        # ministack leaves them behind; AWS deletes everything of an API with it.
        apigw._request_validators.pop(api_id, None)
        return reply


def _without_methods(resource: dict) -> dict:
    return resource | {"resourceMethods": {method: {} for method in resource.get("resourceMethods", {})}}
