"""``/{module}/{id}/Attachments``: files that lie with a record (W 3.3)."""

from functools import partial
from typing import Final

from starlette.responses import Response

from postroom.errors import Fault, NotFound, Reason
from postroom.record.relations import ATTACHMENTS
from postroom.store import enclosures, orgs
from postroom.store.db import Tx
from postroom.store.enclosures import Enclosure
from postroom.store.records import Key
from postroom.web.api import files, lists, place
from postroom.web.api.intake import receive
from postroom.web.api.records import DELETED
from postroom.web.api.showing import context_of
from postroom.web.api.wire import attachments as wire
from postroom.web.api.wire.items import Gone, success
from postroom.web.api.wire.pages import numbered
from postroom.web.api.wire.records import read_names
from postroom.web.api.wire.values import Json as Object
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent

_AT_ONCE: Final = 1  # W 3.3


async def upload(call: Call) -> Response:
    """Store one file and lay it with the record; the answer comes after it and its row are on disk."""
    record = _record(call)
    # First, for the sake of 20 MB that nobody could find again.
    await call.app.db.read(partial(place.parent, key=record))
    (taken,) = await receive(call, _AT_ONCE)
    new = Enclosure(id=call.app.ids.number(), record_id=record.id, upload=taken)

    def write(tx: Tx) -> wire.UploadedAttachment:
        orgs.hold(tx, record.org_id)  # as who deletes the record does
        place.parent(tx, record)
        enclosures.add(tx, new)
        return wire.uploaded(new, context_of(tx, call))

    return Json(await call.app.db.write(write))


async def listing(call: Call) -> Response:
    """A page of a record's files, the latest first; 204 where there are none."""
    record = _record(call)
    wanted, number, size = read_names(lists.named_fields(call)), call.number("page"), call.number("per_page")

    def look(tx: Tx) -> list[Object]:
        parent, context = place.parent(tx, record), context_of(tx, call)
        found = enclosures.page(tx, record, limit=size + 1, offset=(number - 1) * size)
        return [wire.entry(each, parent, wanted, context) for each in found]

    entries = await call.app.db.read(look)
    return Json(numbered(entries, number, size)) if entries else NoContent()


async def download(call: Call) -> Response:
    """The bytes of a record's file; 204 where the record has none of that id."""
    record, number = _record(call), place.related_id(call, "attachment_id")

    def look(tx: Tx) -> Enclosure | None:
        place.parent(tx, record)
        return enclosures.find(tx, record, number)

    found = await call.app.db.read(look)
    return NoContent() if found is None else await files.content(call, found.upload.ref)


async def delete(call: Call) -> Response:
    """Take a file away from a record."""
    record, number = _record(call), place.related_id(call, "attachment_id")

    def write(tx: Tx) -> bool:
        place.parent(tx, record)
        return enclosures.remove(tx, record, number)

    if not await call.app.db.write(write):
        raise NotFound(Fault(Reason.RELATED_UNKNOWN, details={"resource_path_index": 3}))
    return Json({"data": [success(DELETED, Gone(id=str(number)))]})


def _record(call: Call) -> Key:
    """The key of the URL's record. Raises ``NotFound`` where records of its module have no files."""
    place.relation(call, ATTACHMENTS)
    return place.parent_key(call)
