"""What nobody needs any more is removed from time to time."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Final

from postroom.app import App
from postroom.errors import Unavailable
from postroom.mail.retry import DAY
from postroom.store import accounts, devices, throttles, tokens, usage
from postroom.store.db import Tx

PAUSE_SECONDS: Final = 3600.0
KEPT: Final = DAY  # ms after its end: a code used again, or a late client, is then still known for what it is


async def sweep(app: App) -> None:
    """Remove what has long ended, now and every hour, until cancelled."""
    while True:
        with suppress(Unavailable):  # there is another hour
            await app.db.write(partial(_drop, before=app.clock() - KEPT))
        await asyncio.sleep(PAUSE_SECONDS)


def _drop(tx: Tx, *, before: int) -> None:
    """Codes and access tokens, sessions, requests of devices, and counts that ended before that moment."""
    for drop in (
        tokens.drop_expired,
        accounts.drop_expired,
        devices.drop_expired,
        throttles.drop_ended,
        usage.drop_old,
    ):
        drop(tx, before)
