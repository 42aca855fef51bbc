"""Counting what somebody does, for limits that all processes on one database share."""

from sqlalchemy import Connection, delete, text

from postroom.store.tables import throttle

# One statement, so that of many who count at once each gets a number of its own; both databases understand it.
_TAKE = text(
    "INSERT INTO throttle (key, count, ends_at) VALUES (:key, 1, :ends_at) ON CONFLICT (key) DO UPDATE SET"
    " count = CASE WHEN throttle.ends_at <= :now THEN 1 ELSE throttle.count + 1 END,"
    " ends_at = CASE WHEN throttle.ends_at <= :now THEN excluded.ends_at ELSE throttle.ends_at END"
    " RETURNING count"
)


def take(tx: Connection, key: bytes, *, window: int, now: int) -> int:
    """How often this was done in the current window, this time included.

    A window of ``window`` ms begins with the first time after the last one ended. Others who count the same key wait
    until the transaction ends.
    """
    counted: int = tx.execute(_TAKE, {"key": key, "now": now, "ends_at": now + window}).scalar_one()
    return counted


def reset(tx: Connection, key: bytes) -> None:
    """Count from nothing again."""
    tx.execute(delete(throttle).where(throttle.c.key == key))


def drop_ended(tx: Connection, before: int) -> int:
    """Remove counts whose window ended before that moment."""
    return tx.execute(delete(throttle).where(throttle.c.ends_at < before)).rowcount
