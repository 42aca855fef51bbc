"""The index of records: which terms lead to which records (record.terms says what a term is)."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
)

from postroom.record import Where
from postroom.record.terms import Term
from postroom.store.many import GIVEN, insert_rows, run, run_all
from postroom.store.tables import term

_LARGEST: Final = 32  # terms of one DELETE


def add(tx: Connection, org_id: int, new: Iterable[tuple[int, Term]]) -> None:
    """Store the terms of records, each with the record's id."""
    # In the order of the index: neighbours go to the same page.
    rows = sorted([(org_id, number, key, record_id) for record_id, (number, key) in new])
    insert_rows(tx, term, ("org_id", "number", "key", "record_id"), rows)


def remove(tx: Connection, org_id: int, old: Iterable[tuple[int, Term]]) -> None:
    """Take terms away from records, each with the record's id."""
    gone = sorted((number, key, record_id) for record_id, (number, key) in old)
    done = 0
    while done < len(gone):
        # Powers of two: few statements are ever made, and each is made once.
        size = min(1 << ((len(gone) - done).bit_length() - 1), _LARGEST)
        values = {
            f"{name}_{n}": value
            for n, row in enumerate(gone[done : done + size])
            for name, value in zip(("number", "key", "record"), row, strict=True)
        }
        tx.execute(_delete(size), {"org_": org_id, **values})
        done += size


def holders(tx: Connection, org_id: int, number: int, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Of the records that a field's terms lead to, one for each term."""
    if not keys:
        return {}
    return {row.key: row.record_id for row in run_all(tx, _HOLDERS, keys, (org_id, number))}


def used(tx: Connection, org_id: int, number: int, limit: int) -> dict[bytes, int]:
    """The terms of a field, each once and in order, with the oldest record that has it; ``limit`` at the most."""
    found: dict[bytes, int] = {}
    last = b""
    while len(found) < limit:
        # From one to the next: however many records share one, it costs one step.
        row = tx.execute(_NEXT, {"org_": org_id, "number_": number, "last_": last}).one_or_none()
        if row is None:
            break
        last = row.key
        found[last] = row.record_id
    return found


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
    given: dict[str, object] = {"org_": org_id, "number_": where.number}
    given |= {"at_most_": at_most, "before_": max(at_most - 1, 0)}
    given |= {"keys_": where.keys, "key_": next(iter(where.keys), None), "low_": where.low, "high_": where.high}
    counting = _counting(min(len(where.keys), 2), where.low is not None, where.high is not None)
    counted = tx.execute(counting, given) if len(where.keys) > 1 else run(tx, counting, given)
    return int(counted.scalar_one())


@lru_cache
def _counting(keys: int, low: bool, high: bool) -> Select[int]:
    """Made once for each form that a comparison has: to build it costs as much as to run it."""
    parts = [term.c.org_id == bindparam("org_"), term.c.number == bindparam("number_")]
    if keys:
        one, several = term.c.key == bindparam("key_"), term.c.key.in_(bindparam("keys_", expanding=True))
        parts.append(one if keys == 1 else several)
    if low:
        parts.append(term.c.key >= bindparam("low_"))
    if high:
        parts.append(term.c.key < bindparam("high_"))
    last = select(literal(1)).select_from(term).where(*parts).limit(1).offset(bindparam("before_"))
    # Passed over, terms cost half of what they do counted, and a count of a part of them would cost double.
    counted = select(func.count()).select_from(term).where(*parts).scalar_subquery()
    return select(case((last.exists(), bindparam("at_most_", type_=Integer)), else_=counted))


@lru_cache
def _delete(size: int) -> Delete:
    # Each alternative names the whole key: SQLite looks each up in the index. It would walk through all terms of the
    # organisation where the alternatives have that in common.
    return delete(term).where(
        or_(
            *(
                and_(
                    term.c.org_id == bindparam("org_"),
                    term.c.number == bindparam(f"number_{n}"),
                    term.c.key == bindparam(f"key_{n}"),
                    term.c.record_id == bindparam(f"record_{n}"),
                )
                for n in range(size)
            )
        )
    )


# Made once: to build a statement costs more than to run it.
_NEXT: Final = (
    select(term.c.key, term.c.record_id)
    .where(term.c.org_id == bindparam("org_"), term.c.number == bindparam("number_"), term.c.key > bindparam("last_"))
    .order_by(term.c.key, term.c.record_id)
    .limit(1)
)
_HOLDERS: Final = select(term.c.key, term.c.record_id).where(
    term.c.org_id == bindparam("org_"),
    term.c.number == bindparam("number_"),
    term.c.key.in_(GIVEN),
)
