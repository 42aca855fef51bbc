"""The queue: claims under a lease, verdicts under its fencing token, and an operator's hand on single mails.

A claim writes the next attempt before anybody dials: it counts the attempt and moves ``due_at`` to the end of the
lease. A worker that lives moves it on (``extend``); the mails of one that died come due again by themselves. Every
claim draws a fresh lease number, and a verdict is written only while the job still carries it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, case, delete, func, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from postroom.failpoint import reach
from postroom.mail.draft import Letter, Recipient
from postroom.mail.life import FINAL, Settled, State, Verdict
from postroom.store import json, mails, transports
from postroom.store.many import insert_all
from postroom.store.tables import event, job, mail, recipient
from postroom.store.transports import Transport


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A mail to be tried now: ``attempt`` counts from 1, ``pending`` are the recipients without a final state."""

    mail_seq: int
    org_id: int
    transport_id: int
    transport: Transport | None  # None: removed meanwhile
    lease: int
    attempt: int
    first_due_at: int
    letter: Letter
    pending: tuple[Recipient, ...]
    reached: bool  # whether an earlier attempt was accepted for anybody


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What a worker asks for: at most ``limit`` mails due at ``now``, held until ``until`` under ``lease``.

    ``rooms`` says how many of these each transport may have; ``room`` holds for a transport that is not in it.
    """

    now: int
    until: int
    lease: int
    limit: int
    room: int
    rooms: Mapping[int, int] = field(default_factory=dict)


def claim(tx: Connection, wanted: Claim) -> list[Job]:
    """Take due mails, the transport that waits longest first, each one's mails oldest first.

    The cost follows the number of transports and of mails taken, not that of the mails that wait.
    """
    rows: list[Any] = []
    for transport_id in tx.execute(_DUE_TRANSPORTS, {"now_": wanted.now}).scalars():
        room = min(wanted.rooms.get(transport_id, wanted.room), wanted.limit - len(rows))
        if room > 0:
            values = {"transport_": transport_id, "now_": wanted.now, "room_": room}
            values |= {"lease_": wanted.lease, "until_": wanted.until}
            rows += tx.execute(_TAKE, values)
        if len(rows) == wanted.limit:
            break
    if not rows:
        return []
    reach("claim-taken")
    jobs = _jobs(tx, rows, wanted.lease)
    reach("claim-read")
    return jobs


def _jobs(tx: Connection, rows: Sequence[Any], lease: int) -> list[Job]:
    letters = mails.letters(tx, [row.mail_seq for row in rows])
    ways = transports.find_many(tx, [row.transport_id for row in rows])
    return [
        Job(
            mail_seq=row.mail_seq,
            org_id=row.org_id,
            transport_id=row.transport_id,
            transport=way,
            lease=lease,
            attempt=row.attempt,
            first_due_at=row.first_due_at,
            letter=letters[row.mail_seq].letter,
            pending=letters[row.mail_seq].pending,
            reached=letters[row.mail_seq].reached,
        )
        for row, way in zip(rows, ways, strict=True)
    ]


def _due_transports() -> Select[int]:
    """The transports that have due mails: one step of the index for each transport, however many mails it has."""
    lowest = select(func.min(job.c.transport_id).label("id")).cte("lane", recursive=True)
    higher = select(func.min(job.c.transport_id)).where(job.c.transport_id > lowest.c.id).scalar_subquery()
    lanes = lowest.union_all(select(higher).where(lowest.c.id.is_not(None)))
    oldest = select(func.min(job.c.due_at)).where(job.c.transport_id == lanes.c.id).scalar_subquery().label("oldest")
    found = select(lanes.c.id, oldest).subquery()
    return select(found.c.id).where(found.c.oldest <= bindparam("now_")).order_by(found.c.oldest, found.c.id)


def _take() -> ReturningUpdate[tuple[int, int, int, int, int]]:
    due = select(job.c.mail_seq).where(job.c.transport_id == bindparam("transport_"), job.c.due_at <= bindparam("now_"))
    # SKIP LOCKED (PostgreSQL): two workers never wait for each other. SQLite has one writer at a time and ignores it.
    due = due.order_by(job.c.due_at, job.c.mail_seq).limit(bindparam("room_")).with_for_update(skip_locked=True)
    # WITH: as a plain subquery PostgreSQL may run it again for each job, and so take more than the limit.
    chosen = due.cte("due")
    return (
        update(job)
        .where(job.c.mail_seq.in_(select(chosen.c.mail_seq)))
        .values(lease=bindparam("lease_"), due_at=bindparam("until_"), attempt=job.c.attempt + 1)
        .returning(job.c.mail_seq, job.c.org_id, job.c.transport_id, job.c.attempt, job.c.first_due_at)
    )


_DUE_TRANSPORTS = _due_transports()
_TAKE = _take()


def extend(tx: Connection, leases: Collection[int], until: int) -> int:
    """Keep everything held under these leases until then; returns how many mails that was."""
    moved = tx.execute(update(job).where(job.c.lease.in_(list(leases))).values(due_at=until)).rowcount
    reach("heartbeat-written")
    return moved


def settle(tx: Connection, verdicts: Sequence[Verdict]) -> list[bool]:
    """Write verdicts with their history; False for each whose lease is no longer the worker's, and nothing of it."""
    held = tx.execute(_HELD, {"seqs_": [each.mail_seq for each in verdicts]})
    leases = {row.mail_seq: row.lease for row in held}
    valid = [each for each in verdicts if leases.get(each.mail_seq) == each.lease]
    if valid:
        _write(tx, valid)
    return [leases.get(each.mail_seq) == each.lease for each in verdicts]


def _write(tx: Connection, verdicts: Sequence[Verdict]) -> None:
    reach("settle-begun")
    tx.execute(_SETTLE_RECIPIENT, [_recipient_values(v, each) for v in verdicts for each in v.recipients])
    reach("recipients-settled")
    insert_all(tx, event, [_event_values(v, each) for v in verdicts for each in v.recipients])
    reach("events-settled")
    done = [v for v in verdicts if v.next_due is None]
    again = [v for v in verdicts if v.next_due is not None]
    if done:
        tx.execute(_DONE, {"seqs_": [v.mail_seq for v in done]})
        reach("jobs-settled")
        tx.execute(
            _SETTLE_MAIL,
            [{"seq_": v.mail_seq, "state_": v.state.value, "at_": v.at, "tries_": v.attempt} for v in done],
        )
        reach("mails-settled")
    if again:
        tx.execute(_DEFER_JOB, [{"seq_": v.mail_seq, "due_": v.next_due} for v in again])
        tx.execute(_DEFER_MAIL, [{"seq_": v.mail_seq} for v in again])


# Made once: to build a statement costs more than to run it.
_GIVEN: BindParameter[Any] = bindparam("seqs_", expanding=True)
_HELD = select(job.c.mail_seq, job.c.lease).where(job.c.mail_seq.in_(_GIVEN)).with_for_update()
_DONE = delete(job).where(job.c.mail_seq.in_(_GIVEN))
_SETTLE_RECIPIENT = (
    update(recipient)
    .where(recipient.c.mail_seq == bindparam("seq_"), recipient.c.n == bindparam("n_"))
    .values(state=bindparam("state_"), code=bindparam("code_"), enhanced=bindparam("enh_"), line=bindparam("line_"))
)
_SETTLE_MAIL = (
    update(mail)
    .where(mail.c.seq == bindparam("seq_"))
    .values(state=bindparam("state_"), settled_at=bindparam("at_"), attempts=bindparam("tries_"))
)
_DEFER_JOB = update(job).where(job.c.mail_seq == bindparam("seq_")).values(lease=None, due_at=bindparam("due_"))
_DEFER_MAIL = update(mail).where(mail.c.seq == bindparam("seq_")).values(state=State.QUEUED.value)


def _recipient_values(verdict: Verdict, each: Settled) -> dict[str, Any]:
    outcome = each.outcome
    return {
        "seq_": verdict.mail_seq,
        "n_": each.n,
        "state_": each.state.value,
        "code_": outcome.code,
        "enh_": outcome.enhanced,
        "line_": outcome.line,
    }


def _event_values(verdict: Verdict, each: Settled) -> dict[str, Any]:
    outcome = each.outcome
    return {
        "org_id": verdict.org_id,
        "mail_seq": verdict.mail_seq,
        "n": each.n,
        "at": verdict.at,
        "what": outcome.result.value,
        "attempt": verdict.attempt,
        "detail": json.dumps(
            {
                "stage": outcome.stage.value,
                "code": outcome.code,
                "enhanced": outcome.enhanced,
                "command": outcome.command,
                "line": outcome.line,
                "server": outcome.server,
            }
        ),
    }


def cancel(tx: Connection, org_id: int, mail_seq: int, now: int) -> bool:
    """Take a mail out of the queue unless a worker holds it or it is settled; the answer is exact."""
    gone = delete(job).where(job.c.org_id == org_id, job.c.mail_seq == mail_seq, job.c.lease.is_(None))
    if tx.execute(gone).rowcount == 0:
        return False
    waiting = (recipient.c.mail_seq == mail_seq) & recipient.c.state.not_in([state.value for state in FINAL])
    tx.execute(update(recipient).where(waiting).values(state=State.CANCELLED.value))
    # Somebody may have got it in an earlier attempt: then it was sent, and only the rest is cancelled.
    got = select(recipient.c.n).where(recipient.c.mail_seq == mail_seq, recipient.c.state == State.SENT.value).exists()
    state = case((got, State.SENT.value), else_=State.CANCELLED.value)
    tx.execute(update(mail).where(mail.c.seq == mail_seq).values(state=state, settled_at=now))
    _note(tx, org_id, mail_seq, "cancelled", now)
    return True


def move(tx: Connection, org_id: int, mail_seq: int, now: int, *, due_at: int | None) -> bool:
    """Let a mail leave at another moment (None: now), which becomes its date; False where it was tried, or is being."""
    untried = (job.c.org_id == org_id) & (job.c.mail_seq == mail_seq) & job.c.lease.is_(None) & (job.c.attempt == 0)
    at = now if due_at is None else due_at
    if tx.execute(update(job).where(untried).values(due_at=at, first_due_at=at)).rowcount == 0:
        return False
    state = State.QUEUED if due_at is None else State.SCHEDULED
    tx.execute(update(mail).where(mail.c.seq == mail_seq).values(state=state.value, dated_at=at))
    _note(tx, org_id, mail_seq, state.value, now)
    return True


def retry(tx: Connection, org_id: int, mail_seq: int, now: int) -> bool:
    """Make a waiting mail due now, or queue a failed one again for the recipients that failed; False for any other."""
    waiting = (job.c.org_id == org_id) & (job.c.mail_seq == mail_seq) & job.c.lease.is_(None)
    if tx.execute(update(job).where(waiting).values(due_at=now)).rowcount == 0:
        failed = (recipient.c.org_id == org_id) & (recipient.c.mail_seq == mail_seq)
        failed &= recipient.c.state == State.FAILED.value
        free = select(mail.c.transport_id).where(mail.c.org_id == org_id, mail.c.seq == mail_seq)
        transport_id = tx.execute(free.with_for_update()).scalar()
        held = tx.execute(select(job.c.mail_seq).where(job.c.mail_seq == mail_seq)).first()
        if transport_id is None or held is not None:
            return False
        if tx.execute(update(recipient).where(failed).values(state=State.QUEUED.value)).rowcount == 0:
            return False
        new = {"mail_seq": mail_seq, "org_id": org_id, "transport_id": transport_id, "due_at": now, "first_due_at": now}
        tx.execute(insert(job), [new])
        tx.execute(update(mail).where(mail.c.seq == mail_seq).values(state=State.QUEUED.value, settled_at=None))
    _note(tx, org_id, mail_seq, "retried", now)
    return True


def waiting(tx: Connection) -> int:
    """How many mails are not settled, of all organisations."""
    return tx.execute(select(func.count()).select_from(job)).scalar_one()


def _note(tx: Connection, org_id: int, mail_seq: int, what: str, now: int) -> None:
    tx.execute(insert(event), [{"org_id": org_id, "mail_seq": mail_seq, "at": now, "what": what, "attempt": 0}])
