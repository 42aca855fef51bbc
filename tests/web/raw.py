"""A client that speaks HTTP/1.1 octet by octet, as bad ones and broken ones do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec

PIECE: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, its field names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of a refusal in the one shape that all have."""
        told: dict[str, Any] = msgspec.json.decode(self.body)
        assert self.headers["content-type"] == "application/json;charset=UTF-8"
        assert told.keys() == {"code", "details", "message", "status"}
        assert told["status"] == "error"
        return str(told["code"])


class Peer:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def answer(self) -> Answer:
        """The next answer. Raises ``EOFError`` where the server closed instead."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = (line.partition(": ") for line in head[1:-2])
        headers = {name.lower(): value for name, _, value in fields}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split(" ")[1]), headers, body)

    async def closed(self) -> bool:
        """Wait until the server closes; whether it did so without another octet."""
        with suppress(ConnectionError):
            return await self.reader.read() == b""
        return True

    async def pour(self, piece: bytes, pieces: int) -> int:
        """Send a piece again and again until the server listens no more; how often it did."""
        for sent in range(pieces):
            try:
                await self.send(piece)
            except ConnectionError:
                return sent
            if self.reader.at_eof():
                return sent
        return pieces


@asynccontextmanager
async def dial(url: str) -> AsyncIterator[Peer]:
    """Connect to the server of that URL."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def request(method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """A request as it should be; Content-Length is added unless given or the body is chunked."""
    fields = {"Host": "postroom", **(headers or {})}
    if body and "Transfer-Encoding" not in fields:
        fields.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
