"""«There is work»: a hint that spares an idle worker the rest of its pause. It may be lost; polling is the guarantee.

In one process it is an event. Between processes PostgreSQL carries it (NOTIFY). SQLite carries nothing: a worker that
runs apart from the API finds its work by polling.
"""

import asyncio
from contextlib import suppress
from typing import Final

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from postroom.store.engine import is_postgresql, postgresql_arguments

log = structlog.get_logger()

_CHANNEL: Final = "postroom_work"
_PAUSE: Final = 1.0  # seconds between attempts to listen again

Connection = psycopg.AsyncConnection[tuple[object, ...]]


class Wake:
    """Rings and waits, on one event loop; nothing is connected before it is needed."""

    def __init__(self, database_url: str) -> None:
        """``database_url`` as ``Database`` takes it."""
        self._url = database_url if is_postgresql(database_url) else None
        self._rung = asyncio.Event()
        self._ring_again = False
        self._ringing: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._bell: Connection | None = None

    def ring(self) -> None:
        """Say that there is work, after the commit that made it. However often: one NOTIFY at most is on its way."""
        self._rung.set()
        if self._url is not None:
            self._ring_again = True
            if self._ringing is None or self._ringing.done():
                self._ringing = asyncio.create_task(self._notify(self._url))

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109  the pause is what is asked for, not a limit on it
        """Return when somebody has rung since the last time, at the latest after ``timeout`` seconds."""
        if self._url is not None and self._listening is None:
            self._listening = asyncio.create_task(self._listen(self._url))
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        self._rung.clear()

    async def close(self) -> None:
        """Stop listening and drop the connections."""
        tasks = [task for task in (self._listening, self._ringing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._bell is not None:
            await self._bell.close()

    async def _notify(self, url: str) -> None:
        while self._ring_again:
            self._ring_again = False
            try:
                if self._bell is None or self._bell.closed:
                    self._bell = await _connect(url)
                await self._bell.execute(f"NOTIFY {_CHANNEL}")
            except psycopg.Error as error:
                log.warning("wake-up not sent", problem=str(error).strip())
                if self._bell is not None:
                    await self._bell.close()
                return

    async def _listen(self, url: str) -> None:
        """Turn notifications into rings, for ever; while there is no connection, waiting is polling."""
        heard = True
        while True:
            try:
                async with await _connect(url) as connection:
                    await connection.execute(f"LISTEN {_CHANNEL}")
                    heard = True
                    self._rung.set()  # what was said while nobody listened
                    async for _ in connection.notifies():
                        self._rung.set()
            except psycopg.Error as error:
                if heard:
                    log.warning("wake-ups lost, polling", problem=str(error).strip())
                heard = False
            await asyncio.sleep(_PAUSE)


async def _connect(url: str) -> Connection:
    return await psycopg.AsyncConnection.connect(make_conninfo(url, **postgresql_arguments(url)), autocommit=True)
