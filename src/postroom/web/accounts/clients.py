"""``/clients``: the console in which developers register their clients (W 4.1, 4.4).

A secret and a code are shown on the answer to the form that made them, and nowhere else: no URL carries them, and no
page that could be loaded again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from starlette.responses import Response

from postroom.access import grant, registry
from postroom.access.grant import CODE_MINUTES, OAuthError
from postroom.access.registry import Description
from postroom.store import users
from postroom.store.clients import Client, ClientType
from postroom.store.db import Tx
from postroom.store.users import Membership
from postroom.web.accounts.authorize import chosen
from postroom.web.accounts.signin import ask
from postroom.web.accounts.visit import Visit

# W 4.1, and in one line what each is for.
TYPES: Final[Mapping[ClientType, tuple[str, str]]] = {
    ClientType.SERVER: ("Server-based", "a web application with a server that keeps the secret"),
    ClientType.CLIENT: ("Client-based", "JavaScript in a browser, without a server"),
    ClientType.MOBILE: ("Mobile or desktop", "a program that people install; codes with PKCE"),
    ClientType.DEVICE: ("Device", "a device without a browser"),
    ClientType.SELF: ("Self client", "your own program, for your own organisation"),
}

_EMPTY: Final = dict.fromkeys(("type", "name", "homepage", "javascript_domain", "redirect_uris", "client_id"), "")

OfClient = Callable[[Visit, Client], Awaitable[Response]]


async def listing(visit: Visit) -> Response:
    """The clients of all the visitor's organisations."""
    if visit.email is None:
        return ask(visit)
    email = visit.email

    def look(tx: Tx) -> list[tuple[Membership, Sequence[Client]]]:
        return [(each, registry.seen_by(tx, each.user)) for each in users.memberships(tx, email)]

    return visit.page("clients.html", groups=await visit.desk.app.db.read(look), types=TYPES)


async def new(visit: Visit) -> Response:
    """The form for a new client."""
    if visit.email is None:
        return ask(visit)
    return _form(visit, await _members(visit), {})


async def register(visit: Visit) -> Response:
    """Register a client, and show its secret."""
    form, members = await visit.form(), await _members(visit)
    owner = chosen(members, form.get("user", ""))
    if owner is None:
        return _unknown(visit)
    try:
        made = await registry.register(
            visit.desk.app.db,
            owner,
            _described(form, _type(form)),
            now=visit.desk.app.clock(),
            client_id=form.get("client_id", "").strip() or None,
        )
    except ValueError as error:
        return _form(visit, members, form, str(error))
    return visit.page("client_secret.html", client=made.client, secret=made.secret, fresh=True)


async def edit(visit: Visit) -> Response:
    """One client, and what can be done with it."""
    if visit.email is None:
        return ask(visit)
    client = await _client(visit, visit.request.query_params.get("id", ""))
    return _unknown(visit) if client is None else await _page(visit, client)


async def _change(visit: Visit, client: Client) -> Response:
    try:
        await registry.change(visit.desk.app.db, client, _described(await visit.form(), client.type))
    except ValueError as error:
        return await _page(visit, client, str(error))
    return visit.go(f"/clients/edit?id={client.id}")


async def _new_secret(visit: Visit, client: Client) -> Response:
    secret = await registry.new_secret(visit.desk.app.db, client)
    return visit.page("client_secret.html", client=client, secret=secret, fresh=False)


async def _switch(visit: Visit, client: Client) -> Response:
    await registry.switch(visit.desk.app.db, client, active=not client.active)
    visit.desk.bearers.forget()
    return visit.go(f"/clients/edit?id={client.id}")


async def _remove(visit: Visit, client: Client) -> Response:
    if (await visit.form()).get("sure") != "yes":
        return visit.page("client_remove.html", client=client)
    await registry.remove(visit.desk.app.db, client)
    visit.desk.bearers.forget()
    return visit.go("/clients")


async def _code(visit: Visit, client: Client) -> Response:
    form, members, desk = await visit.form(), await _speakers(visit, client), visit.desk
    user = chosen(members, form.get("user", ""))
    minutes = form.get("minutes", "")
    if user is None or minutes not in map(str, CODE_MINUTES):
        return await _page(visit, client, "Choose an organisation and how long the code lives.")
    try:
        code = await grant.make_code(
            desk.app.db,
            client,
            form.get("scope", ""),
            now=desk.app.clock(),
            terms=desk.terms,
            minutes=int(minutes),
            user=user,
        )
    except ValueError as error:
        return await _page(visit, client, str(error))
    if isinstance(code, OAuthError):
        return await _page(visit, client, "Too many codes were made. Try again in some minutes.", 429)
    return visit.page("client_code.html", client=client, code=code, minutes=minutes)


def of_client(act: OfClient) -> Callable[[Visit], Awaitable[Response]]:
    """What a form does to the client that it names, if the visitor may."""

    async def submit(visit: Visit) -> Response:
        client = await _client(visit, (await visit.form()).get("id", ""))
        return _unknown(visit) if client is None else await act(visit, client)

    return submit


change, new_secret, switch, remove, code = map(of_client, (_change, _new_secret, _switch, _remove, _code))


async def _client(visit: Visit, client_id: str) -> Client | None:
    """The client of that id, if the visitor may see it."""
    members = await _members(visit)

    def find(tx: Tx) -> Client | None:
        seen = (client for each in members for client in registry.seen_by(tx, each.user))
        return next((client for client in seen if client.id == client_id), None)

    return await visit.desk.app.db.read(find)


async def _members(visit: Visit) -> Sequence[Membership]:
    email = visit.email
    return await visit.desk.app.db.read(lambda tx: users.memberships(tx, email)) if email else ()


async def _speakers(visit: Visit, client: Client) -> Sequence[Membership]:
    """The members for whom a self client may speak: its owner's own memberships, and only to its owner."""
    members = await _members(visit)
    return members if any(each.user.id == client.user_id for each in members) else ()


def _type(form: Mapping[str, str]) -> ClientType:
    try:
        return ClientType(form.get("type", ""))
    except ValueError:
        raise ValueError("choose what kind of client it is") from None


def _described(form: Mapping[str, str], kind: ClientType) -> Description:
    return Description(
        name=form.get("name", "").strip(),
        type=kind,
        homepage=form.get("homepage", "").strip(),
        javascript_domain=form.get("javascript_domain", "").strip(),
        redirect_uris=tuple(form.get("redirect_uris", "").split()),
    )


def _form(visit: Visit, members: Sequence[Membership], form: Mapping[str, str], problem: str = "") -> Response:
    if not members:
        return visit.page("nowhere.html", 403)
    return visit.page(
        "client_new.html",
        400 if problem else 200,
        members=members,
        form=_EMPTY | dict(form),
        types=TYPES,
        problem=problem,
    )


def _unknown(visit: Visit) -> Response:
    return visit.message("No such client", "It does not exist, or belongs to somebody else.", 404)


async def _page(visit: Visit, client: Client, problem: str = "", status: int = 400) -> Response:
    return visit.page(
        "client.html",
        status if problem else 200,
        client=client,
        kind=TYPES[client.type],
        speakers=await _speakers(visit, client) if client.type is ClientType.SELF else (),
        minutes=CODE_MINUTES,
        problem=problem,
    )
