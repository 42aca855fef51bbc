"""One HTTP/1.1 connection: uvicorn's, with what it leaves open closed.

A head has a greatest size and a longest time, a body a longest silence, and bytes that are no HTTP are answered in the
shape of every other refusal. Without these limits a few hundred idle sockets hold every file descriptor (Slowloris).
"""

import asyncio
from typing import Any, Final

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from postroom.errors import Fault, Reason
from postroom.mail.limits import KIB
from postroom.web.refusals import flat_error

HEAD_OCTETS: Final = 64 * KIB  # request line and fields together; ours: common servers allow 8 to 32 KiB

# What no parser knows is most often the method.
_NO_HEAD: Final = msgspec.json.encode(flat_error(Fault(Reason.METHOD_UNKNOWN)))
_NO_BODY: Final = msgspec.json.encode(flat_error(Fault(Reason.BODY_UNREADABLE)))


class Outlet:
    """A transport that drops what is written after its end.

    A client may go away between two pieces of an answer, and uvloop takes it for a bug of ours to write the second one.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        """``transport`` is what everything else is left to."""
        self._transport = transport

    def write(self, data: bytes) -> None:
        """Send some bytes, if anybody is there."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Connection(HttpToolsProtocol):
    """A connection that knows since when it waits for its client."""

    _heard_at: float
    _head_began_at: float | None = None
    _head_octets = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected; from now on it owes us a request."""
        super().connection_made(Outlet(transport))  # type: ignore[arg-type]
        self._heard_at = self._head_began_at = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Some bytes arrived."""
        self._heard_at = self.loop.time()
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request line begins."""
        super().on_message_begin()
        self._head_began_at = self._heard_at
        self._head_octets = 0

    def on_url(self, url: bytes) -> None:
        """A part of the URL arrived."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head arrived."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        super().on_headers_complete()
        self._head_began_at = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the words are ours
        """Answer bytes that are no HTTP, and close."""
        told = _NO_BODY if self._head_began_at is None else _NO_HEAD
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json;charset=UTF-8\r\n"
            b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(told), told)
        )
        self.transport.close()

    def is_stalled(self, now: float, patience: float) -> bool:
        """Whether the client owes us something for longer than ``patience`` seconds; ``now`` is the loop's time."""
        if self._head_began_at is not None:
            return now - self._head_began_at > patience
        waits: Any = self.cycle
        owes_body = waits is not None and waits.more_body and not waits.response_complete and not self.flow.read_paused
        return bool(owes_body and now - self._heard_at > patience)

    def _count(self, octets: int) -> None:
        self._head_octets += octets
        if self._head_octets > HEAD_OCTETS:
            # The parser makes this «no HTTP».
            raise ValueError("the head of the request is too large")
