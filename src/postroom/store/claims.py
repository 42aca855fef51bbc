"""A worker's hold on mails: claimed under a lease, kept by a heartbeat, and the journal of what happens meanwhile.

A claim writes the next attempt before anybody dials: it counts the attempt and moves ``due_at`` to the end of the
lease. A worker that lives moves it on (``extend``); the mails of one that died come due again by themselves. Every
claim draws a fresh lease number, the fencing token: whoever does not show it can neither mark nor settle.

Before the final dot of a mail is sent, ``mark`` has written that it may be. So a mail of a dead worker tells: without
the mark nobody has taken it, and it is tried again; with it a server may have, and nobody knows.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from operator import itemgetter
from random import Random
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    Subquery,
    bindparam,
    case,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from postroom.failpoint import reach
from postroom.mail.draft import Letter, Recipient
from postroom.mail.life import Stage, Unknown
from postroom.mail.pace import AHEAD, Course, Paces, Way
from postroom.mail.share import Room, Stock, share
from postroom.store import mails, paces, roads, transports
from postroom.store.mails import Open
from postroom.store.many import update_all
from postroom.store.roads import Road
from postroom.store.tables import job
from postroom.store.transports import Transport


class Job(Struct, frozen=True, kw_only=True):
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
    domain: str = ""  # of recipients, where it has a limit
    in_doubt: bool = False
    failures: int = 0  # of the transport, in a row; above 0 the mail finds out whether it works again
    start_at: int = 0  # ms since the epoch: limits let it start then, not before
    per_session: int | None = None  # how many mails may go through the session of SMTP that it takes; None: no limit
    unknown: Unknown = Unknown.RETRY

    @property
    def is_direct(self) -> bool:
        """Whether it goes to its recipients' own servers."""
        return self.transport is not None and self.transport.direct

    @property
    def course(self) -> Course:
        """What limits see of it."""
        host = self.transport.host if self.transport is not None else None
        return Course(org_id=self.org_id, transport_id=self.transport_id, domain=self.domain, host=host)


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What a worker asks for: mails due at ``now`` that it has ``room`` for, held until ``until`` under ``lease``.

    Of what it holds already, under the leases ``own``, it takes none again, whatever the clock says. It wants to know
    of lanes that have something to do until ``soon``.
    """

    now: int
    until: int
    lease: int
    room: Room
    own: tuple[int, ...] = ()
    soon: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a worker got, and when (ms) to ask again: None where nothing is known to come up until ``soon``.

    ``jobs`` makes mails of what was ``taken``.
    """

    taken: "Sequence[_Taken]"
    again: int | None
    lease: int = 0


class _Taken(Struct, frozen=True):
    """The row of a job, its lane with the road that it takes, and what the limits say of it."""

    row: Any
    lane: Road
    start_at: int
    per_session: int | None


class Mark(Struct, frozen=True):
    """How far the attempt at a mail has come, said by whoever holds it under ``lease``."""

    mail_seq: int
    lease: int
    stage: Stage = Stage.FINAL_DOT


def claim(tx: Connection, wanted: Claim) -> Claimed:
    """Take due mails, of each lane its share and the oldest, as many as the limits let start soon.

    The cost follows the number of lanes and of mails taken, not that of the mails that wait.
    """
    found = roads.waiting(tx, now=wanted.now, soon=wanted.soon, may_have=lambda number: wanted.room.of(number) > 0)
    ready = [way for way in found if way.ready_at <= wanted.now]
    tried = {way.transport_id for way in ready if way.failures}
    limits = _hold_limits(tx, ready, wanted.now * 1000)
    rows = _take(tx, ready, replace(wanted, room=_one_of_each(wanted.room, tried)), limits)
    if not rows:
        return Claimed([], _again(found, limits, wanted.now))
    reach("claim-taken")
    by_id = {way.id: way for way in ready}
    taken = [_let_start(row, by_id[row.lane_id], limits) for row in _in_turns(rows)]
    transports.keep_paused(tx, tried & {each.lane.transport_id for each in taken}, wanted.until)
    paces.move(tx, limits.moved())
    # What else such a lane has is not known before it is asked again.
    return Claimed(taken, wanted.now, wanted.lease)


def _let_start(row: Any, way: Road, limits: Paces) -> _Taken:
    return _Taken(row, way, start_at=limits.start(way) // 1000, per_session=limits.per_connection(way))


def jobs(tx: Connection, claimed: Claimed) -> list[Job]:
    """The mails that were claimed, read when that is committed: meanwhile others may write."""
    letters = mails.letters(tx, [each.row.mail_seq for each in claimed.taken])
    ways = transports.find_many(tx, [each.lane.transport_id for each in claimed.taken])
    reach("claim-read")
    return [
        _job(each, letters[each.row.mail_seq], way, claimed.lease)
        for each, way in zip(claimed.taken, ways, strict=True)
    ]


def _one_of_each(room: Room, tried: Collection[int]) -> Room:
    """Of a transport whose pause has ended one mail goes: it finds out for all, over all workers."""
    ones = {number: min(1, room.each.get(number, room.unknown)) for number in tried}
    return replace(room, each={**room.each, **ones}) if ones else room


def _hold_limits(tx: Connection, ways: Sequence[Road], now: int) -> Paces:
    """All limits as they stand, held for those lanes until the transaction ends; ``now`` in µs."""
    known = paces.everything(tx)
    about = Paces(known, now)
    held = paces.hold(tx, {each.id for way in ways for each in about.of(way)})
    # Whom another worker lets through at this very moment, that worker knows.
    return Paces([replace(each, free_at=held.get(each.id, now + AHEAD + 1)) for each in known], now)


def _again(ways: Sequence[Road], limits: Paces, now: int) -> int | None:
    later = [way.ready_at for way in ways if way.ready_at > now]
    through = limits.again(way for way in ways if way.ready_at <= now)
    return min([*later, *([] if through is None else [through // 1000])], default=None)


def _take(tx: Connection, ways: Sequence[Road], wanted: Claim, limits: Paces) -> list[Row[Any]]:
    """Divide the room between the lanes; what some of them did not need, once more between the others."""
    lanes = ways
    stock = Stock(wanted.room, partial(_supplies, limits=limits, connections=wanted.room.connections))
    dice = Random(wanted.lease).randrange  # noqa: S311 - who begins, no secret
    rows: list[Row[Any]] = []
    for _ in range(_ROUNDS):
        given = share(lanes, stock, dice)
        if not given:
            break
        found = _take_oldest(tx, given, wanted)
        rows += found
        spare = given - Counter(row.lane_id for row in found)
        for way in lanes if spare else ():
            stock.put_back(way, spare[way.id])
        lanes = [way for way in lanes if not spare[way.id]]
    return rows


def _supplies(way: Way, *, limits: Paces, connections: Mapping[int, int]) -> dict[Hashable, int]:
    at_once: dict[Hashable, int] = {
        ("connections", each.id): connections.get(each.id, 0) for each in limits.connections(way)
    }
    return limits.supplies(way) | at_once


def _in_turns(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """The oldest of each lane, then the next of each, and so on."""
    turns: Counter[int] = Counter()
    placed = []
    for row in sorted(rows, key=lambda row: (row.first_due_at, row.mail_seq)):
        turns[row.lane_id] += 1
        placed.append((turns[row.lane_id], row))
    return [row for _, row in sorted(placed, key=itemgetter(0))]


def _take_oldest(tx: Connection, given: Mapping[int, int], wanted: Claim) -> list[Row[Any]]:
    values = {"now_": wanted.now, "own_": wanted.own, "lease_": wanted.lease, "until_": wanted.until}
    rows: list[Row[Any]] = []
    lanes = list(given.items())
    for start in range(0, len(lanes), _LANES_AT_MOST):
        some = lanes[start : start + _LANES_AT_MOST]
        # Statements for 1, 2, 4, ... lanes: few are ever made. Nothing is in lane 0.
        size = 1 << (len(some) - 1).bit_length()
        padded = [*some, *[(0, 0)] * (size - len(some))]
        asked = {f"lane_{n}": lane_id for n, (lane_id, _) in enumerate(padded)}
        asked |= {f"room_{n}": room for n, (_, room) in enumerate(padded)}
        rows += tx.execute(_take_of(size), values | asked)
    return rows


def _job(taken: _Taken, opened: Open, way: Transport | None, lease: int) -> Job:
    lane = taken.lane
    mail_seq, org_id, _, attempt, first_due_at, stage = taken.row
    return Job(
        mail_seq=mail_seq,
        org_id=org_id,
        transport_id=lane.transport_id,
        transport=way,
        lease=lease,
        attempt=attempt,
        first_due_at=first_due_at,
        start_at=taken.start_at,
        per_session=taken.per_session,
        letter=opened.letter,
        pending=opened.pending,
        reached=opened.reached,
        domain=lane.domain,
        in_doubt=stage == _FINAL_DOT,
        failures=lane.failures,
        unknown=lane.unknown,
    )


@lru_cache
def _take_of(lanes: int) -> ReturningUpdate[Any]:
    """Take the oldest mails of so many lanes, of each as many as it is given."""
    # WITH: as a plain subquery PostgreSQL may run it again for each job, and so take more than the limit.
    chosen = union_all(*(select(_oldest(n).c.mail_seq) for n in range(lanes))).cte("due")
    chosen = chosen.prefix_with("MATERIALIZED", dialect="postgresql")
    # What is in doubt is not tried: it is the attempt before that is not over.
    attempt = case((job.c.stage == _FINAL_DOT, job.c.attempt), else_=job.c.attempt + 1)
    return (
        update(job)
        .where(job.c.mail_seq.in_(select(chosen.c.mail_seq)))
        .values(lease=bindparam("lease_"), due_at=bindparam("until_"), attempt=attempt, begun_at=bindparam("now_"))
        .returning(job.c.mail_seq, job.c.org_id, job.c.lane_id, job.c.attempt, job.c.first_due_at, job.c.stage)
    )


def _oldest(n: int) -> Subquery:
    due = select(job.c.mail_seq).where(job.c.lane_id == bindparam(f"lane_{n}"), job.c.due_at <= bindparam("now_"))
    due = due.where(or_(job.c.lease.is_(None), job.c.lease.not_in(bindparam("own_", expanding=True))))
    # SKIP LOCKED (PostgreSQL): two workers never wait for each other. SQLite has one writer at a time and ignores it.
    due = due.order_by(job.c.due_at, job.c.mail_seq).limit(bindparam(f"room_{n}")).with_for_update(skip_locked=True)
    return due.subquery(f"oldest_{n}")


def extend(tx: Connection, leases: Collection[int], until: int) -> int:
    """Keep everything held under these leases until then; returns how many mails that was."""
    moved = tx.execute(_EXTEND, {"leases_": list(leases), "until_": until}).rowcount
    reach("heartbeat-written")
    return moved


def mark(tx: Connection, marks: Sequence[Mark]) -> list[bool]:
    """Write that the final dots of these mails may be sent from now on; False where the lease is another's."""
    said = [{"mail_seq": each.mail_seq, "lease": each.lease, "stage": _FINAL_DOT} for each in marks]
    held = {(mail_seq, lease) for mail_seq, lease in update_all(tx, job, 2, said, tell=True)}
    reach("marked")
    return [(each.mail_seq, each.lease) in held for each in marks]


def note(tx: Connection, marks: Sequence[Mark]) -> None:
    """Write how far attempts have come that take long; a mark stays what it is."""
    tx.execute(_NOTE, [{"seq_": each.mail_seq, "lease_": each.lease, "stage_": each.stage.value} for each in marks])


_FINAL_DOT: Final = Stage.FINAL_DOT.value

# Made once: to build a statement costs more than to run it.
_LEASES: BindParameter[Any] = bindparam("leases_", expanding=True)
_LANES_AT_MOST: Final = 32  # of one statement
_ROUNDS: Final = 3  # of one claim; the next one comes soon
_EXTEND = update(job).where(job.c.lease.in_(_LEASES)).values(due_at=bindparam("until_"))
_NOTE = (
    update(job)
    .where(job.c.mail_seq == bindparam("seq_"), job.c.lease == bindparam("lease_"))
    .where(func.coalesce(job.c.stage, "") != _FINAL_DOT)
    .values(stage=bindparam("stage_"))
)
