"""An operator's hand on single mails in the queue, and a caller's; each safe against a worker that holds the mail."""

from sqlalchemy import Connection, case, delete, func, insert, select, update

from postroom.mail.life import FINAL, State
from postroom.store import lanes
from postroom.store.tables import event, job, mail, recipient


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
        key = lanes.Key(org_id, transport_id, urgent=True)
        lane_id = lanes.numbers(tx, [key])[key]
        new = {"mail_seq": mail_seq, "org_id": org_id, "lane_id": lane_id, "due_at": now, "first_due_at": now}
        tx.execute(insert(job), [new])
        tx.execute(update(mail).where(mail.c.seq == mail_seq).values(state=State.QUEUED.value, settled_at=None))
    _note(tx, org_id, mail_seq, "retried", now)
    return True


def waiting(tx: Connection) -> int:
    """How many mails are not settled, of all organisations."""
    return tx.execute(select(func.count()).select_from(job)).scalar_one()


def _note(tx: Connection, org_id: int, mail_seq: int, what: str, now: int) -> None:
    tx.execute(insert(event), [{"org_id": org_id, "mail_seq": mail_seq, "at": now, "what": what, "attempt": 0}])
