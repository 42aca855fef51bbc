"""Senders: the from addresses that an organisation or one of its users has configured (wire reference 2).

A user without any of their own has their primary address, which leaves through the organisation's transport; where the
organisation has none, they have only its addresses.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from postroom.store.tables import org, sender, user


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """One from address; ``user_id`` None makes it the organisation's; ``email`` is folded.

    ``id`` None: nobody configured it, it is the user's primary address.
    """

    id: int | None
    org_id: int
    user_id: int | None
    email: str
    name: str
    is_default: bool = False
    transport_id: int | None = None
    created_at: int


def add(tx: Connection, new: Sender) -> None:
    """Store a new sender."""
    tx.execute(insert(sender).values({name: getattr(new, name) for name in Sender.__slots__}))


def unmark_default(tx: Connection, org_id: int, user_id: int | None) -> None:
    """Leave the user (None: the organisation) without a default, as is done before there is another."""
    own = sender.c.user_id.is_(None) if user_id is None else sender.c.user_id == user_id
    tx.execute(update(sender).where(sender.c.org_id == org_id, own).values(is_default=False))


def save(tx: Connection, changed: Sender) -> None:
    """Replace the name, the default mark and the transport of a sender."""
    same = (sender.c.org_id == changed.org_id) & (sender.c.id == changed.id)
    values = {name: getattr(changed, name) for name in ("name", "is_default", "transport_id")}
    tx.execute(update(sender).where(same).values(values))


@dataclass(frozen=True, slots=True)
class Wish:
    """A user who would like to send from a (folded) address."""

    org_id: int
    user_id: int
    email: str


def allowed(tx: Connection, wishes: Sequence[Wish]) -> list[Sender | None]:
    """The sender each user may use for the address: their own before the organisation's, None where there is none."""
    found: dict[Wish, Sender] = {}
    for org_id in {wish.org_id for wish in wishes}:
        own = {wish for wish in wishes if wish.org_id == org_id}
        rows = tx.execute(_BY_EMAIL, {"org_": org_id, "emails_": list({wish.email for wish in own})}).mappings()
        for each in (Sender(**row) for row in rows):
            users = {wish.user_id for wish in own} if each.user_id is None else {each.user_id}
            found.update({Wish(org_id, user_id, each.email): each for user_id in users})
        missing = {wish.user_id for wish in own if wish not in found}
        primary = _primary(tx, org_id, missing)
        found.update({Wish(org_id, user_id, each.email): each for user_id, each in primary.items()})
    return [found.get(wish) for wish in wishes]


# The organisation's come first, so that a user's own takes their place in the dictionary above. Made once: to build a
# statement costs more than to run it.
_BY_EMAIL = (
    select(sender)
    .where(sender.c.org_id == bindparam("org_"), sender.c.email.in_(bindparam("emails_", expanding=True)))
    .order_by(sender.c.user_id.is_not(None), sender.c.id.desc())
)


def of_user(tx: Connection, org_id: int, user_id: int) -> Sequence[Sender]:
    """The from addresses this user may use: their own, then the organisation's."""
    found = (
        select(sender)
        .where(sender.c.org_id == org_id, or_(sender.c.user_id == user_id, sender.c.user_id.is_(None)))
        .order_by(sender.c.user_id.is_(None), sender.c.id)
    )
    rows = [Sender(**row) for row in tx.execute(found).mappings()]
    return [*_primary(tx, org_id, {user_id}).values(), *rows]


def listing(tx: Connection, org_id: int) -> Sequence[Sender]:
    """All senders of the organisation, oldest first."""
    rows = tx.execute(select(sender).where(sender.c.org_id == org_id).order_by(sender.c.id)).mappings()
    return [Sender(**row) for row in rows]


def _primary(tx: Connection, org_id: int, user_ids: Collection[int]) -> dict[int, Sender]:
    """The primary addresses, by user, of those who have no sender and whose organisation has a transport."""
    if not user_ids:
        return {}
    has_sender = select(sender.c.id).where(sender.c.org_id == org_id, sender.c.user_id == user.c.id).exists()
    query = (
        select(user)
        .join(org, org.c.id == user.c.org_id)
        .where(user.c.org_id == org_id, user.c.id.in_(user_ids), user.c.active)
        .where(org.c.transport_id.is_not(None), ~has_sender)
    )
    return {
        row.id: Sender(
            id=None,
            org_id=org_id,
            user_id=row.id,
            email=row.email,
            name=f"{row.first_name} {row.last_name}".strip(),
            created_at=row.created_at,
        )
        for row in tx.execute(query)
    }
