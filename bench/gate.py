"""An SMTP server that reads as little of a mail as can be: cheap enough to be given a hundred thousand of them.

A mail is known by the number that is its recipient's local part. What is said to MAIL is a rule of the moment.
"""

import asyncio
import re
import time
from array import array
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, cast

from bench import ports

OK: Final = b"250 OK\r\n"
BUSY: Final = b"421 4.7.0 Too many mails, try again later\r\n"  # and the connection ends, RFC 5321 §3.8
_GREETING: Final = b"220 gate.example ESMTP\r\n"
_HELLO: Final = b"250-gate.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n"
_REPLIES: Final = {b"EHLO": _HELLO, b"DATA": b"354 Go on\r\n", b"QUIT": b"221 Bye\r\n"}
_END: Final = b"\r\n.\r\n"
_NUMBER: Final = re.compile(rb"<(\d+)@")
_WAITING: Final = 1024  # connections that nobody has accepted yet


class Gate:
    """The server; ``port`` is where it listens, at each of ``hosts``. Use as an asynchronous context manager.

    ``rule`` is asked at each MAIL whether there is room for it. Moments are seconds since the epoch.
    """

    def __init__(
        self, rule: Callable[[float], bool] = lambda _: True, *, hosts: Sequence[str] = ("127.0.0.1",)
    ) -> None:
        self.port = ports.free()
        self.numbers = array("Q")  # of the mails that began, in order
        self.began = array("d")  # when each of them did
        self.taken = 0
        self.refused = 0
        self._rule = rule
        self._hosts = hosts
        self._open: set[_Guest] = set()

    async def __aenter__(self) -> "Gate":
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Guest(self, self._open), self._hosts, self.port, backlog=_WAITING
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        for guest in tuple(self._open):
            guest.transport.abort()
        await self._server.wait_closed()

    def admits(self, now: float) -> bool:
        """Whether a mail may begin now."""
        admitted = self._rule(now)
        self.refused += not admitted
        return admitted


class _Guest(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, gate: Gate, others: "set[_Guest]") -> None:
        self.transport: asyncio.Transport
        self._gate = gate
        self._others = others
        self._held = b""
        self._in_message = False
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._others.add(self)
        self.transport.write(_GREETING)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        self._others.discard(self)

    def data_received(self, data: bytes) -> None:
        held = self._held + data
        if self._in_message:
            self._held = held[-len(_END) :]
            if self._held == _END:  # who waits for the reply says nothing behind it
                self._held, self._in_message = b"", False
                self._gate.taken += 1
                self.transport.write(OK)
            return
        *lines, self._held = held.split(b"\r\n")
        replies = []
        for line in lines:
            replies.append(self._reply(line))
            if replies[-1] is BUSY:
                break
        self.transport.write(b"".join(replies))
        if replies and replies[-1] is BUSY:
            self.transport.close()

    def _reply(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._began = time.time()
            return OK if self._gate.admits(self._began) else BUSY
        if verb == b"RCPT" and (found := _NUMBER.search(line)):
            self._gate.numbers.append(int(found[1]))
            self._gate.began.append(self._began)
        elif verb == b"DATA":
            self._in_message = True
        return _REPLIES.get(verb, OK)
