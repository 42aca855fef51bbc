"""Mails whose time ends while nobody tries them, because their transport is paused."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, false, select, update

from postroom.store import mails
from postroom.store.claims import Job
from postroom.store.tables import job, lane, transport

_AT_ONCE: Final = 100  # in one transaction


def take(tx: Connection, *, now: int, before: int, lease: int, until: int) -> Sequence[tuple[Job, str]]:
    """Some mails first due before that moment, each with its transport's fault, held until ``until`` under ``lease``.

    They count no attempt. Those of a transport that an operator holds wait for the operator.
    """
    rows = tx.execute(_LAPSED, {"now_": now, "before_": before, "limit_": _AT_ONCE}).all()
    if not rows:
        return []
    seqs = [row.mail_seq for row in rows]
    tx.execute(_HOLD, {"seqs_": seqs, "lease_": lease, "until_": until})
    letters = mails.letters(tx, seqs)
    return [
        (
            Job(
                mail_seq=row.mail_seq,
                org_id=row.org_id,
                transport_id=row.transport_id,
                transport=None,
                lease=lease,
                attempt=row.attempt,
                first_due_at=row.first_due_at,
                letter=letters[row.mail_seq].letter,
                pending=letters[row.mail_seq].pending,
                reached=letters[row.mail_seq].reached,
            ),
            row.fault,
        )
        for row in rows
    ]


# Made once: to build a statement costs more than to run it. No index knows when mails were first due: it would cost
# each of them something, and this one look now and then at those that wait for a paused transport.
_LAPSED: Final = (
    select(job.c.mail_seq, job.c.org_id, job.c.attempt, job.c.first_due_at, lane.c.transport_id, transport.c.fault)
    .join_from(transport, lane, lane.c.transport_id == transport.c.id)
    .join(job, job.c.lane_id == lane.c.id)
    .where(transport.c.failures > 0, transport.c.held == false())
    .where(job.c.due_at <= bindparam("now_"), job.c.first_due_at < bindparam("before_"), job.c.lease.is_(None))
    .limit(bindparam("limit_"))
    .with_for_update(of=job, skip_locked=True)
)
_HOLD: Final = (
    update(job)
    .where(job.c.mail_seq.in_(bindparam("seqs_", expanding=True)))
    .values(lease=bindparam("lease_"), due_at=bindparam("until_"))
)
