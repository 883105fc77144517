"""Owns the environment variables that ministack (and every function it starts) sees.

Must not import ministack: it reads its settings while it is being imported.
"""

import os
from pathlib import Path

# What a child process cannot do without; everything else of the caller's environment is dropped,
# because ministack hands its whole environment on to the functions it starts. An AWS_PROFILE or a
# proxy setting that leaked into a function would make it behave as it never does on Lambda.
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "SYSTEMROOT")


def clean(port: int, region: str, data_dir: Path | None, kept: dict[str, str] | None = None) -> dict[str, str]:
    """Return the complete environment for an emulator that serves on `port`."""
    source = os.environ if kept is None else kept
    endpoint = f"http://127.0.0.1:{port}"
    environment = {name: source[name] for name in _KEPT if name in source}
    environment |= {
        # Without AUTH, ministack accepts wrong secret hashes and revoked tokens and evaluates no policy.
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": region,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # A function's SDK takes its endpoint from here; without it, it would call the real AWS.
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Two listeners on fixed ports that would make a second emulator on this machine fail.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": source.get("COGAPI_EMULATOR_LOG", "WARNING"),
        # Python functions (used by this folder's tests) must not write into unpacked packages.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if data_dir is not None:
        environment |= {
            # Where Cognito's signing keys are; what else exists is kept by `keeping`.
            "STATE_DIR": str(data_dir / "keys"),
            # The functions' unpacked code, of this run only.
            "TMPDIR": str(data_dir / "tmp"),
        }
    return environment


def install(environment: dict[str, str]) -> None:
    """Make `environment` this process's whole environment."""
    os.environ.clear()
    os.environ.update(environment)
