"""How far one attempt at one mail has come, and the leave that its final dot needs."""

import asyncio
from collections.abc import Callable
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
    """

    __slots__ = ("_mark", "_marked", "stage")

    def __init__(self, mark: Mark | None = None) -> None:
        """Without ``mark`` nothing is written and every dot may go: for whoever has no queue."""
        self.stage = Stage.ROUTE
        self._mark = mark
        self._marked: asyncio.Future[bool] | None = None

    def begin(self) -> None:
        """The message goes out, its dot will come. Raises ``Unavailable``."""
        if self._mark is not None and self._marked is None:
            reach("mark-before")
            self._marked = self._mark()
            self._marked.add_done_callback(_heard)

    async def leave(self) -> None:
        """Return when the final dot may be sent. Raises ``Unavailable`` where nobody would know of it."""
        if self._marked is not None and not await self._marked:
            raise Unavailable("the lease of this mail has passed to another worker")


def _heard(marked: "asyncio.Future[bool]") -> None:
    # A conversation may end before its dot, and nobody asks then what became of the mark.
    if not marked.cancelled():
        marked.exception()
