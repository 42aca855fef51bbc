"""``/users`` and ``/users/{id}`` (W 6.3)."""

from collections.abc import Sequence

from starlette.responses import Response

from postroom.errors import Fault, NotFound, Reason
from postroom.record import read_number
from postroom.store import orgs, users
from postroom.store.db import Tx
from postroom.store.orgs import Org
from postroom.store.users import User
from postroom.web.api.wire import users as wire
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent


async def listing(call: Call) -> Response:
    """The users of one type, oldest first; 204 where there are none."""
    kind, number, size = call.required("type"), call.number("page"), call.number("per_page")
    everybody, org = await call.app.db.read(lambda tx: _look(tx, call.caller.org_id))
    if kind == wire.CURRENT:
        found = [user for user in everybody if user.id == call.caller.user_id]
    else:
        found = [user for user in everybody if wire.TYPES[kind](user)]
    start = (number - 1) * size
    page = found[start : start + size]
    if not page:
        return NoContent()
    return Json(wire.users(page, org, number=number, size=size, more=len(found) > start + size))


async def get(call: Call) -> Response:
    """One user; 204 where there is none of that id."""
    user_id = read_number(call.path["id"])
    if user_id is None:
        raise NotFound(Fault(Reason.RECORD_UNKNOWN))
    everybody, org = await call.app.db.read(lambda tx: _look(tx, call.caller.org_id))
    found = next((user for user in everybody if user.id == user_id), None)
    return Json(wire.one_user(found, org)) if found else NoContent()


def _look(tx: Tx, org_id: int) -> tuple[Sequence[User], Org]:
    org = orgs.find(tx, org_id)
    assert org is not None, "a caller's organisation exists: users refer to it"
    return users.listing(tx, org_id), org
