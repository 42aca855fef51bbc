"""What a caller of the accounts server says, wherever it says it; nobody may log it (W 4.3, 13.2)."""

import base64
import binascii
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from postroom.errors import Invalid
from postroom.mail.limits import KIB
from postroom.web import body
from postroom.web.multipart import Data, End, Head, Reader

_BODY_OCTETS: Final = 64 * KIB  # ours: a request for a token has some 300
_FIELDS: Final = 64


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
