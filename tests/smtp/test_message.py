"""Messages by DATA and by BDAT: what a server gets is the message, and nothing in it can be taken for a command."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from postroom.errors import Unavailable
from postroom.mail.life import Result, Stage
from postroom.smtp.dots import BareLineEnd
from postroom.smtp.journal import Journal
from tests.smtp.dialogues import CHUNKING, LARGE
from tests.smtp.letters import envelope
from tests.smtp.peers import Server, offers, until
from tests.smtp.test_session import session_with

BY_DATA = offers("PIPELINING")
# What servers of one kind or another have taken for the end of a message (SMTP smuggling).
ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n\x00.\r\n",
    b"\r\n.\r\n",
    b"\n\n.\r\n",
]
COMMANDS = b"MAIL FROM:<eve@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\nSubject: forged\r\n\r\n.\r\n"


@pytest.mark.parametrize("ehlo", [BY_DATA, CHUNKING], ids=["DATA", "BDAT"])
@pytest.mark.parametrize("end", ENDS)
async def test_a_message_cannot_end_before_its_end(ehlo: bytes, end: bytes) -> None:
    forged = LARGE + b"x" + end + COMMANDS
    bare = b"\n" in (rest := forged.replace(b"\r\n", b"")) or b"\r" in rest
    server = Server({"EHLO": ehlo})
    async with session_with(server) as session:
        if bare:
            with pytest.raises(BareLineEnd):
                await session.transmit(envelope(size=len(forged)), (forged,))
            await server.hung_up.wait()
            assert server.messages == []
        else:
            [outcome] = await session.transmit(envelope(size=len(forged)), (forged,))
            assert outcome.result is Result.ACCEPTED
            [message] = server.messages
            sent = message if ehlo is CHUNKING else message.removesuffix(b".\r\n").replace(b"\r\n.", b"\r\n")
            assert sent == forged
    # One mail, however many the message would have liked to be.
    assert server.verbs().count("MAIL") == 1


@pytest.mark.parametrize("end", [b"", b"\r\n"])
async def test_a_message_in_chunks_arrives_as_it_is(end: bytes) -> None:
    message = LARGE + b"the last line" + end

    async def body() -> AsyncIterator[bytes]:
        for start in range(0, len(message), 10_007):
            yield message[start : start + 10_007]

    server = Server({"EHLO": CHUNKING})
    async with session_with(server) as session:
        for _ in range(2):
            [outcome] = await session.transmit(envelope(size=len(message)), body())
            assert (outcome.result, outcome.stage, outcome.command) == (Result.ACCEPTED, Stage.FINAL_DOT, "BDAT LAST")
    # RFC 5321 §2.3.8: a message ends with its last line.
    assert server.messages == [message if end else message + b"\r\n"] * 2
    assert server.connections == 1


async def test_what_is_not_large_goes_by_data() -> None:
    server = Server({"EHLO": CHUNKING})
    async with session_with(server) as session:
        await session.transmit(envelope(size=7), (b"small\r\n",))
    assert server.messages == [b"small\r\n.\r\n"]


async def test_the_last_chunk_waits_until_it_is_written_that_it_may_go() -> None:
    server, marked = Server({"EHLO": CHUNKING}), asyncio.get_running_loop().create_future()
    begun: list[bool] = []

    def mark() -> "asyncio.Future[bool]":
        begun.append("BDAT" in server.verbs())
        return marked

    async with session_with(server) as session:
        mail = asyncio.create_task(session.transmit(envelope(size=len(LARGE)), (LARGE,), Journal(mark)))
        await until(lambda: server.verbs().count("BDAT") == len(LARGE) // (64 * 1024))
        assert begun == [False]
        assert not any(line.endswith("LAST") for line in server.heard)
        marked.set_result(True)
        [outcome] = await mail
    assert outcome.result is Result.ACCEPTED
    assert server.messages == [LARGE]


@pytest.mark.parametrize("whole", [True, False])
async def test_who_has_lost_the_mail_or_its_files_sends_no_last_chunk(whole: bool) -> None:
    server, lost = Server({"EHLO": CHUNKING}), asyncio.get_running_loop().create_future()
    lost.set_result(not whole)
    async with session_with(server) as session:
        with pytest.raises(Unavailable, match="another worker" if whole else "octets"):
            await session.transmit(envelope(size=len(LARGE) + 1 - whole), (LARGE,), Journal(lambda: lost))
        await server.hung_up.wait()
    assert server.messages == []


async def test_a_chunk_refused_while_others_are_on_their_way_costs_no_connection() -> None:
    refusals = [b"250 Ok\r\n", b"552 5.3.4 too big\r\n", b"503 5.5.1 no\r\n"]
    server = Server({"EHLO": CHUNKING, "BDAT": refusals})
    async with session_with(server) as session:
        [refused] = await session.transmit(envelope(size=len(LARGE)), (LARGE,))
        [taken] = await session.transmit(envelope(size=7), (b"small\r\n",))
    assert (refused.result, refused.stage, refused.code) == (Result.REJECTED, Stage.BODY, 552)
    assert taken.result is Result.ACCEPTED
    assert server.connections == 1
    assert not any(line.endswith("LAST") for line in server.heard)
