"""Senders: the from addresses that an organisation or one of its users has configured (wire reference 2).

A user without a confirmed one of their own has their primary address, which leaves through the organisation's
transport; where the organisation has none, they have only its addresses.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from postroom.store.many import insert_all
from postroom.store.tables import org, sender, sender_user, user


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """One from address; ``user_id`` None makes it the organisation's; ``email`` is folded.

    ``id`` None: nobody configured it, it is the user's primary address. ``alias_of`` is the sender that it is another
    address of; ``transport_id`` is that one's then. ``confirmed_at`` None: nobody may send from it yet.

    ``return_path`` is where bounces of its mails go, which can carry a token (``mail.verp``); None: to itself.
    ``one_click``: recipients can unsubscribe from its mails.
    """

    id: int | None
    org_id: int
    user_id: int | None
    email: str
    name: str
    is_default: bool = False
    alias_of: int | None = None
    transport_id: int | None = None
    confirmed_at: int | None
    created_at: int
    return_path: str | None = None
    one_click: bool = False


def add(tx: Connection, new: Sender) -> None:
    """Store a new sender."""
    values = {name: getattr(new, name) for name in Sender.__slots__}
    tx.execute(insert(sender).values(values | {"transport_id": _own_way(new)}))


def unmark_default(tx: Connection, org_id: int, user_id: int | None) -> None:
    """Leave the user (None: the organisation) without a default, as is done before there is another."""
    own = sender.c.user_id.is_(None) if user_id is None else sender.c.user_id == user_id
    tx.execute(update(sender).where(sender.c.org_id == org_id, own).values(is_default=False))


def save(tx: Connection, changed: Sender) -> None:
    """Replace what can be changed of a sender: all but the address, whose it is, and whether it is confirmed."""
    same = (sender.c.org_id == changed.org_id) & (sender.c.id == changed.id)
    values = {name: getattr(changed, name) for name in ("name", "is_default", "return_path", "one_click")}
    tx.execute(update(sender).where(same).values(values | {"transport_id": _own_way(changed)}))


def _own_way(of: Sender) -> int | None:
    """What is stored: the way of an alias stays its mailbox's, whatever that has later."""
    return of.transport_id if of.alias_of is None else None


def confirm(tx: Connection, org_id: int, sender_id: int, now: int) -> None:
    """Let mail be sent from it; what was confirmed before keeps its moment."""
    waiting = (sender.c.org_id == org_id) & (sender.c.id == sender_id) & sender.c.confirmed_at.is_(None)
    tx.execute(update(sender).where(waiting).values(confirmed_at=now))


def remove(tx: Connection, org_id: int, sender_id: int) -> None:
    """Forget a sender that no link confirms any more; what was accepted from it has its own copy of all it needs."""
    of_it = {"org_": org_id, "sender_": sender_id}
    tx.execute(_REMOVE_USERS, of_it)
    tx.execute(_REMOVE, of_it)


_REMOVE_USERS = delete(sender_user).where(
    sender_user.c.org_id == bindparam("org_"), sender_user.c.sender_id == bindparam("sender_")
)
_REMOVE = delete(sender).where(sender.c.org_id == bindparam("org_"), sender.c.id == bindparam("sender_"))


def choose_users(tx: Connection, org_id: int, sender_id: int, user_ids: Iterable[int]) -> None:
    """Open an address of the organisation to these users only; to everybody where there are none."""
    tx.execute(delete(sender_user).where(sender_user.c.org_id == org_id, sender_user.c.sender_id == sender_id))
    rows = [{"sender_id": sender_id, "user_id": user_id, "org_id": org_id} for user_id in user_ids]
    insert_all(tx, sender_user, rows)


def chosen_users(tx: Connection, org_id: int) -> Mapping[int, Sequence[int]]:
    """Whom the organisation's addresses are open to, by sender; one that is open to everybody is not among them."""
    found: dict[int, list[int]] = {}
    query = select(sender_user).where(sender_user.c.org_id == org_id).order_by(sender_user.c.user_id)
    for row in tx.execute(query):
        found.setdefault(row.sender_id, []).append(row.user_id)
    return found


_mailbox = sender.alias("mailbox")
_chosen = sender_user.alias("chosen")

# Made once: to build a statement costs more than to run it.
_SENDERS = select(
    *(column for column in sender.c if column.name != "transport_id"),
    case((sender.c.alias_of.is_(None), sender.c.transport_id), else_=_mailbox.c.transport_id).label("transport_id"),
)
_WITH_MAILBOX = sender.outerjoin(_mailbox, _mailbox.c.id == sender.c.alias_of)
_FOR_ALL = ~select(_chosen.c.user_id).where(_chosen.c.sender_id == sender.c.id).exists()
_IS_CHOSEN = sender_user.c.sender_id == sender.c.id


@dataclass(frozen=True, slots=True)
class Wish:
    """A user who would like to send from a (folded) address."""

    org_id: int
    user_id: int
    email: str


def allowed(tx: Connection, wishes: Sequence[Wish]) -> list[Sender | None]:
    """The sender that each user has for the address, None where there is none: their own before the organisation's.

    One that is not confirmed is the answer only where no other is: nobody may send from it yet.
    """
    found: dict[Wish, Sender] = {}
    for org_id in {wish.org_id for wish in wishes}:
        own = {wish for wish in wishes if wish.org_id == org_id}
        users = {wish.user_id for wish in own}
        asked = {"org_": org_id, "emails_": list({wish.email for wish in own}), "users_": list(users)}
        for row in tx.execute(_BY_EMAIL, asked).mappings():
            each = _from_row(row)
            found.update({Wish(org_id, user_id, each.email): each for user_id in _of_whom(row, users)})
        missing = {wish.user_id for wish in own if wish not in found or found[wish].confirmed_at is None}
        primary = _primary(tx, org_id, missing)
        found.update({Wish(org_id, user_id, each.email): each for user_id, each in primary.items()})
    return [found.get(wish) for wish in wishes]


# What is worth more comes later, so that it takes the other's place in the dictionary above: what is confirmed, of that
# a user's own, of those the older.
_BY_EMAIL = (
    _SENDERS.add_columns(_FOR_ALL.label("for_all"), sender_user.c.user_id.label("chosen_id"))
    .select_from(
        _WITH_MAILBOX.outerjoin(
            sender_user, _IS_CHOSEN & sender_user.c.user_id.in_(bindparam("users_", expanding=True))
        )
    )
    .where(sender.c.org_id == bindparam("org_"), sender.c.email.in_(bindparam("emails_", expanding=True)))
    .order_by(sender.c.confirmed_at.is_not(None), sender.c.user_id.is_not(None), sender.c.id.desc())
)


def _of_whom(row: RowMapping, users: Collection[int]) -> Collection[int]:
    """Which of these users a row of ``_BY_EMAIL`` is good for."""
    if row["user_id"] is not None:
        return (row["user_id"],)
    if row["for_all"]:
        return users
    return () if row["chosen_id"] is None else (row["chosen_id"],)


def of_user(tx: Connection, org_id: int, user_id: int) -> Sequence[Sender]:
    """The from addresses this user may use: their own, each with its aliases behind it, then the organisation's."""
    rows = tx.execute(_OF_USER, {"org_": org_id, "user_": user_id}).mappings()
    return [*_primary(tx, org_id, {user_id}).values(), *map(_from_row, rows)]


_OF_USER = (
    _SENDERS.select_from(
        _WITH_MAILBOX.outerjoin(sender_user, _IS_CHOSEN & (sender_user.c.user_id == bindparam("user_")))
    )
    .where(sender.c.org_id == bindparam("org_"), sender.c.confirmed_at.is_not(None))
    .where(
        or_(
            sender.c.user_id == bindparam("user_"),
            sender.c.user_id.is_(None) & (_FOR_ALL | sender_user.c.user_id.is_not(None)),
        )
    )
    .order_by(sender.c.user_id.is_(None), func.coalesce(sender.c.alias_of, sender.c.id))
    .order_by(sender.c.alias_of.is_not(None), sender.c.id)
)


def listing(tx: Connection, org_id: int) -> Sequence[Sender]:
    """All senders of the organisation, oldest first."""
    return [_from_row(row) for row in tx.execute(_ALL, {"org_": org_id}).mappings()]


_ALL = _SENDERS.select_from(_WITH_MAILBOX).where(sender.c.org_id == bindparam("org_")).order_by(sender.c.id)


def _from_row(row: RowMapping) -> Sender:
    return Sender(**{name: row[name] for name in Sender.__slots__})


def _primary(tx: Connection, org_id: int, user_ids: Collection[int]) -> dict[int, Sender]:
    """The confirmed primary addresses, by user, of those who have no sender and whose organisation has a transport."""
    if not user_ids:
        return {}
    return {
        row.id: Sender(
            id=None,
            org_id=org_id,
            user_id=row.id,
            email=row.email,
            name=f"{row.first_name} {row.last_name}".strip(),
            confirmed_at=row.confirmed_at,
            created_at=row.created_at,
        )
        for row in tx.execute(_PRIMARY, {"org_": org_id, "users_": list(user_ids)})
    }


_HAS_SENDER = (
    select(sender.c.id)
    .where(sender.c.org_id == user.c.org_id, sender.c.user_id == user.c.id, sender.c.confirmed_at.is_not(None))
    .exists()
)
_PRIMARY: Any = (
    select(user)
    .join(org, org.c.id == user.c.org_id)
    .where(user.c.org_id == bindparam("org_"), user.c.id.in_(bindparam("users_", expanding=True)))
    .where(user.c.active, user.c.confirmed_at.is_not(None), org.c.transport_id.is_not(None), ~_HAS_SENDER)
)
