"""How many connections at once limits leave to this worker: its part of each, less the mails that have one."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from postroom.mail.crew import Crew
from postroom.mail.pace import Course, Pace, Paces
from postroom.mail.tally import Tally
from postroom.store.workers import Worker


class Quota:
    """One mail in hand is one connection. ``time`` gives seconds that only go on."""

    def __init__(self, crew: Crew, time: Callable[[], float]) -> None:
        self._crew = crew
        self._time = time
        self._known: list[Pace] = []
        self._limits = Paces((), 0)
        self._held = Tally()

    @property
    def now(self) -> float:
        """The time of the clock that ``learn`` goes by."""
        return self._time()

    @property
    def is_over(self) -> bool:
        """Whether more mails are held under some limit than this worker's part of it."""
        return any(left < 0 for left in self.room().values())

    def learn(self, living: Collection[Worker], limits: Iterable[Pace], *, asked: float) -> None:
        """These workers were alive, and these limits of connections held, when it was ``asked``."""
        settled = not any(each.over for each in living)
        self._crew.see([each.id for each in living], asked=asked, now=self._time(), settled=settled)
        self._known = list(limits)
        self._limits = Paces(self._known, 0)

    def take(self, course: Course) -> None:
        """One mail more is held."""
        self._held.add(course)

    def give_back(self, course: Course) -> None:
        """One mail less."""
        self._held.remove(course)

    def room(self) -> Mapping[int, int]:
        """How many mails more may be held under each limit, by its number; a limit that is not known has no room."""
        left = Counter({each.id: self._part(each) for each in self._known})
        for course, mails in self._held.courses:
            left.subtract({each.id: mails for each in self._limits.connections(course)})
        return left

    def parts(self, course: Course) -> Mapping[int, int]:
        """How many connections this worker may have under each limit that holds for such a mail."""
        return {each.id: self._part(each) for each in self._limits.connections(course)}

    def _part(self, limit: Pace) -> int:
        return self._crew.part(limit.id, limit.connections or 0, self._time())
