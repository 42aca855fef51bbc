"""OAuth clients (wire reference 4.1); secrets are kept as SHA-256, being random and long themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select

from postroom.store.tables import client


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """One client; ``type`` is ``self`` for now. ``user_id`` is who made it and whom its codes speak for."""

    id: str
    org_id: int
    user_id: int
    name: str
    type: str = "self"
    secret_hash: bytes = field(repr=False)
    created_at: int


def add(tx: Connection, new: Client) -> None:
    """Store a new client."""
    tx.execute(insert(client).values({name: getattr(new, name) for name in Client.__slots__}))


def find(tx: Connection, client_id: str) -> Client | None:
    """The client of that id, whichever organisation it belongs to: it is how a caller without a token is known."""
    row = tx.execute(select(client).where(client.c.id == client_id)).mappings().one_or_none()
    return None if row is None else Client(**row)


def listing(tx: Connection, org_id: int) -> Sequence[Client]:
    """The organisation's clients, oldest first."""
    rows = tx.execute(select(client).where(client.c.org_id == org_id).order_by(client.c.created_at)).mappings()
    return [Client(**row) for row in rows]
