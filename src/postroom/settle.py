"""The second half of a mail's life: what the servers said becomes state and history, in one commit."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Final

from postroom.mail.life import Outcome, Result, Settled, Stage, State, Unknown, Verdict, overall
from postroom.mail.pause import Passage, at_fault, pause, told
from postroom.mail.retry import DAY, Patience, next_attempt
from postroom.store import transports, verdicts
from postroom.store.claims import Job
from postroom.store.db import Database

_REACHED: Final = frozenset({Result.ACCEPTED, Result.UNKNOWN})
# What is over for a recipient, whatever else becomes of the mail.
_OVER: Final = {Result.ACCEPTED: State.SENT, Result.REJECTED: State.FAILED}


def decide(
    job: Job,
    outcomes: Sequence[Outcome],
    *,
    settled: Collection[int] = (),
    now: int,
    chance: float,
    patience: Patience,
    crowded: bool = False,
) -> Verdict:
    """What an attempt means: one outcome per pending recipient, in order, and the moment to try the rest again.

    ``chance`` in [0, 1) spreads the next attempt. Recipients that were accepted or rejected are settled for good; the
    others wait, or fail once patience has ended. UNKNOWN is the organisation's to decide: held, or tried again after a
    longer pause; each attempt carries the same Message-ID, so a receiving side that has the mail already can tell.

    Where the way failed, nothing was tried: the mail goes back to its place, as if it had never left it. Where the
    server is ``crowded`` and only had no room for one session more, it waits a moment. Of those that are ``settled``
    already, by their places, nothing is written again.
    """
    fault = at_fault(outcomes)
    if fault is not None and _was_for_nothing(job, outcomes, settled, crowded) and not is_late(job, now, patience):
        return put_back(job, now, now + pause(1, fault, chance) if crowded else job.first_due_at)
    results = {outcome.result for outcome in outcomes}
    in_doubt = Result.UNKNOWN in results
    held = in_doubt and job.unknown is Unknown.HOLD
    next_due = None
    if (in_doubt or Result.DEFERRED in results) and not held:
        next_due = next_attempt(
            job.attempt,
            first_due=job.first_due_at,
            now=now,
            chance=chance,
            patience=patience,
            in_doubt=in_doubt,
            deferred=[outcome for outcome in outcomes if outcome.result is Result.DEFERRED],
        )
    waiting = State.QUEUED if held or next_due is not None else State.FAILED
    states = [
        Settled(n=recipient.n, state=_OVER.get(outcome.result, waiting), outcome=outcome)
        for recipient, outcome in zip(job.pending, outcomes, strict=True)
    ]
    # Recipients of earlier attempts count too: one accepted then makes the mail sent now.
    earlier = [State.SENT] if job.reached else []
    return Verdict(
        mail_seq=job.mail_seq,
        org_id=job.org_id,
        lease=job.lease,
        attempt=job.attempt,
        at=now,
        recipients=tuple([each for each in states if each.n not in settled]),
        state=State.HELD if held else overall([*earlier, *(each.state for each in states)]),
        next_due=next_due,
    )


def _was_for_nothing(job: Job, outcomes: Sequence[Outcome], settled: Collection[int], crowded: bool) -> bool:
    """Whether the attempt may be taken for none: nobody can have the mail, and another time will tell all of this."""
    if settled or any(each.result in _REACHED for each in outcomes):
        return False
    # Nobody pauses the way to everywhere, so each mail has to find out how often it is tried.
    return crowded or not job.is_direct


def is_late(job: Job, now: int, patience: Patience) -> bool:
    """Whether the mail's time is over."""
    return now - job.first_due_at > patience.give_up_days * DAY


def partly(job: Job, outcomes: Mapping[int, Outcome], now: int) -> Verdict:
    """That the attempt is over for some recipients, by their places, accepted or rejected, and goes on for others."""
    return Verdict(
        mail_seq=job.mail_seq,
        org_id=job.org_id,
        lease=job.lease,
        attempt=job.attempt,
        at=now,
        recipients=tuple(Settled(n=n, state=_OVER[each.result], outcome=each) for n, each in outcomes.items()),
        state=State.SENDING,
        next_due=None,
    )


def put_back(job: Job, now: int, due: int) -> Verdict:
    """The mail is tried at that moment, and nothing was tried yet."""
    return Verdict(
        mail_seq=job.mail_seq,
        org_id=job.org_id,
        lease=job.lease,
        attempt=job.attempt - 1,
        at=now,
        recipients=(),
        state=State.QUEUED,
        next_due=due,
    )


def passage(job: Job, outcomes: Sequence[Outcome], *, now: int, chance: float) -> Passage | None:
    """What an attempt tells of the mail's transport; None: nothing new."""
    if job.is_direct:  # what one destination does says nothing of the others
        return None
    fault = at_fault(outcomes)
    told_of = partial(Passage, transport_id=job.transport_id, seen=job.failures, at=now)
    if fault is not None:
        return told_of(until=now + pause(job.failures + 1, fault, chance), fault=told(fault))
    if not job.failures:
        return None
    arrived = not job.in_doubt and any(outcome.stage is not Stage.HERE for outcome in outcomes)
    return told_of() if arrived else told_of(until=now)


def is_full(outcomes: Sequence[Outcome]) -> bool:
    """Whether the server only put us off before it heard of a mail, as it does where it has too many sessions."""
    fault = at_fault(outcomes)
    return fault is not None and fault.code is not None and fault.code < 500


def in_doubt(job: Job) -> list[Outcome]:
    """The outcomes of an attempt whose worker was lost after the final dot was free to go, its end unknown."""
    line = "the worker was lost after the final dot, before the reply was recorded"
    return [Outcome(result=Result.UNKNOWN, stage=Stage.FINAL_DOT, command=".", line=line)] * len(job.pending)


def lapsed(job: Job, fault: str) -> list[Outcome]:
    """The outcomes of a mail whose time ended while its transport was paused for that fault."""
    return [Outcome(result=Result.DEFERRED, stage=Stage.ROUTE, line=fault)] * len(job.pending)


async def report(db: Database, found: Passage) -> bool:
    """Write what was learnt of a transport; False where that was known already or is out of date."""
    return await db.write_together(transports.report, found)


def settle(db: Database, verdict: Verdict) -> "asyncio.Future[bool]":
    """Begin to write the verdict; False where another worker holds the mail by now: then nothing of it is written."""
    return db.begin_together(verdicts.settle, verdict)
