"""OAuth clients (wire reference 4.1); secrets are kept as SHA-256, being random and long themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from postroom.store.tables import client


class ClientType(Enum):
    """What a client is, and so which flows it may use; the value is what is stored and shown."""

    SERVER = "server"  # a web application that can keep a secret
    CLIENT = "client"  # JavaScript in a browser: the implicit flow
    MOBILE = "mobile"  # mobile and desktop programs: PKCE, and no secret that could be kept
    DEVICE = "device"  # no browser
    SELF = "self"  # its owner's own program: codes from the console


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """One client. ``user_id`` is who registered it, and whom a self client's codes speak for.

    ``redirect_uris`` are compared letter by letter. One that is not ``active`` is as good as unknown.
    """

    id: str
    org_id: int
    user_id: int
    name: str
    type: ClientType = ClientType.SELF
    secret_hash: bytes = field(repr=False)
    homepage: str = ""
    javascript_domain: str = ""
    redirect_uris: tuple[str, ...] = ()
    active: bool = True
    created_at: int


def add(tx: Connection, new: Client) -> None:
    """Store a new client."""
    tx.execute(insert(client).values(_values(new)))


def replace(tx: Connection, changed: Client) -> bool:
    """Store what a client is now; False where the organisation has none of that id."""
    change = update(client).where(client.c.id == changed.id, client.c.org_id == changed.org_id)
    return tx.execute(change.values(_values(changed))).rowcount == 1


def find(tx: Connection, client_id: str) -> Client | None:
    """The client of that id, whichever organisation it belongs to: it is how a caller without a token is known."""
    row = tx.execute(select(client).where(client.c.id == client_id)).mappings().one_or_none()
    return None if row is None else _from_row(row)


def hold(tx: Connection, client_id: str) -> Client | None:
    """``find`` for whoever gives the client a token: ``lock`` waits until the transaction ends."""
    held = select(client).where(client.c.id == client_id).with_for_update(read=True, key_share=True)
    row = tx.execute(held).mappings().one_or_none()
    return None if row is None else _from_row(row)


def lock(tx: Connection, org_id: int, client_id: str) -> Client | None:
    """The organisation's client, for whoever changes or removes it, and its tokens with it.

    Until the transaction ends nobody else does, and nobody gives it a token; what was given before is there to be seen.
    """
    locked = select(client).where(client.c.id == client_id, client.c.org_id == org_id).with_for_update()
    row = tx.execute(locked).mappings().one_or_none()
    return None if row is None else _from_row(row)


def listing(tx: Connection, org_id: int) -> Sequence[Client]:
    """The organisation's clients, oldest first."""
    rows = tx.execute(select(client).where(client.c.org_id == org_id).order_by(client.c.created_at, client.c.id))
    return [_from_row(row) for row in rows.mappings()]


def remove(tx: Connection, org_id: int, client_id: str) -> bool:
    """Remove a client, after everything that refers to it; False where the organisation has none of that id."""
    return tx.execute(delete(client).where(client.c.id == client_id, client.c.org_id == org_id)).rowcount == 1


def _values(of: Client) -> dict[str, object]:
    values = {name: getattr(of, name) for name in Client.__slots__}
    return values | {"type": of.type.value, "redirect_uris": list(of.redirect_uris)}


def _from_row(row: RowMapping) -> Client:
    return Client(**{**row, "type": ClientType(row["type"]), "redirect_uris": tuple(row["redirect_uris"])})
