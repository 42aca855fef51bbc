"""HTML for people: templates with every value escaped, and the headers that keep a page to itself."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from postroom.web.accounts.desk import Desk

SAFE: Final[Mapping[str, str]] = {
    # No script runs at all, and no site may frame a page (clickjacking, RFC 9700 §4.16). form-action is left out on
    # purpose: browsers hold the redirects after a form against it, and those lead to the client.
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    # Not no-referrer: with it, browsers send forms with the origin «null», and no fence could tell them from others'.
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
}
_TEMPLATES: Final = Environment(
    loader=PackageLoader("postroom.web.accounts"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STATIC: Final = files("postroom.web.accounts") / "static"
_STYLE: Final = (_STATIC / "style.css").read_bytes()
_ICON: Final = (_STATIC / "icon.svg").read_bytes()
_PUBLIC: Final = {"cache-control": "max-age=3600", "x-content-type-options": "nosniff"}


def render(desk: Desk, template: str, status: int = 200, **values: Any) -> Response:
    """A page made from a template; ``center`` is this server's data centre in all of them."""
    text = _TEMPLATES.get_template(template).render(center=desk.centers.own, **values)
    return Response(text, status, SAFE, "text/html; charset=utf-8")


async def style(_: Desk, __: Request) -> Response:
    """The one style sheet."""
    return Response(_STYLE, 200, _PUBLIC, "text/css")


async def icon(_: Desk, __: Request) -> Response:
    """The picture that browsers ask for: an envelope."""
    return Response(_ICON, 200, _PUBLIC, "image/svg+xml")
