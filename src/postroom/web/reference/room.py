"""What is served: the document, the page and its looks, made when somebody first asks, told apart by an ETag."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.resources import files
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from postroom.access.centers import Center
from postroom.web.accounts import pages
from postroom.web.accounts.desk import Desk, Handler
from postroom.web.reference.document import describe
from postroom.web.reference.page import render
from postroom.web.routes import Endpoint
from postroom.web.shape import Json

_STYLE: Final = (files("postroom.web.reference") / "static" / "reference.css").read_bytes()
# Asked for each time, and sent only after a change.
_FRESH: Final = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}


class Reference:
    """The description of one application's endpoints."""

    def __init__(self, endpoints: Iterable[Endpoint], center: Center) -> None:
        """Nothing is made yet."""
        self._endpoints = tuple(endpoints)
        self._center = center

    @property
    def routes(self) -> Mapping[str, Mapping[str, Handler]]:
        """The paths with their handlers; none of them takes a token."""
        return {
            "/openapi.json": {"GET": self._tell},
            "/reference": {"GET": self._show},
            "/assets/reference.css": {"GET": _style},
        }

    @cached_property
    def _document(self) -> Json:
        return describe(self._endpoints, self._center)

    @cached_property
    def _json(self) -> bytes:
        return msgspec.json.encode(self._document)

    @cached_property
    def _html(self) -> bytes:
        return render(self._endpoints, self._document, self._center).encode()

    async def _tell(self, _: Desk, request: Request) -> Response:
        return _answer(request, self._json, "application/json", _FRESH)

    async def _show(self, _: Desk, request: Request) -> Response:
        return _answer(request, self._html, "text/html; charset=utf-8", {**pages.SAFE, **_FRESH})


async def _style(_: Desk, request: Request) -> Response:
    return _answer(request, _STYLE, "text/css", _FRESH)


def _answer(request: Request, body: bytes, media: str, headers: Mapping[str, str]) -> Response:
    """RFC 9110 §13.1.2: nothing but a 304 for whoever has this very body."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    told = {**headers, "etag": etag}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=told)
    return Response(body, 200, told, media)
