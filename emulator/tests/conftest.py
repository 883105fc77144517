"""One emulator process for the whole run, and an AWS account for each test, so that tests can run in parallel."""

import json
import os
import random
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

EMULATOR = Path(__file__).resolve().parents[1]
REGION = "eu-west-1"


class Emulator:
    """A running emulator, as a test sees it: only over the network."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str, account: str | None = None, region: str = REGION, **config):
        """A boto3 client of an account (12 digits), or of the root account; it never retries."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=account or "test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, **config),
        )

    def admin(self, method: str, path: str, document: object = None, account: str | None = None):
        """Call one of the emulator's own endpoints and return its JSON."""
        headers = {"content-type": "application/json"}
        if account:
            headers["x-cogapi-account"] = account
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.url}/_cogapi/{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)


def start(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    """Start an emulator on a free port and wait until it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cogapi_emulator", "--port", "0", "--region", REGION, "--stop-with-stdin", *arguments],
        env=os.environ | {"PYTHONPATH": str(EMULATOR)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready http://127.0.0.1:"), f"the emulator said {line!r}"
    return process, line.removeprefix("ready ").strip()


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    process, url = start()
    yield Emulator(url)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=15) == 0


def _account() -> str:
    return f"{random.SystemRandom().randrange(10**11, 10**12)}"


account = pytest.fixture(_account, name="account")
another_account = pytest.fixture(_account, name="another_account")
