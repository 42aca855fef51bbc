"""When to try again, and when to give up. RFC 5321 §4.5.4.1."""

from typing import Final

from postroom.mail.limits import GIVE_UP_DAYS

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

# RFC 5321 §4.5.4.1 asks for 30 minutes in general, and allows less where the reason is known: a greylisting server
# (RFC 6647) takes the second or third try of the first minutes.
_PAUSES: Final = (1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 1 * HOUR, 2 * HOUR, 4 * HOUR)


def next_attempt(
    attempt: int, *, first_due: int, now: int, chance: float, give_up_days: float = GIVE_UP_DAYS
) -> int | None:
    """The moment (ms since the epoch) of the attempt after number ``attempt`` (from 1), or None to give up.

    ``first_due`` is when the first attempt was due. ``chance``, in [0, 1), spreads the pause over ±20 % so that mails
    that failed together do not come back together.
    """
    pause = _PAUSES[min(attempt, len(_PAUSES)) - 1]
    due = now + round(pause * (0.8 + 0.4 * chance))
    return due if due - first_due <= give_up_days * DAY else None
