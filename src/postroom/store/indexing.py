"""The newest records, whose terms are not in the index yet.

The terms of a hundred new records belong to hundreds of pages of the index, all over it, and SQLite writes each of
these whole. So a batch of them is put aside, those of a record in one row, and goes into the index when nobody is
writing. Until then whoever asks looks at these records one by one. Where there is no room aside, terms go into the
index at once: who stores without a pause gains nothing by waiting.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, Select, bindparam, delete, func, select

from postroom.record.terms import Term
from postroom.store import orgs, terms
from postroom.store.many import insert_rows
from postroom.store.tables import unindexed

AT_MOST: Final = 400  # records of an organisation: each costs a question some 5 µs
BATCH_FROM: Final = 10  # records: for fewer a second transaction costs more than it saves
_AT_ONCE: Final = 25  # records: among a million some 10 ms, for which others wait


@dataclass(frozen=True, slots=True)
class Newest:
    """A record whose terms are not in the index: by the number of the field, in order."""

    id: int
    terms: Mapping[int, Sequence[bytes]]


def add(tx: Connection, org_id: int, module: str, new: Sequence[tuple[int, Iterable[Term]]]) -> None:
    """Store the terms of new records of a module, each with the record's id: a batch aside, where there is room."""
    if len(new) < BATCH_FROM or tx.execute(_COUNT, {"org_": org_id}).scalar_one() + len(new) > AT_MOST:
        terms.add(tx, org_id, [(record_id, one) for record_id, own in new for one in own])
        return
    rows = [(org_id, record_id, module, _pack.encode(sorted(own))) for record_id, own in new]
    insert_rows(tx, unindexed, ("org_id", "record_id", "module", "terms"), rows)


def newest(tx: Connection, org_id: int, module: str) -> list[Newest]:
    """The records of a module that the index does not know."""
    return [_from_row(row) for row in tx.execute(_OF_MODULE, {"org_": org_id, "module_": module})]


def index(tx: Connection, org_id: int, ids: Sequence[int]) -> None:
    """Bring the terms of these records into the index, where they are not there yet."""
    _move(tx, org_id, tx.execute(_THESE, {"org_": org_id, "ids_": list(ids)}).all())


def index_some(tx: Connection) -> bool:
    """Bring the terms of some records into the index; whether there were any."""
    org_id = tx.execute(_ANY).scalar()
    if org_id is None:
        return False
    # Whoever changes a record meanwhile would leave us with terms that it no longer has.
    orgs.hold(tx, org_id)
    _move(tx, org_id, tx.execute(_SOME, {"org_": org_id}).all())
    return True


def _move(tx: Connection, org_id: int, rows: Sequence[Row[int, bytes]]) -> None:
    if rows:
        terms.add(tx, org_id, [(row.record_id, one) for row in rows for one in _unpack.decode(row.terms)])
        tx.execute(_DELETE, {"org_": org_id, "ids_": [row.record_id for row in rows]})


def _from_row(row: Row[int, bytes]) -> Newest:
    own: dict[int, list[bytes]] = {}
    for number, key in _unpack.decode(row.terms):
        own.setdefault(number, []).append(key)
    return Newest(row.record_id, own)


_pack: Final = msgspec.msgpack.Encoder()
_unpack: Final = msgspec.msgpack.Decoder(list[Term])

# Made once: to build a statement costs more than to run it.
_OWN: Final = unindexed.c.org_id == bindparam("org_")
_ROWS: Final[Select[int, bytes]] = select(unindexed.c.record_id, unindexed.c.terms)
_COUNT: Final = select(func.count()).select_from(unindexed).where(_OWN)
_ANY: Final = select(unindexed.c.org_id).limit(1)
_SOME: Final = _ROWS.where(_OWN).order_by(unindexed.c.record_id).limit(_AT_ONCE)
_OF_MODULE: Final = _ROWS.where(_OWN, unindexed.c.module == bindparam("module_"))
_NAMED: Final = unindexed.c.record_id.in_(bindparam("ids_", expanding=True))
_THESE: Final = _ROWS.where(_OWN, _NAMED)
_DELETE: Final = delete(unindexed).where(_OWN, _NAMED)
