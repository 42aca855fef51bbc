"""``/settings/fields``: the fields of a module, and those that an organisation adds to it (W 6.2)."""

from typing import Final

from starlette.responses import Response

from postroom.errors import Fault, NotFound, Reason
from postroom.record import Field, read_number
from postroom.record.custom import AT_ONCE
from postroom.store import fields as store
from postroom.store.erasing import erase
from postroom.store.fields import Draft
from postroom.web.api import place
from postroom.web.api.wire import fields as wire
from postroom.web.api.wire.items import Gone, read_items, status, success
from postroom.web.api.wire.locks import LOCKS
from postroom.web.call import Call
from postroom.web.refusals import Json, item_errors
from postroom.web.refusals import status as status_of

CREATED, DELETED = "field created", "field deleted"  # W 6.2
# Transactions while the client waits: about a second. What is left then is the worker's.
_PARTS: Final = 10


async def listing(call: Call) -> Response:
    """Every field of the module named in the query string."""
    if call.required("module") == LOCKS.name:
        return Json(wire.Fields(fields=wire.fields(LOCKS, call.deals_name)))
    module = await place.with_own_fields(call, place.asked_module(call))
    return Json(wire.Fields(fields=wire.fields(module, call.deals_name)))


async def get(call: Call) -> Response:
    """One field of the module."""
    module = await place.with_own_fields(call, place.asked_module(call))
    found = [each for each in wire.fields(module, call.deals_name) if each.id == call.path["id"]]
    if not found:
        raise _unknown()
    return Json(wire.Fields(fields=found))


async def add(call: Call) -> Response:
    """Add up to 25 fields to a module, each answered at its index."""
    module, app = place.asked_module(call), call.app
    items = read_items(await call.json(), AT_ONCE, "fields")
    drafts = [Draft(app.ids.number(), raw) for raw in items]
    kept = await app.db.write(
        lambda tx: store.define(tx, call.caller.org_id, module, drafts, now=app.clock()),
    )
    answers = [
        (success(CREATED, Gone(id=str(each.id))), 201)
        if isinstance(each, Field)
        else (item_errors(each, n, "fields"), status_of(each[0]))
        for n, each in enumerate(kept)
    ]
    return Json({"fields": [item for item, _ in answers]}, status([code for _, code in answers]))


async def remove(call: Call) -> Response:
    """Remove a field that was added, with its values."""
    module, number, app = place.asked_module(call), read_number(call.path["id"]), call.app
    if number is None:
        raise _unknown()
    gone = await app.db.write(lambda tx: store.remove(tx, call.caller.org_id, module, number, now=app.clock()))
    if gone is None:
        raise _unknown()
    await erase(app.db, gone, parts=_PARTS)
    return Json({"fields": [success(DELETED, Gone(id=str(number)))]})


def _unknown() -> NotFound:
    return NotFound(Fault(Reason.RECORD_UNKNOWN, details={"resource_path_index": 2}))
