"""``/oauth/serverinfo``: the data centres and their accounts servers (W 4.12)."""

from starlette.requests import Request
from starlette.responses import Response

from postroom.web.accounts.desk import Desk
from postroom.web.refusals import Told


async def serverinfo(desk: Desk, _: Request) -> Response:
    """Every centre that this server knows, itself first."""
    known = [desk.centers.own, *desk.centers.others.values()]
    return Told({"result": "success", "locations": {each.name: each.accounts for each in known}})
