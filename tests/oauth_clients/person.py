"""Whoever sits at a browser, reduced to what counts: links followed, forms filled in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from tests.oauth_clients.scene import PASSWORD

_PAGES = 12  # more than any of the ways has


@dataclass(kw_only=True)
class Form:
    """What a form would send if nobody touched it; of radio buttons the first, of buttons none."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    editable: set[str] = field(default_factory=set)
    buttons: set[tuple[str, str]] = field(default_factory=set)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.found.append(Form(action=given["action"]))
        elif tag == "input":
            form = self.found[-1]
            form.fields.setdefault(name, given.get("value", ""))
            if given.get("type") != "hidden" and "readonly" not in given:
                form.editable.add(name)
        elif tag == "button" and name:
            self.found[-1].buttons.add((name, given.get("value", "")))


def forms(html: str) -> list[Form]:
    """The forms of a page, in order."""
    parser = _Forms()
    parser.feed(html)
    return parser.found


class Person:
    """Somebody with an address, the password of all our people, and a mind made up."""

    def __init__(self, http: httpx.AsyncClient, email: str) -> None:
        self._http = http
        self._email = email

    async def answer(self, url: str, decision: str = "accept") -> str:
        """Open a URL and do what the pages ask for; where the browser is sent in the end, or the last page's text."""
        home = httpx.URL(url).host, httpx.URL(url).port
        response = await self._http.get(url)
        for _ in range(_PAGES):
            if response.has_redirect_location:
                url = urljoin(url, response.headers["location"])
                if (httpx.URL(url).host, httpx.URL(url).port) != home:
                    return url
                response = await self._http.get(url)
                continue
            form = self._meant(response.text)
            if form is None:
                return response.text
            fields = {**form.fields, **self._typed(form)}
            if ("decision", decision) in form.buttons:
                fields["decision"] = decision
            url = urljoin(url, form.action)
            response = await self._http.post(url, data=fields)
        raise AssertionError(f"still asked for something after {_PAGES} pages: {response.text}")

    def _typed(self, form: Form) -> dict[str, str]:
        known = {"email": self._email, "password": PASSWORD}
        return {name: value for name, value in known.items() if name in form.editable}

    @staticmethod
    def _meant(html: str) -> Form | None:
        """The form that the page is about, if it is about one: the first with something to type or to decide."""
        asking = (form for form in forms(html) if form.editable or ("decision", "accept") in form.buttons)
        return next(asking, None)


@asynccontextmanager
async def sitting(email: str) -> AsyncIterator[Person]:
    """Somebody at a browser of their own."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        yield Person(http, email)
