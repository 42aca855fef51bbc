"""«There is work»: a hint that spares an idle worker the rest of its pause. It may be lost; polling is the guarantee.

In one process it is an event. Between processes PostgreSQL carries it (NOTIFY); SQLite says that somebody else has
committed (``PRAGMA data_version``), which is asked every ``_LOOK`` seconds and costs ten millionths of one.
"""

import asyncio
import sqlite3
from contextlib import suppress
from typing import Final, Protocol

from postroom.store.engine import is_postgresql

_LOOK: Final = 0.1


class Far(Protocol):
    """The way to and from other processes."""

    def ring(self) -> None:
        """Tell them."""

    def listen(self) -> None:
        """Hear of them from now on."""

    async def close(self) -> None:
        """Stop listening."""


class Wake:
    """Rings and waits, on one event loop; nothing is connected before it is needed."""

    def __init__(self, database_url: str) -> None:
        """``database_url`` as ``Database`` takes it."""
        self._rung = asyncio.Event()
        self._far = _far(database_url, self._rung)

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


def _far(url: str, rung: asyncio.Event) -> Far:
    if not is_postgresql(url):
        return _File(url, rung)
    # Its driver takes a tenth of a second to load, which a command that works on a file shall not wait for.
    from postroom.store.notify import PostgreSQL  # noqa: PLC0415

    return PostgreSQL(url, rung)


class _File:
    """Rings when somebody has committed to an SQLite file, whatever it was about."""

    def __init__(self, url: str, rung: asyncio.Event) -> None:
        self._path = url.removeprefix("sqlite:///")
        self._rung = rung
        self._connection: sqlite3.Connection | None = None
        self._version: int | None = None
        self._next: asyncio.TimerHandle | None = None

    def ring(self) -> None:
        """The commit itself is what others notice."""

    def listen(self) -> None:
        if self._next is None:
            self._look()

    async def close(self) -> None:
        if self._next is not None:
            self._next.cancel()
        if self._connection is not None:
            self._connection.close()

    def _look(self) -> None:
        self._next = asyncio.get_running_loop().call_later(_LOOK, self._look)
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, timeout=0, isolation_level=None)
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            return  # polling is the guarantee
        if version != self._version:
            self._version = version
            self._rung.set()
