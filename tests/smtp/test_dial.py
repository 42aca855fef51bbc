"""Which of a server's addresses is spoken to, and from which of ours."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace

import pytest
import uvloop

from postroom.mail.life import Stage
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.protocol import SessionFailed
from postroom.smtp.route import Route, Tls
from postroom.smtp.session import Session
from postroom.smtp.trust import Trust
from tests.smtp.peers import Server

PATIENT = Deadlines.scaled(0.1)
TRUST = Trust()


async def opened(route: Route) -> Session:
    return await Session.open(route, hostname="mail.example.com", trust=TRUST, deadlines=PATIENT)


@asynccontextmanager
async def session_with(
    server: Server, addresses: tuple[str, ...], source: tuple[str, ...] = ()
) -> AsyncIterator[Session]:
    """Of a host that is called mx.example."""
    async with server.listening():
        session = await opened(replace(server.route(), host="mx.example", addresses=addresses, source=source))
        yield session
        await session.close()


async def failure_of(addresses: tuple[str, ...], source: tuple[str, ...] = ()) -> str:
    route = Route(transport_id=1, host="mx.example", port=1, tls=Tls.NONE, addresses=addresses, source=source)
    with pytest.raises(SessionFailed) as caught:
        await opened(route)
    assert (caught.value.outcome.stage, caught.value.outcome.server) == (Stage.CONNECT, "mx.example:1")
    return caught.value.outcome.line


@contextmanager
def deaf(address: str, port: int) -> Iterator[None]:
    """A host there that lets nobody in and refuses nobody: its queue is full."""
    with ExitStack() as open_ones:
        listening = open_ones.enter_context(socket.create_server((address, port), backlog=0))
        for _ in range(2):
            waiting = open_ones.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("127.0.0.2", "127.0.0.1"), ("::1", "127.0.0.1"), ("127.0.0.2", "::1", "127.0.0.1")]
)
def test_the_first_address_that_answers(run: object, addresses: tuple[str, ...]) -> None:
    async def scenario() -> None:
        server = Server()
        async with session_with(server, addresses) as session:
            assert session.server == f"mx.example[127.0.0.1]:{server.port}"
            sock = session._connection._transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        assert server.connections == 1

    assert callable(run)
    run(scenario())


async def test_an_address_that_says_nothing_holds_up_nobody() -> None:
    server = Server()
    async with server.listening():
        with deaf("127.0.0.2", server.port):
            route = replace(server.route(), host="mx.example", addresses=("127.0.0.2", "127.0.0.1"))
            session = await asyncio.wait_for(opened(route), 5)
            assert session.server == f"mx.example[127.0.0.1]:{server.port}"
            await session.close()


@pytest.mark.parametrize("source", [("127.0.0.5",), ("::1", "127.0.0.5"), ("192.0.2.1", "127.0.0.5")])
async def test_the_address_that_we_speak_from(source: tuple[str, ...]) -> None:
    server = Server()
    async with session_with(server, ("::1", "127.0.0.1"), source) as session:
        assert session._connection.local_address == "127.0.0.5"
    # What we are called where we have no name of our own is that address, too.
    async with server.listening():
        session = await Session.open(
            replace(server.route(), source=source), hostname="", trust=TRUST, deadlines=PATIENT
        )
        await session.close()
    assert server.heard[-2:] == ["EHLO [127.0.0.5]", "QUIT"]


async def test_addresses_that_cannot_be_spoken_from() -> None:
    assert "no address that could be reached" in await failure_of(("127.0.0.1",), ("::1",))
    assert "192.0.2.1" in await failure_of(("127.0.0.1",), ("192.0.2.1",))


async def test_every_address_refuses() -> None:
    assert "Connect" in await failure_of(("127.0.0.1", "127.0.0.2"))


async def test_an_address_that_is_none_is_not_looked_up() -> None:
    assert await failure_of(("localhost",))
