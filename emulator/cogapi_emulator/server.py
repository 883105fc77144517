"""Owns the process: starts ministack with the corrections, says when it is ready, stops it cleanly.

Must not know any AWS service.
"""

import asyncio
import os
import signal
import socket
import sys
import threading

from hypercorn.asyncio import serve
from hypercorn.config import Config

from cogapi_emulator import corrections, hangup, keeping
from cogapi_emulator.gateway import Gateway
from cogapi_emulator.keeping import Folder, Keeper, Kept


def run(listener: socket.socket, folder: Folder | None, kept: Kept, *, stop_with_stdin: bool) -> None:
    """Serve on `listener` until told to stop by SIGTERM, SIGINT or the end of standard input.

    Begins with what was `kept`, and keeps what exists in `folder`, if there is one.
    """
    # Everything that is printed by ministack goes to stderr: stdout carries the one `ready` line.
    ready_line, sys.stdout = sys.stdout, sys.stderr
    corrections.install()
    hangup.install()
    keeping.restore(kept)
    try:
        asyncio.run(_serve(listener, folder, ready_line, stop_with_stdin))
    finally:
        _stop_functions()


async def _serve(listener: socket.socket, folder: Folder | None, ready_line, stop_with_stdin: bool) -> None:
    from ministack.app import app

    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if stop_with_stdin:
        threading.Thread(target=_wait_for_end_of_stdin, args=(loop, stop), daemon=True).start()

    port = listener.getsockname()[1]

    def ready() -> None:
        print(f"ready http://127.0.0.1:{port}", file=ready_line, flush=True)

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    config.accesslog = None
    keeper = Keeper(folder)
    keeping_on = asyncio.create_task(keeper.run())
    await serve(Gateway(app, ready, keeper), config, shutdown_trigger=stop.wait)
    keeping_on.cancel()
    keeper.save()


def _wait_for_end_of_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    # Not through sys.stdin: a thread that holds its lock while the interpreter ends is a fatal error.
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


def _stop_functions() -> None:
    # ministack leaves warm function processes to the operating system when it exits.
    from ministack.core import lambda_runtime

    lambda_runtime.reset()
