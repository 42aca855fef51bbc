"""Brings the newest records into the index as soon as those who store records make a pause."""

import asyncio
from contextlib import suppress
from typing import Final

from postroom.errors import Unavailable
from postroom.store import indexing
from postroom.store.db import Database

_PAUSE_SECONDS: Final = 0.05  # then somebody who waits is less likely than somebody who comes later


async def finish(db: Database) -> None:
    """Index what is left: some records in each transaction, so that nobody waits for all of them."""
    while await db.write(indexing.index_some):
        continue


class Indexer:
    """Knows when there may be something to index; use from one event loop."""

    def __init__(self, db: Database) -> None:
        """At first there may be what a process before this one has left."""
        self._db = db
        self._new = asyncio.Event()
        self._new.set()

    def note(self) -> None:
        """Records were stored."""
        self._new.set()

    async def keep(self) -> None:
        """Index what is new in each pause, until cancelled."""
        while True:
            await self._new.wait()
            # What cannot be done now is done after the next records.
            with suppress(Unavailable):
                await self._pause()
                await self._index()

    async def _pause(self) -> None:
        while self._new.is_set():
            self._new.clear()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _index(self) -> None:
        while not self._new.is_set() and await self._db.write(indexing.index_some):
            continue
