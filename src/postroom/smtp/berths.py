"""Connections under limits that several transports may share: so many at once, counted by what they are used for."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from postroom.mail.pace import Course
from postroom.mail.tally import Tally

Parts: TypeAlias = Callable[[Course], Mapping[int, int]]  # connections that each limit for such mails leaves to us


class Berths:
    """Those that a mail uses (``busy``), those at rest (``idle``), and those that are about to close (``closing``).

    A mail that is here may have a connection: whoever handed it over has seen to that. So only what rests or closes can
    be too much, and nobody waits for longer than a goodbye takes.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.busy = Tally()
        self.idle = Tally()
        self.closing = Tally()

    def surplus(self, course: Course) -> set[int]:
        """The limits for such mails under which a connection at rest is one too many."""
        return self._over(course, self.idle, (self.busy, self.idle))

    def is_full(self, course: Course) -> bool:
        """Whether the next connection for such a mail has to wait for one that closes."""
        return bool(self._over(course, self.closing, (self.busy, self.idle, self.closing)))

    def is_over(self) -> bool:
        """Whether there are more than any limit leaves to us."""
        every = (self.busy, self.idle, self.closing)
        return any(self._over(course, some, every) for some in every for course, _ in some.courses)

    def falls_under(self, course: Course, limits: Collection[int]) -> bool:
        """Whether any of these limits holds for such mails."""
        return not self._parts(course).keys().isdisjoint(limits)

    def _over(self, course: Course, some: Tally, every: Collection[Tally]) -> set[int]:
        parts = self._parts(course)
        if not parts:  # asked for each mail, and most have no such limit
            return set()
        return {
            limit
            for limit, part in parts.items()
            if self._under(limit, some) and sum(self._under(limit, each) for each in every) > part
        }

    def _under(self, limit: int, count: Tally) -> int:
        return sum(n for course, n in count.courses if limit in self._parts(course))
