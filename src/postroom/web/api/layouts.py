"""``/settings/layouts`` (W 6.2)."""

from starlette.responses import Response

from postroom.errors import Fault, NotFound, Reason
from postroom.web.api import place
from postroom.web.api.wire import layouts as wire
from postroom.web.call import Call
from postroom.web.refusals import Json


async def listing(call: Call) -> Response:
    """The layouts of a module: there is one for each."""
    return Json(await _layouts(call))


async def get(call: Call) -> Response:
    """One layout of a module."""
    found = await _layouts(call)
    if call.path["id"] not in {each.id for each in found.layouts}:
        raise NotFound(Fault(Reason.RECORD_UNKNOWN, details={"resource_path_index": 2}))
    return Json(found)


async def _layouts(call: Call) -> wire.Layouts:
    return wire.layouts(await place.with_own_fields(call, place.asked_module(call)), call.deals_name)
