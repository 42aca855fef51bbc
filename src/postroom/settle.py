"""The second half of a mail's life: what the servers said becomes state and history, in one commit."""

from collections.abc import Sequence

from postroom.mail.life import Outcome, Result, Settled, State, Verdict, overall
from postroom.mail.limits import GIVE_UP_DAYS
from postroom.mail.retry import next_attempt
from postroom.store import jobs
from postroom.store.db import Database
from postroom.store.jobs import Job


def decide(
    job: Job, outcomes: Sequence[Outcome], *, now: int, chance: float, give_up_days: float = GIVE_UP_DAYS
) -> Verdict:
    """What an attempt means: one outcome per pending recipient, in order, and the moment to try the rest again.

    ``chance`` in [0, 1) spreads the next attempt. Recipients that were accepted or rejected are settled for good; the
    others wait, or fail once ``give_up_days`` have passed. UNKNOWN waits like DEFERRED: the next attempt carries the
    same Message-ID, so a receiving side that has the mail already can tell.
    """
    open_ended = any(outcome.result in (Result.DEFERRED, Result.UNKNOWN) for outcome in outcomes)
    next_due = None
    if open_ended:
        next_due = next_attempt(
            job.attempt, first_due=job.first_due_at, now=now, chance=chance, give_up_days=give_up_days
        )
    waiting = State.FAILED if next_due is None else State.QUEUED
    states = {
        Result.ACCEPTED: State.SENT,
        Result.REJECTED: State.FAILED,
        Result.DEFERRED: waiting,
        Result.UNKNOWN: waiting,
    }
    settled = tuple(
        Settled(n=recipient.n, state=states[outcome.result], outcome=outcome)
        for recipient, outcome in zip(job.pending, outcomes, strict=True)
    )
    # Recipients of earlier attempts count too: one accepted then makes the mail sent now.
    earlier = [State.SENT] if job.reached else []
    return Verdict(
        mail_seq=job.mail_seq,
        org_id=job.org_id,
        lease=job.lease,
        attempt=job.attempt,
        at=now,
        recipients=settled,
        state=overall([*earlier, *(each.state for each in settled)]),
        next_due=next_due,
    )


async def settle(db: Database, verdict: Verdict) -> bool:
    """Write the verdict; False where another worker holds the mail by now, and then nothing of it is written."""
    return await db.write_together(jobs.settle, verdict)
