"""``/org`` (W 6.4)."""

from starlette.responses import Response

from postroom.store import orgs, users
from postroom.store.db import Tx
from postroom.web.api.wire import org as wire
from postroom.web.call import Call
from postroom.web.refusals import Json


async def get(call: Call) -> Response:
    """The caller's organisation; its oldest user counts as the one who founded it."""

    def look(tx: Tx) -> wire.Organizations:
        org = orgs.find(tx, call.caller.org_id)
        assert org is not None, "a caller's organisation exists: users refer to it"
        everybody = users.listing(tx, org.id)
        return wire.org(org, everybody[0] if everybody else None, len(everybody))

    return Json(await call.app.db.read(look))
