"""``/oauth/v3/device``: the page on which people consent to what a device asks (W 4.9; RFC 8628 §3.3)."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from postroom.access import device as access
from postroom.access.grant import OAuthError
from postroom.store import clients, users
from postroom.store.clients import Client
from postroom.store.db import Tx
from postroom.store.devices import Device
from postroom.store.users import Membership
from postroom.web.accounts import crossing
from postroom.web.accounts.authorize import chosen
from postroom.web.accounts.signin import ask
from postroom.web.accounts.visit import Visit
from postroom.web.accounts.words import spoken

_PATH: Final = "/oauth/v3/device"


async def show(visit: Visit) -> Response:
    """Ask for the code that the device shows; with it, ask for consent."""
    if not crossing.one(visit.query, "user_code") and not crossing.one(visit.query, "device"):
        return _code(visit)
    if visit.email is None:
        return ask(visit)
    found = await _find(visit, visit.query)
    if not isinstance(found, Device):
        return _not_found(visit, found)
    client, members = await visit.desk.app.db.read(lambda tx: (_client(tx, found), _members(tx, visit)))
    if client is None:
        return _not_found(visit, None)
    if not members:
        return visit.page("nowhere.html", 403)
    return visit.page(
        "device_consent.html",
        client=client,
        user_code=crossing.one(visit.query, "user_code"),
        members=members,
        scopes=spoken(found.scopes),
        offline=found.offline,
        query=visit.query,
    )


async def submit(visit: Visit) -> Response:
    """Take the code, or the answer."""
    form = await visit.form()
    if "decision" not in form:
        return visit.go(f"{_PATH}?{urlencode({'user_code': form.get('user_code', '').strip()})}")
    query = form.get("query", "")
    if visit.email is None:
        return ask(visit, f"{_PATH}?{query}")
    found = await _find(visit, query)
    if not isinstance(found, Device):
        return _not_found(visit, found)
    db = visit.desk.app.db
    if form["decision"] != "accept":
        await access.deny(db, found)
        return visit.message("Refused", "The device is told that you refused. You may close this page.")
    user = chosen(await db.read(lambda tx: _members(tx, visit)), form.get("user", ""))
    if user is None:
        return visit.message("Not possible", "Choose one of your organisations.", 400)
    if not await access.approve(db, found, user, now=visit.desk.app.clock()):
        return _not_found(visit, None)
    return visit.message("Connected", "The device goes on by itself within a minute. You may close this page.")


async def _find(visit: Visit, query: str) -> Device | OAuthError | None:
    return await crossing.waiting(visit.desk, query, guesser=visit.email or "")


def _client(tx: Tx, found: Device) -> Client | None:
    """The client of the device, unless it was removed or switched off since."""
    client = clients.find(tx, found.client_id)
    return client if client is not None and client.active else None


def _members(tx: Tx, visit: Visit) -> Sequence[Membership]:
    return users.memberships(tx, visit.email) if visit.email else ()


def _code(visit: Visit, problem: str = "", status: int = 200) -> Response:
    return visit.page("device.html", status, problem=problem)


def _not_found(visit: Visit, why: OAuthError | None) -> Response:
    if why is OAuthError.THROTTLED:
        return _code(visit, "Too many attempts. Try again in ten minutes.", 429)
    return _code(visit, "No device waits for this code. It may have expired: ask the device for a new one.", 404)
