"""``/settings/modules`` and ``/settings/fields`` (W 6.1, 6.2)."""

from starlette.responses import Response

from postroom.errors import Fault, NotFound, Reason
from postroom.record import named
from postroom.web.api import place
from postroom.web.api.wire import metadata as wire
from postroom.web.call import Call
from postroom.web.refusals import Json


async def modules(call: Call) -> Response:
    """Every module."""
    return Json(wire.modules(call.deals_name))


async def module(call: Call) -> Response:
    """One module."""
    return Json(wire.one_module(place.known_module(call), call.deals_name))


async def fields(call: Call) -> Response:
    """Every field of the module named in the query string."""
    found = named(call.required("module"), call.deals_name)
    if found is None:
        raise NotFound(Fault(Reason.MODULE_UNKNOWN, details={"param_name": "module"}))
    return Json(wire.fields(await place.with_own_fields(call, found), call.deals_name))
