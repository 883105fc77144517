"""What is kept across restarts, however a process ended."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from cognito_world import PASSWORD, World
from conftest import Emulator, start
from functions import make_function
from test_apigateway import definition, deploy, import_api, request

T = TypeVar("T")

_ACCOUNT = "123456789012"


def _run(folder: Path, use: Callable[[Emulator], T]) -> T:
    """Start an emulator that keeps what exists in the folder, use it, and stop it."""
    process, url = start("--data-dir", str(folder))
    result = use(Emulator(url))
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=15) == 0
    return result


def _run_and_kill(folder: Path, use: Callable[[Emulator], object]) -> None:
    """Do the same, kill it as soon as all is written, and not a moment later."""
    process, url = start("--data-dir", str(folder))
    before = _written(folder)
    use(Emulator(url))
    deadline = time.monotonic() + 10
    while (now := _written(folder)) == before or time.time_ns() - now < 1_000_000_000:
        assert time.monotonic() < deadline, "it was not written"
        time.sleep(0.02)
    process.kill()
    process.wait(timeout=15)


def _written(folder: Path) -> int:
    state = folder / "state"
    return state.stat().st_mtime_ns if state.exists() else 0


def _make(emulator: Emulator) -> str:
    s3 = emulator.client("s3", _ACCOUNT)
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="kept", Key="key", Body=b"value" * 100_000)
    make_function(emulator, _ACCOUNT, "f", '"kept"')
    api = import_api(emulator, _ACCOUNT, definition())
    deploy(emulator, _ACCOUNT, api)
    changed = definition()
    changed["paths"] = {"/v2": changed["paths"]["/v1/things/{id}"]}
    emulator.client("apigateway", _ACCOUNT).put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(changed))
    return api


def _look(api: str) -> Callable[[Emulator], None]:
    def look(emulator: Emulator) -> None:
        body = emulator.client("s3", _ACCOUNT).get_object(Bucket="kept", Key="key")["Body"].read()
        assert body == b"value" * 100_000
        assert request(emulator, api, "/v1/things/1", "OPTIONS")[0] == 204
        answer = emulator.client("lambda", _ACCOUNT).invoke(FunctionName="f")
        assert json.load(answer["Payload"]) == "kept"

    return look


def test_what_exists_is_kept(tmp_path: Path):
    folder = tmp_path / "kept"
    api = _run(folder, _make)
    _run(folder, _look(api))
    _run(folder, _look(api))


def test_a_kill_loses_nothing_that_was_there_a_second_before(tmp_path: Path):
    apis: list[str] = []
    _run_and_kill(tmp_path / "kept", lambda emulator: apis.append(_make(emulator)))
    _run(tmp_path / "kept", _look(apis[0]))


def test_users_and_their_tokens_work_after_a_restart(tmp_path: Path):
    def register(emulator: Emulator) -> tuple[World, str]:
        world = World(emulator, _ACCOUNT)
        world.pool()
        world.client()
        world.user("jane@example.com")
        return world, world.sign_in("jane@example.com")["AuthenticationResult"]["AccessToken"]

    def look(emulator: Emulator) -> None:
        idp = emulator.client("cognito-idp", _ACCOUNT)
        assert idp.get_user(AccessToken=token)["Username"]
        world.idp = idp
        assert world.sign_in("jane@example.com", PASSWORD)["AuthenticationResult"]["AccessToken"]

    world, token = _run(tmp_path / "kept", register)
    _run(tmp_path / "kept", look)


@pytest.mark.parametrize("damage", ["cut off", "of another kind", "a blob is missing", "a blob is another"])
def test_what_cannot_be_read_is_set_aside_and_all_begins_anew(tmp_path: Path, capfd, damage: str):
    folder = tmp_path / "kept"
    _run(folder, _make)
    state, blob = folder / "state", next((folder / "blobs").iterdir())
    match damage:
        case "cut off":
            state.write_bytes(state.read_bytes()[:1000])
        case "of another kind":
            state.write_bytes(b"cos\nsystem\n(S'false'\ntR.")
        case "a blob is missing":
            shutil.rmtree(blob.parent)
        case _:
            blob.write_bytes(b"another")
    assert _run(folder, lambda emulator: emulator.client("s3", _ACCOUNT).list_buckets()["Buckets"]) == []
    assert "can't be read" in capfd.readouterr().err
    assert (tmp_path / "kept.unreadable" / "state").exists()


def test_a_reset_is_kept_too(tmp_path: Path):
    folder = tmp_path / "kept"
    _run(folder, _make)
    _run(folder, lambda emulator: emulator.admin("POST", "reset"))
    assert _run(folder, lambda emulator: emulator.client("s3", _ACCOUNT).list_buckets()["Buckets"]) == []
