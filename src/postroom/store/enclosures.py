"""Files that lie with records (wire reference 3.3): uploads like others, so that mails can carry them too."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, insert, select

from postroom.mail.draft import FileRef
from postroom.store import files
from postroom.store.files import Upload
from postroom.store.records import Key
from postroom.store.tables import attachment, enclosure, file


@dataclass(frozen=True, kw_only=True, slots=True)
class Enclosure:
    """One file of a record; ``id`` is its number with the record, ``upload.ref.file_id`` that among all files."""

    id: int
    record_id: int
    upload: Upload


def add(tx: Connection, new: Enclosure) -> None:
    """Store a file's reference and lay it with its record."""
    files.add(tx, [new.upload])
    row = {"id": new.id, "record_id": new.record_id, "file_id": new.upload.ref.file_id, "org_id": new.upload.org_id}
    tx.execute(insert(enclosure).values(row))


def page(tx: Connection, record: Key, *, limit: int, offset: int) -> list[Enclosure]:
    """The files of a record, the latest first."""
    rows = tx.execute(_of(record).order_by(enclosure.c.id.desc()).limit(limit).offset(offset))
    return [_from_row(row) for row in rows]


def find(tx: Connection, record: Key, number: int) -> Enclosure | None:
    """The file of that number, if it lies with the record."""
    row = tx.execute(_of(record).where(enclosure.c.id == number)).one_or_none()
    return None if row is None else _from_row(row)


def remove(tx: Connection, record: Key, number: int) -> bool:
    """Take a file away from a record; whether it was there."""
    return _drop(tx, record.org_id, (enclosure.c.record_id == record.id) & (enclosure.c.id == number)) > 0


def clear(tx: Connection, org_id: int, records: Sequence[int]) -> None:
    """Take all files away from records."""
    _drop(tx, org_id, enclosure.c.record_id.in_(records))


def _of(record: Key) -> Select[tuple[object, ...]]:
    columns = (enclosure.c.id.label("number"), enclosure.c.record_id, file)
    joined = select(*columns).join(file, file.c.id == enclosure.c.file_id)
    return joined.where(enclosure.c.org_id == record.org_id, enclosure.c.record_id == record.id)


def _drop(tx: Connection, org_id: int, which: ColumnElement[bool]) -> int:
    gone = (enclosure.c.org_id == org_id) & which
    # Mails tell of their files by id (W 8.1): what went with one stays to be downloaded.
    sent = exists().where(attachment.c.digest == file.c.digest, attachment.c.file_id == file.c.id)
    tx.execute(
        delete(file).where(file.c.org_id == org_id, file.c.id.in_(select(enclosure.c.file_id).where(gone)), ~sent)
    )
    return tx.execute(delete(enclosure).where(gone)).rowcount


def _from_row(row: Row[tuple[object, ...]]) -> Enclosure:
    ref = FileRef(file_id=row.id, digest=row.digest, name=row.name, content_type=row.content_type, size=row.size)
    upload = Upload(ref=ref, org_id=row.org_id, user_id=row.user_id, created_at=row.created_at)
    return Enclosure(id=row.number, record_id=row.record_id, upload=upload)
