"""When to try again, and when to give up. RFC 5321 §4.5.4.1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from postroom.mail.life import Outcome, Why
from postroom.mail.limits import GIVE_UP_DAYS, UNKNOWN_MINUTES

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

# Whose mail waits so long is told: as long as mail servers have always waited with it; RFC 5321 names no time.
LATE: Final = 4 * HOUR

# RFC 5321 §4.5.4.1 asks for 30 minutes in general, and allows less where the reason is known: a server that greylists
# without saying so (RFC 6647) takes the second or third try of the first minutes.
PAUSES: Final = (1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 1 * HOUR, 2 * HOUR, 4 * HOUR)

# Where the server's reason says more.
PAUSES_OF: Final[Mapping[Why, tuple[int, ...]]] = {
    # Postgrey and rspamd wait for 5 minutes, spamd for 25, milter-greylist for 30: a try comes soon after each.
    Why.GREYLISTED: (
        *(1 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 15 * MINUTE, 30 * MINUTE),
        *(1 * HOUR, 2 * HOUR, 4 * HOUR),
    ),
    # Amazon SES asks for up to 10 minutes. Others count by the hour, or by the day.
    Why.RATE_LIMITED: (10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 1 * HOUR, 2 * HOUR, 4 * HOUR),
    # A reputation mends slowly, and tries count against it: Yahoo asks for 4 hours, others block for 1 to 24.
    Why.BLOCKED: (30 * MINUTE, 1 * HOUR, 2 * HOUR, 4 * HOUR),
    # RFC 3463 §3.3 (X.2.2): the recipient has to delete mails first, and that is no matter of minutes.
    Why.OVER_QUOTA: (1 * HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR),
}

# A server that says "in 5 minutes" to the fourth try, too, does not mean it: from then on a hint only lengthens.
_HINTS_TAKEN: Final = 3
# Mimecast forgets after 12 hours whom it has greylisted. Who waits longer begins anew.
_LONGEST_HINT: Final = 12 * HOUR

_DOUBLINGS: Final = 5  # of the pause of what is in doubt: from 10 minutes to more than 5 hours


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a mail is tried, in days, and how long one of unknown fate rests, in minutes."""

    give_up_days: float = GIVE_UP_DAYS
    unknown_minutes: float = UNKNOWN_MINUTES


def next_attempt(
    attempt: int,
    *,
    first_due: int,
    now: int,
    chance: float,
    patience: Patience,
    in_doubt: bool = False,
    deferred: Sequence[Outcome] = (),
) -> int | None:
    """The moment (ms since the epoch) of the attempt after number ``attempt`` (from 1), or None to give up.

    ``first_due`` is when the first attempt was due. ``chance``, in [0, 1), spreads the pause over ±20 % so that mails
    that failed together do not come back together. One that is ``in_doubt`` rests as long as a server may still be at
    work on it, and twice as long each time: every attempt may be one mail too many. ``deferred`` are the recipients who
    wait; they are tried together, at the earliest moment that makes sense for one of them, but not before the server's
    longest hint is over.
    """
    if in_doubt:
        pause = patience.unknown_minutes * MINUTE * 2 ** min(attempt - 1, _DOUBLINGS) * (1 + 0.2 * chance)
    else:
        pause = _pause(attempt, deferred, chance)
    due = now + round(pause)
    return due if due - first_due <= patience.give_up_days * DAY else None


def _pause(attempt: int, deferred: Sequence[Outcome], chance: float) -> float:
    reasons = {each.why for each in deferred} or {None}
    usual = min(_nth(PAUSES if why is None else PAUSES_OF.get(why, PAUSES), attempt) for why in reasons)
    usual *= 0.8 + 0.4 * chance
    hints = [each.retry_after for each in deferred if each.retry_after is not None]
    if not hints:
        return usual
    asked = min(max(hints) * SECOND, _LONGEST_HINT) * (1 + 0.2 * chance)
    return asked if attempt <= _HINTS_TAKEN else max(usual, asked)


def _nth(pauses: Sequence[int], attempt: int) -> float:
    return pauses[min(attempt, len(pauses)) - 1]
