"""``/{module}/actions/change_owner`` and ``/{module}/{id}/actions/change_owner`` (W 7.6)."""

from collections.abc import Sequence

from starlette.responses import Response

from postroom.errors import Fault, Reason
from postroom.record import read_number
from postroom.store import keeping, users
from postroom.store.db import Tx
from postroom.store.keeping import Fates
from postroom.web.api import place
from postroom.web.api.records import here, told
from postroom.web.api.wire import owners as wire
from postroom.web.call import Call


async def change(call: Call) -> Response:
    """Give the record of the URL to another user."""
    place.known_module(call)
    return await _change(call, wire.read_owner(await call.json()), [call.path["id"]])


async def change_many(call: Call) -> Response:
    """Give up to 500 records to another user."""
    place.known_module(call)
    body = await call.json()
    return await _change(call, wire.read_owner(body), wire.read_ids(body))


async def _change(call: Call, owner: int, ids: Sequence[str]) -> Response:
    where = here(call, await place.module(call))
    asked = [(read_number(text), Fault(Reason.RECORD_UNKNOWN, details={"id": text})) for text in ids]
    numbers = [number for number, _ in asked if number is not None]

    def write(tx: Tx) -> Fates:
        user = users.find(tx, where.org_id, owner)
        if user is None or not user.active:
            raise wire.unknown_owner()
        return keeping.fates(numbers, keeping.alter(tx, where, numbers, {"Owner": owner}))

    return told(asked, await call.app.db.write(write), wire.UPDATED)
