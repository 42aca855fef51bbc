"""``/clients``: the console in which developers register their clients and describe them (W 4.1)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from postroom.access import registry
from postroom.access.grant import CODE_MINUTES
from postroom.access.registry import Description
from postroom.store import users
from postroom.store.clients import Client, ClientType
from postroom.store.db import Tx
from postroom.store.users import Membership
from postroom.web.accounts import once
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

_DESCRIBED: Final = ("type", "name", "homepage", "javascript_domain", "redirect_uris", "client_id")
_EMPTY: Final = dict.fromkeys((*_DESCRIBED, "user", "scope", "minutes"), "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A client before a visitor who may see it.

    ``speakers`` are the members for whom it may speak, where it is the visitor's own self client: one for each of
    their organisations (W 4.4).
    """

    client: Client
    org_name: str
    owner_name: str
    speakers: Sequence[Membership]


OfClient = Callable[[Visit, Seen], Awaitable[Response]]


async def listing(visit: Visit) -> Response:
    """The clients of all the visitor's organisations."""
    if visit.email is None:
        return ask(visit)
    email = visit.email

    def look(tx: Tx) -> list[tuple[Membership, Sequence[Client], Mapping[int, str]]]:
        return [(each, registry.seen_by(tx, each.user), _names(tx, each)) for each in users.memberships(tx, email)]

    return visit.page("clients.html", groups=await visit.desk.app.db.read(look), types=TYPES)


async def new(visit: Visit) -> Response:
    """The form for a new client."""
    if visit.email is None:
        return ask(visit)
    return _form(visit, await _members(visit), {})


async def register(visit: Visit) -> Response:
    """Register a client, and show its secret."""
    form, members = await visit.form(), await _members(visit)
    if visit.email is None:
        return _nobody(visit)
    owner = chosen(members, form.get("user", ""))
    if owner is None:
        return _form(visit, members, form, "choose one of your organisations")
    if again := await once.sent_before(visit):
        return again
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
    seen = await _find(visit, visit.request.query_params.get("id", ""))
    return unknown(visit) if seen is None else show(visit, seen)


async def _change(visit: Visit, seen: Seen) -> Response:
    form = await visit.form()
    try:
        changed = await registry.change(visit.desk.app.db, seen.client, _described(form, seen.client.type))
    except ValueError as error:
        return show(visit, seen, str(error), typed=form)
    return visit.go(f"/clients/edit?id={changed.id}") if changed else unknown(visit)


async def _switch(visit: Visit, seen: Seen) -> Response:
    # The form names the state, so that sent twice it does what it says.
    active = (await visit.form()).get("active") == "yes"
    changed = await registry.switch(visit.desk.app.db, seen.client, active=active)
    visit.desk.bearers.forget()
    return visit.go(f"/clients/edit?id={changed.id}") if changed else unknown(visit)


async def _remove(visit: Visit, seen: Seen) -> Response:
    if (await visit.form()).get("sure") != "yes":
        return visit.page("client_remove.html", client=seen.client)
    await registry.remove(visit.desk.app.db, seen.client)
    visit.desk.bearers.forget()
    return visit.go("/clients")


def of_client(act: OfClient) -> Callable[[Visit], Awaitable[Response]]:
    """What a form does to the client that it names, if the visitor may."""

    async def submit(visit: Visit) -> Response:
        form = await visit.form()
        if visit.email is None:
            return _nobody(visit)
        seen = await _find(visit, form.get("id", ""))
        return unknown(visit) if seen is None else await act(visit, seen)

    return submit


change, switch, remove = map(of_client, (_change, _switch, _remove))


def show(
    visit: Visit, seen: Seen, problem: str = "", status: int = 400, *, typed: Mapping[str, str] | None = None
) -> Response:
    """The page of one client; with a ``problem``, what was ``typed`` stands in its forms."""
    client = seen.client
    described = {
        "name": client.name,
        "homepage": client.homepage,
        "javascript_domain": client.javascript_domain,
        "redirect_uris": "\n".join(client.redirect_uris),
    }
    return visit.page(
        "client.html",
        status if problem else 200,
        seen=seen,
        client=client,
        kind=TYPES[client.type],
        form=_EMPTY | described | dict(typed or {}),
        minutes=CODE_MINUTES,
        once=once.mark(),
        problem=problem,
    )


def unknown(visit: Visit) -> Response:
    """The page for a client that is not there, or not for this visitor: nobody learns which."""
    return visit.message("No such client", "It does not exist, or belongs to somebody else.", 404)


def _nobody(visit: Visit) -> Response:
    """Whoever signed out, or stayed too long, begins anew."""
    return visit.go("/signin?next=/clients")


async def _find(visit: Visit, client_id: str) -> Seen | None:
    """The client of that id, if the visitor may see it."""
    email = visit.email or ""

    def look(tx: Tx) -> Seen | None:
        members = users.memberships(tx, email)
        seen = ((each, client) for each in members for client in registry.seen_by(tx, each.user))
        member, client = next(((each, client) for each, client in seen if client.id == client_id), (None, None))
        if member is None or client is None:
            return None
        owner = users.find(tx, client.org_id, client.user_id)
        own = client.type is ClientType.SELF and client.user_id == member.user.id
        return Seen(
            client=client,
            org_name=member.org_name,
            owner_name=owner.full_name if owner else "",
            speakers=members if own else (),
        )

    return await visit.desk.app.db.read(look)


def _names(tx: Tx, member: Membership) -> Mapping[int, str]:
    return {each.id: each.full_name for each in users.listing(tx, member.user.org_id)}


async def _members(visit: Visit) -> Sequence[Membership]:
    email = visit.email
    return await visit.desk.app.db.read(lambda tx: users.memberships(tx, email)) if email else ()


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
        once=once.mark(),
        problem=problem,
    )
