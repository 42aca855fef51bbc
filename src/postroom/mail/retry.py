"""When to try again, and when to give up. RFC 5321 §4.5.4.1."""

from dataclasses import dataclass
from typing import Final

from postroom.mail.limits import GIVE_UP_DAYS, UNKNOWN_MINUTES

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

# RFC 5321 §4.5.4.1 asks for 30 minutes in general, and allows less where the reason is known: a greylisting server
# (RFC 6647) takes the second or third try of the first minutes.
_PAUSES: Final = (1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 1 * HOUR, 2 * HOUR, 4 * HOUR)
_DOUBLINGS: Final = 5  # of the pause of what is in doubt: from 10 minutes to more than 5 hours


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a mail is tried, in days, and how long one of unknown fate rests, in minutes."""

    give_up_days: float = GIVE_UP_DAYS
    unknown_minutes: float = UNKNOWN_MINUTES


def next_attempt(
    attempt: int, *, first_due: int, now: int, chance: float, patience: Patience, in_doubt: bool = False
) -> int | None:
    """The moment (ms since the epoch) of the attempt after number ``attempt`` (from 1), or None to give up.

    ``first_due`` is when the first attempt was due. ``chance``, in [0, 1), spreads the pause over ±20 % so that mails
    that failed together do not come back together. One that is ``in_doubt`` rests as long as a server may still be at
    work on it, and twice as long each time: every attempt may be one mail too many.
    """
    if in_doubt:
        pause = patience.unknown_minutes * MINUTE * 2 ** min(attempt - 1, _DOUBLINGS) * (1 + 0.2 * chance)
    else:
        pause = _PAUSES[min(attempt, len(_PAUSES)) - 1] * (0.8 + 0.4 * chance)
    due = now + round(pause)
    return due if due - first_due <= patience.give_up_days * DAY else None
