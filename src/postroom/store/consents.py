"""What users allowed clients to do in their name."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from postroom.store.tables import consent


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """One user's consent to one client; ``scopes`` are comma separated, all that were ever allowed."""

    user_id: int
    client_id: str
    org_id: int
    scopes: str
    given_at: int


def find(tx: Connection, user_id: int, client_id: str) -> Consent | None:
    """What that user allowed that client."""
    found = select(consent).where(consent.c.user_id == user_id, consent.c.client_id == client_id)
    row = tx.execute(found).mappings().one_or_none()
    return None if row is None else Consent(**row)


def keep(tx: Connection, new: Consent) -> None:
    """Store a consent in place of an earlier one of that user to that client."""
    same = (consent.c.user_id == new.user_id, consent.c.client_id == new.client_id)
    if not tx.execute(update(consent).where(*same).values(scopes=new.scopes, given_at=new.given_at)).rowcount:
        tx.execute(insert(consent).values({name: getattr(new, name) for name in Consent.__slots__}))


def of_users(tx: Connection, user_ids: Sequence[int]) -> Sequence[Consent]:
    """All consents of these users, newest first."""
    found = select(consent).where(consent.c.user_id.in_(user_ids)).order_by(consent.c.given_at.desc())
    return [Consent(**row) for row in tx.execute(found).mappings()]


def withdraw(tx: Connection, user_id: int, client_id: str) -> bool:
    """Forget a consent; False where there was none. Its tokens are ``tokens.revoke_client``'s."""
    gone = delete(consent).where(consent.c.user_id == user_id, consent.c.client_id == client_id)
    return tx.execute(gone).rowcount == 1


def forget_client(tx: Connection, client_id: str) -> None:
    """Forget every consent to a client that ends."""
    tx.execute(delete(consent).where(consent.c.client_id == client_id))
