"""``/{module}/{id}/Notes``: notes on the record that the URL names (W 7.6)."""

from functools import partial
from typing import Any

from starlette.responses import Response

from postroom.errors import Fault, Reason
from postroom.mail.limits import RECORDS_PER_REQUEST
from postroom.record import NOTES, Module, Reading, read_number
from postroom.record.values import RELATED
from postroom.store import keeping, records
from postroom.store.db import Tx
from postroom.store.keeping import Fates, Kept, Place, Wish
from postroom.store.records import Key, Record
from postroom.web.api import place, related
from postroom.web.api.records import ADDED, DELETED, UPDATED, here, keep, show, told
from postroom.web.api.wire import records as wire
from postroom.web.api.wire.items import read_items
from postroom.web.call import Call

_PARENT = "Parent_Id"


async def listing(call: Call) -> Response:
    """A page of a record's notes."""
    return await related.show(call, place.relation(call, NOTES.name))


async def insert(call: Call) -> Response:
    """Store up to 100 new notes; whatever they say of their record, it is the one of the URL."""
    notes, body = await _module(call), await call.json()
    wire.read_extras(body)
    items, parent = read_items(body, RECORDS_PER_REQUEST), place.parent_key(call)
    readings = [_read(notes, item, parent, partial=False) for item in items]
    wishes = [Wish(id=call.app.ids.number(), reading=reading) for reading in readings]

    def work(tx: Tx, where: Place) -> list[Kept]:
        place.parent(tx, parent)
        return keeping.insert(tx, where, wishes)

    return await keep(call, notes, work, ADDED, 201)


async def get(call: Call) -> Response:
    """One note of a record; 204 where the record has none of that id, 304 where it has not changed since."""
    notes = await _module(call)
    parent, number = place.parent_key(call), place.related_id(call, "note_id")
    return await show(call, notes, partial(_find, parent=parent, number=number))


async def update(call: Call) -> Response:
    """Change a note of a record, whose note it stays."""
    notes, body = await _module(call), await call.json()
    wire.read_extras(body)
    (item,) = read_items(body, 1)
    parent = place.parent_key(call)
    reading = _read(notes, item, parent, partial=True)

    def work(tx: Tx, where: Place) -> list[Kept]:
        note = _find(tx, parent=parent, number=read_number(call.path["note_id"]))
        return keeping.change(tx, where, [Wish(id=note.id if note else None, reading=reading)])

    return await keep(call, notes, work, UPDATED, 200)


async def delete(call: Call) -> Response:
    """Delete a note of a record."""
    call.param("wf_trigger")
    where, parent, text = here(call, await _module(call)), place.parent_key(call), call.path["note_id"]
    number = read_number(text)

    def write(tx: Tx) -> Fates:
        note = _find(tx, parent=parent, number=number)
        return keeping.remove(tx, where, [note.id] if note else [])

    unknown = Fault(Reason.RECORD_UNKNOWN, details={"id": text})
    return told([(number, unknown)], await call.app.db.write(write), DELETED)


async def _module(call: Call) -> Module:
    """The module Notes. Raises ``NotFound`` where records of the URL's module have none."""
    place.relation(call, NOTES.name)
    return await place.with_own_fields(call, NOTES)


def _read(notes: Module, item: Any, parent: Key, *, partial: bool) -> Reading:
    if isinstance(item, dict):
        item = {**item, _PARENT: {"id": str(parent.id)}, RELATED: parent.module}
    return wire.read_item(notes, item, partial=partial)


def _find(tx: Tx, *, parent: Key, number: int | None) -> Record | None:
    """The note of that id, if it is the record's. Raises ``NotFound`` where there is no such record."""
    record = place.parent(tx, parent)
    note = None if number is None else records.find(tx, Key(parent.org_id, NOTES.name, number))
    return note if note is not None and note.fields.get(_PARENT) == record.id else None
