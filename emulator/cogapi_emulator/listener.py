"""Owns the listening socket. It exists before anything else does, so that port 0 has no race."""

import socket


def listen(port: int) -> socket.socket:
    """Bind 127.0.0.1:`port` (0 takes a free one); connections queue from here on."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(512)
    return listener
