"""What is left of deleted records, to be told (wire reference 7.6)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from postroom.store.records import Record
from postroom.store.tables import deletion


@dataclass(frozen=True, kw_only=True, slots=True)
class Deletion:
    """A record that is gone; ``deleted_at`` is ms since the epoch, UTC."""

    record_id: int
    name: str
    created_by: int
    deleted_by: int
    deleted_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """A record that is gone, and to which lookups may still lead."""

    seq: int
    org_id: int
    module: str
    record_id: int


def note(tx: Connection, gone: Sequence[Record], *, by: int, at: int, severed: bool) -> None:
    """Keep what is told of records that are deleted now; ``severed``: no lookup leads to them any more."""
    rows = [
        {
            "org_id": each.org_id,
            "module": each.module,
            "record_id": each.id,
            "name": each.name,
            "created_by": each.created_by,
            "deleted_by": by,
            "deleted_at": at,
            "severed": severed,
        }
        for each in gone
    ]
    if rows:
        tx.execute(insert(deletion), rows)


def page(tx: Connection, org_id: int, module: str, *, limit: int, offset: int, since: int | None) -> list[Deletion]:
    """What was deleted of a module, the latest first; only after ``since`` (ms), if given."""
    query = select(deletion).where(deletion.c.org_id == org_id, deletion.c.module == module)
    if since is not None:
        query = query.where(deletion.c.deleted_at > since)
    rows = tx.execute(query.order_by(deletion.c.seq.desc()).limit(limit).offset(offset)).mappings()
    return [Deletion(**{name: row[name] for name in Deletion.__slots__}) for row in rows]


def unsevered(tx: Connection, limit: int) -> list[Loss]:
    """The first records that are gone, of all organisations, to which lookups may still lead."""
    query = select(deletion).where(deletion.c.severed.is_(False)).order_by(deletion.c.seq).limit(limit)
    return [Loss(**{name: row[name] for name in Loss.__slots__}) for row in tx.execute(query).mappings()]


def settle(tx: Connection, losses: Sequence[Loss]) -> None:
    """Note that no lookup leads to these records any more."""
    tx.execute(update(deletion).where(deletion.c.seq.in_([each.seq for each in losses])).values(severed=True))
