"""Ports for servers that must be told one."""

import random
import socket
from pathlib import Path
from typing import Final

_FIRST: Final = 20_000
_EPHEMERAL: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free() -> int:
    """A port of 127.0.0.1 that nobody listens on, below those the kernel gives to outgoing connections.

    A port among those may be taken by somebody's connection before the server binds it, and a client that dials it
    while nobody listens may be connected to itself.
    """
    last = int(_EPHEMERAL.read_text().split()[0]) if _EPHEMERAL.exists() else 32_768
    for port in random.sample(range(_FIRST, last), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port was found")
