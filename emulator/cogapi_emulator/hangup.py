"""Teaches hypercorn to close a connection without an answer, for the hang-up faults.

ASGI has no message for it: an application that returns without answering is answered for with a 500.
"""

from hypercorn.protocol.http_stream import ASGIHTTPState, HTTPStream

MESSAGE = {"type": "cogapi.hangup"}


def install() -> None:
    """Let `send(MESSAGE)` drop the connection."""
    original = HTTPStream.app_send

    async def app_send(self, message):
        if message is not None and message["type"] == MESSAGE["type"]:
            # A stream that counts as closed is not answered for; its connection is then not
            # reusable (no response was sent), so hypercorn closes it.
            self.state = ASGIHTTPState.CLOSED
            return
        await original(self, message)

    HTTPStream.app_send = app_send
