"""One HTTP/1.1 connection: uvicorn's, with what it leaves open closed.

A head has a greatest size and a longest time, a body a longest silence, and bytes that are no HTTP are answered in the
shape of every other refusal. Without these limits a few hundred idle sockets hold every file descriptor (Slowloris).
"""

import asyncio
from typing import Any, Final

import httptools
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from postroom.errors import Fault, Reason, Refused
from postroom.mail.limits import KIB
from postroom.web.refusals import refuse

HEAD_OCTETS: Final = 64 * KIB  # request line and fields together; ours: common servers allow 8 to 32 KiB

# What no parser knows is most often the method.
_NO_HEAD: Final = refuse(Refused(Fault(Reason.METHOD_UNKNOWN)))
_NO_BODY: Final = refuse(Refused(Fault(Reason.BODY_UNREADABLE)))
_NO_REST: Final = refuse(Refused(Fault(Reason.BODY_UNREADABLE, details={"reason": "the rest of the body is missing"})))
_LARGE_HEAD: Final = refuse(Refused(Fault(Reason.HEAD_TOO_LARGE, details={"limit": HEAD_OCTETS})))


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
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self.send_400_response("")

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
        if self._asks_for_upgrade():
            return
        super().on_headers_complete()
        self._head_began_at = None

    def on_message_complete(self) -> None:
        """The request is whole."""
        if not self._asks_for_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the words are ours
        """Answer bytes that are no HTTP, and close."""
        told = _NO_BODY if self._head_began_at is None else _NO_HEAD
        if self._head_octets > HEAD_OCTETS:
            told = _LARGE_HEAD
        self._end(told)

    def is_stalled(self, now: float, patience: float) -> bool:
        """Whether the client owes us something for longer than ``patience`` seconds; ``now`` is the loop's time."""
        if self._head_began_at is not None:
            return now - self._head_began_at > patience
        waits: Any = self.cycle
        owes_body = waits is not None and waits.more_body and not waits.response_complete and not self.flow.read_paused
        return bool(owes_body and now - self._heard_at > patience)

    def drop(self) -> None:
        """Close on a client that stalled; the request whose body did not come is answered before."""
        waits: Any = self.cycle
        if self._head_began_at is None and not waits.response_started:
            self._end(_NO_REST)
        else:
            self.transport.close()

    def _end(self, told: Response) -> None:
        """Answer instead of the application, and close."""
        fields = [*self.server_state.default_headers, *told.raw_headers, (b"connection", b"close")]
        lines = b"".join(b"%b: %b\r\n" % field for field in fields)
        self.transport.write(STATUS_LINE[told.status_code] + lines + b"\r\n" + told.body)
        self.transport.close()

    def _feed(self, data: bytes) -> None:
        """Parse; where the client would rather speak another protocol, as if it had not said so (RFC 9110 §7.8).

        Its parser takes no body of such a request, and uvicorn drops what comes behind: the client would wait for ever.
        """
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = data[upgrade.args[0] :]
            if self._asks_for_upgrade():
                self._feed(self._head_again() + rest)

    def _asks_for_upgrade(self) -> bool:
        # CONNECT looks alike to the parser; no endpoint has it.
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def _head_again(self) -> bytes:
        """The head that was parsed last, without the field Upgrade."""
        line = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        fields = [b"%b: %b" % field for field in self.headers if field[0] != b"upgrade"]
        return b"\r\n".join([line, *fields, b"", b""])

    def _count(self, octets: int) -> None:
        self._head_octets += octets
        if self._head_octets > HEAD_OCTETS:
            # The parser makes this an error of its own.
            raise ValueError("the head of the request is too large")
