"""The accounts server's token endpoint: ``/oauth/v2/token`` and ``/oauth/v2/token/revoke`` (W 4.3 to 4.6, 4.11).

Its parameters arrive in the query string, as a urlencoded body or as multipart/form-data, and nobody may log them.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from postroom.access import grant
from postroom.access.bearer import Bearers
from postroom.access.grant import Credentials, Granted, OAuthError
from postroom.app import App
from postroom.errors import Fault, Invalid, NotFound, Reason
from postroom.mail.limits import KIB
from postroom.web import body
from postroom.web.multipart import Data, End, Head, Reader
from postroom.web.refusals import Json, allowed, wrong_method

_BODY_OCTETS: Final = 64 * KIB  # ours: a request for a token has some 300
_FIELDS: Final = 64
_REVOKED_IN_VAIN: Final = {"status": "failure", "error": "invalid_code"}  # ours: no source shows this answer

OAuthHandler = Callable[[Request], Awaitable[Response]]


class Accounts:
    """The endpoints that give and take tokens; they take no token themselves."""

    def __init__(self, app: App, bearers: Bearers, base_url: str) -> None:
        """``base_url`` is what answers name as ``api_domain``: this server's own URL, no slash at its end."""
        self._app = app
        self._bearers = bearers
        self._base_url = base_url
        self.routes: Mapping[str, OAuthHandler] = {
            "/oauth/v2/token": self._token,
            "/oauth/v2/token/revoke": self._revoke,
        }

    def find(self, request: Request) -> tuple[str, OAuthHandler]:
        """The path as the log shows it, and its handler. Raises ``NotFound``."""
        path: str = request.scope["path"]
        handler = self.routes.get(path)
        if handler is None:
            raise NotFound(Fault(Reason.URL_UNKNOWN))
        return path, handler if request.method == "POST" else _not_post

    async def _token(self, request: Request) -> Response:
        given = await parameters(request)
        if given is None:
            return _refused(OAuthError.GENERAL_ERROR)
        result = await self._grant(given)
        if isinstance(result, OAuthError):
            return _refused(result)
        return Json(self._granted(result))

    async def _grant(self, given: Mapping[str, str]) -> Granted | OAuthError:
        shown = Credentials(client_id=given.get("client_id", ""), client_secret=given.get("client_secret", ""))
        now, seconds = self._app.clock(), self._app.settings.access_token_seconds
        match given.get("grant_type"):
            case "authorization_code":
                return await grant.exchange_code(self._app.db, shown, given.get("code", ""), now=now, seconds=seconds)
            case "refresh_token":
                return await grant.refresh(
                    self._app.db, shown, given.get("refresh_token", ""), now=now, seconds=seconds
                )
        return OAuthError.GENERAL_ERROR

    def _granted(self, granted: Granted) -> dict[str, object]:
        # W 13.2: each key has a client that fails without it; with expires_in_sec, expires_in would count ms.
        answer: dict[str, object] = {
            "access_token": granted.access_token,
            "scope": granted.scopes,
            "api_domain": self._base_url,
            "token_type": "Bearer",
            "expires_in": granted.seconds,
        }
        if granted.refresh_token is not None:
            answer["refresh_token"] = granted.refresh_token
        return answer

    async def _revoke(self, request: Request) -> Response:
        given = await parameters(request) or {}
        if await grant.revoke(self._app.db, given.get("token", "")):
            self._bearers.forget()
            return Json({"status": "success"})
        return Json(_REVOKED_IN_VAIN)


async def parameters(request: Request) -> dict[str, str] | None:
    """What the client says, wherever it says it; the body wins over the query string, both over HTTP Basic.

    None where the body cannot be read. Raises ``TooLarge``.
    """
    raw = await body.read(request, _BODY_OCTETS)
    content_type = request.headers.get("content-type", "")
    try:
        # The type may be missing, or promise a body where all is in the query string (W 13.2).
        if raw and content_type.lower().startswith("multipart/"):
            said = _multipart(raw, content_type)
        else:
            said = _urlencoded(raw)
        return {**_basic(request), **_urlencoded(request.scope["query_string"]), **said}
    except (Invalid, ValueError):
        return None


def _urlencoded(raw: bytes) -> dict[str, str]:
    return dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_FIELDS))


def _basic(request: Request) -> dict[str, str]:
    """Client credentials of an HTTP Basic header (RFC 6749 §2.3.1, W 4.3)."""
    word, _, rest = request.headers.get("authorization", "").partition(" ")
    if word.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": client_id, "client_secret": secret}


def _multipart(raw: bytes, content_type: str) -> dict[str, str]:
    """The fields of a multipart/form-data body. Raises ``Invalid`` where it is broken."""
    fields: dict[str, str] = {}
    name, value = "", b""
    reader = Reader(content_type)
    for event in reader.feed(raw):
        match event:
            case Head():
                name, value = event.name, b""
            case Data():
                value += event.octets
            case End():
                fields[name] = value.decode()
    reader.close()
    return fields


def _refused(error: OAuthError) -> Response:
    # W 13.2: 200, for some clients read «error» only there.
    return Json({"error": error.value})


async def _not_post(request: Request) -> Response:
    return allowed(["POST"]) if request.method == "OPTIONS" else wrong_method(["POST"])
