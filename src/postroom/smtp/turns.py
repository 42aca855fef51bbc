"""Turns: so many may go on at once, the others wait in line, none of them for ever."""

import asyncio
from collections import deque
from typing import Final

_EARLY: Final = 0.001  # seconds: a timer may ring a little before its time


class Turns:
    """``at_once`` turns, and whoever waits longer than ``seconds`` for one gets none.

    One alarm serves all who wait, who come and go by the thousand.
    """

    def __init__(self, at_once: int, seconds: float) -> None:
        self._free = at_once
        self._seconds = seconds
        self._line: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._alarm: asyncio.TimerHandle | None = None

    async def take(self) -> None:
        """Return when it is one's turn. Raises ``TimeoutError``."""
        if self._free:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._line.append((loop.time() + self._seconds, turn))
        if self._alarm is None:
            self._alarm = loop.call_later(self._seconds, self._ring)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back()  # it came at the same moment, and is the next one's
            raise

    def give_back(self) -> None:
        """The turn is over; the next in line has it."""
        while self._line:
            _, turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _ring(self) -> None:
        loop = asyncio.get_running_loop()
        while self._line and (self._line[0][1].done() or self._line[0][0] <= loop.time() + _EARLY):
            _, turn = self._line.popleft()
            if not turn.done():
                turn.set_exception(TimeoutError())
        self._alarm = loop.call_at(self._line[0][0], self._ring) if self._line else None
