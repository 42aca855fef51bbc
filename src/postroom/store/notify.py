"""Wake-ups between processes through PostgreSQL's NOTIFY and LISTEN; ``store.wake`` tells what they are for."""

import asyncio
from typing import Final

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from postroom.store.engine import postgresql_arguments

log = structlog.get_logger()

_CHANNEL: Final = "postroom_work"
_PAUSE: Final = 1.0  # seconds between attempts to listen again

Connection = psycopg.AsyncConnection[tuple[object, ...]]


class PostgreSQL:
    """NOTIFY and LISTEN, each on a connection of its own; they are made when they are needed."""

    def __init__(self, url: str, rung: asyncio.Event) -> None:
        """``rung`` is set whenever somebody has rung."""
        self._url = url
        self._rung = rung
        self._ring_again = False
        self._ringing: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._bell: Connection | None = None

    def ring(self) -> None:
        """Send a notification; while one is on its way, one more for all that follow."""
        self._ring_again = True
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.create_task(self._notify())

    def listen(self) -> None:
        """Begin to listen, once."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Drop both connections."""
        tasks = [task for task in (self._listening, self._ringing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._bell is not None:
            await self._bell.close()

    async def _notify(self) -> None:
        while self._ring_again:
            self._ring_again = False
            try:
                if self._bell is None or self._bell.closed:
                    self._bell = await self._connect()
                await self._bell.execute(f"NOTIFY {_CHANNEL}")
            except psycopg.Error as error:
                log.warning("wake-up not sent", problem=str(error).strip())
                if self._bell is not None:
                    await self._bell.close()
                return

    async def _listen(self) -> None:
        """Turn notifications into rings, for ever; while there is no connection, waiting is polling."""
        heard = True
        while True:
            try:
                async with await self._connect() as connection:
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

    async def _connect(self) -> Connection:
        url = make_conninfo(self._url, **postgresql_arguments(self._url))
        return await psycopg.AsyncConnection.connect(url, autocommit=True)
