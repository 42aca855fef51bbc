"""Which of the newest records the index does not know yet.

The terms of a hundred new records belong to hundreds of pages of the index, all over it, and SQLite writes each of
these whole. So a batch of them is put aside, and goes into the index when nobody is writing (``store.indexing``). Where
there is no room aside, terms go into the index at once: who stores without a pause gains nothing by waiting.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select

from postroom.store.many import insert_rows, run
from postroom.store.tables import unindexed

AT_MOST: Final = 400  # records of an organisation: each costs a question some 5 µs
BATCH_FROM: Final = 10  # records: for fewer a second transaction costs more than it saves


@dataclass(frozen=True, slots=True)
class Some:
    """Records of one organisation, the oldest that are aside."""

    org_id: int
    ids: Sequence[int]


def put(tx: Connection, org_id: int, module: str, ids: Sequence[int]) -> bool:
    """Put new records of a module aside: a batch, where there is room. Whether it was done."""
    if len(ids) < BATCH_FROM or tx.execute(_COUNT, {"org_": org_id}).scalar_one() + len(ids) > AT_MOST:
        return False
    insert_rows(tx, unindexed, ("org_id", "record_id", "module"), [(org_id, each, module) for each in ids])
    return True


def take(tx: Connection, org_id: int, ids: Collection[int]) -> None:
    """These records are in the index now, or gone."""
    if ids:
        tx.execute(_DELETE, {"org_": org_id, "ids_": list(ids)})


def among(tx: Connection, org_id: int, ids: Collection[int]) -> dict[int, str]:
    """Those of the records that are aside, each with the name of its module."""
    rows = tx.execute(_THESE, {"org_": org_id, "ids_": list(ids)})
    return {row.record_id: row.module for row in rows}


def of(tx: Connection, org_id: int, module: str) -> Sequence[int]:
    """The records of a module that are aside."""
    return run(tx, _OF_MODULE, {"org_": org_id, "module_": module}).scalars().all()


def some(tx: Connection, at_most: int) -> Some | None:
    """So many records that are aside; None where there are none."""
    org_id = tx.execute(_ANY).scalar()
    if org_id is None:
        return None
    return Some(org_id, tx.execute(_OLDEST, {"org_": org_id, "limit_": at_most}).scalars().all())


# Made once: to build a statement costs more than to run it.
_OWN: Final = unindexed.c.org_id == bindparam("org_")
_NAMED: Final = unindexed.c.record_id.in_(bindparam("ids_", expanding=True))
_COUNT: Final = select(func.count()).select_from(unindexed).where(_OWN)
_THESE: Final = select(unindexed.c.record_id, unindexed.c.module).where(_OWN, _NAMED)
_OF_MODULE: Final = select(unindexed.c.record_id).where(_OWN, unindexed.c.module == bindparam("module_"))
_DELETE: Final = delete(unindexed).where(_OWN, _NAMED)
_ANY: Final = select(unindexed.c.org_id).limit(1)
_OLDEST: Final = select(unindexed.c.record_id).where(_OWN).order_by(unindexed.c.record_id).limit(bindparam("limit_"))
