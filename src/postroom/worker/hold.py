"""What a worker holds: mails under leases that move on while it lives, and how far each attempt has come."""

import asyncio
from collections.abc import Sequence
from functools import partial

from postroom.app import App
from postroom.errors import Unavailable
from postroom.failpoint import reach
from postroom.mail.life import Stage
from postroom.smtp.journal import Journal
from postroom.store import claims
from postroom.store.claims import Job, Mark
from postroom.store.db import Tx


class Hold:
    """The mails in hand. What is never let go comes due again when the worker has ended."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._journals: dict[tuple[int, int], Journal] = {}  # by mail and lease

    @property
    def leases(self) -> tuple[int, ...]:
        """Every lease under which a mail is held."""
        return tuple({lease for _, lease in self._journals})

    def until(self, now: int) -> int:
        """When a lease ends that begins or moves on at ``now``, ms since the epoch."""
        return now + round(self._app.settings.lease_seconds * 1000)

    def take(self, job: Job) -> Journal:
        """Hold a claimed mail; returns the journal that goes with it."""
        mark = Mark(job.mail_seq, job.lease)
        journal = Journal(partial(self._app.db.begin_together, claims.mark, mark))
        self._journals[job.mail_seq, job.lease] = journal
        return journal

    def let_go(self, job: Job) -> None:
        """The mail is settled, or another's."""
        del self._journals[job.mail_seq, job.lease]

    async def keep(self) -> None:
        """The heartbeat: move the leases on, and note how far the slow ones came, until cancelled."""
        noted: dict[tuple[int, int], Stage] = {}
        while True:
            await asyncio.sleep(self._app.settings.lease_seconds / 4)
            stages = {held: journal.stage for held, journal in self._journals.items()}
            news = [Mark(*held, stage) for held, stage in stages.items() if noted.get(held) is not stage]
            noted = stages
            if stages:
                reach("heartbeat-before")
                try:
                    await self._app.db.write(partial(self._beat, news=news))
                    reach("heartbeat")
                except Unavailable:
                    continue  # the next beat may come through; if none does, the leases lapse as they should

    def _beat(self, tx: Tx, news: Sequence[Mark]) -> None:
        claims.extend(tx, self.leases, self.until(self._app.clock()))
        if news:
            claims.note(tx, news)
