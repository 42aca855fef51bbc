"""The loop: claim, do, settle, until told to stop.

1. ``_claim`` takes due mails under a fresh lease, of each transport as many as its window has room for.
2. ``_handle`` tries one mail (``deliver.attempt``), decides what it means (``settle.decide``) and writes that down.
3. ``_heartbeat`` moves the leases on while their mails are worked at, and notes how far the slow ones came; what a dead
   worker held comes due again.
4. A stop claims nothing more and waits for the mails in flight.

A lost wake-up costs ``poll_seconds``, a lost database nothing but time, a lost lease the right to settle.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog

from postroom.app import App
from postroom.errors import Unavailable
from postroom.failpoint import reach
from postroom.mail.life import Outcome, Result, Stage, Verdict
from postroom.mail.retry import Patience
from postroom.settle import decide, in_doubt, settle
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.journal import Journal
from postroom.smtp.pool import Pool
from postroom.smtp.route import trust
from postroom.store import claims
from postroom.store.claims import Claim, Job, Mark
from postroom.store.db import Tx
from postroom.worker.delays import watch
from postroom.worker.deliver import Ways, attempt
from postroom.worker.sweep import sweep
from postroom.worker.window import Windows

log = structlog.get_logger()

CLAIM_AT_MOST: Final = 100  # more in one transaction gains nothing
PAUSE_SECONDS: Final = 0.5  # between tries while the database is away


async def work(app: App, stop: asyncio.Event) -> None:
    """Deliver mails until ``stop`` is set; returns once everything in flight has ended or its time is up."""
    settings = app.settings
    pool = Pool(
        hostname=settings.hostname,
        connections_per_transport=settings.connections_per_transport,
        ssl_context=trust(settings.ca_file),
        deadlines=Deadlines.scaled(settings.smtp_timeout_scale),
    )
    try:
        await _Worker(app, pool).run(stop)
    finally:
        await pool.close()


class _Worker:
    def __init__(self, app: App, pool: Pool) -> None:
        self._app = app
        self._pool = pool
        self._ways = Ways(app.vault)
        self._windows = Windows(app.settings.connections_per_transport, app.settings.mails_in_flight)
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[tuple[int, int], Journal] = {}  # by mail and lease
        self._patience = Patience(give_up_days=app.settings.give_up_days, unknown_minutes=app.settings.unknown_minutes)
        self._again = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """The loop itself."""
        aside = (self._listen(), self._heartbeat(), self._heed(stop), sweep(self._app), watch(self._app))
        helpers = [asyncio.create_task(each) for each in aside]
        try:
            while not stop.is_set():
                self._again.clear()
                if not await self._claim():
                    await self._again.wait()
            await self._finish()
        finally:
            for task in helpers:
                task.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _claim(self) -> bool:
        """Start on due mails; False where nothing more can be taken before something changes."""
        limit = min(self._app.settings.mails_in_flight - len(self._tasks), CLAIM_AT_MOST)
        if limit <= 0:
            return False
        now = self._app.clock()
        claim = Claim(
            now=now,
            until=self._lease_end(now),
            lease=self._app.ids.number(),
            limit=limit,
            room=self._windows.narrow,
            rooms=self._windows.rooms(),
            own=self._leases(),
        )
        reach("claim-before")
        try:
            claimed = await self._app.db.write(partial(claims.claim, wanted=claim))
        except Unavailable:
            await asyncio.sleep(PAUSE_SECONDS)
            return True
        reach("claimed")
        for job in claimed:
            self._start(job)
        return len(claimed) == limit

    def _start(self, job: Job) -> None:
        self._windows.take(job.transport_id)
        mark = Mark(job.mail_seq, job.lease)
        journal = Journal(partial(self._app.db.begin_together, claims.mark, mark))
        self._held[job.mail_seq, job.lease] = journal
        task = asyncio.create_task(self._handle(job, journal))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, job: Job, journal: Journal) -> None:
        answered = settled = False
        try:
            tried = not job.in_doubt
            outcomes = await attempt(self._app, self._pool, self._ways, job, journal) if tried else in_doubt(job)
            answered = any(outcome.code is not None for outcome in outcomes)
            verdict = decide(
                job,
                outcomes,
                now=self._app.clock(),
                chance=random.random(),  # noqa: S311 - spreads load, keeps no secret
                patience=self._patience,
            )
            reach("settle-before")
            kept = await self._written(verdict)
            reach("settled")
            settled = True
            _log(job, outcomes, verdict, kept)
        except Exception:  # a bug; whoever may have got the mail must not get it again at the end of each lease
            log.exception("mail not settled, held until this worker ends", mail=job.letter.mail_id.hex())
        finally:
            if settled:
                del self._held[job.mail_seq, job.lease]
            self._windows.give_back(job.transport_id, answered=answered)
            self._again.set()

    async def _written(self, verdict: Verdict) -> bool:
        # What a server has accepted must be known, or it is sent again: the writing is tried until it is done or the
        # lease is another's. The fencing token makes repeating it harmless.
        while True:
            try:
                return await settle(self._app.db, verdict)
            except Unavailable:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _listen(self) -> None:
        """Look again at each announcement of work, and every ``poll_seconds`` without one."""
        while True:
            await self._app.wake.wait(self._app.settings.poll_seconds)
            self._again.set()

    async def _heed(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._again.set()

    async def _heartbeat(self) -> None:
        noted: dict[tuple[int, int], Stage] = {}
        while True:
            await asyncio.sleep(self._app.settings.lease_seconds / 4)
            stages = {held: journal.stage for held, journal in self._held.items()}
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
        claims.extend(tx, self._leases(), self._lease_end(self._app.clock()))
        if news:
            claims.note(tx, news)

    def _leases(self) -> tuple[int, ...]:
        return tuple({lease for _, lease in self._held})

    async def _finish(self) -> None:
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._app.settings.stop_seconds)
            for task in late:
                task.cancel()  # their leases lapse, and another worker tries them
            await asyncio.gather(*late, return_exceptions=True)

    def _lease_end(self, now: int) -> int:
        return now + round(self._app.settings.lease_seconds * 1000)


def _log(job: Job, outcomes: Sequence[Outcome], verdict: Verdict, kept: bool) -> None:
    results = Counter(outcome.result.value for outcome in outcomes)
    well = kept and set(results) == {Result.ACCEPTED.value}
    (log.info if well else log.warning)(
        "mail" if kept else "mail: lease lost, not settled",
        mail=job.letter.mail_id.hex(),
        attempt=job.attempt,
        state=verdict.state.value,
        next_due=verdict.next_due,
        **results,
    )
