"""Links that were mailed to confirm an address: a sender's, or the one that a user signs in with."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from postroom.store import senders, users
from postroom.store.tables import confirmation, org, sender, user


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmation:
    """One link; ``hash`` is that of its token. One of ``sender_id`` and ``user_id`` is None."""

    hash: bytes = field(repr=False)
    org_id: int
    sender_id: int | None
    user_id: int | None
    created_at: int
    expires_at: int
    used_at: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A link with the (folded) address that it is about, and the organisation's name."""

    link: Confirmation
    email: str
    org_name: str


def replace(tx: Connection, new: Confirmation) -> None:
    """Store a link; those that were mailed before for the same sender or user end."""
    end(tx, new.org_id, sender_id=new.sender_id, user_id=new.user_id)
    tx.execute(insert(confirmation).values({name: getattr(new, name) for name in Confirmation.__slots__}))


def end(tx: Connection, org_id: int, *, sender_id: int | None = None, user_id: int | None = None) -> None:
    """Let no link of this sender or user be good any more."""
    tx.execute(delete(confirmation).where(_OF_ONE), {"org_": org_id, "sender_": sender_id, "user_": user_id})


def use_up(tx: Connection, org_id: int, now: int, *, sender_id: int | None = None, user_id: int | None = None) -> None:
    """Let the link of this sender or user have done its work, as somebody else has done it."""
    named = {"org_": org_id, "sender_": sender_id, "user_": user_id}
    tx.execute(update(confirmation).where(_OF_ONE, confirmation.c.used_at.is_(None)).values(used_at=now), named)


# A comparison with NULL is never true: of the two only the one that is named counts.
_OF_ONE = (confirmation.c.org_id == bindparam("org_")) & (
    (confirmation.c.sender_id == bindparam("sender_")) | (confirmation.c.user_id == bindparam("user_"))
)


def find(tx: Connection, digest: bytes) -> Found | None:
    """The link of that token's hash, used and expired ones too."""
    row = tx.execute(_FIND, {"hash_": digest}).mappings().one_or_none()
    if row is None:
        return None
    link = Confirmation(**{name: row[name] for name in Confirmation.__slots__})
    return Found(link=link, email=row["email"], org_name=row["org_name"])


_FIND = (
    select(confirmation, func.coalesce(sender.c.email, user.c.email).label("email"), org.c.name.label("org_name"))
    .select_from(
        confirmation.join(org, org.c.id == confirmation.c.org_id)
        .outerjoin(sender, sender.c.id == confirmation.c.sender_id)
        .outerjoin(user, user.c.id == confirmation.c.user_id)
    )
    .where(confirmation.c.hash == bindparam("hash_"))
)


def use(tx: Connection, link: Confirmation, now: int) -> bool:
    """Confirm what the link is about; False where it has ended, or somebody was first: it is good for once."""
    live = (confirmation.c.hash == link.hash) & confirmation.c.used_at.is_(None) & (confirmation.c.expires_at > now)
    if not tx.execute(update(confirmation).where(live).values(used_at=now)).rowcount:
        return False
    if link.sender_id is not None:
        senders.confirm(tx, link.org_id, link.sender_id, now)
    if link.user_id is not None:
        users.confirm(tx, link.org_id, link.user_id, now)
    return True


def drop_expired(tx: Connection, before: int) -> int:
    """Remove links that ended before that moment."""
    return tx.execute(delete(confirmation).where(confirmation.c.expires_at < before)).rowcount
