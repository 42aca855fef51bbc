"""``/{module}`` and ``/{module}/{id}``: records inserted, read, changed and deleted (W 7.1 to 7.3)."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from starlette.responses import Response

from postroom.errors import Fault, Reason
from postroom.mail.limits import RECORDS_PER_REQUEST
from postroom.record import Module, read_number
from postroom.store import keeping, records
from postroom.store.db import Tx
from postroom.store.keeping import Fates, Kept, Place, Wish
from postroom.store.records import Key, Record
from postroom.web.api import place
from postroom.web.api.showing import context_of, shown
from postroom.web.api.wire import records as wire
from postroom.web.api.wire.items import Done, Gone, Refusal, Upserted, read_items, status, success
from postroom.web.api.wire.record_shapes import Stored
from postroom.web.api.wire.values import Json as Object
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent, NotModified, item_errors
from postroom.web.refusals import status as status_of

ADDED, UPDATED, DELETED = "record added", "record updated", "record deleted"  # W 7.2, 7.3


async def insert(call: Call) -> Response:
    """Store up to 100 new records, each answered at its index."""
    module, body = await place.module(call), await call.json()
    wire.read_extras(body)
    items = read_items(body, RECORDS_PER_REQUEST)
    wishes = [Wish(id=call.app.ids.number(), reading=wire.read_item(module, item, partial=False)) for item in items]
    return await keep(call, module, partial(keeping.insert, wishes=wishes), ADDED, 201)


async def update_many(call: Call) -> Response:
    """Change up to 100 records that the items name by ``id``."""
    module, body = await place.module(call), await call.json()
    wire.read_extras(body)
    items = read_items(body, RECORDS_PER_REQUEST)
    readings = [wire.read_item(module, item, partial=True) for item in items]
    wishes = [
        Wish(id=wire.read_item_id(item), reading=reading, amiss=wire.id_amiss(item))
        for item, reading in zip(items, readings, strict=True)
    ]
    return await keep(call, module, partial(keeping.change, wishes=wishes), UPDATED, 200)


async def update(call: Call) -> Response:
    """Change the record of the URL; an id in the item is passed over."""
    module, number, body = await place.module(call), place.record_id(call), await call.json()
    wire.read_extras(body)
    (item,) = read_items(body, 1)
    wishes = [Wish(id=number, reading=wire.read_item(module, item, partial=True))]
    return await keep(call, module, partial(keeping.change, wishes=wishes), UPDATED, 200)


async def upsert(call: Call) -> Response:
    """Change those of up to 100 records that are there, found by their unique values, and store the others."""
    module, body = await place.module(call), await call.json()
    wire.read_extras(body)
    check = wire.read_check(module, body)
    items = read_items(body, RECORDS_PER_REQUEST)
    wishes = [Wish(id=call.app.ids.number(), reading=wire.read_item(module, item, partial=False)) for item in items]
    where = here(call, module)

    def write(tx: Tx) -> tuple[list[keeping.Upserted], wire.Context]:
        return keeping.upsert(tx, where, wishes, check), context_of(tx, call)

    done, context = await call.app.db.write(write)
    call.app.indexer.note()
    return together(
        [_upserted(wish, each, n, module, context) for n, (wish, each) in enumerate(zip(wishes, done, strict=True))]
    )


async def delete(call: Call) -> Response:
    """Delete the record of the URL."""
    call.param("wf_trigger")
    return await _remove(call, [call.path["id"]])


async def delete_many(call: Call) -> Response:
    """Delete up to 100 records, ``?ids=a,b``."""
    call.param("wf_trigger")
    return await _remove(call, wire.read_ids(call.required("ids"), RECORDS_PER_REQUEST))


async def get(call: Call) -> Response:
    """One record; 204 where there is none of that id, 304 where it has not changed since."""
    module = await place.module(call)
    key = Key(call.caller.org_id, module.name, place.record_id(call))
    return await show(call, module, partial(records.find, key=key))


async def show(call: Call, module: Module, find: Callable[[Tx], Record | None]) -> Response:
    """The record that is found, or 204; 304 where it has not changed since."""
    wanted, since = wire.read_fields(module, call.param("fields")), call.param("If-Modified-Since")

    def look(tx: Tx) -> tuple[Record | None, list[Object]]:
        found = find(tx)
        return found, shown(tx, call, module, wanted, [found] if found else [])

    found, data = await call.app.db.read(look)
    if found is None:
        return NoContent()
    if since and found.modified_at <= int(since):
        return NotModified()
    return Json({"data": data})


def here(call: Call, module: Module) -> Place:
    """Where the caller writes."""
    return Place(org_id=call.caller.org_id, user_id=call.caller.user_id, module=module, now=call.app.clock())


async def keep(
    call: Call, module: Module, work: Callable[[Tx, Place], list[Kept]], message: str, code: int
) -> Response:
    """Write what can be written in one transaction, and tell of each item what became of it."""
    where = here(call, module)

    def write(tx: Tx) -> tuple[list[Kept], wire.Context]:
        return work(tx, where), context_of(tx, call)

    kept, context = await call.app.db.write(write)
    call.app.indexer.note()
    return together(
        [answer(each, n, message=message, code=code, module=module, context=context) for n, each in enumerate(kept)]
    )


def answer(
    kept: Kept, n: int, *, message: str, code: int, module: Module, context: wire.Context
) -> tuple[Done[Stored] | Refusal, int]:
    """What one item is answered, and with which status if it were alone."""
    if isinstance(kept, Record):
        return success(message, wire.stored(kept, context)), code
    return _refused(kept, n, module, context)


def _upserted(
    wish: Wish, done: keeping.Upserted, n: int, module: Module, context: wire.Context
) -> tuple[Upserted[Stored] | Refusal, int]:
    if not isinstance(done.kept, Record):
        return _refused(done.kept, n, module, context)
    there = done.kept.id != wish.id
    item: Upserted[Stored] = Upserted(
        message=UPDATED if there else ADDED,
        details=wire.stored(done.kept, context),
        duplicate_field=done.field,
        action="update" if there else "insert",
    )
    return item, 200


def _refused(faults: Sequence[Fault], n: int, module: Module, context: wire.Context) -> tuple[Refusal, int]:
    return item_errors([wire.explain(fault, module, context) for fault in faults], n), status_of(faults[0])


def told(asked: Iterable[tuple[int | None, Fault]], fates: Fates, message: str) -> Response:
    """The answer about records by their ids: what became of each, and of one that is not there, the fault beside it."""
    answers: list[tuple[Done[Gone] | Refusal, int]] = []
    for n, (number, unknown) in enumerate(asked):
        fault = unknown if number is None else fates.get(number, unknown)
        if fault is None:
            answers.append((success(message, Gone(id=str(number))), 200))
        else:
            answers.append((item_errors([fault], n), status_of(fault)))
    return together(answers)


def together(answers: Sequence[tuple[Done[Any] | Refusal, int]]) -> Response:
    """The answer to a call of several items."""
    return Json({"data": [item for item, _ in answers]}, status([code for _, code in answers]))


async def _remove(call: Call, ids: Sequence[str]) -> Response:
    module = await place.module(call)
    numbers = [read_number(text) for text in ids]
    named = [number for number in numbers if number is not None]
    where = here(call, module)
    gone = await call.app.db.write(lambda tx: keeping.remove(tx, where, named))
    unknown = [Fault(Reason.RECORD_UNKNOWN, details={"id": text}) for text in ids]
    return told(zip(numbers, unknown, strict=True), gone, DELETED)
