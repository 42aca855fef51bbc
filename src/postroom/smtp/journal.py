"""How far one attempt at one mail has come, and the leave that its final dot needs."""

import asyncio
from collections.abc import Callable
from math import inf
from typing import TypeAlias

from postroom.errors import Unavailable
from postroom.failpoint import reach
from postroom.mail.life import Stage

# Begins to write that the final dot may be sent: True once that is on disk, False where the mail is another's by now.
Mark: TypeAlias = Callable[[], "asyncio.Future[bool]"]


class Journal:
    """Goes with a mail from pool to session to socket; ``stage`` is what it waits for.

    The mark is begun when the server wants the message, and written while that goes out. Begun with the envelope it
    would cost no time at all, but a mail that hangs before its message would be in doubt without need.

    A mark grows old where the message is long or the process was frozen, and the mail may be another's by then: one
    that was asked for more than ``fresh_seconds`` ago is asked for once more.
    """

    __slots__ = ("_asked_at", "_fresh_seconds", "_mark", "_marked", "stage")

    def __init__(self, mark: Mark | None = None, *, fresh_seconds: float = inf) -> None:
        """Without ``mark`` nothing is written and every dot may go: for whoever has no queue."""
        self.stage = Stage.ROUTE
        self._mark = mark
        self._marked: asyncio.Future[bool] | None = None
        self._asked_at = 0.0
        self._fresh_seconds = fresh_seconds

    def begin(self) -> None:
        """The message goes out, its dot will come. Raises ``Unavailable``."""
        if self._mark is not None and self._marked is None:
            reach("mark-before")
            self._asked_at = asyncio.get_running_loop().time()
            self._marked = self._mark()
            self._marked.add_done_callback(_heard)

    async def leave(self) -> None:
        """Return when the final dot may be sent. Raises ``Unavailable`` where nobody would know of it."""
        await self._given()
        if asyncio.get_running_loop().time() - self._asked_at > self._fresh_seconds:
            self._marked = None
            self.begin()
            await self._given()

    async def _given(self) -> None:
        if self._marked is not None and not await self._marked:
            raise Unavailable("the lease of this mail has passed to another worker")


def _heard(marked: "asyncio.Future[bool]") -> None:
    # A conversation may end before its dot, and nobody asks then what became of the mark.
    if not marked.cancelled():
        marked.exception()
