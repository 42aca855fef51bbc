"""What a worker holds: mails under leases that move on while it lives, and how far each attempt has come.

The heartbeat says that the worker lives, too, and learns who else does and what limits of connections there are.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from math import inf

from postroom.app import App
from postroom.errors import Unavailable
from postroom.failpoint import reach
from postroom.mail.life import Stage
from postroom.mail.pace import Pace
from postroom.smtp.journal import Journal
from postroom.store import claims, paces, transports, workers
from postroom.store.claims import Job, Mark
from postroom.store.db import Tx
from postroom.store.workers import Worker
from postroom.worker.quota import Quota


class Hold:
    """The mails in hand. What is never let go comes due again when the worker has ended."""

    def __init__(self, app: App, quota: Quota) -> None:
        self._app = app
        self._quota = quota
        self._journals: dict[tuple[int, int], Journal] = {}  # by mail and lease
        # The first moment at which any of them comes due again, as the database has it; ms. Likewise of those that the
        # heartbeat may have missed: the newest claim, which was perhaps on its way, and what was claimed meanwhile.
        self._lapse_at = self._newest_lapse_at = self._missed_lapse_at = inf
        self._tried: set[int] = set()  # paused transports that a mail of ours tries

    def lapsed(self, now: int) -> tuple[int, ...]:
        """The leases of mails in hand if any of them would be claimed again at ``now``, ms since the epoch.

        Where no clock jumps, none is. To name hundreds in each claim costs more than the claim.
        """
        return self._leases() if now >= self._lapse_at else ()

    def begin(self, now: int) -> int:
        """A claim begins at ``now``; when its lease will end, ms since the epoch."""
        until = self._until(now)
        self._newest_lapse_at = until
        self._lapse_at = min(self._lapse_at, until)
        self._missed_lapse_at = min(self._missed_lapse_at, until)
        return until

    def _until(self, now: int) -> int:
        return now + round(self._app.settings.lease_seconds * 1000)

    def _leases(self) -> tuple[int, ...]:
        return tuple({lease for _, lease in self._journals})

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

    async def keep(self, me: Worker, is_over: Callable[[], bool], after: Callable[[], None]) -> None:
        """The heartbeat: move the leases on, and note how far the slow ones came, until cancelled.

        ``is_over`` tells whether there are more connections than there may be; ``after`` is called after each, whether
        or not it came through.
        """
        noted: dict[tuple[int, int], Stage] = {}
        while True:
            stages = {held: journal.stage for held, journal in self._journals.items()}
            news = [Mark(*held, stage) for held, stage in stages.items() if noted.get(held) is not stage]
            noted = stages
            # What the other thread is given does not change meanwhile.
            me = replace(me, over=self._quota.is_over or is_over())
            beat = partial(self._beat, me=me, leases=self._leases(), tried=frozenset(self._tried), news=news)
            self._missed_lapse_at = self._newest_lapse_at
            # The next beat may come through; if none does, the leases lapse as they should.
            with suppress(Unavailable):
                if stages:
                    reach("heartbeat-before")
                self._lapse_at = min(await self._app.db.write(beat), self._missed_lapse_at)
                if stages:
                    reach("heartbeat")
                # Read after it is written: of two that come at the same moment, one sees the other.
                asked = self._quota.now
                self._quota.learn(*await self._app.db.read(self._look), asked=asked)
            after()
            await asyncio.sleep(self._app.settings.lease_seconds / 4)

    def _beat(
        self, tx: Tx, *, me: Worker, leases: Collection[int], tried: Collection[int], news: Sequence[Mark]
    ) -> int:
        now = self._app.clock()
        until = self._until(now)
        workers.refresh(tx, replace(me, seen_at=now))
        if leases:
            claims.extend(tx, leases, until)
        transports.keep_paused(tx, tried, until)
        if news:
            claims.note(tx, news)
        return until

    def _look(self, tx: Tx) -> tuple[Sequence[Worker], Sequence[Pace]]:
        alive = workers.living(tx, self._app.clock() - round(self._app.settings.lease_seconds * 1000))
        return alive, paces.of_connections(tx)
