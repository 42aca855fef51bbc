"""How many mails an organisation may send on a day of its own (wire reference 1.7), counted where there is a limit.

The count is raised in the transaction that stores the mails. So of many callers at once, in however many processes, as
many are served as the limit says, and a mail that was not stored is not counted.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, text

from postroom.mail.retry import DAY
from postroom.store.tables import mail_day


@dataclass(frozen=True, order=True, slots=True)
class Allowance:
    """``mails`` for an organisation's ``day``, which is counted since the epoch."""

    org_id: int
    day: int
    mails: int


def take(tx: Connection, wanted: Sequence[Allowance | None]) -> list[bool]:
    """Count one mail for each, in order; False where it is one too many, which is not counted. None: no limit."""
    # In order, so that two processes never wait for each other.
    asked = sorted(Counter(each for each in wanted if each is not None).items())
    left = {each: _take(tx, each, count) for each, count in asked}
    return [each is None or _is_left(left, each) for each in wanted]


def _take(tx: Connection, allowance: Allowance, count: int) -> int:
    """How many of so many are left; the row is held until the transaction ends, so nobody counts beside us."""
    key = {"org_id": allowance.org_id, "day": allowance.day}
    after: int = tx.execute(_ADD, {**key, "mails": count}).scalar_one()
    over = min(count, max(0, after - allowance.mails))
    if over:
        tx.execute(_ADD, {**key, "mails": -over})
    return count - over


def _is_left(left: dict[Allowance, int], allowance: Allowance) -> bool:
    left[allowance] -= 1
    return left[allowance] >= 0


def drop_old(tx: Connection, before: int) -> int:
    """Remove the days that had ended everywhere at that moment, ms since the epoch."""
    return tx.execute(delete(mail_day).where(mail_day.c.day < before // DAY - 1)).rowcount


# Both databases understand it.
_ADD: Final = text(
    "INSERT INTO mail_day (org_id, day, mails) VALUES (:org_id, :day, :mails)"
    " ON CONFLICT (org_id, day) DO UPDATE SET mails = mail_day.mails + excluded.mails RETURNING mails"
)
