"""One kept HTTP connection that asks and waits: only as much of a client as costs next to nothing."""

import asyncio
import re
from dataclasses import dataclass
from typing import Final, cast

_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


class GoneError(Exception):
    """The connection ended before the answer was complete."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response whose length its header told."""

    status: int
    body: bytes


class Line(asyncio.Protocol):
    """A connection to the API at a port of 127.0.0.1; one question at a time."""

    def __init__(self) -> None:
        self._held = b""
        self._waiter: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport

    @classmethod
    async def open(cls, port: int) -> "Line":
        """Connect. Raises ``GoneError``."""
        try:
            _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        except OSError as error:
            raise GoneError from error
        return line

    async def ask(self, request: bytes) -> Answer:
        """Send a request; its answer. Raises ``GoneError``."""
        if self._transport.is_closing():
            raise GoneError
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiter

    def close(self) -> None:
        """Hang up."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        held = self._held = self._held + data
        end = held.find(b"\r\n\r\n")
        length = _LENGTH.search(held, 0, end) if end > 0 else None
        if length is None or len(held) < end + 4 + int(length[1]):
            return
        self._held = b""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(Answer(int(held[9:12]), held[end + 4 :]))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(GoneError())
