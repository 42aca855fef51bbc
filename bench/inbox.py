"""An SMTP server that keeps every mail it takes, and notes whether its last reply went out."""

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self, cast

_FIELD: Final = rb"(?im)^%s: *([^\r\n]*)\r$"
_SUBJECT: Final = re.compile(_FIELD % b"subject")
_MESSAGE_ID: Final = re.compile(_FIELD % b"message-id")
_PATH: Final = re.compile(r"<([^>]*)>")
_END: Final = b"\r\n.\r\n"
OK: Final = b"250 OK\r\n"
TAKEN: Final = b"250 Taken\r\n"
_GREETING: Final = b"220 inbox.example ESMTP\r\n"
_HELLO: Final = b"250-inbox.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n%b250 SIZE 50000000\r\n"
_SAFE: Final = b"250-STARTTLS\r\n250-AUTH PLAIN\r\n"
_REPLIES: Final = {
    "STARTTLS": b"220 Go on\r\n",
    "AUTH": b"235 Welcome\r\n",
    "DATA": b"354 Go on\r\n",
    "QUIT": b"221 Bye\r\n",
}
_GOODBYE_SECONDS: Final = 0.05  # to clients that were killed, and say none
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER for no time at all


@dataclass(kw_only=True, slots=True)
class Receipt:
    """One mail as it arrived. Moments are the event loop's, in seconds.

    ``began_at``: when its first octet was there. ``replied_at``: when the 250 for it was wholly in the system's hands;
    None where the client had gone before.
    """

    recipients: tuple[str, ...]
    content: bytes
    began_at: float
    taken_at: float
    replied_at: float | None = None

    @property
    def subject(self) -> str:
        """The Subject field, as it was written."""
        return _only(_SUBJECT, self.content)

    @property
    def message_id(self) -> str:
        """The Message-ID field."""
        return _only(_MESSAGE_ID, self.content)


class Inbox:
    """The server; ``port`` is where it listens. Use as an asynchronous context manager.

    ``delay`` is asked for each mail how many seconds its reply shall wait; with ``tls`` it offers STARTTLS, and lets
    everybody in who says a password. Run it on asyncio's own event loop: uvloop keeps what is written for a while, so
    that nobody could say when it went out. Others may answer otherwise: a reply of no octets breaks the connection, and
    None is silence for as long as the client can bear it.
    """

    def __init__(self, delay: Callable[[], float] = lambda: 0.0, *, tls: ssl.SSLContext | None = None) -> None:
        self.receipts: list[Receipt] = []
        self.port = 0
        self.tls = tls
        self.guests: set[_Guest] = set()
        self.empty = asyncio.Event()  # set while nobody is connected
        self.empty.set()
        self._delay = delay

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(lambda: _Guest(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        for guest in tuple(self.guests):
            guest.transport.abort()
        await self._server.wait_closed()

    def at(self, step: str, usual: bytes) -> bytes | None:  # noqa: ARG002 - others look at it
        """The reply to a command, or at the greeting."""
        return usual

    def at_dot(self, receipt: Receipt) -> tuple[float, bytes | None]:
        """In how many seconds a mail is answered, and how."""
        self.receipts.append(receipt)
        return self._delay(), TAKEN


class _Guest(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, inbox: Inbox) -> None:
        self.transport: asyncio.Transport
        self._inbox = inbox
        self._held = bytearray()
        self._seen = 0  # so much of a message has been searched for its end
        self._in_message = False
        self._began_at = 0.0
        self._deaf = False  # while a reply waits, TLS begins, or for ever
        self._recipients: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._enter()
        self._say(self._inbox.at("greeting", _GREETING))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        self._leave()

    def data_received(self, data: bytes) -> None:
        if self._in_message and not self._began_at:
            self._began_at = asyncio.get_running_loop().time()
        self._held += data
        while not self._deaf and (self._take_message() if self._in_message else self._take_command()):
            pass

    def _enter(self) -> None:
        self._inbox.guests.add(self)
        self._inbox.empty.clear()

    def _leave(self) -> None:
        self._inbox.guests.discard(self)
        if not self._inbox.guests:
            self._inbox.empty.set()

    def _take_command(self) -> bool:
        end = self._held.find(b"\r\n")
        if end < 0:
            return False
        line = self._held[:end].decode()
        del self._held[: end + 2]
        self._obey(line.partition(" ")[0].upper(), line)
        return True

    def _obey(self, verb: str, line: str) -> None:
        if verb in ("MAIL", "RSET"):
            self._recipients = []
        elif verb == "RCPT":
            self._recipients += _PATH.findall(line)[:1]
        elif verb == "DATA":
            # As if a line had just ended, so that the end of an empty message is found as well.
            self._held[:0] = b"\r\n"
            self._in_message, self._began_at, self._seen = True, 0.0, 0
        hello = _HELLO % (_SAFE if self._inbox.tls is not None else b"")
        usual = hello if verb == "EHLO" else _REPLIES.get(verb, OK)
        said = self._inbox.at(verb, usual)
        self._say(said)
        if verb == "QUIT":
            self.transport.close()
        elif verb == "STARTTLS" and said == usual:
            self._deaf = True
            self._securing = asyncio.create_task(self._secure())

    async def _secure(self) -> None:
        self.transport.pause_reading()
        loop, tls = asyncio.get_running_loop(), self._inbox.tls
        assert tls is not None
        # Who dies during the handshake has sent no mail, and asyncio does not always tell of it.
        self._leave()
        with suppress(OSError):
            transport = await loop.start_tls(
                self.transport, self, tls, server_side=True, ssl_shutdown_timeout=_GOODBYE_SECONDS
            )
            self.transport = cast(asyncio.Transport, transport)
            self._deaf = False
            self._enter()
            self.data_received(b"")

    def _take_message(self) -> bool:
        end = self._held.find(_END, max(0, self._seen - len(_END)))
        if end < 0:
            self._seen = len(self._held)
            return False
        content = bytes(self._held[: end + 2]).replace(b"\r\n.", b"\r\n")[2:]
        del self._held[: end + len(_END)]
        self._in_message = False
        loop = asyncio.get_running_loop()
        receipt = Receipt(
            recipients=tuple(self._recipients), content=content, began_at=self._began_at, taken_at=loop.time()
        )
        seconds, reply = self._inbox.at_dot(receipt)
        self._deaf = True
        loop.call_later(seconds, self._confirm, receipt, reply)
        return True

    def _confirm(self, receipt: Receipt, reply: bytes | None) -> None:
        self._deaf = False
        self._say(reply)
        if reply is TAKEN and not self.transport.is_closing() and self.transport.get_write_buffer_size() == 0:
            receipt.replied_at = asyncio.get_running_loop().time()
        self.data_received(b"")

    def _say(self, reply: bytes | None) -> None:
        if reply is None:
            self._deaf = True
        elif not reply:
            self._reset()
        elif not self.transport.is_closing():
            self.transport.write(reply)

    def _reset(self) -> None:
        self._deaf = True
        taken: socket.socket = self.transport.get_extra_info("socket")
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()


def _only(field: re.Pattern[bytes], content: bytes) -> str:
    header = content.partition(b"\r\n\r\n")[0] + b"\r\n"
    (value,) = field.findall(header)
    return str(value.decode())
