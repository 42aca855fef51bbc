"""The index of records: which terms lead to which records (record.terms says what a term is).

A term stands at its place: the organisation, the number of the field, and the value, as octets that stand in that
order. To walk along one column takes three quarters of the time that three take.
"""

import struct
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
_HEAD: Final = struct.Struct(">qI")  # an organisation and a field


def place(org_id: int, number: int, key: bytes = b"") -> bytes:
    """Where a term stands."""
    return _HEAD.pack(org_id, number) + key


def beyond(org_id: int, number: int) -> bytes:
    """The first place behind all terms of a field."""
    return _HEAD.pack(org_id, number + 1)


def key_at(place: bytes) -> bytes:
    """The value that stands there."""
    return place[_HEAD.size :]


def add(tx: Connection, org_id: int, new: Iterable[tuple[int, Term]]) -> None:
    """Store the terms of records, each with the record's id."""
    # In the order of the index: neighbours go to the same page.
    rows = sorted([(place(org_id, number, key), record_id) for record_id, (number, key) in new])
    insert_rows(tx, term, ("place", "record_id"), rows)


def remove(tx: Connection, org_id: int, old: Iterable[tuple[int, Term]]) -> None:
    """Take terms away from records, each with the record's id."""
    gone = sorted((place(org_id, number, key), record_id) for record_id, (number, key) in old)
    done = 0
    while done < len(gone):
        # Powers of two: few statements are ever made, and each is made once.
        size = min(1 << ((len(gone) - done).bit_length() - 1), _LARGEST)
        some = enumerate(gone[done : done + size])
        tx.execute(_delete(size), {name: value for n, row in some for name, value in zip(_named(n), row, strict=True)})
        done += size


def holders(tx: Connection, org_id: int, number: int, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Of the records that a field's terms lead to, one for each term."""
    if not keys:
        return {}
    rows = run_all(tx, _HOLDERS, [place(org_id, number, key) for key in keys])
    return {key_at(row.place): row.record_id for row in rows}


def used(tx: Connection, org_id: int, number: int, limit: int) -> dict[bytes, int]:
    """The terms of a field, each once and in order, with the oldest record that has it; ``limit`` at the most."""
    found: dict[bytes, int] = {}
    last, end = place(org_id, number), beyond(org_id, number)
    while len(found) < limit:
        # From one to the next: however many records share one, it costs one step.
        row = tx.execute(_NEXT, {"last_": last, "end_": end}).one_or_none()
        if row is None:
            break
        last = row.place
        found[key_at(last)] = row.record_id
    return found


def stretch(
    table: FromClause, org_id: int, where: Where, *, from_low: bool = True, to_high: bool = True
) -> ColumnElement[bool]:
    """The terms of ``table`` that a comparison is about, whether or not it is negated.

    Without ``from_low`` those before it too, without ``to_high`` those behind it: for who knows a nearer end.
    """
    at = table.c.place
    if where.keys:
        places = _places(org_id, where)
        return at == places[0] if len(places) == 1 else at.in_(places)
    low, high = _ends(org_id, where)
    return and_(*([at >= low] if from_low else ()), *([at < high] if to_high else ()))


def estimate(tx: Connection, org_id: int, where: Where, at_most: int) -> int:
    """How many terms a comparison is about; ``at_most`` stands for that many or more."""
    given: dict[str, object] = {"at_most_": at_most, "before_": max(at_most - 1, 0)}
    if len(where.keys) == 1:
        return int(run(tx, _counting(1), given | {"place_": _places(org_id, where)[0]}).scalar_one())
    if where.keys:
        return int(tx.execute(_counting(2), given | {"places_": _places(org_id, where)}).scalar_one())
    low, high = _ends(org_id, where)
    return int(run(tx, _counting(0), given | {"low_": low, "high_": high}).scalar_one())


def _places(org_id: int, where: Where) -> list[bytes]:
    return [place(org_id, where.number, key) for key in where.keys]


def _ends(org_id: int, where: Where) -> tuple[bytes, bytes]:
    """The place that a stretch begins at, and the one that it ends before."""
    low = place(org_id, where.number, where.low or b"")
    return low, beyond(org_id, where.number) if where.high is None else place(org_id, where.number, where.high)


@lru_cache
def _counting(keys: int) -> Select[int]:
    """Made once for each form that a comparison has: to build it costs as much as to run it."""
    at = term.c.place
    if keys:
        part = at == bindparam("place_") if keys == 1 else at.in_(bindparam("places_", expanding=True))
    else:
        part = and_(at >= bindparam("low_"), at < bindparam("high_"))
    last = select(literal(1)).select_from(term).where(part).limit(1).offset(bindparam("before_"))
    # Passed over, terms cost half of what they do counted, and a count of a part of them would cost double.
    counted = select(func.count()).select_from(term).where(part).scalar_subquery()
    return select(case((last.exists(), bindparam("at_most_", type_=Integer)), else_=counted))


def _named(n: int) -> tuple[str, str]:
    return f"place_{n}", f"record_{n}"


@lru_cache
def _delete(size: int) -> Delete:
    # Each alternative names the whole key: SQLite looks each up in the index.
    names = map(_named, range(size))
    return delete(term).where(
        or_(*(and_(term.c.place == bindparam(at), term.c.record_id == bindparam(record)) for at, record in names))
    )


# Made once: to build a statement costs more than to run it.
_NEXT: Final = (
    select(term.c.place, term.c.record_id)
    .where(term.c.place > bindparam("last_"), term.c.place < bindparam("end_"))
    .order_by(term.c.place, term.c.record_id)
    .limit(1)
)
_HOLDERS: Final = select(term.c.place, term.c.record_id).where(term.c.place.in_(GIVEN))
