"""``/coql``: the records that a query asks for (W 7.7)."""

from typing import Final

from starlette.responses import Response

from postroom.access.scope import Need, Operation
from postroom.errors import Fault, NotFound, Reason
from postroom.record import Module, named
from postroom.record.coql import Statement
from postroom.store import finding
from postroom.store.db import Tx
from postroom.store.finding import Order, Question
from postroom.web.api import place
from postroom.web.api.showing import shown
from postroom.web.api.wire import coql as wire
from postroom.web.api.wire.values import Json as Object
from postroom.web.call import Call, demand
from postroom.web.refusals import Json, NoContent

# W 5.2: the second for the module that the query names, so it is asked for here and not at the door.
NEEDS: Final = (Need(("coql",), Operation.READ), Need(("modules", "{module}"), Operation.READ))
_SHOWN: Final = 100  # characters of a wrong name that are told


async def query(call: Call) -> Response:
    """The records that a query in COQL asks for, 200 at the most; 204 where there are none."""
    statement = Statement(wire.read_query(await call.json()))
    asked = statement.of(await _module(call, statement.module))
    question = Question(
        org_id=call.caller.org_id,
        module=asked.module,
        # One record more tells whether there are more.
        limit=asked.limit + 1,
        where=asked.where,
        order=Order(asked.order, asked.ascending),
        offset=asked.offset,
    )

    def look(tx: Tx) -> list[Object]:
        found = [each.record for each in finding.find(tx, question)]
        return shown(tx, call, asked.module, asked.fields, found)

    found = await call.app.db.read(look)
    return Json(wire.answer(found, asked.limit)) if found else NoContent()


async def _module(call: Call, name: str) -> Module:
    """The module that a query names. Raises ``Forbidden`` where its caller may not read it, or ``NotFound``."""
    shown = name[:_SHOWN]
    demand(call.caller, [Need(("modules", shown), Operation.READ)])
    found = named(name, call.deals_name)
    if found is None:
        raise NotFound(Fault(Reason.MODULE_UNKNOWN, details={"module": shown}))
    return await place.with_own_fields(call, found)
