"""The credits that organisations have for calls (W 10.1): judged and counted here, shared through the database.

1. ``take`` judges a call by what its organisation has used in the last 24 hours, and counts it.
2. ``keep`` writes down every second what was counted, of all organisations together, and reads what other processes
   have counted meanwhile.

So a call costs no statement of its own, and processes on one database know of each other within a second. A process
that dies takes with it what it has counted since the last writing.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from postroom.errors import Fault, Reason, TooMany, Unavailable
from postroom.store import usage
from postroom.store.db import Database, Tx
from postroom.store.usage import HOUR

WINDOW_SECONDS: Final = 86_400  # W 10.1
_WINDOW: Final = WINDOW_SECONDS * 1000
_PAUSE_SECONDS: Final = 1.0


@dataclass(slots=True)
class _Account:
    """One organisation's.

    ``written`` is what the database said, by the hour, and ``past`` what of it was within 24 hours then; ``own`` is
    counted here and not in it, ``waiting`` the part of that which is not on its way there either.
    """

    written: Mapping[int, int]
    past: int
    own: int = 0
    waiting: int = 0
    asked: bool = True  # since the last writing

    def count(self, price: int) -> None:
        self.own += price
        self.waiting += price


class Credits:
    """Knows what the organisations of one database have used; use from one event loop."""

    def __init__(self, db: Database, per_day: int) -> None:
        """``per_day`` is what each organisation has in 24 hours; 0: as much as it likes, and nothing is counted."""
        self._db = db
        self._per_day = per_day
        self._accounts: dict[int, _Account] = {}

    async def take(self, org_id: int, price: int, now: int, *, paid: int = 0) -> None:
        """Count a call's ``price``, of which ``paid`` is counted already; ``now`` is ms since the epoch.

        Raises ``TooMany`` where the organisation has not so much left; then the whole call costs nothing.
        """
        if not self._per_day:
            return
        account = self._accounts.get(org_id) or await self._open(org_id, now)
        account.asked = True
        due = price - paid
        if account.past + account.own + due > self._per_day:
            # What was in the window at the last writing may have left it.
            account.past = within_window(account.written, now)
            over = account.past + account.own + due - self._per_day
            if over > 0:
                account.count(-paid)
                raise self._refusal(account, over, now)
        account.count(due)

    async def keep(self, clock: Callable[[], int]) -> None:
        """Write down every second what was counted, until cancelled."""
        while True:
            await asyncio.sleep(_PAUSE_SECONDS)
            await self.flush(clock())

    async def flush(self, now: int) -> None:
        """Write down what was counted since the last time, and read what all processes have written."""
        # Who has not called since the last time is read anew at the next call.
        accounts = {org_id: each for org_id, each in self._accounts.items() if each.asked or each.own}
        self._accounts = accounts
        if not accounts:
            return
        new: dict[int, int] = {}
        for org_id, each in accounts.items():
            new[org_id], each.waiting, each.asked = each.waiting, 0, False
        try:
            found = await self._db.write(partial(_exchange, new=new, now=now))
        except Unavailable:
            for org_id, each in accounts.items():
                each.waiting += new[org_id]
            return
        for org_id, each in accounts.items():
            each.own -= new[org_id]
            each.written = found[org_id]
            each.past = within_window(each.written, now)

    async def _open(self, org_id: int, now: int) -> _Account:
        written = await self._db.read_together(usage.of_orgs, org_id)
        # Whoever asked at the same time may have been first, and has counted since.
        return self._accounts.setdefault(org_id, _Account(written, within_window(written, now)))

    def _refusal(self, account: _Account, over: int, now: int) -> TooMany:
        hour = now // HOUR
        used = {**account.written, hour: account.written.get(hour, 0) + account.own}
        seconds = -(-wait(used, over, now) // 1000)
        details = {"retry_after": seconds, "limit": self._per_day, "window": WINDOW_SECONDS}
        return TooMany(Fault(Reason.TOO_MANY_CALLS, details=details))


def within_window(used: Mapping[int, int], now: int) -> int:
    """The credits used in the 24 hours before ``now``. Pure.

    Of the hour in which the window begins, they count as if they had been used evenly.
    """
    return sum(_left(hour, count, now) for hour, count in used.items())


def wait(used: Mapping[int, int], over: int, now: int) -> int:
    """The ms until ``over`` fewer credits are within the window; its whole length where there are not so many. Pure."""
    for hour in sorted(used):
        left = _left(hour, used[hour], now)
        if left >= over:
            return (hour + 1) * HOUR + _WINDOW - (left - over) * HOUR // used[hour] - now
        over -= left
    return _WINDOW


def _left(hour: int, count: int, now: int) -> int:
    """What is still within the window of the credits of one hour, rounded up."""
    inside = (hour + 1) * HOUR + _WINDOW - now
    return -(-count * min(max(inside, 0), HOUR) // HOUR)


def _exchange(tx: Tx, *, new: Mapping[int, int], now: int) -> dict[int, dict[int, int]]:
    usage.add(tx, new, now=now)
    return dict(zip(new, usage.of_orgs(tx, list(new)), strict=True))
