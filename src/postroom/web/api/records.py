"""``/{module}`` and ``/{module}/{id}``: records inserted, read, changed and deleted (W 7.1 to 7.3)."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, Final

from starlette.responses import Response

from postroom.errors import Fault, Invalid, NotFound, Reason
from postroom.mail.limits import RECORDS_PER_REQUEST
from postroom.record import Module, read_number
from postroom.store import keeping, orgs, records, users
from postroom.store.db import Tx
from postroom.store.keeping import Kept, Place, Wish
from postroom.store.records import Key, Record
from postroom.web.api import place
from postroom.web.api.wire import records as wire
from postroom.web.api.wire.items import Done, Refusal, read_items, status, success
from postroom.web.api.wire.record_shapes import Gone, Stored
from postroom.web.api.wire.values import Json as Object
from postroom.web.api.wire.values import zone
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent, item_errors
from postroom.web.refusals import status as status_of

Keep = Callable[[Tx, Place, Sequence[Wish]], list[Kept]]

_PAGE: Final = ("sort_by", "sort_order", "page", "per_page", "page_token")


async def insert(call: Call) -> Response:
    """Store up to 100 new records, each answered at its index."""
    module = place.module(call)
    items = read_items(await call.json(), RECORDS_PER_REQUEST)
    wishes = [Wish(id=call.app.ids.number(), reading=wire.read_item(module, item, partial=False)) for item in items]
    return await _keep(call, module, keeping.insert, wishes)


async def update_many(call: Call) -> Response:
    """Change up to 100 records that the items name by ``id``."""
    module = place.module(call)
    items = read_items(await call.json(), RECORDS_PER_REQUEST)
    wishes = [Wish(id=wire.read_item_id(item), reading=wire.read_item(module, item, partial=True)) for item in items]
    return await _keep(call, module, keeping.change, wishes)


async def update(call: Call) -> Response:
    """Change the record of the URL; an id in the item is passed over."""
    module, number = place.module(call), _number(call)
    (item,) = read_items(await call.json(), 1)
    wishes = [Wish(id=number, reading=wire.read_item(module, item, partial=True))]
    return await _keep(call, module, keeping.change, wishes)


async def delete(call: Call) -> Response:
    """Delete the record of the URL."""
    return await _remove(call, [call.path["id"]])


async def delete_many(call: Call) -> Response:
    """Delete up to 100 records, ``?ids=a,b``."""
    ids = [text.strip() for text in call.required("ids").split(",")]
    if len(ids) > RECORDS_PER_REQUEST:
        raise Invalid(Fault(Reason.PARAM_WRONG, details={"param_name": "ids", "limit": RECORDS_PER_REQUEST}))
    return await _remove(call, list(dict.fromkeys(ids)))


async def get(call: Call) -> Response:
    """One record; 204 where there is none of that id."""
    module = place.module(call)
    wanted = wire.read_fields(module, call.param("fields"))
    key = Key(call.caller.org_id, module.name, _number(call))

    def look(tx: Tx) -> list[Object]:
        found = records.find(tx, key)
        return _shown(tx, call, module, wanted, [found] if found else [])

    shown = await call.app.db.read(look)
    return Json({"data": shown}) if shown else NoContent()


async def listing(call: Call) -> Response:
    """A page of a module's records; 204 where there are none."""
    module = place.module(call)
    fields = call.param("fields") if call.prefix in wire.WITHOUT_FIELDS else call.required("fields")
    wanted, page = wire.read_fields(module, fields), wire.read_page({name: call.param(name) for name in _PAGE})

    def look(tx: Tx) -> tuple[list[Object], bool]:
        # One more than a page tells whether there are more.
        found = records.page(
            tx,
            call.caller.org_id,
            module.name,
            limit=page.size + 1,
            offset=page.offset,
            ascending=page.ascending,
        )
        return _shown(tx, call, module, wanted, found[: page.size]), len(found) > page.size

    shown, more = await call.app.db.read(look)
    return Json(wire.listing(shown, page, more=more)) if shown else NoContent()


async def _keep(call: Call, module: Module, keep: Keep, wishes: Sequence[Wish]) -> Response:
    """Write what can be written in one transaction, and tell of each item what became of it."""
    new = keep is keeping.insert
    where = Place(org_id=call.caller.org_id, user_id=call.caller.user_id, module=module, now=call.app.clock())

    def write(tx: Tx) -> tuple[list[Kept], wire.Context]:
        return keep(tx, where, wishes), _context(tx, call, {})

    kept, context = await call.app.db.write(write)
    answers: list[tuple[Done[Stored] | Refusal, int]] = []
    for n, each in enumerate(kept):
        if isinstance(each, Record):
            item = success("record added" if new else "record updated", wire.stored(each, context))
            answers.append((item, 201 if new else 200))
        else:
            faults = [wire.explain(fault, module, context) for fault in each]
            answers.append((item_errors(faults, n), status_of(faults[0])))
    return _together(answers)


async def _remove(call: Call, ids: Sequence[str]) -> Response:
    module = place.module(call)
    numbers = [read_number(text) for text in ids]
    named = [number for number in numbers if number is not None]
    gone = await call.app.db.write(partial(records.remove, org_id=call.caller.org_id, module=module.name, ids=named))
    return _together(
        [
            (success("record deleted", Gone(id=str(number))), 200)
            if number in gone
            else (item_errors([Fault(Reason.RECORD_UNKNOWN, details={"id": text})], n), 400)
            for n, (text, number) in enumerate(zip(ids, numbers, strict=True))
        ]
    )


def _together(answers: Sequence[tuple[Done[Any] | Refusal, int]]) -> Response:
    return Json({"data": [item for item, _ in answers]}, status([code for _, code in answers]))


def _number(call: Call) -> int:
    number = read_number(call.path["id"])
    if number is None:
        raise NotFound(Fault(Reason.RECORD_UNKNOWN))
    return number


def _shown(tx: Tx, call: Call, module: Module, wanted: Collection[str] | None, found: Sequence[Record]) -> list[Object]:
    context = _context(tx, call, records.names(tx, call.caller.org_id, sorted(wire.linked(found, module))))
    return [wire.show(module, record, wanted, context) for record in found]


def _context(tx: Tx, call: Call, names: dict[int, str]) -> wire.Context:
    org = orgs.find(tx, call.caller.org_id)
    assert org is not None, "a caller's organisation exists: users refer to it"
    people = {user.id: user for user in users.listing(tx, call.caller.org_id)}
    return wire.Context(users=people, names=names, zone=zone(org.time_zone), deals_name=call.deals_name)
