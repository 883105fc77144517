"""Owns UpdateGroup, which ministack does not know."""

import time
from collections.abc import Awaitable, Callable

from ministack.core.responses import json_response
from ministack.services import cognito as idp

from cogapi_emulator.patching import around

# What a change may set. AWS does not say what becomes of those that it leaves out: reset, as by Cognito's other
# updates, is what a caller must be prepared for.
_UNSET: dict[str, object] = {"Description": "", "RoleArn": "", "Precedence": 0}


def install() -> None:
    """Patch ministack."""
    around(idp, "_dispatch_idp")(_dispatch)


async def _dispatch(dispatch: Callable[[str, dict], Awaitable[tuple]], action: str, data: dict) -> tuple:
    if action == "UpdateGroup":
        return idp._run_idp_handler(_update, action, data)
    return await dispatch(action, data)


def _update(data: dict) -> tuple:
    answer = idp._get_group(data)
    if answer[0] != 200:
        return answer
    group = idp._user_pools[data["UserPoolId"]]["_groups"][data["GroupName"]]
    group |= {name: data.get(name, unset) for name, unset in _UNSET.items()}
    group["LastModifiedDate"] = int(time.time())
    return json_response({"Group": idp._group_out(group)})
