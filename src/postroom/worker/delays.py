"""Mails that wait for long are told of, once each."""

from functools import partial
from typing import Final

from postroom.app import App
from postroom.mail.retry import DAY
from postroom.store import notices

PAUSE_SECONDS: Final = 60.0


async def watch(app: App) -> None:
    """Tell of all mails that wait for long."""
    while late := await app.db.read(partial(notices.late, now=app.clock())):
        patience = round(app.settings.give_up_days * DAY)
        await app.db.write(partial(notices.tell_late, seqs=late, now=app.clock(), patience=patience))
        app.wake.ring()
