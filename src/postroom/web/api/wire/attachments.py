"""Files of records as clients see them (W 3.3)."""

from collections.abc import Collection
from typing import Final

from msgspec import Struct

from postroom.mail.zone import moment
from postroom.record.values import RELATED
from postroom.store.enclosures import Enclosure
from postroom.store.records import Record
from postroom.web.api.wire.items import Done, success
from postroom.web.api.wire.record_shapes import Stored
from postroom.web.api.wire.records import Context
from postroom.web.api.wire.values import Json, owner, person

UPLOADED: Final = "attachment uploaded successfully"


class UploadedAttachment(Struct, frozen=True, kw_only=True):
    """The one file that was laid with a record."""

    data: list[Done[Stored]]


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
