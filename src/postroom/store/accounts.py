"""People who sign in, and the browsers in which they did.

An account is one address; the organisations it leads to are those that have an active user with the same address.
"""

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from postroom.store.tables import account, session


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """One person. ``email`` is folded; ``data_center`` names where this person signs in, None: here."""

    email: str
    password_hash: str | None = field(default=None, repr=False)
    data_center: str | None = None
    created_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A browser that signed in; ``hash`` is that of its cookie."""

    hash: bytes = field(repr=False)
    email: str
    created_at: int
    expires_at: int


def find(tx: Connection, email: str) -> Account | None:
    """The account of that folded address."""
    row = tx.execute(select(account).where(account.c.email == email)).mappings().one_or_none()
    return None if row is None else Account(**row)


def keep(tx: Connection, new: Account) -> None:
    """Store an account, or replace the password and the data centre of the one with that address."""
    values = {"password_hash": new.password_hash, "data_center": new.data_center}
    change = update(account).where(account.c.email == new.email).values(**values)
    if not tx.execute(change).rowcount:
        tx.execute(insert(account).values(email=new.email, created_at=new.created_at, **values))


def open_session(tx: Connection, new: Session) -> None:
    """Store a session."""
    tx.execute(insert(session).values({name: getattr(new, name) for name in Session.__slots__}))


def find_session(tx: Connection, digest: bytes, now: int) -> Session | None:
    """The session of that cookie's hash, unless it has ended by ``now``."""
    found = select(session).where(session.c.hash == digest, session.c.expires_at > now)
    row = tx.execute(found).mappings().one_or_none()
    return None if row is None else Session(**row)


def close_session(tx: Connection, digest: bytes) -> None:
    """Sign one browser out."""
    tx.execute(delete(session).where(session.c.hash == digest))


def close_sessions(tx: Connection, email: str) -> None:
    """Sign somebody out everywhere: the password was changed."""
    tx.execute(delete(session).where(session.c.email == email))


def drop_expired(tx: Connection, before: int) -> int:
    """Remove sessions that ended before that moment."""
    return tx.execute(delete(session).where(session.c.expires_at < before)).rowcount
