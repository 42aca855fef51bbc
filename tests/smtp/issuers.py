"""A server that issues access tokens, on loopback and a free port: HTTP as far as one question and one answer go."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from postroom.smtp.grant import Grant
from tests.smtp.peers import Act

Answer: TypeAlias = bytes | Act

GRANT: Final = Grant(
    username="ann@example.com", server="google", client_id="postroom", client_secret="s3cret", refresh_token="first"
)


def answer(status: int = 200, **body: Any) -> bytes:
    """An answer in JSON."""
    return raw(json.dumps(body).encode(), status)


def raw(body: bytes, status: int = 200, *headers: str) -> bytes:
    """An answer with any body."""
    head = [f"HTTP/1.1 {status} so", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def token(name: str, seconds: object = 3600, **more: Any) -> bytes:
    """An access token that is good for so long."""
    return answer(access_token=name, token_type="Bearer", expires_in=seconds, **more)


class Issuer:
    """Gives its answers one after the other, the last one for ever; ``asked`` are the forms that came."""

    def __init__(self, *answers: Answer | Sequence[Answer], tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[dict[str, str]] = []
        self.heads: list[bytes] = []
        self.answers = list(answers)
        self.hold = asyncio.Event()
        self.hold.set()
        self.url = ""
        self._tls = tls

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Issuer"]:
        """Serve until left."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        scheme = "http" if self._tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/token"
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            self.asked.append(dict(parse_qsl((await reader.readexactly(length)).decode())))
            self.heads.append(head)
            said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            await self.hold.wait()
            if said is Act.SILENCE:
                await reader.read()
            elif isinstance(said, bytes):
                writer.write(said)
                await writer.drain()
        writer.close()
