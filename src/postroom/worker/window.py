"""How many mails of which transport a worker holds: few while it does not deliver, more with every success.

Without it, a dead server's mails would fill the worker and the healthy servers' mails would wait behind them. So:

* A transport begins with ``narrow`` mails, and has one more with every mail that its server answers.
* A mail that has been at its server for ``SLOW_SECONDS`` is slow. It no longer counts against ``in_flight`` but against
  ``waiting``, and once so many wait, slow servers get none more.
* Transports that have not shown themselves to be quick have half of the places together: the others go on meanwhile.

Where mail goes directly to its recipients' servers, each destination has a window, by the same rules. Nobody knows of
it before the mails are read, so it is asked then whether they may go (``rest``), and those that may not are put back.
"""

from dataclasses import dataclass
from typing import Final

from postroom.mail.share import Room

NARROW: Final = 2  # ours: one more than would stand still between two mails
SLOW_SECONDS: Final = 2.0  # ours: most servers take a mail in a tenth of this
FIRST: Final = 10  # ours: a destination's, which is not asked for the next one as soon as it has taken one
# Ours: for how long mails are put back: where the window opens with the next answer, where too many are not known to be
# quick, and where a server is slow.
REST_SECONDS: Final = 1.0
CROWDED_REST_SECONDS: Final = 5.0
LONG_REST_SECONDS: Final = 30.0
_MOST: Final = 5000  # destinations that are remembered without a mail on its way to them


@dataclass(slots=True)
class _Window:
    width: int
    held: int = 0
    slow: int = 0  # of those held
    is_quick: bool = False  # what its last mail was
    is_slow: bool = False

    @property
    def strange(self) -> int:
        """Places of what has not shown itself to be quick, and does not wait aside."""
        return 0 if self.is_quick else self.held - self.slow


@dataclass(slots=True, eq=False)
class Place:
    """A mail's place: whose, since when (seconds of any clock that only goes on), and whether it is slow."""

    transport_id: int
    domain: str
    window: _Window
    since: float
    slow: bool


class Windows:
    """All windows of a worker. A destination is a transport and, where mail goes there directly, a domain."""

    def __init__(self, *, in_flight: int, waiting: int, connections: int) -> None:
        """A slow transport is given no more mails than ``connections``: the rest would only wait in here."""
        self._in_flight = in_flight
        self._waiting = waiting
        self._connections = connections
        self._held = 0
        self._slow = 0
        self._strange = 0
        self._fresh: dict[Place, None] = {}  # those that are not slow, the oldest first
        self._windows: dict[int, _Window] = {}
        self._direct: dict[tuple[int, str], _Window] = {}

    def room(self, now: float) -> Room:
        """What else may be held now."""
        self._age(now)
        full = self._is_full
        return Room(
            mails=self._in_flight - (self._held - min(self._slow, self._waiting)),
            each={
                number: 0 if full and each.is_slow else each.width - each.held for number, each in self._windows.items()
            },
            unknown=NARROW,
            quick=frozenset(number for number, each in self._windows.items() if each.is_quick),
            others=self._others,
        )

    def rest(self, transport_id: int, domain: str, now: float) -> float:
        """For how many seconds a mail has to be put back that would go there directly; 0: it may go."""
        self._age(now)
        window = self._direct.get((transport_id, domain)) or _Window(FIRST)
        is_open = window.held < window.width
        if window.is_quick:
            return 0.0 if is_open else REST_SECONDS
        if window.is_slow:
            return 0.0 if is_open and not self._is_full else LONG_REST_SECONDS
        # Those that wait beyond their number have places that others need.
        if self._others <= max(0, self._slow - self._waiting) or (self._is_full and window.held >= NARROW):
            return CROWDED_REST_SECONDS
        return 0.0 if is_open else REST_SECONDS

    def take(self, transport_id: int, now: float, domain: str = "") -> Place:
        """One mail more is held."""
        window = self._window(transport_id, domain)
        place = Place(transport_id, domain, window, now, window.is_slow)
        self._strange -= window.strange
        window.held += 1
        self._held += 1
        if place.slow:
            self._count_slow(window, 1)
        else:
            self._fresh[place] = None
        self._strange += window.strange
        return place

    def give_back(self, place: Place, now: float, *, answered: bool) -> None:
        """One mail less; ``answered`` tells whether the server had anything to say about it."""
        window = place.window
        self._strange -= window.strange
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
        self._strange += window.strange
        if not answered and not window.held and not window.is_slow:
            self._forget(place)  # as if it had never been seen

    @property
    def _is_full(self) -> bool:
        return self._slow >= self._waiting

    @property
    def _others(self) -> int:
        return max(1, self._in_flight // 2) - self._strange

    def _window(self, transport_id: int, domain: str) -> _Window:
        if not domain:
            return self._windows.get(transport_id) or self._windows.setdefault(transport_id, _Window(NARROW))
        if len(self._direct) >= _MOST + self._held:
            self._direct = {key: each for key, each in self._direct.items() if each.held}
        key = (transport_id, domain)
        return self._direct.get(key) or self._direct.setdefault(key, _Window(FIRST))

    def _forget(self, place: Place) -> None:
        if place.domain:
            del self._direct[place.transport_id, place.domain]
        else:
            del self._windows[place.transport_id]

    def _age(self, now: float) -> None:
        while self._fresh and (place := next(iter(self._fresh))).since <= now - SLOW_SECONDS:
            del self._fresh[place]
            place.slow = True
            window = place.window
            self._strange -= window.strange
            window.is_quick, window.is_slow = False, True
            self._count_slow(window, 1)
            self._strange += window.strange

    def _count_slow(self, window: _Window, n: int) -> None:
        window.slow += n
        self._slow += n
