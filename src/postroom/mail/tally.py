"""How many there are of each course."""

from collections import Counter
from collections.abc import Sequence

from postroom.mail.pace import Course


class Tally:
    """A count by courses; of what is none any more nothing is kept, since domains come and go."""

    def __init__(self) -> None:
        self._counts: Counter[Course] = Counter()

    @property
    def courses(self) -> Sequence[tuple[Course, int]]:
        """Each with its number, as it is now."""
        return tuple(self._counts.items())

    def add(self, course: Course) -> None:
        """One more."""
        self._counts[course] += 1

    def remove(self, course: Course) -> None:
        """One less."""
        self._counts[course] -= 1
        if not self._counts[course]:
            del self._counts[course]
