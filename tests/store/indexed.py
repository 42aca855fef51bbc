"""What the index holds, read without the program's help."""

import struct

from sqlalchemy import select

from postroom.store.db import Tx
from postroom.store.tables import term

Row = tuple[int, int, bytes, int]  # an organisation, the number of a field, a value, a record


def everything(tx: Tx) -> list[Row]:
    """Every term, in the order of the index."""
    rows = tx.execute(select(term.c.place, term.c.record_id).order_by(term.c.place, term.c.record_id)).all()
    return [(*struct.unpack(">qI", row.place[:12]), bytes(row.place[12:]), row.record_id) for row in rows]


def of_record(tx: Tx, record_id: int) -> set[tuple[int, bytes]]:
    """The terms that lead to a record."""
    return {(number, key) for _, number, key, each in everything(tx) if each == record_id}
