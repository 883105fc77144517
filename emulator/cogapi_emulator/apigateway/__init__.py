"""Corrections of API Gateway's REST APIs. One module a concern; nothing else reaches into them."""

from cogapi_emulator.apigateway import (
    access_logs,
    account,
    addresses,
    authorizers,
    control_plane,
    deployments,
    domains,
    firewall,
    integrations,
    mappings,
    method_settings,
    mocks,
    openapi,
    patches,
    request_ids,
    tags,
)

_CONCERNS = (
    addresses,
    patches,
    control_plane,
    openapi,
    deployments,
    authorizers,
    integrations,
    mocks,
    tags,
    domains,
    mappings,
    method_settings,
    account,
    firewall,
    request_ids,
    access_logs,
)


def install() -> None:
    """Patch ministack's API Gateway in this process."""
    for concern in _CONCERNS:
        concern.install()
