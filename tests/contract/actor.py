"""Who plays a case: a client of its own, its people, and everything that the braces of a case may name."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from postroom.access import grant, registry, secrets
from postroom.access.login import SESSION_SECONDS
from postroom.access.registry import Description, Registered
from postroom.access.terms import Terms
from postroom.mail.retry import DAY
from postroom.mail.zone import moment
from postroom.store import accounts, blocked, orgs, senders, tokens, users
from postroom.store.accounts import Account, Session
from postroom.store.blocked import Blocked
from postroom.store.clients import ClientType
from postroom.store.db import Tx
from postroom.store.orgs import Org
from postroom.store.senders import Sender
from postroom.store.users import User
from tests.access.dance import UNLIMITED
from tests.contract import addresses
from tests.contract.case import Ask
from tests.oauth_clients.person import forms
from tests.oauth_clients.scene import PASSWORD, hashed_password
from tests.web.house import House
from tests.web.raw import dial, request
from tests.world import World

CALLBACK: Final = "https://client.example/callback"
SCOPES: Final = "ZohoBigin.modules.ALL,ZohoBigin.settings.emails.READ"
# RFC 7636 appendix B
VERIFIER: Final = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE: Final = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
UPLOADED: Final = b"Thank you for your order."
_PROFILES: Final = {"standard": "Standard", "powerless": "Unknown"}
_NAME: Final = re.compile(r"\{([a-z_0-9:A-Z.,$]+)\}")


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text in JSON, by its path: ``data.0.details.id``."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(each, f"{place}.{name}" if place else str(name))


class Actor:
    """Plays one case at ``house``; ``kind`` is what its client is, ``stranger`` another organisation there."""

    def __init__(self, house: House, kind: str, stranger: World) -> None:
        self.house = house
        self._stranger = stranger
        self._kind = ClientType(kind)
        self._known: dict[str, str] = {}
        self._clients: dict[str, Registered] = {}
        self._browsers: dict[str, httpx.AsyncClient] = {}
        self._people: dict[str, User] = {}

    async def close(self) -> None:
        """Shut the browsers."""
        for each in self._browsers.values():
            await each.aclose()

    async def ask(self, asked: Ask) -> httpx.Response:
        """Send one request, and the form of its answer where one is to be sent; the last answer."""
        http = await self._browser(asked.visitor) if asked.visitor else self.house.http
        given: dict[str, Any] = {
            "headers": await self._headers(asked),
            "params": await self._filled(asked.query) or None,
        }
        form = await self._filled(asked.form)
        if asked.multipart:
            given["files"] = {name: (None, value) for name, value in form.items()}
        elif asked.form is not None:
            given["data"] = form
        if asked.upload is not None:
            given["files"] = {"file": (asked.upload, UPLOADED)}
        if asked.json is not None:
            given["json"] = await self.fill_in(asked.json)
        if asked.octets is not None:
            given["content"] = asked.octets
        if asked.files:
            given["files"] = [("file", (f"{n}.bin", b"x" * size)) for n, size in enumerate(asked.files)]
        url = await self.fill(asked.path)
        answer = await http.request(asked.method, url if "://" in url else self.house.url + url, **given)
        if asked.accept is not None or asked.submit is not None:
            answer = await self._submit(http, answer, asked)
        self._remember(answer)
        return answer

    @asynccontextmanager
    async def begun(self, asked: Ask) -> AsyncIterator[None]:
        """A call whose body the server is waiting for."""
        async with dial(self.house.url) as peer:
            fields = {**await self._headers(asked), "Expect": "100-continue", "Content-Length": "2"}
            await peer.send(request(asked.method, await self.fill(asked.path), fields))
            assert (await peer.answer()).status == 100
            yield

    async def _headers(self, asked: Ask) -> dict[str, str]:
        headers = {name: await self.fill(value) for name, value in asked.headers.items()}
        if asked.bearer is not None:
            headers["Authorization"] = f"Zoho-oauthtoken {await self.fill(asked.bearer)}"
        return headers

    def _remember(self, answer: httpx.Response) -> None:
        """Keep what was answered, to be named by whatever follows."""
        parts = urlsplit(answer.headers.get("location", ""))
        told = dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))
        if answer.headers.get("content-type", "").startswith("application/json"):
            body = answer.json()
            first = (body.get("data") or [{}])[0].get("details", {})
            told |= {name: value for name, value in first.items() if isinstance(value, str)} | dict(_texts(body))
        self._known |= {f"got_{name}": value for name, value in told.items()}

    async def fill(self, text: str) -> str:
        """The text with what its braces name."""
        for name in _NAME.findall(text):
            if name not in self._known or name.startswith("new_"):
                self._known[name] = await self._make(name)
            text = text.replace("{" + name + "}", self._known[name])
        return text

    async def fill_in(self, value: Any) -> Any:
        """JSON with what the braces of its texts name."""
        if isinstance(value, dict):
            return {name: await self.fill_in(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [await self.fill_in(each) for each in value]
        return await self.fill(value) if isinstance(value, str) else value

    async def _filled(self, given: Mapping[str, str] | None) -> dict[str, str]:
        return {name: await self.fill(value) for name, value in (given or {}).items()}

    async def _make(self, name: str) -> str:
        word, _, rest = name.partition(":")
        making: dict[str, Callable[[], Awaitable[str]]] = {
            "client_id": lambda: self._client_fact("own", "id"),
            "secret": lambda: self._client_fact("own", "secret"),
            "other_id": lambda: self._client_fact("other", "id"),
            "other_secret": lambda: self._client_fact("other", "secret"),
            "off_id": lambda: self._client_fact("off", "id"),
            "off_secret": lambda: self._client_fact("off", "secret"),
            "basic": self._basic,
            "code": self._code,
            "old_code": self._old_code,
            "web_code": self._web_code,
            "refresh_token": lambda: self._granted("refresh_token"),
            "access_token": lambda: self._granted("access_token"),
            "token": lambda: self._token(rest),
            "standard": lambda: self._token_of("standard", rest),
            "powerless": lambda: self._token_of("powerless", rest),
            "loner": lambda: self._token_of("loner", rest),
            "agent": lambda: self._token_of("agent", rest),
            "newcomer": lambda: self._token_of("newcomer", rest),
            "agents": lambda: self._agents(rest),
            "neighbour": lambda: self._token_of("neighbour", rest),
            "new_loner": lambda: self._token_of("loner", rest),
            "address": lambda: self._address(rest),
            "me": lambda: self._number(rest),
            "device_code": lambda: self._device("device_code"),
            "user_code": lambda: self._device("user_code"),
            "new_token": lambda: self._token(rest),
            "contact": lambda: self._said(str(self.house.world.contact.id)),
            "company": lambda: self._said(str(self.house.world.company.id)),
            "deal": lambda: self._said(str(self.house.world.deal.id)),
            "user": lambda: self._said(str(self.house.world.user.id)),
            "colleague": lambda: self._said(str(self.house.world.colleague.id)),
            "org": lambda: self._said(str(self.house.world.org.id)),
            "domain": lambda: self._said(self.house.world.user.email.partition("@")[2]),
            "foreign_contact": lambda: self._said(str(self._stranger.contact.id)),
            "foreign_company": lambda: self._said(str(self._stranger.company.id)),
            "foreign_user": lambda: self._said(str(self._stranger.user.id)),
            "sender": lambda: self._said(str(self.house.world.sender.id)),
            "office": lambda: self._said(str(self.house.world.org_sender.id)),
            "blocked": self._blocked,
            "days": lambda: self._said(moment(self.house.app.clock() + int(rest) * DAY, UTC)),
            "url": lambda: self._said(self.house.url),
            "auth": self._auth,
            "form_token": lambda: self._form_token(rest or "nobody"),
            "letters": self._letters,
            "field": lambda: self._said(f"{{{rest}}}"),  # a merge field's braces
            "email": lambda: self._address("member"),
            "maria": lambda: self._address("maria"),
            "password": lambda: self._said(PASSWORD),
            "second": self._second,
            "new_code": self._code,
            "online_code": lambda: self._asked_code(access_type="online"),
            "next_code": self._asked_code,
            "prompted_code": lambda: self._asked_code(accept=True, prompt="consent"),
            "plain_code": lambda: self._asked_code(accept=True, code_challenge=CHALLENGE),
        }
        return await making[word]()

    async def _said(self, text: str) -> str:
        return text

    async def _address(self, which: str) -> str:
        return (await self.person(which)).email

    async def _agents(self, name: str) -> str:
        return addresses.email(name, await self.person("agent"))

    async def _number(self, which: str) -> str:
        return str((await self.person(which)).id)

    async def _blocked(self) -> str:
        """An address that the world's organisation has blocked."""
        address = f"blocked{self.house.app.ids.number()}@x.example"
        new = Blocked(org_id=self.house.world.org.id, address=address, reason="hard bounce", created_at=1)
        await self.house.app.db.write(lambda tx: blocked.add(tx, new))
        return address

    async def _letters(self) -> str:
        """The rest of a client's id that nobody has."""
        return "".join(chr(ord("A") + int(digit)) for digit in f"{self.house.app.ids.number():030}")

    async def _second(self) -> str:
        """What the guest is in the second organisation, as a form names it."""
        return str((await self.person("guest")).id + 2)

    async def client(self, which: str = "own") -> Registered:
        """One of the actor's clients: its own, another of the same kind, or one that is switched off."""
        if which not in self._clients:
            web = self._kind in (ClientType.SERVER, ClientType.MOBILE, ClientType.CLIENT)
            asked = Description(
                name="Actor",
                type=self._kind,
                redirect_uris=(CALLBACK,) if web else (),
                javascript_domain="client.example" if self._kind is ClientType.CLIENT else "",
            )
            app, owner = self.house.app, await self.person("member")
            made = await registry.register(app.db, owner, asked, now=app.clock())
            if which == "off":
                await registry.switch(app.db, made.client, active=False)
            self._clients[which] = made
        return self._clients[which]

    async def _client_fact(self, which: str, fact: str) -> str:
        made = await self.client(which)
        return made.client.id if fact == "id" else made.secret

    async def _basic(self) -> str:
        made = await self.client()
        return httpx.BasicAuth(made.client.id, made.secret)._auth_header

    async def person(self, which: str) -> User:
        """Somebody with an account: ``member`` of the world's organisation, ``guest`` of a second one too.

        ``maria`` is known to live in the centre eu; ``standard`` is no Administrator, ``powerless`` has a profile that
        allows nothing, ``newcomer`` is not confirmed, ``agent`` has from addresses of every kind; ``loner`` and
        ``neighbour`` have an organisation each, which has no SMTP server.
        """
        if which not in self._people:
            app, world = self.house.app, self.house.world
            number = app.ids.number()
            alone = which in ("loner", "neighbour")
            user = User(
                id=number,
                org_id=number + 1 if alone else world.org.id,
                email=f"{which}{number}@people.example",
                last_name=which.title(),
                profile=_PROFILES.get(which, "Administrator"),
                confirmed_at=None if which == "newcomer" else app.clock(),
                created_at=app.clock(),
            )

            def write(tx: Tx) -> None:
                if alone:
                    orgs.add(tx, Org(id=user.org_id, name=which.title(), primary_email=user.email, created_at=1))
                users.add(tx, user)
                if alone:
                    sender = Sender(
                        id=number,
                        org_id=user.org_id,
                        user_id=number,
                        email=user.email,
                        name="",
                        confirmed_at=1,
                        created_at=1,
                    )
                    senders.add(tx, sender)
                if which == "agent":
                    addresses.equip(tx, user)
                account = Account(email=user.email, password_hash=hashed_password(), created_at=user.created_at)
                if which == "maria":
                    account = replace(account, password_hash=None, data_center="eu")
                accounts.keep(tx, account)
                if which == "guest":
                    second = Org(id=number + 1, name="Second", primary_email="a@second.example", created_at=1)
                    orgs.add(tx, second)
                    users.add(tx, replace(user, id=number + 2, org_id=second.id))

            await app.db.write(write)
            self._people[which] = user
        return self._people[which]

    async def _browser(self, which: str) -> httpx.AsyncClient:
        """A browser in which that person is signed in; ``nobody``: one in which nobody is."""
        if which not in self._browsers:
            http = httpx.AsyncClient(trust_env=False, timeout=30, verify=False)
            self._browsers[which] = http
            if which != "nobody":
                # Without the password, whose hash costs more than the rest of a case: to sign in is a case of its own.
                app, token = self.house.app, secrets.make_token()
                session = Session(
                    hash=secrets.digest(token),
                    email=(await self.person(which)).email,
                    created_at=app.clock(),
                    expires_at=app.clock() + SESSION_SECONDS * 1000,
                )
                await app.db.write(lambda tx: accounts.open_session(tx, session))
                http.cookies.set(f"postroom_session_{app.settings.data_center}", token)
        return self._browsers[which]

    async def _submit(self, http: httpx.AsyncClient, page: httpx.Response, asked: Ask) -> httpx.Response:
        assert page.status_code == 200, page.text
        found = forms(page.text)
        if asked.submit is not None:
            form, pressed = next(each for each in found if each.action == asked.submit), {}
        else:
            form = next(each for each in found if ("decision", "accept") in each.buttons)
            pressed = {"decision": "accept" if asked.accept else "deny"}
        fields = form.fields | pressed | await self._filled(asked.typed)
        return await http.post(self.house.url + form.action, data=fields)

    async def _code(self) -> str:
        return await self._self_code(self.house.app.clock())

    async def _old_code(self) -> str:
        return await self._self_code(self.house.app.clock() - 4 * 60_000)

    async def _self_code(self, now: int) -> str:
        made = await grant.make_code(
            self.house.app.db, (await self.client()).client, SCOPES, now=now, terms=Terms.of(UNLIMITED)
        )
        assert isinstance(made, str)
        return made

    async def _auth(self) -> str:
        """An authorisation request of the actor's client."""
        kind = "token" if self._kind is ClientType.CLIENT else "code"
        asked = {"client_id": (await self.client()).client.id, "response_type": kind, "redirect_uri": CALLBACK}
        if self._kind is ClientType.MOBILE:
            asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        return f"/oauth/v2/auth?{urlencode(asked | {'scope': SCOPES, 'access_type': 'offline'})}"

    async def _web_code(self) -> str:
        answer = await self.ask(Ask("GET", "{auth}", visitor="member", accept=True))
        return httpx.URL(answer.headers["location"]).params["code"]

    async def _asked_code(self, accept: bool | None = None, **changed: str) -> str:
        """A code for another request of the client's."""
        made = await self.client()
        asked = {"client_id": made.client.id, "response_type": "code", "redirect_uri": CALLBACK, "scope": SCOPES}
        query = asked | {"access_type": "offline"} | changed
        if "code_challenge" in changed:
            query["access_type"] = "online"
        answer = await self.ask(Ask("GET", "/oauth/v2/auth", query=query, visitor="member", accept=accept))
        return httpx.URL(answer.headers["location"]).params["code"]

    async def _form_token(self, which: str) -> str:
        page = await (await self._browser(which)).get(
            f"{self.house.url}/{'signin' if which == 'nobody' else 'clients/new'}"
        )
        return forms(page.text)[0].fields["form_token"]

    async def _granted(self, which: str) -> str:
        made = await self.client()
        form = {"grant_type": "authorization_code", "client_id": made.client.id, "client_secret": made.secret}
        told = (
            await self.house.http.post(f"{self.house.url}/oauth/v2/token", data=form | {"code": await self._code()})
        ).json()
        self._known["refresh_token"], self._known["access_token"] = told["refresh_token"], told["access_token"]
        return str(told[which])

    async def _token(self, scopes: str) -> str:
        """An access token of an Administrator for these scopes."""
        return (await self.house.headers(scopes))["Authorization"].split()[1]

    async def _token_of(self, which: str, scopes: str) -> str:
        """That person's access token for these scopes."""
        user, made = await self.person(which), await self.client()
        token, app = secrets.make_token(), self.house.app
        row = tokens.Token(
            hash=secrets.digest(token),
            kind=tokens.ACCESS,
            org_id=user.org_id,
            user_id=user.id,
            client_id=made.client.id,
            scopes=scopes,
            created_at=app.clock(),
            expires_at=app.clock() + 60_000,
        )
        await app.db.write(lambda tx: tokens.add(tx, row))
        return token

    async def _device(self, which: str) -> str:
        form = {"client_id": (await self.client()).client.id, "grant_type": "device_request", "scope": SCOPES}
        told = (await self.house.http.post(f"{self.house.url}/oauth/v3/device/code", data=form)).json()
        self._known["device_code"], self._known["user_code"] = told["device_code"], told["user_code"]
        return str(told[which])
