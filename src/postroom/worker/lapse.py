"""Mails of a paused transport fail when their time ends, as if it had been tried."""

import asyncio
from functools import partial
from typing import Final

from postroom.app import App
from postroom.mail.retry import DAY, Patience
from postroom.settle import decide, lapsed, settle
from postroom.store import lapses

PAUSE_SECONDS: Final = 600.0  # the longest pause of most transports; give_up_days counts days


async def lapse(app: App, patience: Patience) -> None:
    """Settle all such mails that there are."""
    while await _settle_some(app, patience):
        pass


async def _settle_some(app: App, patience: Patience) -> bool:
    now = app.clock()
    take = partial(
        lapses.take,
        now=now,
        before=now - round(patience.give_up_days * DAY),
        lease=app.ids.number(),
        until=now + round(app.settings.lease_seconds * 1000),
    )
    taken = await app.db.write(take)
    ends = [decide(job, lapsed(job, fault), now=now, chance=0.0, patience=patience) for job, fault in taken]
    await asyncio.gather(*(settle(app.db, end) for end in ends))
    return bool(taken)
