"""``/{module}/deleted``: what is told of records that are gone (W 7.6)."""

from starlette.responses import Response

from postroom.store import deletions
from postroom.store.db import Tx
from postroom.web.api import place
from postroom.web.api.showing import context_of
from postroom.web.api.wire import deleted as wire
from postroom.web.api.wire.pages import numbered
from postroom.web.api.wire.values import Json as Object
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent, NotModified


async def listing(call: Call) -> Response:
    """A page of a module's deleted records, the latest first; 204 where there are none, 304 where none is so late."""
    module, kind, since = place.known_module(call), call.required("type"), call.param("If-Modified-Since")
    number, size = call.number("page"), call.number("per_page")

    def look(tx: Tx) -> list[Object]:
        context, offset = context_of(tx, call), (number - 1) * size
        after = int(since) if since else None
        found = deletions.page(tx, call.caller.org_id, module.name, limit=size + 1, offset=offset, since=after)
        return [wire.entry(each, context) for each in found]

    entries = [] if kind == wire.RECYCLE else await call.app.db.read(look)
    if not entries:
        return NotModified() if since else NoContent()
    return Json(numbered(entries, number, size))
