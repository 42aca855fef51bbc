"""An SMTP server that keeps every mail it takes, and notes whether its last reply went out."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, cast

_FIELD: Final = rb"(?im)^%s: *([^\r\n]*)\r$"
_SUBJECT: Final = re.compile(_FIELD % b"subject")
_MESSAGE_ID: Final = re.compile(_FIELD % b"message-id")
_PATH: Final = re.compile(r"<([^>]*)>")
_END: Final = b"\r\n.\r\n"
OK: Final = b"250 OK\r\n"
TAKEN: Final = b"250 Taken\r\n"
_HELLO: Final = b"250-inbox.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 50000000\r\n"
_REPLIES: Final = {"EHLO": _HELLO, "DATA": b"354 Go on\r\n", "QUIT": b"221 Bye\r\n"}


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

    ``delay`` is asked for each mail how many seconds its reply shall wait. Run it on asyncio's own event loop: uvloop
    keeps what is written for a while, so that nobody could say when it went out. Others may answer otherwise: a reply
    of no octets breaks the connection, and None is silence for as long as the client can bear it.
    """

    def __init__(self, delay: Callable[[], float] = lambda: 0.0) -> None:
        self.receipts: list[Receipt] = []
        self.port = 0
        self._delay = delay
        self._open: set[_Guest] = set()

    async def __aenter__(self) -> "Inbox":
        self._server = await asyncio.get_running_loop().create_server(lambda: _Guest(self, self._open), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        for guest in tuple(self._open):
            guest.transport.abort()
        await self._server.wait_closed()

    def at_mail(self) -> bytes | None:
        """The reply to MAIL."""
        return OK

    def at_dot(self, receipt: Receipt) -> tuple[float, bytes | None]:
        """In how many seconds a mail is answered, and how."""
        self.receipts.append(receipt)
        return self._delay(), TAKEN


class _Guest(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, inbox: Inbox, others: "set[_Guest]") -> None:
        self.transport: asyncio.Transport
        self._inbox = inbox
        self._others = others
        self._held = bytearray()
        self._seen = 0  # so much of a message has been searched for its end
        self._in_message = False
        self._began_at = 0.0
        self._replying = False  # or silent for ever
        self._recipients: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._others.add(self)
        self._say(b"220 inbox.example ESMTP\r\n")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        self._others.discard(self)

    def data_received(self, data: bytes) -> None:
        if self._in_message and not self._began_at:
            self._began_at = asyncio.get_running_loop().time()
        self._held += data
        while not self._replying and (self._take_message() if self._in_message else self._take_command()):
            pass

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
        self._say(self._inbox.at_mail() if verb == "MAIL" else _REPLIES.get(verb, OK))
        if verb == "QUIT":
            self.transport.close()

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
        self._replying = True
        loop.call_later(seconds, self._confirm, receipt, reply)
        return True

    def _confirm(self, receipt: Receipt, reply: bytes | None) -> None:
        self._replying = False
        self._say(reply)
        if reply is TAKEN and not self.transport.is_closing() and self.transport.get_write_buffer_size() == 0:
            receipt.replied_at = asyncio.get_running_loop().time()
        self.data_received(b"")

    def _say(self, reply: bytes | None) -> None:
        if reply is None:
            self._replying = True
        elif not reply:
            self.transport.abort()
        elif not self.transport.is_closing():
            self.transport.write(reply)


def _only(field: re.Pattern[bytes], content: bytes) -> str:
    header = content.partition(b"\r\n\r\n")[0] + b"\r\n"
    (value,) = field.findall(header)
    return str(value.decode())
