"""Devices that wait for their users' consent (wire reference 4.9)."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from postroom.store.tables import device

PENDING, GRANTED, DENIED, ELSEWHERE, SPENT = "pending", "granted", "denied", "elsewhere", "spent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """One request of a device; ``hash`` is that of its device code, ``user_code`` that of what its user types.

    ``offline``: it is given a refresh token.
    """

    hash: bytes = field(repr=False)
    user_code: bytes | None = field(default=None, repr=False)
    client_id: str
    scopes: str
    offline: bool
    state: str = PENDING
    org_id: int | None = None
    user_id: int | None = None
    data_center: str | None = None
    created_at: int
    expires_at: int
    polled_at: int | None = None


def add(tx: Connection, new: Device) -> None:
    """Store a request."""
    tx.execute(insert(device).values({name: getattr(new, name) for name in Device.__slots__}))


def find(tx: Connection, digest: bytes) -> Device | None:
    """The request with that hash of its device code, live or not."""
    row = tx.execute(select(device).where(device.c.hash == digest)).mappings().one_or_none()
    return None if row is None else Device(**row)


def find_by_user_code(tx: Connection, digest: bytes, now: int) -> Device | None:
    """The request that waits for the user code with that hash, unless it has ended by ``now``."""
    found = select(device).where(device.c.user_code == digest, device.c.state == PENDING, device.c.expires_at > now)
    row = tx.execute(found).mappings().one_or_none()
    return None if row is None else Device(**row)


def decide(
    tx: Connection,
    digest: bytes,
    state: str,
    *,
    org_id: int | None = None,
    user_id: int | None = None,
    data_center: str | None = None,
) -> bool:
    """Write what became of a request that is pending; False where it was decided before."""
    change = update(device).where(device.c.hash == digest, device.c.state == PENDING)
    values = {"state": state, "org_id": org_id, "user_id": user_id, "data_center": data_center}
    return tx.execute(change.values(**values)).rowcount == 1


def poll(tx: Connection, digest: bytes, *, now: int, pause: int) -> bool:
    """Note a question of the device; False where the last one was less than ``pause`` ms ago. A refused one counts."""
    early = device.c.polled_at.is_not(None) & (device.c.polled_at > now - pause)
    was_early = tx.execute(select(device.c.hash).where(device.c.hash == digest, early)).first() is not None
    tx.execute(update(device).where(device.c.hash == digest).values(polled_at=now))
    return not was_early


def spend(tx: Connection, digest: bytes) -> bool:
    """Take a granted request, once; False where somebody was first."""
    change = update(device).where(device.c.hash == digest, device.c.state == GRANTED).values(state=SPENT)
    return tx.execute(change).rowcount == 1


def release(tx: Connection, digest: bytes) -> None:
    """Take ``spend`` back, in its transaction."""
    tx.execute(update(device).where(device.c.hash == digest, device.c.state == SPENT).values(state=GRANTED))


def forget_client(tx: Connection, client_id: str) -> None:
    """Forget the requests of a client that ends."""
    tx.execute(delete(device).where(device.c.client_id == client_id))


def drop_expired(tx: Connection, before: int) -> int:
    """Remove what expired before that moment."""
    return tx.execute(delete(device).where(device.c.expires_at < before)).rowcount
