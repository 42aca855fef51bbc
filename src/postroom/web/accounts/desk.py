"""What the endpoints of the accounts server share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from postroom.access.bearer import Bearers
from postroom.access.centers import Centers
from postroom.access.terms import Terms
from postroom.app import App


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Everything a handler of the accounts server needs beside its request."""

    app: App
    bearers: Bearers
    centers: Centers
    terms: Terms


Handler = Callable[[Desk, Request], Awaitable[Response]]
