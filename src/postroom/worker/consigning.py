"""The consignments of one mail, side by side: whom one of them has reached is written while others are on their way.

A mail that goes to one server is one consignment, and nothing here is asked about it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final, TypeAlias

from msgspec import Struct

from postroom.failpoint import reach
from postroom.mail.compose import Composed
from postroom.mail.draft import Recipient
from postroom.mail.life import Outcome, Result
from postroom.mail.piece import Piece

# Ours: a mail to fifty domains opens no more connections at once than one server is given.
AT_ONCE: Final = 20
# Ours: refusals that fall together are told together, and a domain that never ends keeps none of them back for long.
GATHERED_SECONDS: Final = 2.0
# Ours: where each recipient has a mail alone, one mail to fifty leaves its server's connections to others, too.
PERSONAL_AT_ONCE: Final = 5


class Consignment(Struct, frozen=True, kw_only=True):
    """The part of a mail that goes in one SMTP transaction: a piece of it to ``recipients``, one message.

    ``domain`` is theirs, where it decides which servers it goes to; empty: to that of the transport. ``composed`` None:
    nobody else gets this message, so it is made when its turn comes; fifty at once would be too much.
    """

    domain: str
    recipients: tuple[Recipient, ...]
    piece: Piece
    composed: Composed | None


Carry: TypeAlias = Callable[[Consignment], Coroutine[Any, Any, Sequence[Outcome]]]  # raises nothing
Write: TypeAlias = Callable[[Mapping[int, Outcome]], Coroutine[Any, Any, bool]]  # outcomes by the recipient's place


@dataclass(kw_only=True, slots=True)
class Ends:
    """What an attempt came to: outcomes by the recipient's place, and those (``settled``) that are written already.

    Times are seconds of any clock that only goes on.
    """

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    _refused_at: float = inf  # when the first fell of those that are not written

    @classmethod
    def all_of(cls, recipients: Sequence[Recipient], outcomes: Sequence[Outcome]) -> "Ends":
        """An attempt that ended for all of them at once."""
        return cls(outcomes={each.n: found for each, found in zip(recipients, outcomes, strict=True)})

    def add(self, recipients: Sequence[Recipient], outcomes: Sequence[Outcome], now: float) -> None:
        """It has ended for some."""
        self.outcomes |= {each.n: found for each, found in zip(recipients, outcomes, strict=True)}
        if any(each.result is Result.REJECTED for each in outcomes):
            self._refused_at = min(self._refused_at, now)

    def patience(self, now: float) -> float | None:
        """How long refusals may still wait for others; None where there are none."""
        return None if self._refused_at == inf else max(0.0, self._refused_at + GATHERED_SECONDS - now)

    def due(self, now: float) -> dict[int, Outcome]:
        """What is to be written now."""
        over = {Result.ACCEPTED, Result.REJECTED} if self.patience(now) == 0.0 else {Result.ACCEPTED}
        return {n: each for n, each in self.outcomes.items() if each.result in over and n not in self.settled}

    def written(self, places: Iterable[int]) -> None:
        """That much is on disk."""
        self.settled |= set(places)
        left = self.outcomes.keys() - self.settled
        if all(self.outcomes[n].result is not Result.REJECTED for n in left):
            self._refused_at = inf


async def side_by_side(consignments: Sequence[Consignment], carry: Carry, write: Write, at_once: int) -> Ends:
    """Carry all of them, so many ``at_once``.

    Who has the mail is written at once: were the worker to die, it would be unknown. Refusals wait for each other a
    little, and everything else for the verdict on the whole mail, which says when it is tried again.
    """
    ends = Ends()
    if not consignments:
        return ends
    waiting = deque(consignments)
    running: dict[asyncio.Task[Sequence[Outcome]], Consignment] = {}
    time = asyncio.get_running_loop().time
    try:
        while True:
            while waiting and len(running) < at_once:
                consignment = waiting.popleft()
                running[asyncio.create_task(carry(consignment))] = consignment
            done, _ = await asyncio.wait(running, timeout=ends.patience(time()), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                ends.add(running.pop(task).recipients, task.result(), time())
            if not running and not waiting:
                return ends
            if due := ends.due(time()):
                reach("part-before")
                await write(due)
                reach("part-settled")
                ends.written(due)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
