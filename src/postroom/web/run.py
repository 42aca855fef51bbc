"""Listening: uvicorn, run from inside our own event loop and stopped by our own signal."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn
from uvicorn.config import Config

from postroom.app import App
from postroom.errors import Misconfigured
from postroom.web.connection import Connection
from postroom.web.server import create

PATIENCE: Final = 30.0  # seconds: how long a client may owe us the rest of a head, or stay silent within a body
_SWEEP_PAUSE: Final = 5.0
_TICK_SECONDS: Final = 1.0  # what the header Date counts in
KEEP_ALIVE_SECONDS: Final = 75  # longer than the common 60 of proxies and clients: they close first, we never race them
_BACKLOG: Final = 2048
_WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - names them, binds none


async def serve(
    app: App,
    *,
    host: str,
    port: int,
    stop: asyncio.Event,
    ready: Callable[[str], None],
    patience: float = PATIENCE,
) -> None:
    """Serve the API until ``stop`` is set, then finish the requests in flight within ``stop_seconds``.

    ``port`` 0 takes a free one. ``ready`` is called with the server's URL as soon as it answers. A client that owes us
    a part of its request for more than ``patience`` seconds is dropped. Raises ``Misconfigured`` where the address
    cannot be had.
    """
    await serve_on(bind(host, port), app, stop=stop, ready=ready, patience=patience)


async def serve_on(
    listener: socket.socket,
    app: App,
    *,
    stop: asyncio.Event,
    ready: Callable[[str], None],
    patience: float = PATIENCE,
) -> None:
    """The same on a socket of ``bind``, for a program whose URL others must know before; closes it at the end."""
    with listener:
        url = url_of(listener)
        server = _Server(_config(app, url), lambda: ready(url), stop)
        aside = [
            asyncio.create_task(_drop_stalled(server, patience)),
            asyncio.create_task(app.credits.keep(app.clock)),
            asyncio.create_task(app.indexer.keep()),
        ]
        try:
            await server.serve([listener])
        finally:
            for task in aside:
                task.cancel()
            await app.credits.flush(app.clock())


def _config(app: App, url: str) -> Config:
    return Config(
        create(app, base_url=app.settings.public_url.rstrip("/") or url),
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",  # what strangers send that is no HTTP is no news
        access_log=False,
        server_header=False,
        headers=[("server", "Postroom")],  # W 13.2: a client may be led from one server to another
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(app.settings.stop_seconds)),
    )


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the command line has its own, and the worker hears them too."""

    def __init__(self, config: Config, started: Callable[[], None], stop: asyncio.Event) -> None:
        super().__init__(config)
        self._announce = started
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    async def main_loop(self) -> None:
        """Wait for the end, which uvicorn would look for ten times a second, and keep the time of the header Date."""
        while not self.should_exit:
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_SECONDS):
                    self.should_exit = await self._stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Where nobody is connected there is nothing to wait for; uvicorn would wait a tenth of a second."""
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _drop_stalled(server: uvicorn.Server, patience: float) -> None:
    now = asyncio.get_running_loop().time
    while True:
        await asyncio.sleep(min(_SWEEP_PAUSE, patience))
        for connection in list(server.server_state.connections):
            if isinstance(connection, Connection) and connection.is_stalled(now(), patience):
                connection.drop()


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, before anything is served: with port 0 the URL is known by it.

    Raises ``Misconfigured`` where the address cannot be had.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        raise Misconfigured(f"host and port: cannot listen on {host}:{port}: {error.strerror}") from None
    # Connections inherit it. uvloop sets it anyway; asyncio's own loop does not for sockets made like this one, and
    # then the body of an answer waits 40 ms for the acknowledgement of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url_of(listener: socket.socket) -> str:
    """The URL of a listening socket, as this machine calls it; no slash at its end."""
    host, port = listener.getsockname()[:2]
    host = _WILDCARDS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
