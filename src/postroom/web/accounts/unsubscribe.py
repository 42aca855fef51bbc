"""``/unsubscribe``: where the link in a mail leads, for people (RFC 2369 §3.2) and for mail programs (RFC 8058)."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from postroom.access import unsubscribing
from postroom.access.terms import TEN_MINUTES
from postroom.access.unsubscribing import Refusal
from postroom.mail.limits import KIB
from postroom.mail.unsubscribe import KEY, VALUE
from postroom.web import body
from postroom.web.accounts.visit import Visit
from postroom.web.multipart import Data, Head, Reader

_FORM_OCTETS: Final = 8 * KIB
_FIELDS: Final = 16
_REFUSALS: Final[Mapping[Refusal, tuple[int, str]]] = {
    Refusal.UNKNOWN: (
        404,
        "This link is not known here: it is incomplete, or the mail that it came with is not kept here any more. Use"
        " the link of a newer mail, or answer the mail and ask not to be written to.",
    ),
    Refusal.THROTTLED: (429, "Too many attempts. Try again in ten minutes."),
}
_UNSAID: Final = "Nothing was changed: this request does not say that somebody wants to unsubscribe."


async def show(visit: Visit) -> Response:
    """Ask whether it is wanted. Programs that look into mails follow links: only the button unsubscribes."""
    visit.leave_cookies()
    app, token = visit.desk.app, _token(visit)
    found = await unsubscribing.look_up(app.db, app.vault, token, guesser=visit.address, now=app.clock())
    if isinstance(found, Refusal):
        return _refused(visit, found)
    return visit.page("unsubscribe.html", found=found, token=token, key=KEY, value=VALUE)


async def submit(visit: Visit) -> Response:
    """Unsubscribe, whoever sends it and wherever from: the link is all that is asked for."""
    # RFC 8058 §3.1: no cookies, no sign-in, and nothing that has to do with what was before. So the form needs no token
    # against other sites: none of them has the link.
    visit.leave_cookies()
    app = visit.desk.app
    if (await _said(visit.request)).get(KEY) != VALUE:
        return visit.message("Nothing changed", _UNSAID, 400)
    found = await unsubscribing.unsubscribe(app.db, app.vault, _token(visit), guesser=visit.address, now=app.clock())
    if isinstance(found, Refusal):
        return _refused(visit, found)
    return visit.message("Unsubscribed", f"{found.org_name} sends no more mail to {found.address}.")


def _token(visit: Visit) -> str:
    return visit.request.query_params.get("token", "")


async def _said(request: Request) -> Mapping[str, str]:
    """What was posted. Raises ``TooLarge`` and ``Invalid``."""
    raw = await body.read(request, _FORM_OCTETS)
    content_type = request.headers.get("content-type", "")
    # RFC 8058 §3.2: mail programs send one or the other, and browsers what the page asks for.
    if content_type.lower().startswith("multipart/"):
        return _parts(Reader(content_type), raw)
    try:
        return dict(parse_qsl(raw.decode(), max_num_fields=_FIELDS))
    except ValueError:
        return {}


def _parts(reader: Reader, raw: bytes) -> Mapping[str, str]:
    found: dict[str, str] = {}
    name = ""
    for event in reader.feed(raw):
        if isinstance(event, Head):
            name = event.name
        elif isinstance(event, Data):
            found[name] = found.get(name, "") + event.octets.decode("utf-8", "replace")
    reader.close()
    return found


def _refused(visit: Visit, why: Refusal) -> Response:
    status, text = _REFUSALS[why]
    page = visit.message("Nobody to unsubscribe", text, status)
    if why is Refusal.THROTTLED:
        page.headers["retry-after"] = str(TEN_MINUTES // 1000)
    return page
