"""Uploaded files by reference (wire reference 3); their bytes are in ``store.blobs``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from postroom.errors import Fault, Reason
from postroom.mail.draft import FileRef
from postroom.mail.limits import ATTACHMENT_OCTETS_PER_MAIL
from postroom.store.tables import file


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """One uploaded file and whose it is."""

    ref: FileRef
    org_id: int
    user_id: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file id as one organisation may see it."""

    org_id: int
    file_id: bytes


def add(tx: Connection, new: Sequence[Upload]) -> None:
    """Store the references of one request's files."""
    tx.execute(
        insert(file),
        [
            {
                "id": each.ref.file_id,
                "org_id": each.org_id,
                "user_id": each.user_id,
                "digest": each.ref.digest,
                "name": each.ref.name,
                "content_type": each.ref.content_type,
                "size": each.ref.size,
                "created_at": each.created_at,
            }
            for each in new
        ],
    )


def find(tx: Connection, wanted: Sequence[Wanted]) -> list[FileRef | None]:
    """The files of these ids, each only within its organisation, in order."""
    if not wanted:
        return []
    rows = tx.execute(select(file).where(file.c.id.in_({each.file_id for each in wanted})))
    known = {
        Wanted(row.org_id, row.id): FileRef(
            file_id=row.id, digest=row.digest, name=row.name, content_type=row.content_type, size=row.size
        )
        for row in rows
    }
    return [known.get(each) for each in wanted]


def faults(found: Sequence[FileRef | None]) -> Iterator[Fault]:
    """What is wrong with the files that were found for one mail's ``attachments`` (W 1.5)."""
    for n, ref in enumerate(found):
        if ref is None:
            yield Fault(Reason.FILE_UNKNOWN, ("attachments", n, "id"))
    total = sum(ref.size for ref in found if ref is not None)
    if total > ATTACHMENT_OCTETS_PER_MAIL:
        yield Fault(Reason.FILES_TOO_LARGE, ("attachments",), {"size": total})
