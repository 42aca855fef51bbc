"""Locks of records (wire reference 7.8): who has locked one, when and why.

A record has the id of its lock, so that whoever reads it to change it, or to write about it, sees that it is locked.
Locking takes turns with all who write records of the organisation (``orgs.hold``): a lock that was answered stops every
change that begins after it.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from postroom.store import orgs
from postroom.store.records import Record
from postroom.store.tables import record, record_lock


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """One lock; ``locked_at`` is ms since the epoch, UTC."""

    id: int
    org_id: int
    record_id: int
    reason: str
    locked_at: int
    locked_by: int


def add(tx: Connection, new: Lock) -> bool:
    """Lock a record; False where it is locked already, or not there."""
    orgs.hold(tx, new.org_id)
    free = (record.c.org_id == new.org_id) & (record.c.id == new.record_id) & record.c.lock_id.is_(None)
    if tx.execute(update(record).where(free).values(lock_id=new.id)).rowcount == 0:
        return False
    tx.execute(insert(record_lock).values({name: getattr(new, name) for name in Lock.__slots__}))
    return True


def find(tx: Connection, locked: Record) -> Lock | None:
    """The lock of a record."""
    if locked.lock_id is None:
        return None
    row = tx.execute(select(record_lock).where(_is(locked.org_id, locked.lock_id))).mappings().one_or_none()
    return None if row is None else Lock(**row)


def change(tx: Connection, lock: Lock, reason: str) -> None:
    """Give a lock another reason."""
    tx.execute(update(record_lock).where(_is(lock.org_id, lock.id)).values(reason=reason))


def remove(tx: Connection, lock: Lock) -> None:
    """Unlock the record."""
    orgs.hold(tx, lock.org_id)
    locked = (record.c.org_id == lock.org_id) & (record.c.id == lock.record_id) & (record.c.lock_id == lock.id)
    tx.execute(update(record).where(locked).values(lock_id=None))
    tx.execute(delete(record_lock).where(_is(lock.org_id, lock.id)))


def _is(org_id: int, number: int) -> ColumnElement[bool]:
    return (record_lock.c.org_id == org_id) & (record_lock.c.id == number)
