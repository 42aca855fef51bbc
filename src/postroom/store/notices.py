"""What senders are told of their mails: that one waits for long, and by mail, where their organisation wants it.

A notice is a mail of its own, written in the transaction of what it tells of. There is one of a mail and a moment,
however many recipients it is about, and none of a notice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, false, select, update

from postroom.mail.address import Address
from postroom.mail.draft import Format, Mailbox
from postroom.mail.life import Notices, Outcome, Result, Stage, State, Why
from postroom.mail.notice import notice
from postroom.mail.report import Missed, Report
from postroom.mail.retry import LATE
from postroom.store import blocked, json, mails
from postroom.store.addresses import Asked
from postroom.store.mails import Accepted, Open
from postroom.store.many import insert_all
from postroom.store.tables import event, job, mail, org, recipient, transport

# Under which the queue shows notices, with the number of the mail: they belong to no record, and none has that module.
MODULE: Final = "Notices"
_AT_ONCE: Final = 100  # late mails in one transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreached:
    """Recipients (their places) of a mail that it has not reached ``at`` a moment, and ``until`` when it is tried.

    ``until`` None: it is not tried any more. Moments are in ms since the epoch.
    """

    mail_seq: int
    places: tuple[int, ...]
    at: int
    until: int | None = None


def tell(tx: Connection, about: Sequence[Unreached]) -> None:
    """Queue a notice for the sender of each mail whose organisation wants one."""
    unreached = {each.mail_seq: each for each in about}
    rows: list[Any] = [row for row in tx.execute(_TOLD, {"seqs_": list(unreached)}) if _wants(row, unreached[row.seq])]
    if not rows:
        return
    letters = mails.letters(tx, [row.seq for row in rows])
    senders = {row.seq: Asked(row.org_id, letters[row.seq].letter.sender.address.folded) for row in rows}
    closed = blocked.look_up(tx, list(senders.values()))
    ends = _ends(tx, letters)
    told = [
        (row, _notice(row, unreached[row.seq], letters[row.seq], ends))
        for row in rows
        if senders[row.seq] not in closed
    ]
    mails.add(tx, [new for _, new in told])
    insert_all(tx, event, [_told_event(row, new) for row, new in told])


def late(tx: Connection, now: int) -> Sequence[int]:
    """Some of the mails that have waited for long by ``now``, of which nothing has been told yet."""
    # No index: it would cost each mail something, and this one look in a minute at all that waits.
    return tx.execute(_LATE, {"before_": now - LATE, "limit_": _AT_ONCE}).scalars().all()


def tell_late(tx: Connection, seqs: Sequence[int], *, now: int, patience: int) -> None:
    """Note of these mails that they are late, and tell; nothing of those that were settled or told meanwhile.

    ``patience``: how long a mail is tried, in ms.
    """
    rows = tx.execute(_MARK_TOLD, {"seqs_": list(seqs)}).all()
    insert_all(tx, event, [_delayed_event(row, now) for row in rows])
    places: dict[int, tuple[int, ...]] = {row.mail_seq: () for row in rows}
    for mail_seq, place in tx.execute(_WAITING, {"seqs_": list(places)}):
        places[mail_seq] += (place,)
    until = {row.mail_seq: row.first_due_at + patience for row in rows}
    tell(tx, [Unreached(mail_seq=seq, places=found, at=now, until=until[seq]) for seq, found in places.items()])


def _wants(row: Any, about: Unreached) -> bool:
    return about.until is None or Notices(row.notices) is Notices.DELAYS


def _notice(row: Any, about: Unreached, opened: Open, ends: Mapping[tuple[int, int], Missed]) -> Accepted:
    letter = opened.letter
    addresses = {each.n: each.mailbox.address for each in letter.recipients if each.n in about.places}
    stopped = None if about.until is None else _stopped(row)
    missed = tuple(
        ends.get((row.seq, n), Missed(address=address)) if stopped is None else Missed(address=address, outcome=stopped)
        for n, address in addresses.items()
    )
    report = Report(letter=letter, accepted_at=row.created_at, missed=missed, until=about.until)
    # As with a mail that confirms an address: from the organisation, where the way is its own, or else from no address
    # but the one that is written to.
    own = row.org_transport_id is not None
    origin = Mailbox(name=row.name, address=Address.parse(row.primary_email) if own else letter.sender.address)
    return Accepted(
        letter=notice(report, origin=origin, at=about.at),
        org_id=row.org_id,
        user_id=row.user_id,
        module=MODULE,
        record_id=row.seq,
        thread_id=row.thread_id or row.id,
        transport_id=row.org_transport_id or row.transport_id,
        state=State.QUEUED,
        due_at=about.at,
        created_at=about.at,
    )


def _stopped(row: Any) -> Outcome | None:
    """Why no mail leaves through the transport at present, whatever a server said of this one before."""
    why = "it is held by an operator" if row.held else row.fault
    if why is None or row.fallback_id is not None:  # then others have it
        return None
    return Outcome(result=Result.DEFERRED, stage=Stage.ROUTE, line=f"No mail leaves that way for now: {why}")


def _ends(tx: Connection, letters: Mapping[int, Open]) -> dict[tuple[int, int], Missed]:
    """How the last attempt ended, by mail and place of the recipient."""
    addresses = {
        (seq, each.n): each.mailbox.address for seq, found in letters.items() for each in found.letter.recipients
    }
    return {
        (row.mail_seq, row.n): Missed(
            address=addresses[row.mail_seq, row.n], outcome=_outcome(row.what, row.detail), tried_at=row.at
        )
        for row in tx.execute(_OUTCOMES, {"seqs_": list(letters)})
    }


def _outcome(what: str, detail: Mapping[str, Any]) -> Outcome:
    why = detail.get("why")
    return Outcome(
        result=Result(what),
        stage=Stage(detail["stage"]),
        code=detail["code"],
        enhanced=detail["enhanced"],
        command=detail["command"],
        line=detail["line"],
        server=detail["server"],
        why=None if why is None else Why(why),
    )


def _told_event(row: Any, new: Accepted) -> dict[str, Any]:
    detail = json.dumps({"notice": new.letter.mail_id.hex()})
    return {
        "org_id": row.org_id,
        "mail_seq": row.seq,
        "at": new.created_at,
        "what": "told",
        "attempt": 0,
        "detail": detail,
    }


def _delayed_event(row: Any, now: int) -> dict[str, Any]:
    return {"org_id": row.org_id, "mail_seq": row.mail_seq, "at": now, "what": "delayed", "attempt": row.attempt}


# Made once: to build a statement costs more than to run it.
_GIVEN: BindParameter[Any] = bindparam("seqs_", expanding=True)
_TOLD = (
    select(
        mail.c.seq,
        mail.c.id,
        mail.c.org_id,
        mail.c.user_id,
        mail.c.thread_id,
        mail.c.transport_id,
        mail.c.created_at,
        org.c.name,
        org.c.primary_email,
        org.c.transport_id.label("org_transport_id"),
        org.c.notices,
        transport.c.held,
        transport.c.fault,
        transport.c.fallback_id,
    )
    .join_from(mail, org, org.c.id == mail.c.org_id)
    .outerjoin(transport, transport.c.id == mail.c.transport_id)
    .where(mail.c.seq.in_(_GIVEN), mail.c.format != Format.REPORT.value, org.c.notices != Notices.NONE.value)
    .order_by(mail.c.seq)
)
_OUTCOMES = (
    select(event.c.mail_seq, event.c.n, event.c.at, event.c.what, event.c.detail)
    .where(event.c.mail_seq.in_(_GIVEN), event.c.what.in_([each.value for each in Result]))
    .order_by(event.c.seq)
)
_WAITS = (job.c.told == false()) & job.c.due_at.is_not(None)
_LATE = select(job.c.mail_seq).where(_WAITS, job.c.first_due_at <= bindparam("before_")).limit(bindparam("limit_"))
_MARK_TOLD = (
    update(job)
    .where(job.c.mail_seq.in_(_GIVEN), _WAITS)
    .values(told=True)
    .returning(job.c.mail_seq, job.c.org_id, job.c.attempt, job.c.first_due_at)
)
_WAITING = (
    select(recipient.c.mail_seq, recipient.c.n)
    .where(recipient.c.mail_seq.in_(_GIVEN), recipient.c.state == State.QUEUED.value)
    .order_by(recipient.c.mail_seq, recipient.c.n)
)
