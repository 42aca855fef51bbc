"""One request of a browser: who sits there, and whether a form is one of ours.

Two cookies, named by data centre because cookies know no ports: two centres on one host would overwrite each other's.
``postroom_session_us`` is the key of a session; ``postroom_visit_us`` is a random value that every browser gets, from
which the token in each form is derived, and which changes when somebody signs in or out.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote_from_bytes, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from postroom.access import login, secrets
from postroom.access.login import SignedIn
from postroom.errors import Refused
from postroom.mail.limits import KIB
from postroom.web import body
from postroom.web.accounts import pages
from postroom.web.accounts.desk import Desk, Handler
from postroom.web.refusals import fail, status

_FORM_OCTETS: Final = 64 * KIB
_FIELDS: Final = 64
_FORGED: Final = (
    "This form was not sent from a page of this server, or the page was too old, or the browser keeps no cookies."
    " Go back, load the page again and try once more."
)
_HOME: Final = "/account"
_OF_URLS: Final = "-._~:/?[]@!$&'()*+,;=%"  # beside letters and digits (RFC 3986 §2)
_TOLD_OF_FAILURES: Final = ("retry-after", "x-request-id")


class Forged(Exception):  # noqa: N818 - what it says
    """A form that no page of ours has sent."""


class Visit:
    """What a page knows of the browser that asks. ``email`` is who signed in, folded; None: nobody."""

    def __init__(self, desk: Desk, request: Request) -> None:
        """Use ``open`` instead."""
        self.desk = desk
        self.request = request
        self.email: str | None = None
        self._session = request.cookies.get(self._name("session"), "")
        self._token = request.cookies.get(self._name("visit"), "")
        self._cookies: list[tuple[str, str, int | None]] = []
        self._form: Mapping[str, str] | None = None

    @classmethod
    async def open(cls, desk: Desk, request: Request) -> "Visit":
        """The visit behind a request."""
        visit = cls(desk, request)
        if visit._session:
            visit.email = await login.signed_in(desk.app.db, visit._session, desk.app.clock())
        if not visit._token:
            visit._renew()
        return visit

    @property
    def form_token(self) -> str:
        """What a form of this browser carries in its field ``form_token``."""
        # Of both cookies: a neighbour on this host may plant one of his own (RFC 6265 §8.6), but does not know the
        # session's.
        return secrets.digest(f"form {self._token} {self._session}").hex()

    @property
    def query(self) -> str:
        """The query of the URL as it came, letter by letter; what no URL may hold, and browsers send, is escaped."""
        return quote_from_bytes(self.request.scope["query_string"], _OF_URLS)

    @property
    def here(self) -> str:
        """Where this very page is found again; for the answer to a form, the first page."""
        if self.request.method == "POST":
            return _HOME
        path: str = self.request.scope["path"]
        return f"{path}?{self.query}" if self.query else path

    @property
    def address(self) -> str:
        """The network address of the browser, or of the proxy before us."""
        client = self.request.client
        return client.host if client else ""

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page of ours, with what each of them shows."""
        common = {"email": self.email, "form_token": self.form_token, "here": self.here}
        return self._kept(pages.render(self.desk, template, status, **common, **values))

    def message(self, title: str, text: str, status: int = 200) -> Response:
        """A page that says one thing."""
        return self.page("message.html", status, title=title, text=text)

    def go(self, url: str, status: int = 303) -> Response:
        """Send the browser on; ``url`` is ours or was checked."""
        headers = {"location": url, "cache-control": "no-store", "referrer-policy": "no-referrer"}
        return self._kept(Response(status_code=status, headers=headers))

    async def form(self) -> Mapping[str, str]:
        """The fields that were posted; may be asked for again. Raises ``Forged``, or ``TooLarge``."""
        if self._form is not None:
            return self._form
        self._check_site()
        raw = await body.read(self.request, _FORM_OCTETS)
        try:
            fields = dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_FIELDS))
        except ValueError:
            raise Forged from None
        shown = fields.get("form_token", "")
        if not secrets.same(shown.encode("utf-8", "replace"), self.form_token.encode()):
            raise Forged
        self._form = fields
        return fields

    async def sign_in(self, signed: SignedIn) -> None:
        """From this answer on, the browser is that person's, and nobody else's."""
        if self._session:
            await login.sign_out(self.desk.app.db, self._session)
        self.email, self._session = signed.email, signed.token
        self._cookies.append(("session", signed.token, signed.seconds))
        # A value planted before (by another site, a neighbour at the keyboard) must not tell the forms from now on.
        self._renew()

    async def sign_out(self) -> None:
        """End the session, here and in the browser."""
        await login.sign_out(self.desk.app.db, self._session)
        self.email, self._session = None, ""
        self._cookies.append(("session", "", 0))
        self._renew()

    def leave_cookies(self) -> None:
        """Let the browser keep the cookies that it has."""
        self._cookies = []

    def _check_site(self) -> None:
        """Refuse what another site sent, as far as the browser tells (Fetch Metadata; RFC 6454 §7)."""
        headers = self.request.headers
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Forged
        origin = headers.get("origin")
        ours = (headers.get("host", ""), urlsplit(self.desk.centers.own.accounts).netloc)
        # «null» is the origin of whoever hides their own.
        if origin is not None and origin.partition("://")[2] not in ours:
            raise Forged

    def _renew(self) -> None:
        self._token = secrets.make_token()
        self._cookies.append(("visit", self._token, None))

    def _name(self, what: str) -> str:
        return f"postroom_{what}_{self.desk.centers.own.name}"

    def _kept(self, response: Response) -> Response:
        secure = self.desk.centers.own.accounts.startswith("https:")
        for what, value, seconds in self._cookies:
            response.set_cookie(self._name(what), value, max_age=seconds, httponly=True, samesite="lax", secure=secure)
        self._cookies = []
        return response


Act = Callable[[Visit], Awaitable[Response]]


def page(act: Act) -> Handler:
    """A handler whose answers, those to mistakes and bugs too, are pages."""

    @functools.wraps(act)
    async def handle(desk: Desk, request: Request) -> Response:
        visit = Visit(desk, request)
        try:
            visit = await Visit.open(desk, request)
            return await act(visit)
        except ClientDisconnect:
            raise
        except Forged:
            # What another site sends may come without our cookies. Anew, they would end the forms that are open here.
            visit.leave_cookies()
            return visit.message("Not accepted", _FORGED, 403)
        except Refused as error:
            return visit.message("Not possible", "This request cannot be read.", status(error.faults[0]))
        except Exception as error:
            return _out_of_order(visit, fail(error, desk.app.ids.number()))

    return handle


def local(path: str) -> str:
    """A path of this server, or the first page in place of anything that could lead elsewhere (open redirect)."""
    # A browser takes // and /\ for the beginning of a host, and leaves out line ends and tabs before it looks.
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if safe and path.isascii() and path.isprintable() else _HOME


def _out_of_order(visit: Visit, failed: Response) -> Response:
    """A page in place of ``failed``, with its status and what it tells in its head."""
    number = failed.headers.get("x-request-id")
    text = "Something failed here. Please try again later."
    if number is not None:
        text += f" Whoever runs this server finds the cause in its log, under the number {number}."
    response = visit.message("Out of order", text, failed.status_code)
    response.headers.update({name: failed.headers[name] for name in _TOLD_OF_FAILURES if name in failed.headers})
    return response
