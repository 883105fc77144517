"""The command line: `python -m cogapi_emulator --port N`. Owns the order of start-up, nothing else."""

import argparse
import sys
from pathlib import Path

from cogapi_emulator import environment, settings
from cogapi_emulator.call import ROOT_ACCOUNT
from cogapi_emulator.keeping import Folder
from cogapi_emulator.listener import listen


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cogapi_emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes any free port")
    parser.add_argument("--region", default="eu-west-1")
    parser.add_argument("--data-dir", type=Path, help="keep what exists here across restarts")
    parser.add_argument("--forget", action="store_true", help="forget first what --data-dir has kept")
    parser.add_argument("--sender", help="an identity that the root account has verified with SES")
    parser.add_argument(
        "--stop-with-stdin",
        action="store_true",
        help="stop when standard input ends, so that a killed parent leaves no process behind",
    )
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    try:
        listener = listen(arguments.port)
    except OSError as error:
        print(f"error: cannot listen on 127.0.0.1:{arguments.port}: {error.strerror}", file=sys.stderr)
        return 1
    port = listener.getsockname()[1]
    data_dir = arguments.data_dir.resolve() if arguments.data_dir else None
    environment.install(environment.clean(port, arguments.region, data_dir))
    folder = Folder(data_dir) if data_dir else None
    if folder and arguments.forget:
        folder.forget()
    kept = folder.read() if folder else {}

    # Only now: importing the server imports ministack, which reads the environment as it is imported.
    from cogapi_emulator import server

    if arguments.sender:
        settings.change(ROOT_ACCOUNT, {"ses_verified": [arguments.sender]})
    server.run(listener, folder, kept, stop_with_stdin=arguments.stop_with_stdin)
    return 0


if __name__ == "__main__":
    sys.exit(main())
