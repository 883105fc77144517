"""The emulator's own endpoints under `/_cogapi/`. Not AWS, never counted, never faulty."""

import asyncio
import json
import re
from urllib.parse import parse_qs

from cogapi_emulator import inventory, logs, mail, settings, users
from cogapi_emulator.call import ROOT_ACCOUNT
from cogapi_emulator.faults import BadRule, Reply

_PREFIX = "/_cogapi/"
# Log lines that are answered unless a `limit` says otherwise.
_LOG_LINES = 500


def serves(path: str) -> bool:
    """Whether a request for `path` is ours."""
    return path.startswith(_PREFIX)


async def answer(gateway, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Reply:
    """Answer one request. `gateway` owns the faults and the counts."""
    account = headers.get("x-cogapi-account", ROOT_ACCOUNT)
    if not re.fullmatch(r"\d{12}", account):
        return _json({"error": f"x-cogapi-account is {account!r}; an account has 12 digits"}, 400)
    try:
        match method, path.removeprefix(_PREFIX):
            case "GET", "health":
                return _json({"status": "ok"})
            case "POST", "faults":
                gateway.faults.add(account, json.loads(body))
                return _json({})
            case "GET", "faults":
                return _json(gateway.faults.report(account))
            case "DELETE", "faults":
                gateway.faults.clear(account)
                return _json({})
            case "GET", "calls":
                return _json(gateway.calls.report(account))
            case "DELETE", "calls":
                gateway.calls.clear(account)
                return _json({})
            case "POST", "settings":
                return _json(settings.change(account, json.loads(body)))
            case "GET", "inventory":
                return _json(inventory.take(account))
            case "GET", "mail":
                return _json(mail.sent(account))
            case "GET", "users":
                return _json(users.registered(account))
            case "GET", "logs":
                limit = parse_qs(query).get("limit", [""])[0]
                return _json(logs.written(account, int(limit) if limit.isdecimal() else _LOG_LINES))
            case "POST", "reset":
                await _reset(gateway)
                return _json({})
    except (BadRule, settings.BadSetting, json.JSONDecodeError) as error:
        return _json({"error": str(error)}, 400)
    return _json({"error": f"there is no {method} {path}"}, 404)


async def _reset(gateway) -> None:
    """Forget everything, of every account."""
    from ministack import app

    # ministack's own reset: requests wait for this lock, so none sees half of it.
    async with app._get_reset_lock():
        await asyncio.to_thread(app._reset_all_state)
    gateway.faults.clear()
    gateway.calls.clear()
    gateway.rates.clear()
    settings.clear()
    gateway.keeper.changed()


def _json(document: object, status: int = 200) -> Reply:
    return status, {"content-type": "application/json"}, json.dumps(document).encode()
