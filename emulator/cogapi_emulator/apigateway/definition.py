"""An OpenAPI document as API Gateway reads it. Pure: turns it into the inputs of the single calls.

Must not touch ministack's state.
"""

import re
from collections.abc import Iterator

_METHODS = {"get", "post", "put", "delete", "patch", "head", "options"}
_ANY = "x-amazon-apigateway-any-method"
_LOCATIONS = {"path": "path", "query": "querystring", "header": "header"}


class Invalid(Exception):
    """The document cannot be imported; the message is what AWS's BadRequestException would say."""


class Definition:
    """One OpenAPI 3.0 document with API Gateway's extensions."""

    def __init__(self, document: object) -> None:
        if not isinstance(document, dict) or not (document.get("openapi") or document.get("swagger")):
            raise Invalid("Invalid OpenAPI input.")
        self.document = document
        info = document.get("info") or {}
        self.name = str(info.get("title") or "")
        if not self.name:
            raise Invalid("Invalid OpenAPI input: the title is missing.")

    def settings(self) -> dict:
        """The fields of the API itself; what the document leaves out is reset, as PutRestApi does."""
        info = self.document["info"]
        endpoint = self.document.get("x-amazon-apigateway-endpoint-configuration") or {}
        return {
            "name": self.name,
            "description": str(info.get("description") or ""),
            "version": str(info.get("version") or ""),
            "binaryMediaTypes": self.document.get("x-amazon-apigateway-binary-media-types") or [],
            "minimumCompressionSize": self.document.get("x-amazon-apigateway-minimum-compression-size"),
            "apiKeySource": self.document.get("x-amazon-apigateway-api-key-source") or "HEADER",
            "policy": self.document.get("x-amazon-apigateway-policy"),
            "disableExecuteApiEndpoint": bool(endpoint.get("disableExecuteApiEndpoint", False)),
        }

    def endpoint_types(self) -> list[str]:
        return (self.document.get("x-amazon-apigateway-endpoint-configuration") or {}).get("types") or []

    def validators(self) -> dict[str, dict]:
        return self.document.get("x-amazon-apigateway-request-validators") or {}

    def gateway_responses(self) -> dict[str, dict]:
        return self.document.get("x-amazon-apigateway-gateway-responses") or {}

    def models(self, api_id: str) -> dict[str, object]:
        """Model name -> JSON schema, with references as API Gateway writes them."""
        schemas = (self.document.get("components") or {}).get("schemas") or self.document.get("definitions") or {}
        return {name: _model_references(schema, api_id) for name, schema in schemas.items()}

    def operations(self) -> Iterator[tuple[str, str, dict]]:
        """Every (path, method, operation)."""
        for path, item in (self.document.get("paths") or {}).items():
            for name, operation in (item or {}).items():
                if name.lower() in _METHODS:
                    yield path, name.upper(), operation or {}
                elif name == _ANY:
                    yield path, "ANY", operation or {}

    def problems(self) -> list[str]:
        """What AWS warns about."""
        return [
            f"Missing integration for {method} on resource '{path}'"
            for path, method, operation in self.operations()
            if self.integration(operation) is None
        ]

    def method(self, path: str, operation: dict, validators: dict, authorizations: dict) -> dict:
        """The input of PutMethod."""
        models = {}
        for media_type, content in ((operation.get("requestBody") or {}).get("content") or {}).items():
            reference = (content.get("schema") or {}).get("$ref", "")
            if reference:
                models[media_type] = reference.rpartition("/")[2]
        item = self.document["paths"][path]
        parameters = [*(item.get("parameters") or []), *(operation.get("parameters") or [])]
        validator = operation.get(
            "x-amazon-apigateway-request-validator", self.document.get("x-amazon-apigateway-request-validator")
        )
        if validator is not None and validator not in validators:
            raise Invalid(f"Invalid validator specified: {validator}")
        return {
            **self._authorization(operation, authorizations),
            "operationName": operation.get("operationId") or "",
            "requestModels": models,
            "requestParameters": {
                f"method.request.{_LOCATIONS[parameter['in']]}.{parameter['name']}": bool(parameter.get("required"))
                for parameter in parameters
                if parameter.get("in") in _LOCATIONS
            },
            "requestValidatorId": validators.get(validator),
        }

    def _authorization(self, operation: dict, authorizations: dict) -> dict:
        if (operation.get("x-amazon-apigateway-auth") or {}).get("type", "").upper() == "AWS_IAM":
            return {"authorizationType": "AWS_IAM"}
        settings: dict = {"authorizationType": "NONE"}
        for requirement in operation.get("security", self.document.get("security")) or []:
            for scheme, scopes in requirement.items():
                if scheme not in authorizations:
                    raise Invalid(f"Unable to find the security scheme '{scheme}'.")
                settings |= authorizations[scheme]
                if scopes:
                    settings["authorizationScopes"] = list(scopes)
        return settings

    def method_responses(self, operation: dict) -> dict[str, dict]:
        """Status -> the input of PutMethodResponse."""
        return {
            str(status): {
                "responseParameters": {
                    f"method.response.header.{header}": False for header in (response or {}).get("headers") or {}
                }
            }
            for status, response in (operation.get("responses") or {}).items()
            if re.fullmatch(r"\d{3}", str(status))
        }

    def integration(self, operation: dict) -> dict | None:
        """The input of PutIntegration."""
        written = operation.get("x-amazon-apigateway-integration")
        if not written:
            return None
        if "type" not in written:
            raise Invalid("Invalid integration: the type is missing.")
        kept = (
            "httpMethod", "uri", "credentials", "requestParameters", "requestTemplates", "timeoutInMillis",
            "contentHandling", "cacheKeyParameters", "connectionType",
        )  # fmt: skip
        integration = {name: written[name] for name in kept if name in written}
        # AWS: types and behaviours are lower case in OpenAPI and upper case everywhere else.
        integration["type"] = written["type"].upper()
        if "passthroughBehavior" in written:
            integration["passthroughBehavior"] = written["passthroughBehavior"].upper()
        return integration

    def integration_responses(self, operation: dict) -> list[dict]:
        """The inputs of PutIntegrationResponse. The key of a response is its pattern; `default` has none."""
        responses = (operation.get("x-amazon-apigateway-integration") or {}).get("responses") or {}
        return [
            {
                "statusCode": str(response.get("statusCode", "200")),
                "selectionPattern": "" if pattern == "default" else pattern,
                "responseParameters": response.get("responseParameters") or {},
                "responseTemplates": response.get("responseTemplates") or {},
                "contentHandling": response.get("contentHandling"),
            }
            for pattern, response in responses.items()
        ]


def _model_references(schema: object, api_id: str) -> object:
    if isinstance(schema, dict):
        return {
            key: f"https://apigateway.amazonaws.com/restapis/{api_id}/models/{value.rpartition('/')[2]}"
            if key == "$ref" and isinstance(value, str)
            else _model_references(value, api_id)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_model_references(item, api_id) for item in schema]
    return schema
