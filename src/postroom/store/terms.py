"""The index of records: which terms lead to which records (record.terms says what a term is)."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from sqlalchemy import ColumnElement, Connection, Delete, FromClause, Select, and_, bindparam, delete, func, or_, select

from postroom.record import Where
from postroom.record.terms import Term
from postroom.store.many import insert_rows
from postroom.store.tables import term

_STATEMENT_AT_MOST: Final = 300  # terms of one DELETE: with three parameters each far below SQLite's 32,766


def add(tx: Connection, org_id: int, new: Iterable[tuple[int, Term]]) -> None:
    """Store the terms of records, each with the record's id."""
    # In the order of the index: neighbours go to the same page.
    rows = sorted((org_id, number, key, record_id) for record_id, (number, key) in new)
    insert_rows(tx, term, ("org_id", "number", "key", "record_id"), rows)


def remove(tx: Connection, org_id: int, old: Iterable[tuple[int, Term]]) -> None:
    """Take terms away from records, each with the record's id."""
    gone = sorted((number, key, record_id) for record_id, (number, key) in old)
    for n in range(0, len(gone), _STATEMENT_AT_MOST):
        tx.execute(_delete(org_id, gone[n : n + _STATEMENT_AT_MOST]))


def holders(tx: Connection, org_id: int, number: int, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Of the records that a field's terms lead to, one for each term."""
    if not keys:
        return {}
    rows = tx.execute(_HOLDERS, {"org_": org_id, "number_": number, "keys_": list(set(keys))})
    return {row.key: row.record_id for row in rows}


def used(tx: Connection, org_id: int, number: int, limit: int) -> list[bytes]:
    """The terms of a field, each once, in order; ``limit`` at the most."""
    found: list[bytes] = []
    place = and_(term.c.org_id == org_id, term.c.number == number)
    while len(found) < limit:
        # From one to the next: however many records share one, it costs one step.
        beyond = term.c.key > found[-1] if found else None
        query = select(term.c.key).where(place).order_by(term.c.key).limit(1)
        key = tx.execute(query if beyond is None else query.where(beyond)).scalar()
        if key is None:
            break
        found.append(key)
    return found


def clear(tx: Connection, org_id: int, number: int) -> None:
    """Take all terms of a field away."""
    tx.execute(delete(term).where(term.c.org_id == org_id, term.c.number == number))


def stretch(table: FromClause, org_id: int | None, where: Where) -> ColumnElement[bool]:
    """The terms of ``table`` that a comparison is about, whether or not it is negated; of any organisation (None)."""
    parts = [table.c.number == where.number]
    if org_id is not None:
        parts.append(table.c.org_id == org_id)
    if where.keys:
        parts.append(table.c.key == where.keys[0] if len(where.keys) == 1 else table.c.key.in_(where.keys))
    if where.low is not None:
        parts.append(table.c.key >= where.low)
    if where.high is not None:
        parts.append(table.c.key < where.high)
    return and_(*parts)


def estimate(tx: Connection, org_id: int, where: Where, at_most: int) -> int:
    """How many terms a comparison is about; ``at_most`` stands for that many or more."""
    given: dict[str, object] = {"org_": org_id, "number_": where.number, "at_most_": at_most}
    given |= {"keys_": where.keys, "low_": where.low, "high_": where.high}
    counting = _counting(bool(where.keys), where.low is not None, where.high is not None)
    return tx.execute(counting, given).scalar_one()


@lru_cache
def _counting(keys: bool, low: bool, high: bool) -> Select[int]:
    """Made once for each form that a comparison has: to build it costs as much as to run it."""
    parts = [term.c.org_id == bindparam("org_"), term.c.number == bindparam("number_")]
    if keys:
        parts.append(term.c.key.in_(bindparam("keys_", expanding=True)))
    if low:
        parts.append(term.c.key >= bindparam("low_"))
    if high:
        parts.append(term.c.key < bindparam("high_"))
    some = select(term.c.record_id).where(*parts).limit(bindparam("at_most_")).subquery()
    return select(func.count()).select_from(some)


def _delete(org_id: int, gone: Sequence[tuple[int, bytes, int]]) -> Delete:
    each = (
        and_(term.c.number == number, term.c.key == key, term.c.record_id == record_id)
        for number, key, record_id in gone
    )
    return delete(term).where(term.c.org_id == org_id, or_(*each))


# Made once: to build a statement costs more than to run it.
_HOLDERS: Final = select(term.c.key, term.c.record_id).where(
    term.c.org_id == bindparam("org_"),
    term.c.number == bindparam("number_"),
    term.c.key.in_(bindparam("keys_", expanding=True)),
)
