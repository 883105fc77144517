"""Corrections of API Gateway's REST APIs. One module a concern; nothing else reaches into them."""

from cogapi_emulator.apigateway import (
    addresses,
    authorizers,
    control_plane,
    deployments,
    integrations,
    mocks,
    openapi,
    patches,
    tags,
)

_CONCERNS = (addresses, patches, control_plane, openapi, deployments, authorizers, integrations, mocks, tags)


def install() -> None:
    """Patch ministack's API Gateway in this process."""
    for concern in _CONCERNS:
        concern.install()
