"""What a worker holds: mails under leases that move on while it lives, and how far each attempt has come."""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial

from postroom.app import App
from postroom.errors import Unavailable
from postroom.failpoint import reach
from postroom.mail.life import Stage
from postroom.smtp.journal import Journal
from postroom.store import claims, transports
from postroom.store.claims import Job, Mark
from postroom.store.db import Tx


class Hold:
    """The mails in hand. What is never let go comes due again when the worker has ended."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._journals: dict[tuple[int, int], Journal] = {}  # by mail and lease
        self._tried: set[int] = set()  # paused transports that a mail of ours tries

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
        # A lease that has not moved on for half of its time may have ended: a beat moves it each quarter.
        fresh = self._app.settings.lease_seconds / 2
        journal = Journal(partial(self._app.db.begin_together, claims.mark, mark), fresh_seconds=fresh)
        self._journals[job.mail_seq, job.lease] = journal
        if job.failures:
            self._tried.add(job.transport_id)
        return journal

    def let_go(self, job: Job) -> None:
        """The mail is settled, or another's."""
        del self._journals[job.mail_seq, job.lease]

    def tried(self, job: Job) -> None:
        """The mail tries its transport no longer."""
        if job.failures:
            self._tried.discard(job.transport_id)

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
                    # What the other thread is given does not change meanwhile.
                    beat = partial(self._beat, leases=self.leases, tried=frozenset(self._tried), news=news)
                    await self._app.db.write(beat)
                    reach("heartbeat")
                except Unavailable:
                    continue  # the next beat may come through; if none does, the leases lapse as they should

    def _beat(self, tx: Tx, *, leases: Collection[int], tried: Collection[int], news: Sequence[Mark]) -> None:
        until = self.until(self._app.clock())
        claims.extend(tx, leases, until)
        transports.keep_paused(tx, tried, until)
        if news:
            claims.note(tx, news)
