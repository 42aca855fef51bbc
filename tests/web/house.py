"""A whole server on a free port, with a world in its database and tokens for it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from postroom.app import App, clock, open_app
from postroom.config import Settings
from postroom.web.run import PATIENCE, bind, serve_on
from tests.access.dance import SCOPES, Dancer, granted, register
from tests.schema import schema
from tests.world import World, found


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """A running server. ``url`` is its own; ``api`` is where Bigin's API is found."""

    app: App
    url: str
    world: World
    dancer: Dancer
    http: httpx.AsyncClient
    stop: asyncio.Event

    @property
    def api(self) -> str:
        return f"{self.url}/bigin/v2"

    async def headers(self, scopes: str = SCOPES) -> dict[str, str]:
        """An Authorization header that opens these scopes."""
        made = await granted(self.app.db, self.dancer, scopes, now=self.app.clock())
        return {"Authorization": f"Zoho-oauthtoken {made.access_token}"}


@asynccontextmanager
async def house(
    folder: Path,
    *,
    clock: Callable[[], int] = clock,
    settings: Settings | None = None,
    patience: float = PATIENCE,
    listener: socket.socket | None = None,
) -> AsyncIterator[House]:
    """Serve until the block ends, on ``listener`` where others know its URL already.

    Without ``settings``: SQLite in ``folder``.
    """
    settings = settings or Settings(data_dir=folder, stop_seconds=2.0)
    file = settings.data_dir / "postroom.db"
    if not settings.database and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(schema())
    async with open_app(settings, clock=clock) as app:
        world = await app.db.write(found)
        dancer = await register(app.db, world)
        stop = asyncio.Event()
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(
            serve_on(listener or bind("127.0.0.1", 0), app, stop=stop, ready=ready.set_result, patience=patience)
        )
        serving.add_done_callback(lambda _: ready.done() or ready.cancel())
        try:
            url = await ready
            async with httpx.AsyncClient(trust_env=False, timeout=60, verify=False) as http:
                yield House(app=app, url=url, world=world, dancer=dancer, http=http, stop=stop)
        finally:
            stop.set()
            await serving
