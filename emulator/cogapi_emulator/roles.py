"""Corrections of IAM roles: one is not usable at once, its boundary is told, and there is a quota. Owns their ages."""

import re
import time

from ministack.core.responses import get_account_id
from ministack.services import iam

from cogapi_emulator import settings

# (account, role name) -> when it was created. Roles from a restored state are old enough.
_created: dict[tuple[str, str], float] = {}


def install() -> None:
    """Patch ministack's IAM in this process."""
    create = iam._IAM_HANDLERS["CreateRole"]

    def create_role(parameters):
        quota = settings.of(get_account_id()).iam_roles
        if len(iam._roles) >= quota and iam._p(parameters, "RoleName") not in iam._roles:
            return iam._error(409, "LimitExceeded", f"Cannot exceed quota for RolesPerAccount: {quota}")
        reply = create(parameters)
        if reply[0] == 200:
            _created[get_account_id(), iam._p(parameters, "RoleName")] = time.monotonic()
        return reply

    iam._IAM_HANDLERS["CreateRole"] = create_role

    details = iam._IAM_HANDLERS["GetAccountAuthorizationDetails"]

    def account_authorization_details(parameters):
        # AWS: RoleDetail has the permissions boundary, as GetRole has it; ministack leaves it out.
        status, headers, body = details(parameters)
        for role in iam._roles.values():
            identity = f"<RoleId>{role['RoleId']}</RoleId>"
            body = body.replace(identity.encode(), (identity + _boundary(role)).encode())
        return status, headers, body

    iam._IAM_HANDLERS["GetAccountAuthorizationDetails"] = account_authorization_details

    summary = iam._IAM_HANDLERS["GetAccountSummary"]

    def account_summary(parameters):
        status, headers, body = summary(parameters)
        quota = f"<key>RolesQuota</key><value>{settings.of(get_account_id()).iam_roles:g}<".encode()
        return status, headers, re.sub(rb"<key>RolesQuota</key><value>[^<]*<", quota, body)

    iam._IAM_HANDLERS["GetAccountSummary"] = account_summary


def _boundary(role: dict) -> str:
    if not role.get("PermissionsBoundary"):
        return ""
    return (
        "<PermissionsBoundary><PermissionsBoundaryType>PermissionsBoundaryPolicy</PermissionsBoundaryType>"
        f"<PermissionsBoundaryArn>{role['PermissionsBoundary']}</PermissionsBoundaryArn></PermissionsBoundary>"
    )


def has_propagated(account: str, name: str) -> bool:
    """Whether a role is old enough to be assumed.

    AWS: IAM is eventually consistent; a new role cannot be assumed for some seconds, and CreateFunction
    says so. `role_propagation_seconds` says how long here; 0 switches it off.
    """
    age = time.monotonic() - _created.get((account, name), float("-inf"))
    return age >= settings.of(account).role_propagation_seconds
