"""Who is next: a worker's room for mails is divided between all that have some waiting.

Every organisation gets as much as every other, in it what is urgent three times as much as what is not, and of these
each lane as much as the other; what one does not need goes to the others. Who begins is left to chance, so that nobody
is always last where there are more of them than room.
"""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

Dice: TypeAlias = Callable[[int], int]  # any number below that one

_TURNS: Final = (True, True, True, False)  # urgent or not: 3 to 1


class Lane(Protocol):
    """A lane with mails that are due."""

    @property
    def id(self) -> int: ...
    @property
    def org_id(self) -> int: ...
    @property
    def transport_id(self) -> int: ...
    @property
    def urgent(self) -> bool: ...
    @property
    def direct(self) -> bool: ...  # to the recipients' own servers


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What a worker may hold beside what it holds: ``mails`` together, of each transport as ``each`` says.

    Of a transport that is not there it may hold ``unknown``, and ``others`` of all together that are not ``quick``.
    Under a limit of connections as many as ``connections`` says, by its number; none where it is not there.
    """

    mails: int
    unknown: int
    each: Mapping[int, int] = field(default_factory=dict)
    quick: frozenset[int] = frozenset()
    others: int
    connections: Mapping[int, int] = field(default_factory=dict)

    def of(self, transport_id: int) -> int:
        """How many of that transport."""
        return self.each.get(transport_id, self.unknown)


class Stock:
    """What is left of a room. Each mail uses one of every supply that its lane needs.

    ``more`` tells what the mails of a lane need besides, and how many there are of it.
    """

    def __init__(self, room: Room, more: Callable[[Any], Mapping[Hashable, int]] = lambda _: {}) -> None:
        self._room = room
        self._more = more
        self._left: dict[Hashable, int] = {"mails": room.mails, "others": room.others}
        self._known: dict[int, list[Hashable]] = {}

    @property
    def mails(self) -> int:
        """Room for how many mails there is."""
        return self._left["mails"]

    def take(self, lane: Lane) -> bool:
        """Give room to a mail of the lane; False where there is none."""
        needs = self._needs(lane)
        if any(self._left[supply] <= 0 for supply in needs):
            return False
        for supply in needs:
            self._left[supply] -= 1
        return True

    def put_back(self, lane: Lane, mails: int) -> None:
        """The lane had so many mails less than it was given."""
        for supply in self._needs(lane):
            self._left[supply] += mails

    def _needs(self, lane: Lane) -> list[Hashable]:
        return self._known.get(lane.id) or self._known.setdefault(lane.id, self._look_up(lane))

    def _look_up(self, lane: Lane) -> list[Hashable]:
        needs: list[Hashable] = ["mails", *self._needs_of_transport(lane)]
        for supply, mails in self._more(lane).items():
            needs.append(supply)
            self._left.setdefault(supply, mails)
        return needs

    def _needs_of_transport(self, lane: Lane) -> list[Hashable]:
        # Which servers these mails go to, and how many of them each may have, is seen once they are read.
        if lane.direct:
            return []
        number = lane.transport_id
        needs: list[Hashable] = [("transport", number)]
        self._left.setdefault(needs[0], self._room.of(number))
        if number not in self._room.quick:
            needs.append("others")
        return needs


def share(lanes: Iterable[Lane], stock: Stock, dice: Dice) -> Counter[int]:
    """How many mails of each lane, by its number; the stock is less by them.

    The cost follows the number of lanes and the room.
    """
    given: Counter[int] = Counter()
    orgs = deque(_by_org(lanes, dice))
    orgs.rotate(dice(len(orgs)) if orgs else 0)
    while stock.mails > 0 and orgs:
        org = orgs.popleft()
        lane = org.next(stock)
        if lane is not None:
            given[lane.id] += 1
            orgs.append(org)
    return given


@dataclass(slots=True)
class _Org:
    """What one organisation has waiting, and how often it has had its turn."""

    turn: int
    urgent: deque[Lane] = field(default_factory=deque)
    others: deque[Lane] = field(default_factory=deque)

    def next(self, stock: Stock) -> Lane | None:
        first, then = (self.urgent, self.others) if _TURNS[self.turn] else (self.others, self.urgent)
        self.turn = (self.turn + 1) % len(_TURNS)
        return _next(first, stock) or _next(then, stock)


def _next(lanes: deque[Lane], stock: Stock) -> Lane | None:
    while lanes:
        lane = lanes.popleft()
        # What has run out does not come back: a lane that gets nothing now is out.
        if stock.take(lane):
            lanes.append(lane)
            return lane
    return None


def _by_org(lanes: Iterable[Lane], dice: Dice) -> list[_Org]:
    orgs: dict[int, _Org] = {}
    for lane in lanes:
        org = orgs.get(lane.org_id) or orgs.setdefault(lane.org_id, _Org(dice(len(_TURNS))))
        (org.urgent if lane.urgent else org.others).append(lane)
    for org in orgs.values():
        for waiting in (org.urgent, org.others):
            waiting.rotate(dice(len(waiting)) if waiting else 0)
    return list(orgs.values())
