"""``postroom serve``, ``api`` and ``worker``: how they start, and above all how they stop."""

import asyncio
import json
import signal
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

from postroom.cli.calling import connect
from postroom.client import Mail, Mailbox, records
from postroom.client import mails as client_mails
from postroom.mail.life import State
from postroom.store import selection
from postroom.store.db import Tx
from postroom.store.mails import Filed
from postroom.store.orgs import Org
from postroom.store.selection import Selection
from tests.cli.boxed import bearer
from tests.cli.command import postroom, running, stored, well

SCOPES = "ZohoBigin.send_mail.all.CREATE,ZohoBigin.modules.ALL,ZohoBigin.settings.ALL"
MAIL = Mail(sender=Mailbox(email="ada@x.example"), to=[Mailbox(email="cleo@customer.example")], content="Hello")
CLEO = {"Last_Name": "Dahl", "Email": "cleo@customer.example"}


class Slow:
    """An SMTP server that takes a mail and answers its final dot only when told."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[Envelope] = []
        self.holding = asyncio.Event()
        self.go = asyncio.Event()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Slow"]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, hostname="slow.example", loop=loop), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        yield self
        server.close()

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        self.holding.set()
        await self.go.wait()
        return "250 kept"


async def furnish(home: Path, port: int) -> dict[str, str]:
    """A sender whose mails go to ``port``, and a client; the variables it needs, but for the URLs."""
    words = ("--host", "127.0.0.1", "--port", str(port), "--tls", "none")
    await well("sender", "add", "ada@x.example", "--confirmed", *words, cwd=home)
    client = (await well("client", "add", "--json", cwd=home)).json
    token = (await well("token", "refresh", "--scope", SCOPES, cwd=home)).out.strip()
    return {
        "POSTROOM_CLIENT_ID": client["client_id"],
        "POSTROOM_CLIENT_SECRET": client["client_secret"],
        "POSTROOM_REFRESH_TOKEN": token,
    }


def at(url: str, variables: dict[str, str]) -> dict[str, str]:
    """The variables with a server's URL."""
    return {**variables, "POSTROOM_API_URL": url, "POSTROOM_ACCOUNTS_URL": url}


async def half(url: str, header: str, contact: str, mail: Mail) -> tuple[StreamReader, StreamWriter, bytes]:
    """Begin to ask for a mail; the rest of the body is what is left to write."""
    assert mail.sender is not None
    body = json.dumps({"data": [mail.told(mail.sender, [])]}).encode()
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /bigin/v2/Contacts/{contact}/actions/send_mail HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: {header}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body[:20])
    await writer.drain()
    return reader, writer, body[20:]


@asynccontextmanager
async def idle(url: str) -> AsyncIterator[StreamReader]:
    """A connection on which nothing is asked: a server that stops closes it first of all."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    yield reader
    writer.close()


async def test_a_stop_loses_no_request_and_no_mail(home: Path) -> None:
    async with Slow().listening() as slow:
        variables = await furnish(home, slow.port)
        async with running("serve", "--port", "0", cwd=home) as server:
            url = server.lines[-1].split()[-1]
            async with connect(at(url, variables)) as api:
                contact = (await api.do(records.insert("Contacts", CLEO))).id
                first = await api.do(client_mails.send("Contacts", contact, replace(MAIL, subject="in flight")))
                await slow.holding.wait()
                header, asked = await bearer(at(url, variables)), replace(MAIL, subject="half asked")
                reader, writer, rest = await half(url, header, contact, asked)
                async with idle(url) as waiting:
                    # The server has begun with the request when it answers one that was sent after it.
                    await api.do(client_mails.get("Contacts", contact, first.message_id))
                    server.tell()
                    assert await waiting.read() == b""
                writer.write(rest)
                status = await reader.readline()
                writer.close()
            assert b" 200 " in status
            slow.go.set()
            assert await server.ended() == 0
        assert (await _states(home))["in flight"] is State.SENT
        # Accepted in the last moment: sent then, or by the next to start.
        async with running("worker", cwd=home, until="delivering") as worker:
            while set((await _states(home)).values()) != {State.SENT}:
                pass
            worker.tell(signal.SIGINT)
            assert await worker.ended() == 0
        assert sorted(_subject(each) for each in slow.mails) == ["half asked", "in flight"]


async def test_a_second_signal_ends_at_once(home: Path) -> None:
    async with Slow().listening() as slow:
        variables = await furnish(home, slow.port)
        async with running("serve", "--port", "0", cwd=home) as server:
            url = server.lines[-1].split()[-1]
            async with idle(url) as waiting:
                async with connect(at(url, variables)) as api:
                    contact = (await api.do(records.insert("Contacts", CLEO))).id
                    await api.do(client_mails.send("Contacts", contact, replace(MAIL, subject="stuck")))
                await slow.holding.wait()
                server.tell()
                assert await waiting.read() == b""
            # An echo of the first one changes nothing; a second one, later, does.
            while server.process.returncode is None:
                server.tell()
                try:
                    await asyncio.wait_for(server.process.wait(), 0.7)
                except TimeoutError:
                    continue
            assert server.process.returncode == 128 + signal.SIGTERM
        slow.go.set()


async def test_serve_makes_what_is_missing(tmp_path: Path) -> None:
    async with running("serve", "--port", "0", cwd=tmp_path) as server:
        made, ready = server.lines
        assert "organisation Postroom and user admin@localhost" in made
        assert ready.startswith("postroom: listening on http://127.0.0.1:")
        assert [each["email"] for each in (await well("user", "ls", "--json", cwd=tmp_path)).json] == [
            "admin@localhost"
        ]
    async with running("serve", "--port", "0", cwd=tmp_path) as server:
        assert len(server.lines) == 1


async def test_api_makes_the_schema_only(tmp_path: Path) -> None:
    async with running("api", "--port", "0", cwd=tmp_path) as server:
        assert "make one: postroom init" in server.lines[0]
    assert "holds no organisation" in (await postroom("user", "ls", cwd=tmp_path)).err


async def test_a_taken_port_is_one_line(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = await postroom("serve", "--port", str(taken.getsockname()[1]), cwd=home)
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("postroom: host and port: cannot listen on 127.0.0.1:")


async def _states(home: Path) -> dict[str, State]:
    """The state of each mail, by its subject."""

    def everything(tx: Tx, org: Org) -> list[Filed]:
        return selection.newest(tx, Selection(org_id=org.id, states=frozenset(State)), limit=100)

    found = await stored(home / "data", everything)
    return {each.subject: each.state for each in found}


def _subject(envelope: Envelope) -> str:
    content = envelope.content
    assert isinstance(content, bytes)
    return next(line[9:].decode() for line in content.split(b"\r\n") if line.startswith(b"Subject: "))
