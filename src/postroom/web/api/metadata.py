"""What an organisation's modules have beside fields and layouts (W 6.1, 6.2)."""

from starlette.responses import Response

from postroom.errors import Fault, NotFound, Reason
from postroom.store import tags as store
from postroom.web.api import place
from postroom.web.api.wire import metadata as wire
from postroom.web.api.wire import related_lists as lists
from postroom.web.api.wire import tags as marks
from postroom.web.api.wire.roles import Roles
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent


async def modules(call: Call) -> Response:
    """Every module."""
    return Json(wire.modules(call.deals_name))


async def module(call: Call) -> Response:
    """One module."""
    found = wire.module(call.path["module"], call.deals_name)
    if found is None:
        raise NotFound(Fault(Reason.MODULE_UNKNOWN))
    return Json(found)


async def related_lists(call: Call) -> Response:
    """The lists that records of a module have; 204 where they have none."""
    found = lists.shown(place.asked_module(call), call.deals_name)
    return Json(found) if found.related_lists else NoContent()


async def tags(call: Call) -> Response:
    """The tags that records of a module have; 204 where there are none."""
    asked = place.asked_module(call)
    found = await call.app.db.read(lambda tx: store.used(tx, call.caller.org_id, asked, marks.AT_MOST))
    return Json(marks.tags(found)) if found else NoContent()


async def roles(_: Call) -> Response:
    """Every role: there is one."""
    return Json(Roles())
