"""Reading what a request carries, and never more of it than a limit allows."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope

from postroom.errors import Fault, Invalid, Reason, TooLarge
from postroom.mail.limits import BODY_OCTETS, JSON_DEPTH, KIB

_KEPT_OCTETS: Final = 64 * KIB  # an unread rest up to here is cheaper to take than a new connection
_LINGER_SECONDS: Final = 2.0
# RFC 8259 §8.2: half of a pair is JSON, but no character; whoever sends one shall not look for a missing bracket.
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_HALVES: Final = {"reason": "the body is not JSON, or a text in it holds half of a surrogate pair"}
_NUL: Final = {"reason": "a text holds the character U+0000"}
_DEEP: Final = {"reason": f"objects and lists lie in more than {JSON_DEPTH} others"}


class Arrival:
    """The body of one request as it arrives: what the server offers, and how far it was taken."""

    __slots__ = ("_receive", "finished", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self._receive = receive
        self.finished = False

    async def receive(self) -> Message:
        """The next piece (ASGI ``receive``)."""
        message = await self._receive()
        if not message.get("more_body", False):
            self.finished = True
        return message

    @property
    def outstanding(self) -> bool:
        """Whether so much may still come that the connection must end with the answer."""
        if self.finished:
            return False
        declared = _declared(self.scope)
        return declared is None or declared > _KEPT_OCTETS

    async def linger(self) -> None:
        """Take and drop for a moment what still comes.

        Closing at once resets the connection, and a client that is still sending would lose the answer (RFC 9112 §9.6).
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                while not self.finished:
                    await self.receive()


async def chunks(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body piece by piece.

    Raises ``TooLarge`` as soon as it is known to exceed ``limit`` octets, ``ClientDisconnect`` where its rest will
    never come.
    """
    declared = _declared(request.scope)
    if declared is not None and declared > limit:
        raise _too_large(limit)
    taken, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        taken += len(chunk)
        if taken > limit:
            raise _too_large(limit)
        if chunk:
            yield chunk


async def read(request: Request, limit: int) -> bytes:
    """The whole body; raises like ``chunks``."""
    return b"".join([chunk async for chunk in chunks(request, limit)])


async def read_json(request: Request) -> Any:
    """The body as JSON. Raises ``TooLarge``, or ``Invalid`` where it is none or nested too deep.

    Of a key that stands twice in one object, the last is taken.
    """
    raw = await read(request, BODY_OCTETS)
    try:
        # RFC 8259 §8.1: a parser may ignore a byte order mark.
        value = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise _unreadable(_DEEP) from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _unreadable(_HALVES if _SURROGATE.search(raw) else {}) from None
    # Each walk is for the few bodies that might offend.
    if raw.count(b"{") + raw.count(b"[") > JSON_DEPTH:
        _check_depth(value)
    if b"\\u0000" in raw:
        _check_texts(value)
    return value


def _check_depth(value: Any) -> None:
    """Refuse what is nested deeper than ``JSON_DEPTH``."""
    level = [value]
    for _ in range(JSON_DEPTH):
        level = [inner for each in level for inner in _values(each) if isinstance(inner, (dict, list))]
        if not level:
            return
    raise _unreadable(_DEEP)


def _check_texts(value: Any) -> None:
    """Refuse NUL, which PostgreSQL stores in no text. JSON has it in no other form (RFC 8259 §7)."""
    level = [value]
    while level:
        if any(isinstance(each, str) and "\0" in each for each in level):
            raise _unreadable(_NUL)
        level = [inner for each in level for inner in (*(each if isinstance(each, dict) else ()), *_values(each))]


def _unreadable(details: Mapping[str, str]) -> Invalid:
    return Invalid(Fault(Reason.BODY_UNREADABLE, details=details))


def _values(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _declared(scope: Scope) -> int | None:
    """The body's octets by Content-Length; 0 where no body is announced, None where its end is not (chunked)."""
    chunked = False
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value)
        chunked = chunked or name == b"transfer-encoding"
    return None if chunked else 0


def _too_large(limit: int) -> TooLarge:
    return TooLarge(Fault(Reason.BODY_TOO_LARGE, details={"limit": limit}))
