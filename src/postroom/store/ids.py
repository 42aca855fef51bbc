"""What names things: digits for rows that clients address by number, random bytes for the rest."""

import itertools
import secrets
from collections.abc import Callable
from typing import Final

_EPOCH: Final = 1_577_836_800_000  # 2020-01-01, in ms: the numbers have 18 digits today and fit 63 bits until 2089
_SPACE: Final = 1 << 22


class Ids:
    """Makes ids. One per process; two processes clash with a chance of about one in four million per row and ms."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """``clock`` gives the moment in ms since the epoch."""
        self._clock = clock
        self._count = itertools.count(secrets.randbelow(_SPACE))

    def number(self) -> int:
        """A new, time-ordered number of up to 19 digits (wire reference 0: ids are digits)."""
        return (self._clock() - _EPOCH) << 22 | next(self._count) % _SPACE

    def opaque(self) -> bytes:
        """32 bytes: six of time, so that an index grows at its end, and 26 that nobody can guess."""
        return self._clock().to_bytes(6, "big") + secrets.token_bytes(26)
