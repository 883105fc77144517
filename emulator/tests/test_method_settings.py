"""Corrections of a stage's method settings: keys, removal, and the throttle that they are for."""

import pytest
from botocore.exceptions import ClientError
from conftest import Emulator
from domains import eventually
from test_apigateway import STAGE, definition, deploy, import_api, request

KEY = "~1v1~1things~1{id}/OPTIONS"


@pytest.fixture
def api(emulator: Emulator, account: str) -> str:
    made = import_api(emulator, account, definition())
    deploy(emulator, account, made)
    return made


def update(emulator: Emulator, account: str, api: str, *operations: tuple[str, ...]) -> dict[str, dict]:
    """Patch the stage with (path, value) or, to remove, (path,); answers the method settings."""
    patch = [
        {"op": "replace", "path": path, "value": rest[0]} if rest else {"op": "remove", "path": path}
        for path, *rest in operations
    ]
    client = emulator.client("apigateway", account)
    client.update_stage(restApiId=api, stageName=STAGE, patchOperations=patch)
    return client.get_stage(restApiId=api, stageName=STAGE)["methodSettings"]


def answers(emulator: Emulator, api: str, number: int) -> list[int]:
    return [request(emulator, api, "/v1/things/1", "OPTIONS")[0] for _ in range(number)]


def test_settings_show_under_the_key_that_they_were_patched_with(emulator: Emulator, account: str, api: str):
    shown = update(emulator, account, api, (f"/{KEY}/throttling/rateLimit", "3"), ("/*/*/throttling/burstLimit", "9"))
    assert shown.keys() == {KEY, "*/*"}
    assert (shown[KEY]["throttlingRateLimit"], shown[KEY]["throttlingBurstLimit"]) == (3, 5000)
    assert (shown["*/*"]["throttlingRateLimit"], shown["*/*"]["throttlingBurstLimit"]) == (10000, 9)
    assert shown[KEY]["loggingLevel"] == "OFF"


def test_only_whole_settings_that_there_are_can_be_removed(emulator: Emulator, account: str, api: str):
    update(emulator, account, api, (f"/{KEY}/throttling/rateLimit", "3"))
    for path in (f"/{KEY}/throttling/rateLimit", "/*/*", "/~1other/GET"):
        with pytest.raises(ClientError) as refused:
            update(emulator, account, api, (path,))
        assert "there is no method setting for this method" in refused.value.response["Error"]["Message"]
    assert update(emulator, account, api, (f"/{KEY}",)) == {}
    # In one call, what is removed can be set again.
    again = [(f"/{KEY}/throttling/rateLimit", "3"), (f"/{KEY}",), (f"/{KEY}/throttling/burstLimit", "4")]
    assert update(emulator, account, api, *again)[KEY]["throttlingRateLimit"] == 10000


@pytest.mark.parametrize(
    "path", ["/~1v1/ANY/throttling/rateLimit", "/*/*/throttling/limit", "/GET/throttling/rateLimit"]
)
def test_paths_that_set_nothing_are_refused(emulator: Emulator, account: str, api: str, path: str):
    with pytest.raises(ClientError) as refused:
        update(emulator, account, api, ("/description", "changed"), (path, "1"))
    assert refused.value.response["Error"]["Message"].startswith(f"Invalid method setting path: {path}.")
    stage = emulator.client("apigateway", account).get_stage(restApiId=api, stageName=STAGE)
    assert stage.get("description", "") == ""


@pytest.mark.parametrize("key", [KEY, "v1/things/{id}/OPTIONS"])
def test_a_methods_throttle_goes_before_that_of_all(emulator: Emulator, account: str, api: str, key: str):
    update(emulator, account, api, ("/*/*/throttling/rateLimit", "0.001"), ("/*/*/throttling/burstLimit", "1"))
    assert answers(emulator, api, 2) == [204, 429]
    update(emulator, account, api, (f"/{key}/throttling/rateLimit", "1000"), (f"/{key}/throttling/burstLimit", "1000"))
    eventually(lambda: answers(emulator, api, 3) == [204] * 3)
    # Settings without limits of their own leave those of all in force.
    update(emulator, account, api, (f"/{key}/throttling/rateLimit", "-1"), (f"/{key}/throttling/burstLimit", "-1"))
    assert 429 in answers(emulator, api, 3)
