"""At which points a process is killed, how often each, and when it dies by itself. Pure, given chance."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

from postroom.failpoint import POINTS, VARIABLE

_BOTH: Final = ("commit", "committed")
_NAMES: Final = tuple(POINTS)
_FIRST_OF_WORKER: Final = _NAMES.index("claim-before")
# Here each mail goes in one transaction; tests/crash/test_parts.py has others.
_PARTS: Final = frozenset({"part-before", "part-settled"})
# The points that each half comes by.
HALVES: Final[Mapping[str, Sequence[str]]] = {
    "api": _NAMES[:_FIRST_OF_WORKER],
    "worker": (*(name for name in _NAMES[_FIRST_OF_WORKER:] if name not in _PARTS), *_BOTH),
}
# What happens once for a connection or now and then is waited for once; the rest may have been passed some times.
_SELDOM: Final = frozenset(
    {
        *("connect-before", "connected", "greeted", "introduced", "tls-before", "authenticated", "body-middle"),
        *("heartbeat-before", "heartbeat-written", "heartbeat", "keyed-before", "keyed-accepted", "answer-stored"),
    }
)
_MOST_TIMES: Final = 4
RANDOM_SHARE: Final = 0.15  # of all deaths: at any moment, not at a point
_STARTING: Final = 0.2  # how many of these come before the process is ready
_STARTING_SECONDS: Final = (0.0, 0.1)
_SHORTEST_LIFE_SECONDS: Final = 0.02  # from ready to killed


@dataclass(frozen=True, kw_only=True, slots=True)
class Death:
    """How one life ends: the ``nth`` time that ``point`` is reached; without a point, ``after`` so many seconds.

    ``starting``: these count from its birth, not from when it is ready.
    """

    point: str = ""
    nth: int = 1
    after: float = 0.0
    starting: bool = False

    def environment(self) -> dict[str, str]:
        """What the process is told of it."""
        return {VARIABLE: f"{self.point}:{self.nth}"} if self.point else {}


def deaths(part: str, number: int, life: float, chance: random.Random) -> list[Death]:
    """So many deaths of one half, each point as often as any other; the others after ``life`` seconds at most."""
    in_turn = cycle(chance.sample(HALVES[part], len(HALVES[part])))
    points = islice(in_turn, round(number * (1 - RANDOM_SHARE)))
    found = [_at(point, chance) for point in points]
    found += [_anywhere(life, chance) for _ in range(number - len(found))]
    chance.shuffle(found)
    return found


def _at(point: str, chance: random.Random) -> Death:
    return Death(point=point, nth=1 if point in _SELDOM else chance.randint(1, _MOST_TIMES))


def _anywhere(life: float, chance: random.Random) -> Death:
    if chance.random() < _STARTING:
        return Death(after=chance.uniform(*_STARTING_SECONDS), starting=True)
    return Death(after=chance.uniform(_SHORTEST_LIFE_SECONDS, life))
