"""Who is alive of the workers, as one of them knows it, and its part of what all of them share.

Nobody tells the others what to do. Each knows who is alive, and all reckon alike: a limit of 5 connections is 3 and 2
for two workers. They learn of a change one after the other, so for a while some reckon as before. Therefore a part
that shrinks does so at once, and one that grows waits until nobody can reckon as before any more, and nobody has more
than its part any more: what is being sent is not broken off.
"""

from collections.abc import Collection, Sequence


class Crew:
    """The living, as ``me`` has seen them lately. Times are seconds of any clock that only goes on."""

    def __init__(self, me: int, notice: float) -> None:
        """``notice``: within that time everybody has seen a change and said whether they have too much.

        Who looks less often than that has no part until they look again.
        """
        self._me = me
        self._notice = notice
        self._living: Sequence[int] = ()
        self._before: list[tuple[float, Sequence[int]]] = []  # until when somebody may reckon so
        self._seen = float("-inf")

    def see(self, living: Collection[int], *, asked: float, now: float, settled: bool = True) -> None:
        """These were alive when it was ``asked``, after the asker's own row was written.

        ``settled``: none of them has more than its part.
        """
        if not self._knows(now):
            # Also who was away for so long is new to the others. Alone there is nobody to wait for: of two who come at
            # the same moment one sees the other, since both looked after they had written.
            self._living = () if len(living) > 1 else tuple(living)
        self._seen = asked
        self._before = [each for each in self._before if each[0] > asked or not settled]
        if self._living != (sees := tuple(sorted(living))):
            self._before.append((now + self._notice, self._living))
            self._living = sees

    def part(self, limit: int, connections: int, now: float) -> int:
        """How many of so many ``connections`` are ours, by the number of the limit: no worker is always the first."""
        if not self._knows(now):
            return 0
        reckonings = [self._living, *(living for _, living in self._before)]
        return min(_part(living, self._me, limit, connections) for living in reckonings)

    def _knows(self, now: float) -> bool:
        return now - self._seen <= self._notice


def _part(living: Sequence[int], me: int, limit: int, connections: int) -> int:
    if me not in living:
        return 0
    rank = (living.index(me) + limit) % len(living)
    each, rest = divmod(connections, len(living))
    return each + (rank < rest)
