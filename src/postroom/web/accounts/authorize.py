"""``/oauth/v2/auth``: what a client asks for, put to whoever sits at the browser (W 4.2, 4.7, 4.8)."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.responses import Response

from postroom.access import authorize, grant
from postroom.access.authorize import Mistake, Request, Returned
from postroom.store import clients, consents, users
from postroom.store.clients import Client
from postroom.store.db import Tx
from postroom.store.users import Membership, User
from postroom.web.accounts.signin import ask
from postroom.web.accounts.visit import Visit
from postroom.web.accounts.words import spoken

_TOLD: Final = {
    Mistake.INVALID_CLIENT: "The application is not known in this data centre, or was switched off.",
    Mistake.INVALID_REDIRECT_URI: "The application asked for an answer at an address that it has not registered.",
}


async def show(visit: Visit) -> Response:
    """Ask for consent, unless it was given before."""
    asked = await _read(visit, visit.query)
    if not isinstance(asked, Request):
        return _refused(visit, asked)
    if visit.email is None:
        return ask(visit)
    members = await _members(visit)
    if not members:
        return visit.page("nowhere.html", 403)
    if len(members) == 1 and await authorize.passes(visit.desk.app.db, asked, members[0].user):
        return visit.go(await _approve(visit, asked, members[0].user, consented=False), 302)
    return visit.page(
        "consent.html",
        client=asked.client,
        destination=_host(asked.redirect_uri),
        members=members,
        scopes=spoken(asked.scopes),
        offline=asked.offline,
        query=visit.query,
    )


async def decide(visit: Visit) -> Response:
    """Take the answer, and the browser back to the client with it."""
    form = await visit.form()
    # The request is read anew: what a page shows is no proof of what a form sends.
    asked = await _read(visit, form.get("query", ""))
    if not isinstance(asked, Request):
        return _refused(visit, asked)
    if form.get("decision") != "accept":
        return visit.go(authorize.deny(asked))
    if visit.email is None:
        return ask(visit, f"/oauth/v2/auth?{form['query']}")
    user = chosen(await _members(visit), form.get("user", ""))
    if user is None:
        return visit.message("Not possible", "Choose one of your organisations.", 400)
    return visit.go(await _approve(visit, asked, user, consented=True))


async def renew(visit: Visit) -> Response:
    """A new token for a client of the implicit flow, without a page, or a refusal (W 4.7)."""
    asked = await _read(visit, visit.query)
    if not isinstance(asked, Request):
        return _refused(visit, asked)
    if not asked.implicit or visit.email is None:
        return visit.go(authorize.deny(asked), 302)
    email = visit.email

    def standing(tx: Tx) -> list[User]:
        known = ((each.user, consents.find(tx, each.user.id, asked.client.id)) for each in users.memberships(tx, email))
        return [user for user, given in known if given is not None and authorize.covers(given, asked.scopes)]

    allowed = await visit.desk.app.db.read(standing)
    if len(allowed) != 1:
        return visit.go(authorize.deny(asked), 302)
    return visit.go(await _approve(visit, asked, allowed[0], consented=False), 302)


def chosen(members: Sequence[Membership], user_id: str) -> User | None:
    """The member that a form names; the only one where it names none."""
    if not user_id and len(members) == 1:
        return members[0].user
    return next((each.user for each in members if str(each.user.id) == user_id), None)


async def _members(visit: Visit) -> Sequence[Membership]:
    email = visit.email
    return await visit.desk.app.db.read(lambda tx: users.memberships(tx, email)) if email else ()


async def _read(visit: Visit, query: str) -> Request | Returned | Mistake:
    pairs = parse_qsl(query, keep_blank_values=True)
    return authorize.read(pairs, await _client(visit, dict(pairs).get("client_id", "")))


async def _client(visit: Visit, client_id: str) -> Client | None:
    if not grant.is_client_id(client_id):
        return None
    return await visit.desk.app.db.read(lambda tx: clients.find(tx, client_id))


async def _approve(visit: Visit, asked: Request, user: User, *, consented: bool) -> str:
    desk = visit.desk
    return await authorize.approve(
        desk.app.db, asked, user, asked=consented, centers=desk.centers, now=desk.app.clock(), terms=desk.terms
    )


def _refused(visit: Visit, refusal: Returned | Mistake) -> Response:
    if isinstance(refusal, Returned):
        return visit.go(refusal.url, 302)
    return visit.page("mistake.html", 400, text=_TOLD[refusal], word=refusal.value)


def _host(redirect_uri: str) -> str:
    parts = urlsplit(redirect_uri)
    return parts.netloc or f"a program on this device ({parts.scheme})"
