"""Limits on how mail leaves, shared by all workers: how fast, in how many connections, and how many mails in one.

The pace is kept as in ITU-T I.371 annex A (the generic cell rate algorithm), without bursts: a limit knows when the
next mail may start, and each that starts moves that moment on by an interval. Those that start soon get their moments
together. So a server sees an even stream, whoever sends it and however many they are.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from msgspec import Struct

# µs: what starts so soon is claimed. Longer, and mails wait in one worker for nothing; shorter, and a claim that comes
# late finds moments that have passed, which are lost.
AHEAD: Final = 200_000
# µs; ours: clocks of machines that work together differ by far less. What is further ahead than that was moved on by a
# clock that was wrong, and would stop everything until that moment.
_ASTRAY: Final = 60_000_000
# What starts evenly arrives unevenly, and who counts at the other end must not find one too many.
_SLOWER: Final = 1.02


class Scope(Enum):
    """What a limit is about. The value is what is stored."""

    ORG = "org"  # all mail of an organisation, or of all of them together
    TRANSPORT = "transport"
    DOMAIN = "domain"  # of recipients
    SERVER = "server"  # the name that is dialled, whoever uses it


class Way(Protocol):
    """What a limit may be about: the facts of a lane. ``domain`` is empty where it has no limit of its own."""

    @property
    def org_id(self) -> int: ...
    @property
    def transport_id(self) -> int: ...
    @property
    def domain(self) -> str: ...
    @property
    def host(self) -> str | None: ...


class Course(Struct, frozen=True, kw_only=True):
    """A ``Way`` as a value, to count by."""

    org_id: int
    transport_id: int
    domain: str = ""
    host: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """One limit: ``messages`` in so many ``seconds``, ``connections`` at once, ``per_connection`` mails in each.

    None: no limit.

    ``org_id`` None: the operator's, for all organisations together. ``subject`` is the transport's number, the domain
    or the server's name, folded; empty where it is an organisation. ``free_at``: when the next mail may start, in µs.
    """

    id: int = 0  # it has none before it is stored
    org_id: int | None
    scope: Scope
    subject: str = ""
    messages: int | None = None
    seconds: int = 1
    connections: int | None = None
    per_connection: int | None = None
    free_at: int = 0

    @property
    def interval(self) -> int:
        """Between two mails, in µs, where there is a limit in time."""
        assert self.messages is not None
        return round(self.seconds * 1_000_000 / self.messages * _SLOWER)


class Paces:
    """All limits at one moment (``now``, µs), and how many mails have been let through since."""

    def __init__(self, known: Iterable[Pace], now: int) -> None:
        self._now = now
        self._passed: Counter[Pace] = Counter()
        self._known: dict[tuple[int | None, Scope, str], list[Pace]] = defaultdict(list)
        for pace in known:
            self._known[pace.org_id, pace.scope, pace.subject].append(pace)

    def of(self, way: Way) -> list[Pace]:
        """The limits in time that hold for a lane's mails, all of them at once."""
        return [pace for pace in self._all(way) if pace.messages is not None]

    def per_connection(self, way: Way) -> int | None:
        """How many mails of the lane may go through one session; None: no limit."""
        return min((pace.per_connection for pace in self._all(way) if pace.per_connection is not None), default=None)

    def connections(self, way: Way) -> list[Pace]:
        """The limits of connections at once that hold for a lane's mails, all of them."""
        return [pace for pace in self._all(way) if pace.connections is not None]

    def _all(self, way: Way) -> list[Pace]:
        if not self._known:
            return []
        about = (
            (Scope.ORG, ""),
            (Scope.TRANSPORT, str(way.transport_id)),
            (Scope.DOMAIN, way.domain),
            (Scope.SERVER, (way.host or "").lower()),
        )
        keys = [(whose, *what) for what in about for whose in (None, way.org_id)]
        return [pace for key in keys for pace in self._known.get(key, ())]

    def supplies(self, way: Way) -> dict[Hashable, int]:
        """How many mails of the lane each of its limits lets start within ``AHEAD``."""
        last = self._now + AHEAD
        return {pace: max(0, (last - self._moment(pace)) // pace.interval + 1) for pace in self.of(way)}

    def start(self, way: Way) -> int:
        """Let a mail of the lane through: when it starts, in µs."""
        moments = [self._now]
        for pace in self.of(way):
            moments.append(self._moment(pace))
            self._passed[pace] += 1
        return max(moments)

    def moved(self) -> dict[int, int]:
        """When the next mail may start, of each limit that let some through."""
        return {pace.id: self._moment(pace) for pace in self._passed}

    def again(self, ways: Iterable[Way]) -> int | None:
        """When it is worth asking again for lanes that had to wait: half of ``AHEAD`` before the next may start; µs."""
        shut = {pace for way in ways for pace in self.of(way) if self._moment(pace) > self._now + AHEAD}
        return min((self._moment(pace) for pace in shut), default=self._now + AHEAD) - AHEAD // 2 if shut else None

    def _moment(self, pace: Pace) -> int:
        explained = self._now + AHEAD + pace.interval + _ASTRAY
        first = pace.free_at if self._now < pace.free_at <= explained else self._now
        return first + self._passed[pace] * pace.interval
