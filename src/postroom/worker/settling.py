"""Verdicts on their way to the database: those of some milliseconds go together.

A transaction costs as much as thirty mails in it. A mark holds a connection up, so marks go at once; nothing waits for
a verdict but room for the next mail, so verdicts go in few large groups.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, TypeAlias

from postroom.errors import Unavailable
from postroom.mail.life import Verdict
from postroom.settle import settle
from postroom.store.db import Database

# Between two groups: what a worker that dies has not written yet is in doubt, so it must not be long.
STEP_SECONDS: Final = 0.01
PAUSE_SECONDS: Final = 0.5  # between tries while the database is away

_Waiting: TypeAlias = "tuple[Verdict, asyncio.Future[bool]]"


class Settling:
    """All verdicts of a worker. After a pause the first one goes at once."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, verdict: Verdict) -> bool:
        """Write it, however long the database is away; False where another worker holds the mail by now."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[bool] = loop.create_future()
        self._waiting.append((verdict, written))
        self._task = self._task or loop.create_task(self._write_groups())
        return await written

    async def _write_groups(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            ends = await asyncio.gather(*[settle(self._db, verdict) for verdict, _ in group], return_exceptions=True)
            left = _tell(group, ends)
            # What a server has accepted must be known, or it is sent again: the writing is tried until it is done or
            # the lease is another's. The fencing token makes repeating it harmless.
            self._waiting += left
            await asyncio.sleep(PAUSE_SECONDS if left else STEP_SECONDS)
        self._task = None


def _tell(group: Sequence[_Waiting], ends: Sequence[bool | BaseException]) -> list[_Waiting]:
    """Answer whoever waits; returns those of whom the database knows nothing."""
    left = []
    for (verdict, written), end in zip(group, ends, strict=True):
        if written.done():  # its mail was given up at the end of the worker's time
            continue
        if isinstance(end, Unavailable):
            left.append((verdict, written))
        elif isinstance(end, BaseException):
            written.set_exception(end)
        else:
            written.set_result(end)
    return left
