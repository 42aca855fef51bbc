"""The mails in the list of a record: those filed under it, and those filed under its contacts (wire reference 8.1).

A company may have any number of contacts, and each of them any number of mails. A page is made of the mails of those
records whose nearest mail is among the nearest: no others can have one on it. So of each contact one mail is looked up,
and of a few records a page each.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select, union_all

from postroom.mail.draft import Kind
from postroom.mail.life import State
from postroom.record import ACCOUNTS, CONTACTS
from postroom.record.terms import whole
from postroom.store import aside, mails, records, terms
from postroom.store.mails import Filed
from postroom.store.records import Key, Record
from postroom.store.tables import mail, recipient, record, term

_AT_ONCE: Final = 10_000  # contacts of one statement: SQLite takes 32,766 values


class By(Enum):
    """What mails are chosen by; the value is the key of the wire."""

    SUBJECT = "subject"
    FROM = "from"
    TO = "to"
    CC = "cc"
    OWNER = "owner"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Mails that have exactly this: a subject, a user's id, or an address in any case (``folded``)."""

    by: By
    value: str | int
    folded: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A page of a record's list.

    ``contacts_alone``: without the record's own mails. ``states``, ``user_id``, ``choice``: none but these mails. The
    page begins after the mail number ``start``, or ends before it where it is read ``backwards``; None: the newest.
    """

    record: Record
    limit: int
    contacts_alone: bool = False
    states: Collection[State] | None = None
    user_id: int | None = None
    choice: Choice | None = None
    start: int | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Mails, the newest first, and whether the list has newer and older ones."""

    mails: list[Filed]
    newer: bool
    older: bool


def page(tx: Connection, asked: Asked) -> Page:
    """The page asked for; its mails are without content and files."""
    form, given = _form(asked), _given(asked)
    numbers = _nearest(tx, form, given, _records(tx, asked, form, given))
    more, chosen = len(numbers) > asked.limit, numbers[: asked.limit]
    newer, older = (more, True) if asked.backwards else (asked.start is not None, more)
    return Page(mails.by_numbers(tx, asked.record.org_id, chosen), newer, older)


def holds(tx: Connection, record: Key, filed: Filed) -> bool:
    """Whether the list of that record holds a mail of the same organisation."""
    if (filed.module, filed.record_id) == (record.module, record.id):
        return True
    contact, owner = records.find_many(tx, [Key(record.org_id, CONTACTS.name, filed.record_id), record])
    if contact is None or owner is None:
        return False
    return contact.account_id == owner.id or owner.contact_id == contact.id


def _records(tx: Connection, asked: Asked, form: tuple[str, ...], given: Mapping[str, Any]) -> list[int]:
    """The records whose mails may be on the page."""
    own = [] if asked.contacts_alone else [asked.record.id]
    if asked.record.module == ACCOUNTS.name:
        return [*own, *_nearest_contacts(tx, asked.record, form, given)]
    contact = asked.record.contact_id
    # A lookup to a record that is gone is cleared some time later: what is there has a name.
    return [*own, *records.names(tx, asked.record.org_id, [] if contact is None else [contact])]


def _nearest_contacts(
    tx: Connection, company: Record, form: tuple[str, ...], given: Mapping[str, Any]
) -> Sequence[int]:
    """The contacts of a company from the one with the nearest mail on, whether the index knows them or not."""
    number, key = CONTACTS.numbers["Account_Name"], whole(company.id)
    found = list(tx.execute(_contacts(form, _KNOWN), {**given, "place_": terms.place(company.org_id, number, key)}))
    newest = [each for _, each in aside.newest(tx, company.org_id, CONTACTS).leading(number, {key})]
    for start in range(0, len(newest), _AT_ONCE):
        found += tx.execute(_contacts(form, _THESE), {**given, "ids_": newest[start : start + _AT_ONCE]}).all()
    placed = sorted(((row.nearest, row.id) for row in found if row.nearest is not None), reverse=_NEWER not in form)
    return [each for _, each in placed[: given["limit_"]]]


def _nearest(tx: Connection, form: tuple[str, ...], given: Mapping[str, Any], under: Sequence[int]) -> list[int]:
    """The numbers of the mails under these records that are nearest to where the page begins, in that order."""
    if not under:
        return []
    binds = {f"record_{n}": number for n, number in enumerate(under)}
    found = tx.execute(_mails(form, len(under)), {**given, **binds}).scalars()
    return sorted(found, reverse=_NEWER not in form)[: given["limit_"]]


def _form(asked: Asked) -> tuple[str, ...]:
    """Which conditions a question has."""
    parts = {
        "states": asked.states is not None,
        "user": asked.user_id is not None,
        _NEWER if asked.backwards else "older": asked.start is not None,
    }
    form = tuple(name for name, there in parts.items() if there)
    return form if asked.choice is None else (*form, asked.choice.by.value)


def _given(asked: Asked) -> dict[str, Any]:
    """What the conditions compare with; one mail more than a page tells that there are others."""
    given: dict[str, Any] = {"org_": asked.record.org_id, "limit_": asked.limit + 1}
    given |= {"user_": asked.user_id, "start_": asked.start}
    given |= {"states_": [each.value for each in asked.states or ()]}
    if asked.choice is not None:
        given |= {"value_": asked.choice.value, "folded_": asked.choice.folded}
    return given


def _is(address: ColumnElement[str]) -> ColumnElement[bool]:
    # SQLite knows the lower case of ASCII only.
    return or_(func.lower(address) == bindparam("folded_"), address == bindparam("value_"))


def _went(kind: Kind) -> ColumnElement[bool]:
    one = (recipient.c.mail_seq == mail.c.seq) & (recipient.c.kind == kind.value) & _is(recipient.c.address)
    # No EXISTS: PostgreSQL would make a join of it, and read everybody's recipients.
    return select(recipient.c.n).where(one).limit(1).scalar_subquery().is_not(None)


_NEWER: Final = "newer"
_CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "states": mail.c.state.in_(bindparam("states_", expanding=True)),
    "user": mail.c.user_id == bindparam("user_"),
    "older": mail.c.seq < bindparam("start_"),
    _NEWER: mail.c.seq > bindparam("start_"),
    By.SUBJECT.value: mail.c.subject == bindparam("value_"),
    By.FROM.value: _is(mail.c.from_address),
    By.TO.value: _went(Kind.TO),
    By.CC.value: _went(Kind.CC),
    By.OWNER.value: mail.c.user_id == bindparam("value_"),
}


def _under(record_id: ColumnElement[int], form: tuple[str, ...]) -> Select[int]:
    """The numbers of the mails under a record, from the nearest on."""
    order = mail.c.seq if _NEWER in form else mail.c.seq.desc()
    own = mail.c.org_id == bindparam("org_"), mail.c.record_id == record_id
    return select(mail.c.seq).where(*own, *(_CONDITIONS[each] for each in form)).order_by(order)


# Each made once: to build a statement costs more than to run it.
@lru_cache
def _mails(form: tuple[str, ...], count: int) -> Any:
    parts = [_under(bindparam(f"record_{n}"), form).limit(bindparam("limit_")).subquery() for n in range(count)]
    return union_all(*(select(each.c.seq) for each in parts))


@lru_cache
def _contacts(form: tuple[str, ...], these: Select[int]) -> Select[int, int]:
    """Some contacts and their nearest mails, from the nearest on."""
    own = these.subquery().c
    nearest = _under(own.id, form).limit(1).scalar_subquery()
    order = nearest if _NEWER in form else nearest.desc()
    return select(own.id, nearest.label("nearest")).order_by(order.nulls_last()).limit(bindparam("limit_"))


_KNOWN: Final = select(term.c.record_id.label("id")).where(term.c.place == bindparam("place_"))
_THESE: Final = select(record.c.id).where(record.c.id.in_(bindparam("ids_", expanding=True)))
