"""``/settings/emails/actions/from_addresses`` (W 2)."""

from typing import Final

from starlette.responses import Response

from postroom.access.permission import Permission, allows
from postroom.errors import Fault, Forbidden, Invalid, Reason
from postroom.record import read_number
from postroom.store import senders, users
from postroom.store.db import Tx
from postroom.store.senders import Sender
from postroom.web.api.wire import senders as wire
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent

_UNKNOWN: Final = Fault(Reason.PARAM_WRONG, details={"param_name": "user_id"})


async def from_addresses(call: Call) -> Response:
    """The addresses that the caller may send from, or the user ``user_id`` whom an administrator names (CRM v8)."""
    asked = call.param("user_id")
    user_id = call.caller.user_id if asked is None else read_number(asked)
    if user_id is None:
        raise Invalid(_UNKNOWN)
    if user_id != call.caller.user_id and not allows(call.caller.profile, Permission.MANAGE_USERS):
        raise Forbidden(Fault(Reason.PRIVILEGE_MISSING))

    def look(tx: Tx) -> list[Sender]:
        if users.find(tx, call.caller.org_id, user_id) is None:
            raise Invalid(_UNKNOWN)
        return list(senders.of_user(tx, call.caller.org_id, user_id))

    found = await call.app.db.read(look)
    return Json(wire.from_addresses(found)) if found else NoContent()
