"""PATCH values of API Gateway: strings on the wire, typed in what is stored. Owns nothing else."""

from functools import cache

from ministack.services import apigateway_v1 as apigw

from cogapi_emulator.patching import around

_WHOLE = ("integer", "long")
_FRACTION = ("float", "double")


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_apply_patch")
    def apply_patch(original, target, operations):
        return original(target, [_typed(operation) for operation in operations])


def _typed(operation: dict) -> dict:
    """AWS: a patch operation's value is always a string; the field that it sets has its own type.

    ministack stores the string, and the Rust SDK then cannot parse the answer (`expected ValueBool`).
    """
    value = operation.get("value")
    kind = _types().get(str(operation.get("path", "")).rpartition("/")[2])
    if not isinstance(value, str) or kind is None:
        return operation
    if kind == "boolean":
        return operation | {"value": value.lower() == "true"}
    try:
        return operation | {"value": int(value) if kind in _WHOLE else float(value)}
    except ValueError:
        return operation


@cache
def _types() -> dict[str, str]:
    """Field name -> type, for the fields of API Gateway's shapes that are no strings wherever they occur."""
    import botocore.session

    model = botocore.session.get_session().get_service_model("apigateway")
    kinds: dict[str, set[str]] = {}
    for shape_name in model.shape_names:
        shape = model.shape_for(shape_name)
        for name, member in getattr(shape, "members", {}).items():
            kinds.setdefault(name, set()).add(member.type_name)
    simple = {"boolean", *_WHOLE, *_FRACTION}
    return {name: found.copy().pop() for name, found in kinds.items() if len(found) == 1 and found <= simple}
