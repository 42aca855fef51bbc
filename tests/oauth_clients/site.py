"""A web site of somebody else's, on loopback: the place that clients are called back at, or where attackers sit."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_REFUSED = (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError)


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Serves what ``pages`` holds by path, and keeps the targets that were asked for.

    The same site has two names, ``url`` and ``other_url``: to a browser they are two.
    """

    port: int
    pages: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    targets: list[str] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def other_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def callback(self) -> str:
        """A redirect URI of whatever client is at home here."""
        return f"{self.url}/callback"

    def asked(self, path: str) -> list[str]:
        """The targets so far that have that path."""
        return [target for target in self.targets if target.partition("?")[0] == path]

    async def arrived(self, path: str = "/callback") -> str:
        """The URL of the first request for that path; waits for it."""
        async with self._news:
            await self._news.wait_for(lambda: self.asked(path))
        return self.url + self.asked(path)[0]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            target = head.split(" ")[1]
            page = self.pages.get(target.partition("?")[0], "<!doctype html><title>Here</title><p>Arrived.</p>")
            writer.write(_response(page.encode(), self.headers))
            await writer.drain()
            async with self._news:
                self.targets.append(target)
                self._news.notify_all()
        except _REFUSED:
            pass  # a browser that opened a connection and thought better of it
        finally:
            writer.close()


def _response(body: bytes, headers: Mapping[str, str]) -> bytes:
    told = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), "Connection": "close"}
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in {**told, **headers}.items()), "", ""]
    return "\r\n".join(lines).encode() + body


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """A site until the block ends."""
    places: list[Site] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await places[0].answer(reader, writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        places.append(Site(port=server.sockets[0].getsockname()[1]))
        yield places[0]
