"""The records that the index does not know yet, which come in batches.

The terms of a hundred new records belong to hundreds of pages of the index, all over it, and SQLite writes each of
these whole. So a batch of them is put aside, and goes into the index when nobody is writing (``store.indexing``). Where
there is no room aside, terms go into the index at once: who stores without an end gains nothing by waiting.

Whoever looks for records looks at those that are aside, in memory (``record.newest``). Which records a batch has, and
what they hold, never changes under its stamp, which is random: what was read once is good in every transaction, and a
batch whose transaction came to nothing is never asked for.
"""

import secrets
import struct
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, case, delete, func, select, update

from postroom.record import Module
from postroom.record.newest import Batch, Newest
from postroom.store import records
from postroom.store.many import insert_rows, run
from postroom.store.records import Record
from postroom.store.tables import unindexed

AT_MOST: Final = 200  # batches of an organisation: in memory a hundred records take some 200 KB
IN_ALL: Final = 300  # of all organisations
BATCH_FROM: Final = 10  # records: for fewer a second transaction costs more than it saves
BATCH_TO: Final = 100  # records: more at once than the wire takes (W 7.2) are no batch of many to come
TOGETHER: Final = 16  # batches that are looked at as if they were one


def put(tx: Connection, org_id: int, module: str, new: Sequence[Record]) -> bool:
    """Put records of a module aside that the index does not know: a batch, where there is room. Whether it was done."""
    if not BATCH_FROM <= len(new) <= BATCH_TO:
        return False
    room = run(tx, _COUNT, {"org_": org_id}).one()
    if room.own >= AT_MOST or room.together >= IN_ALL:
        return False
    batch = Batch(new)
    row = org_id, module, _stamp(batch), _packed(batch)
    insert_rows(tx, unindexed, ("org_id", "module", "stamp", "ids"), [row])
    return True


def newest(tx: Connection, org_id: int, module: Module) -> Newest:
    """The records of a module that are aside."""
    there = _batches(tx, org_id, module.name)
    last = there[-1].seq // TOGETHER if there else 0
    batches: list[Batch[Record]] = []
    for place, some in groupby(there, key=lambda each: each.seq // TOGETHER):
        these = tuple(each.batch for each in some)
        batches += these if place == last or len(these) == 1 else (_together(these),)
    return Newest(module, batches)


def take(tx: Connection, org_id: int, module: str, ids: Collection[int]) -> set[int]:
    """These records of a module are aside no longer; answers those that were. The organisation is the caller's."""
    taken: set[int] = set()
    for each in _batches(tx, org_id, module):
        leaving = each.batch.records.keys() & ids
        if leaving:
            _leave(tx, each.seq, each.batch, leaving)
            taken |= leaving
    return taken


@dataclass(frozen=True, slots=True)
class Oldest:
    """The batch that was put aside first."""

    seq: int
    org_id: int
    module: str


def oldest(tx: Connection) -> Oldest | None:
    """Of all organisations; None where nothing is aside."""
    row = tx.execute(_OLDEST).one_or_none()
    if row is None:
        forget()
        return None
    return Oldest(*row)


def forget() -> None:
    """Keep nothing in memory; what is asked for is read again."""
    _known.clear()
    _together.cache_clear()


def take_some(tx: Connection, of: Oldest, at_most: int) -> list[Record]:
    """Take the first records of a batch, none where it is gone. The organisation is the caller's."""
    row = run(tx, _ONE, {"seq_": of.seq}).one_or_none()
    if row is None:
        return []
    batch = _batch(tx, of.org_id, of.module, row)
    some = batch.ids[:at_most]
    _leave(tx, of.seq, batch, some)
    return [batch.records[each] for each in some]


# --- batches and their rows


@dataclass(frozen=True, slots=True)
class _Numbered:
    seq: int
    batch: Batch[Record]


def _batches(tx: Connection, org_id: int, module: str) -> list[_Numbered]:
    """In the order in which they were put aside."""
    rows = run(tx, _STAMPS, {"org_": org_id, "module_": module}).all()
    return [_Numbered(row.seq, _batch(tx, org_id, module, row)) for row in rows]


def _batch(tx: Connection, org_id: int, module: str, row: Row[Any]) -> Batch[Record]:
    """What a row names, from memory or read."""
    found = _known.get(row.stamp)
    if found is not None:
        return found
    packed = bytes(run(tx, _IDS, {"seq_": row.seq}).scalar_one())
    ids = struct.unpack(f"<{len(packed) // 8}q", packed)
    batch = Batch(records.by_ids(tx, org_id, module, ids).values())
    _known.put(row.stamp, batch)
    return batch


def _leave(tx: Connection, seq: int, batch: Batch[Record], leaving: Collection[int]) -> None:
    """Some records, or all, leave their batch."""
    rest = Batch([each for number, each in batch.records.items() if number not in leaving])
    if rest.records:
        tx.execute(_CHANGE, {"seq_": seq, "stamp_": _stamp(rest), "ids_": _packed(rest)})
    else:
        tx.execute(_DELETE, {"seq_": seq})


def _stamp(batch: Batch[Record]) -> int:
    """A new stamp, under which the batch is known from now on."""
    stamp = secrets.randbits(63)
    _known.put(stamp, batch)
    return stamp


def _packed(batch: Batch[Record]) -> bytes:
    return struct.pack(f"<{len(batch.ids)}q", *batch.ids)


class _Known:
    """The batches that were put aside or read last, by their stamps; for all threads.

    One that is forgotten is read again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: dict[int, Batch[Record]] = {}

    def get(self, stamp: int) -> Batch[Record] | None:
        return self._batches.get(stamp)

    def put(self, stamp: int, batch: Batch[Record]) -> None:
        with self._lock:
            self._batches[stamp] = batch
            if len(self._batches) > IN_ALL:
                del self._batches[next(iter(self._batches))]

    def clear(self) -> None:
        with self._lock:
            self._batches.clear()


_known: Final = _Known()


@lru_cache(maxsize=IN_ALL // TOGETHER)
def _together(parts: tuple[Batch[Record], ...]) -> Batch[Record]:
    """To ask many is what takes time."""
    return Batch([one for each in parts for one in each.records.values()], parts)


# Made once: to build a statement costs more than to run it.
_OWN: Final = unindexed.c.org_id == bindparam("org_")
_SEQ: Final = unindexed.c.seq == bindparam("seq_")
_COUNT: Final = select(
    func.coalesce(func.sum(case((_OWN, 1), else_=0)), 0).label("own"), func.count().label("together")
).select_from(unindexed)
_STAMPS: Final = (
    select(unindexed.c.seq, unindexed.c.stamp)
    .where(_OWN, unindexed.c.module == bindparam("module_"))
    .order_by(unindexed.c.seq)
)
_ONE: Final = select(unindexed.c.seq, unindexed.c.stamp).where(_SEQ)
_IDS: Final = select(unindexed.c.ids).where(_SEQ)
_OLDEST: Final = select(unindexed.c.seq, unindexed.c.org_id, unindexed.c.module).order_by(unindexed.c.seq).limit(1)
_CHANGE: Final = update(unindexed).where(_SEQ).values(stamp=bindparam("stamp_"), ids=bindparam("ids_"))
_DELETE: Final = delete(unindexed).where(_SEQ)
