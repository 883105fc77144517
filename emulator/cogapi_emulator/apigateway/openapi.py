"""ImportRestApi and PutRestApi: applies an OpenAPI body through ministack's own functions.

ministack 1.5.33 answers an import with 201 and an empty API, and PutRestApi with 404. Must not know
how the data plane serves what is made here.
"""

import json
import re

import yaml
from ministack.services import apigateway_v1 as apigw

from cogapi_emulator.apigateway.definition import Definition, Invalid
from cogapi_emulator.patching import around

Reply = tuple[int, dict, bytes]


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "handle_request")
    async def handle_request(original, method, path, headers, body, query):
        try:
            if method == "POST" and path == "/restapis" and apigw._qp(query, "mode") == "import":
                return import_api(query, body)
            if method == "PUT" and (match := re.fullmatch(r"/restapis/([^/]+)", path)):
                return put_api(match[1], query, body)
        except Invalid as problem:
            return apigw._v1_error("BadRequestException", str(problem), 400)
        return await original(method, path, headers, body, query)


def import_api(query: dict, body: bytes) -> Reply:
    """Make an API from an OpenAPI body."""
    definition = _parse(query, body)
    # AWS: ImportRestApi makes an edge-optimised API unless the parameter or the body asks for another type.
    types = apigw._qp(query, "endpointConfigurationTypes")
    kinds = types.split(",") if types else definition.endpoint_types() or ["EDGE"]
    made = _checked(apigw._create_rest_api({"name": definition.name, "endpointConfiguration": {"types": kinds}}))
    api_id = made["id"]
    try:
        _apply(api_id, definition)
    except Invalid:
        apigw._delete_rest_api(api_id)
        raise
    return apigw._v1_response(apigw._rest_api_view(apigw._rest_apis[api_id]), 201)


def put_api(api_id: str, query: dict, body: bytes) -> Reply:
    """Bring an API in line with an OpenAPI body.

    AWS: `overwrite` replaces the definition and keeps the id, the endpoint type, the stages and the
    deployments; `merge` (the default) adds to it. It is not atomic, and neither is this.
    """
    if api_id not in apigw._rest_apis:
        return apigw._v1_error("NotFoundException", "Invalid API identifier specified", 404)
    definition = _parse(query, body)
    if apigw._qp(query, "mode") == "overwrite":
        root = next(item for item in apigw._resources[api_id].values() if item["path"] == "/")
        apigw._resources[api_id] = {root["id"]: root | {"resourceMethods": {}}}
        for store in (apigw._authorizers_v1, apigw._models, apigw._request_validators, apigw._gateway_responses):
            store[api_id] = {}
    _apply(api_id, definition)
    return apigw._v1_response(apigw._rest_api_view(apigw._rest_apis[api_id]))


def _parse(query: dict, body: bytes) -> Definition:
    try:
        document = json.loads(body)
    except ValueError:
        try:
            document = yaml.safe_load(body)
        except yaml.YAMLError as error:
            raise Invalid("Invalid OpenAPI input.") from error
    definition = Definition(document)
    problems = definition.problems()
    if problems and (apigw._qp(query, "failonwarnings") or "").lower() == "true":
        raise Invalid("Warnings found during import:\n\t" + "\n\t".join(problems))
    return definition


def _apply(api_id: str, definition: Definition) -> None:
    api = apigw._rest_apis[api_id]
    api.update(definition.settings())
    validators = {
        name: _checked(apigw._create_request_validator(api_id, rules | {"name": name}))["id"]
        for name, rules in definition.validators().items()
    }
    for name, schema in definition.models(api_id).items():
        model = {"name": name, "schema": json.dumps(schema), "contentType": "application/json"}
        _checked(apigw._create_model(api_id, model))
    authorizations = apigw._import_security_schemes(api_id, definition.document)
    _keep_result_ttl(api_id, definition)
    for response_type, response in definition.gateway_responses().items():
        _checked(apigw._put_gateway_response(api_id, response_type, response))
    for path, method, operation in definition.operations():
        resource_id = _resource(api_id, path)
        settings = definition.method(path, operation, validators, authorizations)
        _checked(apigw._put_method(api_id, resource_id, method, settings))
        declared = definition.method_responses(operation)
        for status, response in declared.items():
            _checked(apigw._put_method_response(api_id, resource_id, method, status, response))
        if (integration := definition.integration(operation)) is not None:
            _checked(apigw._put_integration(api_id, resource_id, method, integration))
            for response in definition.integration_responses(operation):
                status = response["statusCode"]
                _check_mapping(response, declared.get(status))
                _checked(apigw._put_integration_response(api_id, resource_id, method, status, response))


def _check_mapping(response: dict, declared: dict | None) -> None:
    """AWS: an integration response maps to headers that the method's response of that status declares."""
    if declared is None:
        raise Invalid("Invalid Response status code specified")
    for name in response["responseParameters"]:
        if name not in declared["responseParameters"]:
            raise Invalid(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
                f"[Invalid mapping expression parameter specified: {name}]"
            )


def _keep_result_ttl(api_id: str, definition: Definition) -> None:
    # ministack takes this one over for Lambda authorizers only.
    for authorizer in apigw._authorizers_v1.get(api_id, {}).values():
        scheme = apigw._security_schemes(definition.document).get(authorizer["name"], {})
        ttl = scheme.get("x-amazon-apigateway-authorizer", {}).get("authorizerResultTtlInSeconds")
        if ttl is not None:
            authorizer["authorizerResultTtlInSeconds"] = int(ttl)


def _resource(api_id: str, path: str) -> str:
    """The resource of a path, made with its ancestors where they are missing."""
    resources = apigw._resources[api_id]
    resource_id = next(item["id"] for item in resources.values() if item["path"] == "/")
    for part in filter(None, path.split("/")):
        known = next(
            (item["id"] for item in resources.values() if item["parentId"] == resource_id and item["pathPart"] == part),
            None,
        )
        resource_id = known or _checked(apigw._create_resource(api_id, resource_id, {"pathPart": part}))["id"]
    return resource_id


def _checked(reply: Reply) -> dict:
    status, _headers, body = reply
    document = json.loads(body)
    if status >= 400:
        raise Invalid(document["message"])
    return document
