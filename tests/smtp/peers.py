"""The other end of an SMTP conversation, on loopback and a free port.

``Inbox`` is aiosmtpd: a server that behaves, and shows what arrived. ``Server`` says whatever a test wants, in any
shape, or nothing, or hangs up.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from postroom.smtp.grant import Grant
from postroom.smtp.route import Credentials, Route, Tls
from postroom.smtp.trust import Trust


@dataclass(frozen=True, kw_only=True, slots=True)
class Authority:
    """A certificate authority of a test's own: what a client trusts, and certificates that it signs."""

    ca: trustme.CA

    def client(self) -> Trust:
        trust = Trust()
        self.ca.configure_trust(trust.verifying)
        return trust

    def server(self, *names: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ca.issue_cert(*names).configure_cert(context)
        return context


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One mail as a server got it, dots taken out again."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    login: str | None
    encrypted: bool
    options: tuple[str, ...]


class Inbox:
    """aiosmtpd with a memory: ``mails`` in the order of their arrival, ``connections`` counted."""

    def __init__(
        self, *, passwords: Mapping[str, str] | None = None, pipelining: bool = False, without: Sequence[str] = ()
    ) -> None:
        self.port = 0
        self.connections = 0
        self.mails: list[Received] = []
        self._passwords = passwords
        self._pipelining = pipelining
        self._without = without  # mechanisms of AUTH that are not offered

    @asynccontextmanager
    async def listening(self, *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None) -> Any:
        """Serve until left (another time, at the same port); ``starttls`` and ``tls`` are the certificates to show."""
        options: dict[str, Any] = {"enable_SMTPUTF8": True, "hostname": "inbox.example", "tls_context": starttls}
        if self._passwords is not None:
            options |= {"authenticator": self._check, "auth_required": True, "auth_require_tls": starttls is not None}
            options |= {"auth_exclude_mechanism": self._without}

        def session() -> SMTP:
            self.connections += 1
            return SMTP(self, loop=asyncio.get_running_loop(), data_size_limit=100_000_000, **options)

        server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    def route(self, tls: Tls = Tls.NONE, credentials: Credentials | None = None) -> Route:
        return Route(transport_id=1, host="127.0.0.1", port=self.port, tls=tls, credentials=credentials)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self._pipelining else responses

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.original_content, bytes)
        given: Any = session.auth_data
        self.mails.append(
            Received(
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                content=envelope.original_content,
                login=given.login.decode() if isinstance(given, LoginPassword) else None,
                encrypted=session.ssl is not None,
                options=tuple(envelope.mail_options),
            )
        )
        return f"250 2.0.0 taken as {len(self.mails)}"

    def _check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        assert self._passwords is not None
        right = self._passwords.get(given.login.decode()) == given.password.decode()
        return AuthResult(success=right, handled=False, auth_data=given)


async def until(check: Callable[[], bool]) -> None:
    """Let the loop turn until ``check`` holds; every test has a time limit of its own."""
    while True:
        if check():
            return
        await asyncio.sleep(0)


class Act(Enum):
    """What a server does instead of answering."""

    CUT = auto()  # hangs up
    SILENCE = auto()  # says nothing more; in the middle of a message it reads nothing more either


Answer: TypeAlias = bytes | Act


def offers(*keywords: str) -> bytes:
    """A reply to EHLO."""
    lines = ["server.example", *keywords]
    return "".join(f"250{' ' if line is lines[-1] else '-'}{line}\r\n" for line in lines).encode()


OFFERS = offers("PIPELINING", "ENHANCEDSTATUSCODES", "SIZE 100000000", "8BITMIME", "SMTPUTF8")

ANSWERS: Mapping[str, Answer] = {
    "CONNECT": b"220 server.example ESMTP\r\n",
    "EHLO": OFFERS,
    "HELO": b"250 server.example\r\n",
    "STARTTLS": b"220 2.0.0 go ahead\r\n",
    "AUTH": b"235 2.7.0 welcome\r\n",
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 go on\r\n",
    "BDAT": b"250 2.0.0 Ok: continue\r\n",
    ".": b"250 2.0.0 Ok: queued as 4711\r\n",
    "RSET": b"250 2.0.0 Ok\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}


Answers: TypeAlias = Mapping[str, Answer | Sequence[Answer]]


class Script:
    """What a server answers to each command; a list is used up, one answer each time, its last one for ever.

    ``.`` is the end of a message, be it the final dot or the last chunk of BDAT.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = {
            verb: [answer] if isinstance(answer, bytes | Act) else list(answer)
            for verb, answer in {**ANSWERS, **answers}.items()
        }

    def __contains__(self, verb: str) -> bool:
        return verb in self._answers

    def next(self, verb: str) -> Answer:
        """What it answers now. A line that is no command is part of a login."""
        answers = self._answers[verb if verb in self._answers else "AUTH"]
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Server:
    """Answers each command from a table (see ``Script``).

    ``heard`` are the commands of all connections, ``messages`` what came between DATA and the final dot, or by BDAT, as
    it came. ``BODY`` in the table is done once that many octets of a message have come as ``body_octets`` says.
    """

    def __init__(
        self,
        answers: Answers | None = None,
        *,
        host: str = "127.0.0.1",
        drip: bool = False,
        body_octets: int = 0,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
    ) -> None:
        self.host = host
        self.port = 0
        self.connections = 0
        self.at_once = 0
        self.most_at_once = 0
        self.heard: list[str] = []
        self.messages: list[bytes] = []
        self._chunks: list[bytes] = []
        self.hung_up = asyncio.Event()
        self._script = Script(answers or {})
        self._drip = drip
        self._body_octets = body_octets
        self._tls = tls
        self._implicit = implicit
        self._tasks: set[asyncio.Task[Any]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def listening(self) -> "AsyncIterator[Server]":
        """Serve until left; another time, at the same port."""
        tls = self._tls if self._implicit else None
        server = await asyncio.start_server(self._serve, self.host, self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def route(
        self, tls: Tls = Tls.NONE, credentials: Credentials | Grant | None = None, transport_id: int = 1
    ) -> Route:
        return Route(transport_id=transport_id, host=self.host, port=self.port, tls=tls, credentials=credentials)

    def verbs(self) -> list[str]:
        """The commands' first words."""
        return [line.split(" ")[0] for line in self.heard]

    def push(self, octets: bytes) -> None:
        """Say something out of turn, on every connection."""
        for writer in self._writers:
            writer.write(octets)

    def cut(self) -> None:
        """Hang up every connection."""
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            # Cancelled is how it ends where the test ends first.
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
                await self._talk(reader, writer)
        finally:
            self.at_once -= 1
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()
            self.hung_up.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = await self._answer("CONNECT", reader, writer)
        while said is not None:
            line = (await reader.readuntil(b"\r\n")).decode()[:-2]
            self.heard.append(line)
            verb = line.split(" ")[0]
            if verb == "BDAT":
                said = await self._take_chunk(line, reader, writer)
            else:
                said = await self._answer(verb, reader, writer)
            if said is not None and verb == "STARTTLS" and said[:3] == b"220" and self._tls is not None:
                await writer.start_tls(self._tls)
            if said is not None and verb == "DATA" and said[:1] == b"3":
                said = await self._take_message(reader, writer)

    async def _take_message(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
        if "BODY" in self._script:
            await reader.readexactly(self._body_octets)
            return await self._answer("BODY", reader, writer)
        lines = [b""]
        while lines[-1] != b".\r\n":
            lines.append(await reader.readuntil(b"\r\n"))
        self.messages.append(b"".join(lines))
        return await self._answer(".", reader, writer)

    async def _take_chunk(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
        self._chunks.append(await reader.readexactly(int(line.split(" ")[1])))
        if not line.endswith(" LAST"):
            return await self._answer("BDAT", reader, writer)
        self.messages.append(b"".join(self._chunks))
        self._chunks.clear()
        return await self._answer(".", reader, writer)

    async def _answer(self, verb: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
        """What was said; None where that was the end."""
        answer = self._script.next(verb)
        if answer is Act.CUT:
            return None
        if answer is Act.SILENCE:
            if verb == "BODY":
                await asyncio.Event().wait()
            while await reader.read(65536):
                pass
            return None
        assert isinstance(answer, bytes)
        for piece in [answer[n : n + 1] for n in range(len(answer))] if self._drip else [answer]:
            writer.write(piece)
            await writer.drain()
            # Two turns of the loop: one reads the octet here, one hands it on.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return None if verb == "QUIT" else answer
