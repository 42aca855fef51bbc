"""How many mails of which transport a worker holds: few while it does not deliver, more with every success.

Without it, a dead server's mails would fill the worker and the healthy servers' mails would wait behind them. So:

* A transport begins with ``narrow`` mails, and has one more with every mail that its server answers.
* A mail that has been at its server for ``SLOW_SECONDS`` is slow. It no longer counts against ``in_flight`` but against
  ``waiting``, and once so many wait, slow servers get none more.
* Transports that have not shown themselves to be quick have half of the places together: the others go on meanwhile.
"""

from dataclasses import dataclass
from typing import Final

from postroom.mail.share import Room

NARROW: Final = 2  # ours: one more than would stand still between two mails
SLOW_SECONDS: Final = 2.0  # ours: most servers take a mail in a tenth of this


@dataclass(slots=True, eq=False)
class Place:
    """A mail's place: whose, since when (seconds of any clock that only goes on), and whether it is slow."""

    transport_id: int
    since: float
    slow: bool


@dataclass(slots=True)
class _Window:
    width: int
    held: int = 0
    slow: int = 0  # of those held
    is_quick: bool = False  # what its last mail was
    is_slow: bool = False


class Windows:
    """All windows of a worker."""

    def __init__(self, *, in_flight: int, waiting: int, connections: int) -> None:
        """A slow transport is given no more mails than ``connections``: the rest would only wait in here."""
        self._in_flight = in_flight
        self._waiting = waiting
        self._connections = connections
        self._held = 0
        self._slow = 0
        self._fresh: dict[Place, None] = {}  # those that are not slow, the oldest first
        self._windows: dict[int, _Window] = {}

    def room(self, now: float) -> Room:
        """What else may be held now."""
        self._age(now)
        full = self._slow >= self._waiting
        strange = sum(each.held - each.slow for each in self._windows.values() if not each.is_quick)
        return Room(
            mails=self._in_flight - (self._held - min(self._slow, self._waiting)),
            each={
                number: 0 if full and each.is_slow else each.width - each.held for number, each in self._windows.items()
            },
            unknown=NARROW,
            quick=frozenset(number for number, each in self._windows.items() if each.is_quick),
            others=max(1, self._in_flight // 2) - strange,
        )

    def take(self, transport_id: int, now: float) -> Place:
        """One mail more is held."""
        window = self._windows.get(transport_id) or self._windows.setdefault(transport_id, _Window(NARROW))
        place = Place(transport_id, now, window.is_slow)
        window.held += 1
        self._held += 1
        if place.slow:
            self._count_slow(window, 1)
        else:
            self._fresh[place] = None
        return place

    def give_back(self, place: Place, now: float, *, answered: bool) -> None:
        """One mail less; ``answered`` tells whether the server had anything to say about it."""
        window = self._windows[place.transport_id]
        window.held -= 1
        self._held -= 1
        if place.slow:
            self._count_slow(window, -1)
        else:
            del self._fresh[place]
        window.is_slow = now - place.since >= SLOW_SECONDS
        window.is_quick = answered and not window.is_slow
        widest = self._connections if window.is_slow else self._in_flight
        window.width = min(window.width + 1, widest) if answered else NARROW
        if not answered and not window.held and not window.is_slow:
            del self._windows[place.transport_id]  # as if it had never been seen

    def _age(self, now: float) -> None:
        while self._fresh and (place := next(iter(self._fresh))).since <= now - SLOW_SECONDS:
            del self._fresh[place]
            place.slow = True
            window = self._windows[place.transport_id]
            window.is_quick, window.is_slow = False, True
            self._count_slow(window, 1)

    def _count_slow(self, window: _Window, n: int) -> None:
        window.slow += n
        self._slow += n
