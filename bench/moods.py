"""An SMTP server with moods: of a few mails in a hundred something happens that a sender must live with.

It keeps no mail, only what is needed to say in the end of each that it arrived, how often, and whether it was the same.
"""

import random
from array import array
from collections import Counter
from collections.abc import Iterable
from enum import Enum
from hashlib import blake2b
from typing import Final

from bench.inbox import TAKEN, Inbox, Receipt

_RESET: Final = b""
_SLOW_SECONDS: Final = 0.5
_REFUSED: Final = b"554 5.6.0 Not this one\r\n"
_DEFERRED: Final = b"451 4.3.0 Not now\r\n"


class Mood(Enum):
    """What may happen to a mail."""

    RESET_AT_MAIL = "reset at MAIL"
    SILENT_AT_MAIL = "silent at MAIL"
    REFUSED = "refused"
    DEFERRED = "deferred"
    RESET = "reset before it was taken"
    RESET_TAKEN = "reset when it was taken"
    SILENT_TAKEN = "silent when it was taken"
    SLOW = "slow"


# How many mails in a thousand.
SHARES: Final = {
    Mood.RESET_AT_MAIL: 1,
    Mood.SILENT_AT_MAIL: 0.2,
    Mood.REFUSED: 2,
    Mood.DEFERRED: 5,
    Mood.RESET: 0.5,
    Mood.RESET_TAKEN: 0.5,
    Mood.SILENT_TAKEN: 0.2,
    Mood.SLOW: 10,
}
_AT_MAIL: Final = {Mood.RESET_AT_MAIL: _RESET, Mood.SILENT_AT_MAIL: None}
_AT_DOT: Final = {
    Mood.REFUSED: _REFUSED,
    Mood.DEFERRED: _DEFERRED,
    Mood.RESET: _RESET,
    Mood.RESET_TAKEN: _RESET,
    Mood.SILENT_TAKEN: None,
    Mood.SLOW: TAKEN,
}
_NOT_TAKEN: Final = {Mood.REFUSED, Mood.DEFERRED, Mood.RESET}


class Moods(Inbox):
    """The server. ``moody`` says whether it has moods now. A mail's subject ends with a dash and its number.

    ``times`` has, by number, how often a mail was taken; ``changed`` are those that came again with other octets.
    """

    def __init__(self, chance: random.Random) -> None:
        """``chance`` decides when it has which."""
        super().__init__()
        self.moody = False
        self.had: Counter[Mood] = Counter()
        self.times = bytearray()
        self.doubled: set[int] = set()
        self.changed: set[int] = set()
        self.refused: set[int] = set()
        self.taken = 0
        self._digests = array("Q")
        self._chance = chance

    def at(self, step: str, usual: bytes) -> bytes | None:
        """At MAIL it sometimes says nothing, and sometimes goes."""
        mood = self._mood(_AT_MAIL) if step == "MAIL" else None
        return usual if mood is None else _AT_MAIL[mood]

    def at_dot(self, receipt: Receipt) -> tuple[float, bytes | None]:
        """Take the mail, or not, and say so, or not."""
        number = int(receipt.subject.rpartition("-")[2])
        self._make_room(number)
        # Whoever had a mood about a mail takes it the next time.
        mood = None if self._digests[number] else self._mood(_AT_DOT)
        digest = int.from_bytes(blake2b(receipt.content, digest_size=8).digest()) | 1
        if self._digests[number] not in (0, digest):
            self.changed.add(number)
        self._digests[number] = digest
        if mood is Mood.REFUSED:
            self.refused.add(number)
        if mood not in _NOT_TAKEN:
            self._take(number)
        return _SLOW_SECONDS * (mood is Mood.SLOW), TAKEN if mood is None else _AT_DOT[mood]

    def _take(self, number: int) -> None:
        self.taken += 1
        self.times[number] += 1
        if self.times[number] > 1:
            self.doubled.add(number)

    def _make_room(self, number: int) -> None:
        while len(self.times) <= number:
            self.times.append(0)
            self._digests.append(0)

    def _mood(self, among: Iterable[Mood]) -> Mood | None:
        if not self.moody:
            return None
        thrown = self._chance.uniform(0, 1000)
        for each in among:
            thrown -= SHARES[each]
            if thrown < 0:
                self.had[each] += 1
                return each
        return None
