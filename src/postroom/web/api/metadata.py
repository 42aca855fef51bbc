"""``/settings/modules`` (W 6.1)."""

from starlette.responses import Response

from postroom.errors import Fault, NotFound, Reason
from postroom.web.api.wire import metadata as wire
from postroom.web.call import Call
from postroom.web.refusals import Json


async def modules(call: Call) -> Response:
    """Every module."""
    return Json(wire.modules(call.deals_name))


async def module(call: Call) -> Response:
    """One module."""
    found = wire.module(call.path["module"], call.deals_name)
    if found is None:
        raise NotFound(Fault(Reason.MODULE_UNKNOWN))
    return Json(found)
