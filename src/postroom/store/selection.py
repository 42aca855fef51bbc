"""Mails chosen by what they are: where they stand, who wrote them, to whom, when. For lists, and for whoever acts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, Select, bindparam, func, literal_column, or_, select

from postroom.mail.address import Address
from postroom.mail.life import FINAL, State
from postroom.store import mails
from postroom.store.mails import Filed
from postroom.store.tables import job, mail, recipient


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """The organisation's mails in these states that meet each condition that is given.

    ``recipient`` is an address or a domain of any recipient, ``subject`` a part of it in any case. Moments are in ms
    since the epoch: ``since`` that moment, or ``before`` it; of mails that are held none is due.
    """

    org_id: int
    states: frozenset[State]
    sender: Address | None = None
    recipient: Address | str | None = None
    record_id: int | None = None
    user_id: int | None = None
    transport_ids: frozenset[int] | None = None
    accepted_since: int | None = None
    accepted_before: int | None = None
    due_since: int | None = None
    due_before: int | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many mails of a selection are in each state, and the number of the newest of them, 0 where there are none."""

    counts: Mapping[State, int]
    newest: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def newest(tx: Connection, wanted: Selection, *, limit: int) -> list[Filed]:
    """The newest mails, without content and files; «sending» are those in a worker's hands, and none but these."""
    found = tx.execute(_newest(_form(wanted)), {**_given(wanted), "limit_": limit}).scalars().all()
    return mails.by_numbers(tx, wanted.org_id, found)


def tally(tx: Connection, wanted: Selection) -> Tally:
    """How many there are. What a worker holds counts as sending, though its state stays what it was."""
    counts: dict[State, int] = {}
    highest = 0
    for row in tx.execute(_tally(_form(wanted)), _given(wanted)):
        state = State.SENDING if row.held else State(row.state)
        counts[state] = counts.get(state, 0) + row.mails
        highest = max(highest, row.newest)
    return Tally(counts, highest)


def page(tx: Connection, wanted: Selection, *, after: int, upto: int, limit: int) -> list[int]:
    """The numbers of the mails behind the number ``after`` and not behind ``upto``, in order; those being sent, too."""
    asked = {**_given(wanted), "after_": after, "upto_": upto, "limit_": limit}
    return list(tx.execute(_page(_form(wanted)), asked).scalars())


def _form(wanted: Selection) -> frozenset[str]:
    """Which conditions a question has, and what it looks through."""
    parts = {name for name in _CONDITIONS if getattr(wanted, name, None) is not None}
    if isinstance(wanted.recipient, str):
        parts = parts - {"recipient"} | {_DOMAIN}
    if wanted.states == {State.FAILED}:
        return frozenset(parts | {_FAILED})
    return frozenset(parts if wanted.states & FINAL else parts | {_OPEN})


def _given(wanted: Selection) -> dict[str, Any]:
    """What the conditions compare with."""
    given: dict[str, Any] = {f"{name}_": getattr(wanted, name) for name in Selection.__slots__}
    given |= {"states_": [each.value for each in wanted.states], "sending_": State.SENDING in wanted.states}
    given["transport_ids_"] = list(wanted.transport_ids or ())
    for name, address in (("sender", wanted.sender), ("recipient", wanted.recipient)):
        if isinstance(address, Address):
            given |= {f"{name}_": str(address), f"{name}_folded_": address.folded}
    given["domain_"] = f"%@{wanted.recipient}"
    given["subject_"] = "%" + _SPECIAL.sub(rf"{_ESCAPE}\g<0>", wanted.subject or "") + "%"
    given["subject_folded_"] = given["subject_"].lower()
    return given


def _is(address: ColumnElement[str], name: str) -> ColumnElement[bool]:
    # SQLite knows the lower case of ASCII only.
    return or_(func.lower(address) == bindparam(f"{name}_folded_"), address == bindparam(f"{name}_"))


def _went(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # No EXISTS: PostgreSQL would make a join of it, and read everybody's recipients.
    one = select(recipient.c.n).where(recipient.c.mail_seq == mail.c.seq, condition)
    return one.limit(1).scalar_subquery().is_not(None)


_ESCAPE: Final = "!"
_OPEN: Final = "open"  # none that is settled: the queue alone is looked through
_SPECIAL: Final = re.compile(f"[%_{_ESCAPE}]")  # in LIKE
_FAILED: Final = "failed"
_DOMAIN: Final = "domain"
_CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "sender": _is(mail.c.from_address, "sender"),
    "recipient": _went(_is(recipient.c.address, "recipient")),
    _DOMAIN: _went(recipient.c.address.like(bindparam("domain_"))),
    "record_id": mail.c.record_id == bindparam("record_id_"),
    "user_id": mail.c.user_id == bindparam("user_id_"),
    "transport_ids": mail.c.transport_id.in_(bindparam("transport_ids_", expanding=True)),
    "accepted_since": mail.c.created_at >= bindparam("accepted_since_"),
    "accepted_before": mail.c.created_at < bindparam("accepted_before_"),
    "due_since": job.c.due_at >= bindparam("due_since_"),
    "due_before": job.c.due_at < bindparam("due_before_"),
    "subject": or_(
        func.lower(mail.c.subject).like(bindparam("subject_folded_"), escape=_ESCAPE),
        mail.c.subject.like(bindparam("subject_"), escape=_ESCAPE),
    ),
}
_STORED: Final = mail.c.state.in_(bindparam("states_", expanding=True))
_HELD: Final = job.c.lease.is_not(None)


def _number(form: frozenset[str]) -> ColumnElement[int]:
    return job.c.mail_seq if _OPEN in form else mail.c.seq


def _from(form: frozenset[str]) -> FromClause:
    # Of the mails that were ever sent the queue is a small part, and of those that failed there is an index.
    join = job.c.mail_seq == mail.c.seq
    return job.join(mail, join) if _OPEN in form else mail.outerjoin(job, join)


def _conditions(form: frozenset[str]) -> list[ColumnElement[bool]]:
    org = (job if _OPEN in form else mail).c.org_id == bindparam("org_id_")
    # Said in so many words: a value that comes later finds no index of a part of the table.
    failed = [literal_column("mail.state") == literal_column("'failed'")] if _FAILED in form else []
    return [org, *failed, *(_CONDITIONS[name] for name in sorted(form & _CONDITIONS.keys()))]


# Each made once: to build a statement costs more than to run it.
@lru_cache
def _newest(form: frozenset[str]) -> Select[int]:
    shown = or_(_STORED & ~_HELD, _HELD & bindparam("sending_"))
    query = select(_number(form)).select_from(_from(form)).where(*_conditions(form), shown)
    return query.order_by(_number(form).desc()).limit(bindparam("limit_"))


@lru_cache
def _tally(form: frozenset[str]) -> Select[Any]:
    held = _HELD.label("held")
    sums = func.count().label("mails"), func.max(mail.c.seq).label("newest")
    query = select(mail.c.state, held, *sums).select_from(_from(form)).where(*_conditions(form), _STORED)
    return query.group_by(mail.c.state, held)


@lru_cache
def _page(form: frozenset[str]) -> Select[int]:
    number = _number(form)
    among = number > bindparam("after_"), number <= bindparam("upto_")
    query = select(number).select_from(_from(form)).where(*_conditions(form), _STORED, *among)
    return query.order_by(number).limit(bindparam("limit_"))
