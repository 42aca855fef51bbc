"""«There is work»: a hint that spares an idle worker the rest of its pause. It may be lost; polling is the guarantee.

In one process it is an event. Between processes PostgreSQL carries it (NOTIFY), and beside an SQLite file lies a pipe.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from postroom.store.engine import is_postgresql, postgresql_arguments

log = structlog.get_logger()

_CHANNEL: Final = "postroom_work"
_RINGS: Final = 65_536  # what a pipe of Linux holds, in octets: all of them are one ring
_PAUSE: Final = 1.0  # seconds between attempts to listen again

Connection = psycopg.AsyncConnection[tuple[object, ...]]


class Wake:
    """Rings and waits, on one event loop; nothing is connected before it is needed."""

    def __init__(self, database_url: str) -> None:
        """``database_url`` as ``Database`` takes it."""
        self._rung = asyncio.Event()
        self._far = (_PostgreSQL if is_postgresql(database_url) else _File)(database_url, self._rung)

    def ring(self) -> None:
        """Say that there is work, after the commit that made it. However often: one NOTIFY at most is on its way."""
        self._rung.set()
        self._far.ring()

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 - the pause is what is asked for, not a limit on it
        """Return when somebody has rung since the last time, at the latest after ``timeout`` seconds."""
        self._far.listen()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        self._rung.clear()

    async def close(self) -> None:
        """Stop listening and drop the connections."""
        await self._far.close()


class _File:
    """A pipe with a name, beside the SQLite file. Of several workers that are at rest, one at least hears each ring."""

    def __init__(self, url: str, rung: asyncio.Event) -> None:
        # Not named like the files of the database: who copies or reads all of those would wait here for ever.
        self._path = Path(url.removeprefix("sqlite:///")).with_suffix(".wake")
        self._rung = rung
        self._pipe: int | None = None
        self._listens = False

    def ring(self) -> None:
        with suppress(OSError):  # where it is full of rings that nobody has heard yet, one more says nothing new
            os.write(self._open(), b"!")

    def listen(self) -> None:
        if not self._listens:
            with suppress(OSError):
                pipe = self._open()
                asyncio.get_running_loop().add_reader(pipe, self._hear, pipe)
                self._listens = True

    async def close(self) -> None:
        if self._pipe is not None:
            asyncio.get_running_loop().remove_reader(self._pipe)
            os.close(self._pipe)

    def _open(self) -> int:
        if self._pipe is None:
            with suppress(FileExistsError):
                os.mkfifo(self._path, 0o600)
            # Both ways: so neither side waits for the other, nor has to come back when the other has.
            self._pipe = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        return self._pipe

    def _hear(self, pipe: int) -> None:
        with suppress(BlockingIOError):  # another worker was quicker, and this one looks too
            os.read(pipe, _RINGS)
        self._rung.set()


class _PostgreSQL:
    """NOTIFY and LISTEN, each on a connection of its own."""

    def __init__(self, url: str, rung: asyncio.Event) -> None:
        self._url = url
        self._rung = rung
        self._ring_again = False
        self._ringing: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._bell: Connection | None = None

    def ring(self) -> None:
        self._ring_again = True
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.create_task(self._notify())

    def listen(self) -> None:
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
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
