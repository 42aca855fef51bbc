"""A server of HTTPS on loopback that answers every request with the same octets."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

POLICY = "version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: {age}\r\n"


def page(
    body: str | bytes, *, status: str = "200 OK", kind: str = "text/plain; charset=utf-8", more: str = ""
) -> bytes:
    """An answer of HTTP."""
    octets = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(octets)}\r\n{more}\r\n"
    return head.encode() + octets


def policy(mode: str = "enforce", mx: str = "mx.example.com", age: int = 604_800) -> bytes:
    """The page of a policy."""
    return page(POLICY.format(mode=mode, mx=mx, age=age))


class PolicyHost:
    """``answer`` may be changed while it serves; ``asked`` are the heads of requests."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.port = 0

    @asynccontextmanager
    async def listening(self, tls: ssl.SSLContext) -> AsyncIterator["PolicyHost"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(self.answer)
        writer.close()
