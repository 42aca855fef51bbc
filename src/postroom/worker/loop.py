"""The loop: claim, do, settle, until told to stop.

1. ``_claim`` takes due mails under a fresh lease: the room that the windows have, divided between all that wait.
2. ``_rest`` waits until there is something to take again: somebody rings, a mail ends, or one comes due.
3. ``_handle`` tries one mail (``deliver.Carrier``), decides what it means (``settle.decide``) and writes that down.
4. ``Hold.keep`` moves the leases on meanwhile; what a dead worker held comes due again.
5. A stop claims nothing more and waits for the mails in flight.

A lost wake-up costs ``poll_seconds``, a lost database nothing but time, a lost lease the right to settle.
"""

import asyncio
import os
import random
import socket
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from postroom.app import App
from postroom.errors import Unavailable
from postroom.failpoint import reach
from postroom.mail.crew import Crew
from postroom.mail.life import Outcome, Result, Verdict
from postroom.mail.pace import AHEAD
from postroom.mail.parting import by_domain
from postroom.mail.pause import Passage
from postroom.mail.retry import Patience
from postroom.settle import decide, in_doubt, is_full, is_late, partly, passage, put_back, report
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.journal import Journal
from postroom.smtp.pool import Pool
from postroom.smtp.trust import Trust
from postroom.store import claims, workers
from postroom.store.claims import Claim, Claimed, Job
from postroom.store.workers import Worker
from postroom.worker import delays, grants, lapse, sweep
from postroom.worker.consigning import AT_ONCE, Ends
from postroom.worker.deliver import Carrier, Find, Ways, is_answered, turned_away
from postroom.worker.hold import Hold
from postroom.worker.places import Places
from postroom.worker.quota import Quota
from postroom.worker.rounds import every
from postroom.worker.routing import Routing
from postroom.worker.settling import PAUSE_SECONDS, Settling
from postroom.worker.signing import Signer
from postroom.worker.window import Windows

log = structlog.get_logger()

CLAIM_AT_MOST: Final = 100  # more in one transaction gains nothing
CLAIM_FROM: Final = 0.25  # of the places free: each claim is a commit, and a busy worker would make one for ten mails
REST_SECONDS: Final = 0.005  # after a claim that left room: what comes up meanwhile is claimed together


async def work(app: App, stop: asyncio.Event, find: Find | None = None) -> None:
    """Deliver mails until ``stop`` is set; returns once everything in flight has ended or its time is up.

    ``find`` says where mail goes directly; without one, the DNS does.
    """
    settings = app.settings
    me = Worker(
        id=app.ids.number(), host=socket.gethostname(), pid=os.getpid(), started_at=app.clock(), seen_at=app.clock()
    )
    # Three heartbeats: the others see by the first who has come, say by the second what they have too much, and by the
    # third that is seen.
    quota = Quota(Crew(me.id, settings.lease_seconds * 3 / 4), asyncio.get_running_loop().time)
    tokens = grants.tokens(app)
    pool = Pool(
        hostname=settings.hostname,
        connections_per_transport=settings.connections_per_transport,
        trust=Trust(settings.ca_file, app.clock),
        deadlines=Deadlines.scaled(settings.smtp_timeout_scale),
        parts=quota.parts,
        tokens=tokens,
    )
    signer = Signer(app)
    carrier = Carrier(app, pool, Ways(app.vault, find or Routing(app).find), signer)
    try:
        await _Worker(app, pool, quota, carrier).run(me, stop)
    finally:
        await pool.close()
        await tokens.close()
        signer.close()
        # Its part is the others' from now on, or else once it has not been seen for as long as a lease lasts.
        with suppress(Unavailable):
            await app.db.write(partial(workers.remove, worker_id=me.id))


class _Worker:
    def __init__(self, app: App, pool: Pool, quota: Quota, carrier: Carrier) -> None:
        self._app = app
        self._pool = pool
        self._quota = quota
        self._carrier = carrier
        self._windows = Windows(
            in_flight=app.settings.mails_in_flight,
            waiting=app.settings.mails_waiting,
            connections=app.settings.connections_per_transport,
        )
        self._hold = Hold(app, quota)
        self._settling = Settling(app.db)
        self._tasks: set[asyncio.Task[None]] = set()
        self._patience = Patience(give_up_days=app.settings.give_up_days, unknown_minutes=app.settings.unknown_minutes)
        self._again = asyncio.Event()

    async def run(self, me: Worker, stop: asyncio.Event) -> None:
        """The loop itself."""
        aside = (
            self._listen(),
            self._hold.keep(me, self._pool.is_over, self._heed_limits),
            self._heed(stop),
            every(sweep.PAUSE_SECONDS, partial(sweep.sweep, self._app)),
            every(delays.PAUSE_SECONDS, partial(delays.watch, self._app)),
            every(lapse.PAUSE_SECONDS, partial(lapse.lapse, self._app, self._patience)),
        )
        helpers = [asyncio.create_task(each) for each in aside]
        try:
            while not stop.is_set():
                self._again.clear()
                await self._rest(await self._claim())
            await self._finish()
        finally:
            for task in helpers:
                task.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _claim(self) -> float | None:
        """Start on due mails; in how many seconds there may be others, None where only an event can tell."""
        room = self._windows.room(self._time())
        if room.mails < max(1, self._app.settings.mails_in_flight * CLAIM_FROM):
            return None
        now = self._app.clock()
        claim = Claim(
            now=now,
            until=self._hold.begin(now),
            lease=self._app.ids.number(),
            room=replace(room, mails=min(room.mails, CLAIM_AT_MOST), connections=self._quota.room()),
            own=self._hold.lapsed(now),
            soon=now + round(self._app.settings.poll_seconds * 1000),
        )
        reach("claim-before")
        try:
            claimed = await self._app.db.write(partial(claims.claim, wanted=claim))
        except Unavailable:
            await asyncio.sleep(PAUSE_SECONDS)
            return 0.0
        reach("claimed")
        for job in await self._read(claimed):
            self._start(job)
        if len(claimed.taken) == claim.room.mails:
            return 0.0
        return None if claimed.again is None else (claimed.again - self._app.clock()) / 1000 - REST_SECONDS

    async def _read(self, claimed: Claimed) -> list[Job]:
        # What cannot be read lapses with its lease.
        if claimed.taken:
            with suppress(Unavailable):
                return await self._app.db.read(partial(claims.jobs, claimed=claimed))
        return []

    async def _rest(self, seconds: float | None) -> None:
        if seconds == 0.0:
            return
        await asyncio.sleep(REST_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._again.wait()

    def _start(self, job: Job) -> None:
        places = Places(self._windows, job, self._time())
        self._quota.take(job.course)
        task = asyncio.create_task(self._handle(job, self._hold.take(job), places))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, job: Job, journal: Journal, places: Places) -> None:
        answered = settled = False
        try:
            await self._until(job.start_at)
            ends = await self._try(job, journal, places)
            outcomes = [ends.outcomes[each.n] for each in job.pending]
            answered = is_answered(outcomes) and not job.in_doubt
            verdict, found = self._judged(job, outcomes, ends.settled, places.rest)
            reach("settle-before")
            # The pause before the mail, which is due again at once.
            if found is not None and await self._reported(found):
                self._say(job, found)
            kept = await self._settling.write(verdict)
            reach("settled")
            settled = True
            _log(job, outcomes, verdict, kept)
        except Exception:  # a bug; whoever may have got the mail must not get it again at the end of each lease
            log.exception("mail not settled, held until this worker ends", mail=job.letter.mail_id.hex())
        finally:
            if settled:
                self._hold.let_go(job)
            self._hold.tried(job)
            places.close(self._time(), answered=answered)
            self._quota.give_back(job.course)
            self._again.set()

    async def _try(self, job: Job, journal: Journal, places: Places) -> Ends:
        if job.in_doubt:
            return Ends.all_of(job.pending, in_doubt(job))
        if places.rest:
            return Ends.all_of(job.pending, turned_away(job.pending))
        # A limit of connections counts mails.
        at_once = 1 if self._quota.parts(job.course) else AT_ONCE
        return await self._carrier.attempt(job, journal, places, partial(self._settle_some, job), at_once)

    async def _settle_some(self, job: Job, ends: Mapping[int, Outcome]) -> bool:
        return await self._settling.write(partly(job, ends, self._app.clock()))

    async def _until(self, moment: int) -> None:
        # It was claimed a little before a limit lets it start: no more than that, should the clock be put back.
        early = min((moment - self._app.clock()) / 1000, AHEAD / 1_000_000)
        if early > 0:  # only where there is a limit: each other mail would wait a turn of the loop for nothing
            await asyncio.sleep(early)

    def _judged(
        self, job: Job, outcomes: Sequence[Outcome], settled: Collection[int], rest: float
    ) -> tuple[Verdict, Passage | None]:
        now, chance = self._app.clock(), random.random()  # noqa: S311 - spreads load, keeps no secret
        if rest and not is_late(job, now, self._patience):
            return put_back(job, now, now + round(rest * 1000 * (1 + chance))), None
        # A server that serves other sessions of ours and has no room for one more is no way that fails.
        crowded = not job.failures and is_full(outcomes) and self._serves(job)
        verdict = decide(
            job, outcomes, settled=settled, now=now, chance=chance, patience=self._patience, crowded=crowded
        )
        return verdict, None if crowded else passage(job, outcomes, now=now, chance=chance)

    def _serves(self, job: Job) -> bool:
        keys = [(job.transport_id, domain) for domain in by_domain(job.pending)]
        return all(map(self._pool.serves, keys if job.is_direct else [(job.transport_id,)]))

    def _say(self, job: Job, found: Passage) -> None:
        """Log once that a transport is paused, and once that it works again, when others need not wait any longer."""
        of = {"transport": str(found.transport_id), "org": str(job.org_id)}
        if found.until is None:
            log.info("transport works again", **of)
        elif found.failures == 1:
            log.warning("transport paused", **of, fault=found.fault, until=found.until)
        if found.fault is None:
            self._app.wake.ring()

    async def _reported(self, found: Passage) -> bool:
        while True:
            try:
                return await report(self._app.db, found)
            except Unavailable:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _listen(self) -> None:
        """Look again at each announcement of work, and every ``poll_seconds`` without one."""
        while True:
            await self._app.wake.wait(self._app.settings.poll_seconds)
            self._again.set()

    def _heed_limits(self) -> None:
        """There may be fewer connections than before, or more."""
        self._pool.trim()
        self._again.set()

    async def _heed(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._again.set()

    @staticmethod
    def _time() -> float:
        return asyncio.get_running_loop().time()

    async def _finish(self) -> None:
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._app.settings.stop_seconds)
            for task in late:
                task.cancel()  # their leases lapse, and another worker tries them
            await asyncio.gather(*late, return_exceptions=True)


def _log(job: Job, outcomes: Sequence[Outcome], verdict: Verdict, kept: bool) -> None:
    if not verdict.recipients:
        tell = log.debug if job.is_direct else log.info  # those of a busy domain are put back again and again
        tell("mail put back", mail=job.letter.mail_id.hex(), next_due=verdict.next_due)
        return
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
