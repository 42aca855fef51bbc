"""Files of records as clients see them (W 3.3)."""

from collections.abc import Collection, Sequence
from typing import Final

from msgspec import Struct

from postroom.record.values import RELATED
from postroom.store.enclosures import Enclosure
from postroom.store.records import Record
from postroom.web.api.wire.items import Done, success
from postroom.web.api.wire.record_shapes import Stored
from postroom.web.api.wire.records import Context
from postroom.web.api.wire.values import Json, moment, owner, person

UPLOADED: Final = "attachment uploaded successfully"


class UploadedAttachment(Struct, frozen=True, kw_only=True):
    """The one file that was laid with a record."""

    data: list[Done[Stored]]


class AttachmentsInfo(Struct, frozen=True, kw_only=True):
    """Which page it is."""

    per_page: int
    count: int
    page: int
    more_records: bool


class Attachments(Struct, frozen=True, kw_only=True):
    """A page of a record's files, each with the fields that were asked for."""

    data: list[Json]
    info: AttachmentsInfo


def uploaded(new: Enclosure, context: Context) -> UploadedAttachment:
    """The answer to an upload. Nothing of a file changes later."""
    at, by = moment(new.upload.created_at, context.zone), person(context.users, new.upload.user_id)
    details = Stored(modified_time=at, modified_by=by, created_time=at, id=str(new.id), created_by=by)
    return UploadedAttachment(data=[success(UPLOADED, details)])


def entry(shown: Enclosure, record: Record, wanted: Collection[str] | None, context: Context) -> Json:
    """One file in a list: the ``wanted`` fields (None: all), and what is no field."""
    ref, at = shown.upload.ref, moment(shown.upload.created_at, context.zone)
    whose = owner(context.users, shown.upload.user_id)
    fields = {
        "Owner": whose,
        "Created_By": whose,
        "Modified_By": whose,
        "Created_Time": at,
        "Modified_Time": at,
        "File_Name": ref.name,
        "Size": str(ref.size),
        "Parent_Id": {"name": record.name, "id": str(record.id)},
    }
    return {name: value for name, value in fields.items() if wanted is None or name in wanted} | {
        "id": str(shown.id),
        "$file_id": ref.file_id.hex(),
        "$type": "File",
        "$editable": True,
        "$state": "save",
        RELATED: context.module(record.module),
    }


def listing(entries: Sequence[Json], *, number: int, size: int) -> Attachments:
    """One page; ``entries`` may hold one more, which tells that there are more."""
    page = list(entries[:size])
    info = AttachmentsInfo(per_page=size, count=len(page), page=number, more_records=len(entries) > size)
    return Attachments(data=page, info=info)
