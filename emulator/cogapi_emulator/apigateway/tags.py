"""Tags of APIs, stages and domain names: one truth, whether they came with the creation or with TagResource.

ministack keeps what TagResource sets apart: no Get shows it, and it outlives stages.
"""

from ministack.services import apigateway_v1 as apigw

from cogapi_emulator.patching import around


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_tag_v1_resource")
    def tag(original, arn, data):
        return _shown(arn, original(arn, data))

    @around(apigw, "_untag_v1_resource")
    def untag(original, arn, keys):
        return _shown(arn, original(arn, keys))

    @around(apigw, "_create_stage")
    def create_stage(original, api_id, data):
        reply = original(api_id, data)
        if reply[0] == 201 and data.get("tags"):
            apigw._v1_tags[_stage_arn(api_id, data["stageName"])] = dict(data["tags"])
        return reply

    @around(apigw, "_delete_stage")
    def delete_stage(original, api_id, stage_name):
        reply = original(api_id, stage_name)
        apigw._v1_tags.pop(_stage_arn(api_id, stage_name), None)
        return reply

    @around(apigw, "_delete_rest_api")
    def delete_rest_api(original, api_id):
        for stage_name in apigw._stages_v1.get(api_id, {}):
            apigw._v1_tags.pop(_stage_arn(api_id, stage_name), None)
        return original(api_id)


def _shown(arn: str, reply: tuple) -> tuple:
    """Copy the tags of an ARN to where the API, the stage or the domain name shows them."""
    _, _, domain = arn.partition("::/domainnames/")
    if reply[0] < 300 and domain:
        apigw._domain_names[domain]["tags"] = dict(apigw._v1_tags.get(arn, {}))
    _, _, path = arn.partition("::/restapis/")
    if reply[0] >= 300 or not path:
        return reply
    api_id, _, rest = path.partition("/stages/")
    owner = apigw._stages_v1[api_id][rest] if rest else apigw._rest_apis[api_id]
    owner["tags"] = dict(apigw._v1_tags.get(arn, {}))
    return reply


def _stage_arn(api_id: str, stage_name: str) -> str:
    return f"{apigw._rest_api_arn(api_id)}/stages/{stage_name}"
