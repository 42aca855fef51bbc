"""A browser without a screen: cookies of its own, pages read by the standard library's parser, forms filled in.

    async with browser(home.url) as seat:
        page = await seat.open("/account")
        page = await seat.press(page, "Next", email="ada@org1.example")

Redirects within the server are followed; one that leads elsewhere is where ``page.url`` is then, and nobody goes there.
Nothing is filled in that the page does not offer: a field that is not there, a choice that is not on it or a text that
is fixed fails the test. ``post`` is for those who do not keep to what the page offers.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx

_HOPS: Final = 10
_SILENT: Final = ("style", "title")


@dataclass(kw_only=True, slots=True)
class Form:
    """One form. ``fields`` is what it sends as it stands, without any button; ``choices`` are its radio buttons."""

    action: str
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)  # name: label: value
    fixed: set[str] = field(default_factory=set)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # text: name and value
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)  # of each field


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What the browser shows. ``url`` elsewhere: it was sent there, and everything else is of the redirect."""

    url: str
    status: int
    headers: httpx.Headers
    html: str
    hops: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def told(self) -> dict[str, str]:
        """What the URL says: its fragment, if it has one, or its query."""
        parts = urlsplit(self.url)
        pairs = parse_qsl(parts.fragment or parts.query, keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs), "no parameter stands twice"
        return dict(pairs)

    @property
    def title(self) -> str:
        return _read(self.html).title.partition(" · ")[0]

    @property
    def text(self) -> str:
        """What a person reads, blanks made one."""
        return " ".join(" ".join(_read(self.html).text).split())

    @property
    def tags(self) -> set[str]:
        """The elements of the page: what was only text is not among them."""
        return _read(self.html).tags

    @property
    def attributes(self) -> list[tuple[str, str, str]]:
        """Every attribute, with its element: tag, name, value."""
        return _read(self.html).attributes

    @property
    def forms(self) -> list[Form]:
        return _read(self.html).forms

    @property
    def links(self) -> list[str]:
        return [value for _, name, value in self.attributes if name == "href"]

    def form(self, button: str) -> Form:
        """The one form that has a button with that text."""
        (found,) = (each for each in self.forms if button in each.buttons)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.text: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.forms: list[Form] = []
        self._inside: list[str] = []
        self._words: list[str] = []
        self._given: dict[str, str] = {}
        self._filling = ""  # a field with an end of its own
        self._option = ""
        self._waiting: tuple[Form, str, str] | None = None  # a radio button, for its label

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in given.items()]
        self._inside.append(tag)
        name = given.get("name", "")
        if tag == "form":
            self.forms.append(Form(action=given["action"], method=given.get("method", "get")))
        elif tag == "input" and given.get("type") == "radio":
            self._waiting = (self.forms[-1], name, given["value"])
            if "checked" in given:
                assert name != "user", "no organisation is chosen beforehand"
                self.forms[-1].fields[name] = given["value"]
        elif tag == "input":
            form = self.forms[-1]
            form.fields[name] = given.get("value", "")
            form.attributes[name] = given
            if given.get("type") == "hidden" or "readonly" in given:
                form.fixed.add(name)
        elif tag in ("textarea", "select"):
            self.forms[-1].fields[name] = ""
            self.forms[-1].attributes[name] = given
            self._filling = name
        elif tag == "option":
            fields, choices = self.forms[-1].fields, self.forms[-1].choices.setdefault(self._filling, {})
            if "selected" in given or not choices:
                fields[self._filling] = given["value"]
            self._option = given["value"]
        if tag in ("button", "label", "option", "textarea"):
            self._words, self._given = [], given

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass
        words = " ".join("".join(self._words).split())
        if tag == "button":
            self.forms[-1].buttons[words] = (self._given.get("name", ""), self._given.get("value", ""))
        elif tag == "option":
            self.forms[-1].choices[self._filling][words] = self._option
        elif tag == "textarea":
            # HTML Living Standard §4.10.11: the line end after the tag is no part of it, the others are sent as CR LF.
            typed = "".join(self._words).replace("\r\n", "\n").removeprefix("\n")
            self.forms[-1].fields[self._filling] = typed.replace("\n", "\r\n")
        elif tag == "label" and self._waiting is not None:
            form, name, value = self._waiting
            form.choices.setdefault(name, {})[words] = value
            self._waiting = None

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if "title" in self._inside:
            self.title += data
        if not any(each in _SILENT for each in self._inside):
            self.text.append(data)


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


@dataclass(frozen=True, kw_only=True, slots=True)
class Seat:
    """A person's place at a browser. ``home`` is the server whose redirects are followed."""

    http: httpx.AsyncClient
    home: str

    async def open(self, target: str) -> Page:
        """The page at a URL, or at a path of the server."""
        return await self._follow(await self.http.get(urljoin(self.home, target)))

    async def press(self, page: Page, button: str, **filled: str) -> Page:
        """Fill in a form by the names of its fields, radio buttons by their labels, and press a button of it."""
        return await self.post(page.form(button).action, self.filled(page, button, **filled))

    def filled(self, page: Page, button: str, **filled: str) -> dict[str, str]:
        """What ``press`` sends."""
        form = page.form(button)
        assert form.method == "post"
        sent = dict(form.fields)
        for name, value in filled.items():
            assert name not in form.fixed, f"{name} cannot be changed"
            assert name in form.fields or name in form.choices, f"there is no field {name}"
            sent[name] = form.choices[name][value] if name in form.choices else value
        name, value = form.buttons[button]
        return sent | ({name: value} if name else {})

    async def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Page:
        """Send a form as a browser does; ``headers`` (``origin=…``) in place of what it would say."""
        said = {"origin": self.home, "sec-fetch-site": "same-origin"} | headers
        said = {name.replace("_", "-"): value for name, value in said.items() if value}
        return await self._follow(await self.http.post(urljoin(self.home, path), data=dict(fields), headers=said))

    async def _follow(self, response: httpx.Response) -> Page:
        hops: list[str] = []
        while response.has_redirect_location:
            assert response.headers["cache-control"] == "no-store"
            location = urljoin(str(response.url), response.headers["location"])
            hops.append(location)
            assert len(hops) <= _HOPS, hops
            if not location.startswith(f"{self.home}/"):
                return _page(location, response, hops)
            response = await self.http.get(location)
        return _page(str(response.url), response, hops)


def _page(url: str, response: httpx.Response, hops: list[str]) -> Page:
    return Page(url=url, status=response.status_code, headers=response.headers, html=response.text, hops=tuple(hops))


@asynccontextmanager
async def browser(home: str) -> AsyncIterator[Seat]:
    """A browser that has no cookies yet, in front of that server."""
    async with httpx.AsyncClient(trust_env=False, timeout=30, verify=False) as http:
        yield Seat(http=http, home=home)
