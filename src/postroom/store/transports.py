"""Transports: SMTP servers that mail leaves through. Passwords are kept encrypted; ``access.secrets`` opens them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select, update

from postroom.store.tables import transport


@dataclass(frozen=True, kw_only=True, slots=True)
class Transport:
    """One server. ``tls`` is none, starttls or tls; ``password`` is ciphertext."""

    id: int
    org_id: int
    host: str
    port: int
    tls: str
    username: str | None = None
    password: bytes | None = None
    created_at: int


def add(tx: Connection, new: Transport) -> None:
    """Store a new transport."""
    tx.execute(insert(transport).values({name: getattr(new, name) for name in Transport.__slots__}))


def save(tx: Connection, changed: Transport) -> None:
    """Replace the settings of a transport; mails that wait for it go the new way."""
    kept = {"id", "org_id", "created_at"}
    values = {name: getattr(changed, name) for name in Transport.__slots__ if name not in kept}
    same = (transport.c.org_id == changed.org_id) & (transport.c.id == changed.id)
    tx.execute(update(transport).where(same).values(values))


def hold(tx: Connection, org_id: int, transport_id: int, *, held: bool) -> None:
    """Let no mail leave through it from now on, or mails again; those in a worker's hands end as they end."""
    tx.execute(update(transport).where(transport.c.org_id == org_id, transport.c.id == transport_id).values(held=held))


def find_many(tx: Connection, transport_ids: Sequence[int]) -> list[Transport | None]:
    """The transports of these numbers, in order; for the worker, which serves every organisation."""
    rows = tx.execute(_BY_ID, {"ids_": list(set(transport_ids))}).mappings()
    found = {row["id"]: Transport(**row) for row in rows}
    return [found.get(each) for each in transport_ids]


# Made once: to build a statement costs more than to run it. How a transport fares is asked elsewhere (``claims``).
_SETTINGS = [transport.c[name] for name in Transport.__slots__]
_BY_ID = select(*_SETTINGS).where(transport.c.id.in_(bindparam("ids_", expanding=True)))


def listing(tx: Connection, org_id: int) -> Sequence[Transport]:
    """The organisation's transports, oldest first."""
    rows = tx.execute(select(*_SETTINGS).where(transport.c.org_id == org_id).order_by(transport.c.id)).mappings()
    return [Transport(**row) for row in rows]
