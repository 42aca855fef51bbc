"""``/{module}/{id}/{related}``: records that lookups lead from and to (W 7.6)."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from starlette.responses import Response

from postroom.errors import Fault, Reason
from postroom.mail.limits import RECORDS_PER_REQUEST
from postroom.record import AllOf, Module, read_number
from postroom.record.criteria import equal, modified_after
from postroom.record.relations import Relation
from postroom.record.terms import whole
from postroom.store import relating
from postroom.store.db import Tx
from postroom.store.keeping import Fates
from postroom.store.relating import Shelf
from postroom.web.api import lists, place
from postroom.web.api.lists import Wanted
from postroom.web.api.records import here, told
from postroom.web.api.wire import records as wire
from postroom.web.api.wire.items import read_items
from postroom.web.call import Call
from postroom.web.refusals import NoContent, NotModified

ADDED, REMOVED = "relation added", "relation removed"  # W 7.6


async def listing(call: Call) -> Response:
    """A page of the list that the URL names."""
    return await show(call, place.relation(call, call.path["related"]))


async def show(call: Call, relation: Relation) -> Response:
    """A page of a record's list; 204 where there is nothing in it, 304 where nothing has changed since."""
    known, field = _lookup(relation)
    module = await place.with_own_fields(call, known)
    fields, page, since = (
        lists.read_fields(call, module),
        lists.read_page(call, module),
        call.param("If-Modified-Since"),
    )
    record = await call.app.db.read(partial(place.parent, key=place.parent_key(call)))
    changed = modified_after(module, int(since)) if since else None
    if relation.own:
        target = record.fields.get(field)
        wanted = Wanted(module=module, fields=fields, where=changed, only=[target] if target else [])
    else:
        related = equal(module, field, whole(record.id))
        where = AllOf((related, changed)) if changed else related
        wanted = Wanted(module=module, fields=fields, where=where)
    return await lists.show(call, wanted, page) or (NotModified() if since else NoContent())


async def link(call: Call) -> Response:
    """Put up to 100 records into a list, which sets their lookup; one, where the lookup is the record's own."""
    relation = place.relation(call, call.path["related"])
    items = read_items(await call.json(), 1 if relation.own else RECORDS_PER_REQUEST)
    asked = [(wire.read_item_id(item), Fault(wire.id_amiss(item), ("id",))) for item in items]
    return await _change(call, relation, asked, relating.link, ADDED)


async def delink(call: Call) -> Response:
    """Take the record of the URL out of a list."""
    return await _delink(call, [call.path["related_id"]])


async def delink_many(call: Call) -> Response:
    """Take up to 100 records out of a list, ``?ids=a,b``."""
    return await _delink(call, wire.read_ids(call.required("ids"), RECORDS_PER_REQUEST))


async def _delink(call: Call, ids: Iterable[str]) -> Response:
    relation = place.relation(call, call.path["related"])
    asked = [(read_number(text), Fault(Reason.NOT_RELATED, details={"id": text})) for text in ids]
    return await _change(call, relation, asked, relating.delink, REMOVED)


async def _change(
    call: Call,
    relation: Relation,
    asked: Sequence[tuple[int | None, Fault]],
    work: Callable[[Tx, Shelf, Sequence[int]], Fates],
    message: str,
) -> Response:
    """Change who is in the list of the URL's record, and tell of each record what became of it."""
    module, field = _lookup(relation)
    key, holder = place.parent_key(call), relation.of if relation.own else module
    where = here(call, await place.with_own_fields(call, holder))
    shelf = Shelf(place=where, field=field, number=key.id, own=relation.own)
    numbers = [number for number, _ in asked if number is not None]

    def write(tx: Tx) -> Fates:
        place.parent(tx, key)
        return work(tx, shelf, numbers)

    return told(asked, await call.app.db.write(write), message)


def _lookup(relation: Relation) -> tuple[Module, str]:
    """The module that the list's records are of, and the lookup by which they are found."""
    assert relation.module is not None, "mails and files have calls of their own"
    assert relation.field is not None, "records are found by a lookup"
    return relation.module, relation.field
