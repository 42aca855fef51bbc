"""A worker's hold on mails: claimed under a lease, kept by a heartbeat, and the journal of what happens meanwhile.

A claim writes the next attempt before anybody dials: it counts the attempt and moves ``due_at`` to the end of the
lease. A worker that lives moves it on (``extend``); the mails of one that died come due again by themselves. Every
claim draws a fresh lease number, the fencing token: whoever does not show it can neither mark nor settle.

Before the final dot of a mail is sent, ``mark`` has written that it may be. So a mail of a dead worker tells: without
the mark nobody has taken it, and it is tried again; with it a server may have, and nobody knows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, case, false, func, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from postroom.failpoint import reach
from postroom.mail.draft import Letter, Recipient
from postroom.mail.life import Stage, Unknown
from postroom.store import mails, transports
from postroom.store.tables import job, lane, org, transport
from postroom.store.transports import Transport


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A mail to be tried now: ``attempt`` counts from 1, ``pending`` are the recipients without a final state.

    ``in_doubt``: a worker was lost after it had marked this attempt; nothing is tried then, its end is unknown.
    ``unknown`` is what the organisation wants of such a mail.
    """

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
    in_doubt: bool = False
    unknown: Unknown = Unknown.RETRY


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What a worker asks for: at most ``limit`` mails due at ``now``, held until ``until`` under ``lease``.

    ``rooms`` says how many of these each transport may have; ``room`` holds for a transport that is not in it. Of what
    it holds already, under the leases ``own``, it takes none again, whatever the clock says.
    """

    now: int
    until: int
    lease: int
    limit: int
    room: int
    rooms: Mapping[int, int] = field(default_factory=dict)
    own: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the attempt at a mail has come, said by whoever holds it under ``lease``."""

    mail_seq: int
    lease: int
    stage: Stage = Stage.FINAL_DOT


def claim(tx: Connection, wanted: Claim) -> list[Job]:
    """Take due mails, the lane that waits longest first, each one's mails oldest first.

    The cost follows the number of lanes and of mails taken, not that of the mails that wait.
    """
    rooms = dict(wanted.rooms)
    rows: list[tuple[Any, Any]] = []
    for way in tx.execute(_DUE_LANES, {"now_": wanted.now}).all():
        room = min(rooms.get(way.transport_id, wanted.room), wanted.limit - len(rows))
        if room > 0:
            values = {"lane_": way.id, "now_": wanted.now, "room_": room, "own_": wanted.own}
            values |= {"lease_": wanted.lease, "until_": wanted.until}
            taken = tx.execute(_TAKE, values).all()
            rooms[way.transport_id] = rooms.get(way.transport_id, wanted.room) - len(taken)
            rows += [(way, row) for row in taken]
        if len(rows) == wanted.limit:
            break
    if not rows:
        return []
    reach("claim-taken")
    jobs = _jobs(tx, rows, wanted.lease)
    reach("claim-read")
    return jobs


def _jobs(tx: Connection, rows: Sequence[tuple[Any, Any]], lease: int) -> list[Job]:
    letters = mails.letters(tx, [row.mail_seq for _, row in rows])
    ways = transports.find_many(tx, [way.transport_id for way, _ in rows])
    return [
        Job(
            mail_seq=row.mail_seq,
            org_id=row.org_id,
            transport_id=lane.transport_id,
            transport=way,
            lease=lease,
            attempt=row.attempt,
            first_due_at=row.first_due_at,
            letter=letters[row.mail_seq].letter,
            pending=letters[row.mail_seq].pending,
            reached=letters[row.mail_seq].reached,
            in_doubt=row.stage == Stage.FINAL_DOT.value,
            unknown=Unknown(lane.unknown),
        )
        for (lane, row), way in zip(rows, ways, strict=True)
    ]


def _due_lanes() -> Select[Any]:
    """The lanes that have due mails and may have them: one step of the index for each, however many mails it has."""
    lowest = select(func.min(job.c.lane_id).label("id")).cte("lanes", recursive=True)
    higher = select(func.min(job.c.lane_id)).where(job.c.lane_id > lowest.c.id).scalar_subquery()
    lanes = lowest.union_all(select(higher).where(lowest.c.id.is_not(None)))
    oldest = select(func.min(job.c.due_at)).where(job.c.lane_id == lanes.c.id).scalar_subquery().label("oldest")
    found = select(lanes.c.id, oldest).subquery()
    # A transport may have been removed; its mails are claimed, and told so.
    ways = found.join(lane, lane.c.id == found.c.id).join(org, org.c.id == lane.c.org_id)
    ways = ways.outerjoin(transport, transport.c.id == lane.c.transport_id)
    due: BindParameter[int] = bindparam("now_")
    return (
        select(lane.c.id, lane.c.org_id, lane.c.transport_id, lane.c.urgent, found.c.oldest, org.c.unknown)
        .select_from(ways)
        .where(found.c.oldest <= due, func.coalesce(transport.c.held, false()) == false())
        .where(func.coalesce(transport.c.paused_until, 0) <= due)
        .order_by(found.c.oldest, found.c.id)
    )


def _take() -> ReturningUpdate[tuple[int, int, int, int, str | None]]:
    due = select(job.c.mail_seq).where(job.c.lane_id == bindparam("lane_"), job.c.due_at <= bindparam("now_"))
    due = due.where(or_(job.c.lease.is_(None), job.c.lease.not_in(bindparam("own_", expanding=True))))
    # SKIP LOCKED (PostgreSQL): two workers never wait for each other. SQLite has one writer at a time and ignores it.
    due = due.order_by(job.c.due_at, job.c.mail_seq).limit(bindparam("room_")).with_for_update(skip_locked=True)
    # WITH: as a plain subquery PostgreSQL may run it again for each job, and so take more than the limit.
    chosen = due.cte("due")
    # What is in doubt is not tried: it is the attempt before that is not over.
    attempt = case((job.c.stage == Stage.FINAL_DOT.value, job.c.attempt), else_=job.c.attempt + 1)
    return (
        update(job)
        .where(job.c.mail_seq.in_(select(chosen.c.mail_seq)))
        .values(lease=bindparam("lease_"), due_at=bindparam("until_"), attempt=attempt)
        .returning(job.c.mail_seq, job.c.org_id, job.c.attempt, job.c.first_due_at, job.c.stage)
    )


def extend(tx: Connection, leases: Collection[int], until: int) -> int:
    """Keep everything held under these leases until then; returns how many mails that was."""
    moved = tx.execute(_EXTEND, {"leases_": list(leases), "until_": until}).rowcount
    reach("heartbeat-written")
    return moved


def mark(tx: Connection, marks: Sequence[Mark]) -> list[bool]:
    """Write that the final dots of these mails may be sent from now on; False where the lease is another's."""
    wanted = {"seqs_": [each.mail_seq for each in marks], "leases_": [each.lease for each in marks]}
    held = {(row.mail_seq, row.lease) for row in tx.execute(_MARK, wanted)}
    reach("marked")
    return [(each.mail_seq, each.lease) in held for each in marks]


def note(tx: Connection, marks: Sequence[Mark]) -> None:
    """Write how far attempts have come that take long; a mark stays what it is."""
    tx.execute(_NOTE, [{"seq_": each.mail_seq, "lease_": each.lease, "stage_": each.stage.value} for each in marks])


# Made once: to build a statement costs more than to run it.
_LEASES: BindParameter[Any] = bindparam("leases_", expanding=True)
_DUE_LANES = _due_lanes()
_TAKE = _take()
_EXTEND = update(job).where(job.c.lease.in_(_LEASES)).values(due_at=bindparam("until_"))
_MARK = (
    update(job)
    # By the mails: a lease has hundreds (+ 0: not by the index of leases).
    .where(job.c.mail_seq.in_(bindparam("seqs_", expanding=True)), (job.c.lease + 0).in_(_LEASES))
    .values(stage=Stage.FINAL_DOT.value)
    .returning(job.c.mail_seq, job.c.lease)
)
_NOTE = (
    update(job)
    .where(job.c.mail_seq == bindparam("seq_"), job.c.lease == bindparam("lease_"))
    .where(func.coalesce(job.c.stage, "") != Stage.FINAL_DOT.value)
    .values(stage=bindparam("stage_"))
)
