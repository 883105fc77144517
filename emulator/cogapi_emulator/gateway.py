"""The ASGI application in front of ministack: counts calls, throttles, injects faults, serves our own pages.

Must not change what ministack answers; corrections do that inside ministack.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Callable

from cogapi_emulator import admin, call, faults, hangup
from cogapi_emulator.calls import Calls
from cogapi_emulator.faults import Faults
from cogapi_emulator.keeping import Keeper
from cogapi_emulator.rates import Rates

log = logging.getLogger(__name__)


class Gateway:
    """Wraps ministack's application."""

    def __init__(self, app, ready: Callable[[], None], keeper: Keeper) -> None:
        self._app = app
        self._ready = ready
        self.keeper = keeper
        self.faults = Faults()
        self.calls = Calls()
        self.rates = Rates()

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._announcing(send))
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        elif admin.serves(scope["path"]):
            await self._administer(scope, receive, send)
        else:
            with self.keeper.request():
                await self._forward(scope, receive, send)

    def _announcing(self, send):
        async def announcing(message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                # The socket already listens (listener.py), so a request that comes now is served.
                self._ready()

        return announcing

    async def _administer(self, scope, receive, send) -> None:
        body = await _read(receive)
        if body is None:
            return
        try:
            query = scope["query_string"].decode("latin-1")
            reply = await admin.answer(self, scope["method"], scope["path"], query, _headers(scope), body)
        except Exception as error:  # a broken page must not look like a broken AWS
            log.exception("%s %s", scope["method"], scope["path"])
            reply = 500, {"content-type": "application/json"}, json.dumps({"error": str(error)}).encode()
        await _send(send, reply)

    async def _forward(self, scope, receive, send) -> None:
        body = await _read(receive)
        if body is None:
            return
        aws_call = call.identify(
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            _headers(scope),
            body,
        )
        if aws_call is None:
            await self._app(scope, _replay(body, receive), send)
            return
        hits = self.faults.strike(aws_call)
        kind = next((rule.kind for rule in hits if rule.kind != "latency"), None)
        if kind is None and not self.rates.admit(aws_call, body):
            kind = "throttle"
            self.calls.count_throttled(aws_call)
        else:
            self.calls.count(aws_call)
        if delay := sum(rule.latency_ms for rule in hits if rule.kind == "latency"):
            await asyncio.sleep(delay / 1000)
        if kind == "throttle":
            await _send(send, faults.throttled(aws_call.service, str(uuid.uuid4())))
        elif kind == "error500":
            await _send(send, faults.failed(aws_call.service, str(uuid.uuid4())))
        elif kind == "hangup_before":
            await send(hangup.MESSAGE)
        elif kind == "hangup_after":
            await self._app(scope, _replay(body, receive), _discard)
            await send(hangup.MESSAGE)
        else:
            await self._app(scope, _replay(body, receive), send)


async def _read(receive) -> bytes | None:
    """The whole body, or None when the client went away."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def _replay(body: bytes, receive):
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay():
        return messages.pop() if messages else await receive()

    return replay


async def _discard(message) -> None:
    """An answer that nobody will see."""


async def _send(send, reply: faults.Reply) -> None:
    status, headers, body = reply
    head = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    head.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _headers(scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
