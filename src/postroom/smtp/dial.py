"""From a route to a socket: the host's addresses, ours, and the first that answers."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Final, TypeAlias

from aiohappyeyeballs import start_connection

from postroom.smtp.route import Route

HEAD_START_SECONDS: Final = 0.25  # RFC 8305 §5

_Place: TypeAlias = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


async def dial(route: Route) -> socket.socket:
    """A connection to the first address that answers. Raises ``OSError``, and ``UnicodeError`` for what is no name.

    Addresses of both families take turns, each with a head start before the next (RFC 8305 §4, §5).
    """
    ours = [place for source in route.source for place in _literal(source, 0)]
    theirs = _reachable(await _places(route), ours)
    try:
        dialled = await start_connection(
            theirs, local_addr_infos=ours or None, happy_eyeballs_delay=HEAD_START_SECONDS, interleave=1
        )
    except RuntimeError as error:  # of uvloop
        raise OSError(str(error)) from None
    # The end of a mail is one small write behind another, and would wait for the acknowledgement of the first.
    dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return dialled


async def _places(route: Route) -> Sequence[_Place]:
    if route.addresses:
        return [place for address in route.addresses for place in _literal(address, route.port)]
    try:
        return _literal(route.host, route.port)
    except socket.gaierror:  # a name
        loop = asyncio.get_running_loop()
        return await loop.getaddrinfo(route.host, route.port, type=socket.SOCK_STREAM)


def _literal(address: str, port: int) -> Sequence[_Place]:
    """Asks nobody. Raises ``socket.gaierror`` where it is no address."""
    return socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)


def _reachable(theirs: Sequence[_Place], ours: Sequence[_Place]) -> Sequence[_Place]:
    """Those that can be reached from addresses of ours."""
    families = {place[0] for place in ours}
    found = [place for place in theirs if not families or place[0] in families]
    if not found:
        raise OSError("the server has no address that could be reached from the source address")
    return found
