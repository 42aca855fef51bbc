"""Sessions kept and shared, and whole mails, files included, on their way through them."""

import asyncio
import hashlib
import tracemalloc
from base64 import encodebytes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from postroom.errors import Unavailable
from postroom.mail.compose import Composed, compose
from postroom.mail.draft import FileRef, Format, Letter, Mailbox
from postroom.mail.life import Outcome, Result, Stage
from postroom.mail.pace import Course
from postroom.smtp.body import OpenFile
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.journal import Journal
from postroom.smtp.pool import Load, Pool
from postroom.smtp.protocol import Envelope
from postroom.smtp.route import Credentials, Destination, Route, Tls
from postroom.smtp.trust import Trust
from tests.smtp.letters import MESSAGE, envelope
from tests.smtp.peers import ANSWERS, Act, Inbox, Server, offers, until

PATIENT = Deadlines.scaled(0.1)
TRUST = Trust()
COURSE = Course(org_id=1, transport_id=1)
SMALL = Composed(segments=(MESSAGE,), size=len(MESSAGE), smtputf8=False)


async def no_files(file: FileRef) -> AsyncIterator[bytes]:
    raise Unavailable(f"there is no {file.name}")
    yield b""


@asynccontextmanager
async def pool_of(**given: Any) -> AsyncIterator[Pool]:
    options: dict[str, Any] = {"deadlines": PATIENT, "connections_per_transport": 2, **given}
    pool = Pool(hostname="mail.example.com", trust=TRUST, **options)
    try:
        yield pool
    finally:
        await pool.close()


def load(composed: Composed, mail: Envelope, open_file: OpenFile = no_files, course: Course = COURSE) -> Load:
    return Load(course=course, composed=composed, envelope=mail, open_file=open_file, journal=Journal())


async def sent(pool: Pool, route: Route) -> Outcome:
    [outcome] = await pool.transmit(Destination.of(route), load(SMALL, envelope()))
    return outcome


async def test_a_session_is_used_again() -> None:
    inbox = Inbox()
    async with inbox.listening(), pool_of() as pool:
        for _ in range(20):
            assert (await sent(pool, inbox.route())).result is Result.ACCEPTED
    assert inbox.connections == 1
    assert [mail.content for mail in inbox.mails] == [MESSAGE] * 20


async def test_no_more_connections_than_allowed() -> None:
    server = Server()
    async with server.listening(), pool_of(connections_per_transport=3) as pool:
        mails = [asyncio.create_task(sent(pool, server.route())) for _ in range(30)]
        assert {outcome.result for outcome in await asyncio.gather(*mails)} == {Result.ACCEPTED}
    assert len(server.messages) == 30
    assert server.most_at_once == server.connections == 3


async def test_a_session_moves_on_after_so_many_mails() -> None:
    server = Server()
    async with server.listening(), pool_of(connections_per_transport=1, mails_per_session=2) as pool:
        for _ in range(5):
            await sent(pool, server.route())
    assert server.connections == 3
    assert server.most_at_once == 1
    assert server.verbs().count("QUIT") == 3


async def test_a_mail_may_want_a_session_that_has_had_few() -> None:
    server = Server()
    few = structs.replace(load(SMALL, envelope()), per_session=2)
    async with server.listening(), pool_of(connections_per_transport=1) as pool:
        for wanted in (load(SMALL, envelope()), load(SMALL, envelope()), few, few, few):
            await pool.transmit(Destination.of(server.route()), wanted)
    assert server.connections == 3
    assert server.most_at_once == 1


async def test_a_limit_that_transports_share_closes_what_rests_of_one_for_the_other() -> None:
    server = Server()
    part = {7: 2}
    async with server.listening(), pool_of(parts=lambda _: part) as pool:
        for transport_id in (1, 2, 3, 1):
            mail = load(SMALL, envelope(), course=structs.replace(COURSE, transport_id=transport_id))
            way = Destination.of(server.route(transport_id=transport_id))
            outcomes = await asyncio.gather(pool.transmit(way, mail), pool.transmit(way, mail))
            assert {each.result for [each] in outcomes} == {Result.ACCEPTED}
    assert len(server.messages) == 8
    assert server.most_at_once == 2


async def test_a_limit_that_is_lowered_closes_what_rests() -> None:
    server = Server()
    part: dict[int, int] = {}
    others = structs.replace(COURSE, domain="other.example")
    async with server.listening(), pool_of(parts=lambda course: part if course == COURSE else {}) as pool:
        mails = [load(SMALL, envelope()), load(SMALL, envelope(), course=others)]
        await asyncio.gather(*(pool.transmit(Destination.of(server.route()), mail) for mail in mails))
        part[7] = 1
        pool.trim()
        assert not pool._goodbyes, "one of two is no more than it may be"
        part[7] = 0
        pool.trim()
        await until(lambda: server.at_once == 1)
        await pool.transmit(Destination.of(server.route()), mails[1])
    assert server.connections == 2


async def test_who_is_stopped_while_it_waits_for_a_goodbye_leaves_no_connection() -> None:
    server = Server({"QUIT": [Act.SILENCE, ANSWERS["QUIT"]]})
    limits = Deadlines(stage=PATIENT.stage, total=60.0, farewell=0.2)
    part = {7: 2}
    async with server.listening(), pool_of(parts=lambda _: part, deadlines=limits) as pool:
        for way in (server.route(), server.route(transport_id=2)):
            await sent(pool, way)
        part[7] = 1
        pool.trim()
        waits = asyncio.create_task(sent(pool, way))
        await until(lambda: not pool._berths.idle.courses)
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
        await pool.close()
        await until(lambda: server.at_once == 0)
    assert len(server.messages) == 2
    assert server.verbs().count("QUIT") == 2


async def test_outcomes_do_not_wait_for_a_goodbye_but_the_next_connection_does() -> None:
    server = Server({"QUIT": Act.SILENCE})
    limits = Deadlines(stage=PATIENT.stage, total=60.0, farewell=0.2)
    async with server.listening(), pool_of(connections_per_transport=1, mails_per_session=1, deadlines=limits) as pool:
        assert (await sent(pool, server.route())).result is Result.ACCEPTED
        assert server.at_once == 1
        assert (await sent(pool, server.route())).result is Result.ACCEPTED
    assert server.connections == 2
    assert server.most_at_once == 1


async def test_a_rested_session_is_closed() -> None:
    server = Server()
    async with server.listening(), pool_of(idle_seconds=0.05) as pool:
        await sent(pool, server.route())
        await server.hung_up.wait()
        assert server.verbs()[-1] == "QUIT"
        await until(lambda: not pool._lanes)
        assert (await sent(pool, server.route())).result is Result.ACCEPTED
    assert server.connections == 2


@pytest.mark.parametrize("farewell", [b"", b"421 4.4.2 idle for too long\r\n"])
async def test_a_session_seen_dead_is_replaced(farewell: bytes) -> None:
    server = Server()
    async with server.listening(), pool_of() as pool:
        await sent(pool, server.route())
        server.push(farewell)
        server.cut()
        await until(lambda: not pool._lanes[1,].idle[0].session.usable)
        assert (await sent(pool, server.route())).result is Result.ACCEPTED
    assert server.connections == 2
    assert len(server.messages) == 2


@pytest.mark.parametrize("last_word", [Act.CUT, b"421 4.4.2 idle for too long\r\n"])
@pytest.mark.parametrize("ehlo", [offers("PIPELINING"), offers("8BITMIME")])
async def test_a_session_that_dies_under_the_mail_is_replaced(last_word: bytes | Act, ehlo: bytes) -> None:
    ok = b"250 2.1.0 Ok\r\n"
    server = Server({"EHLO": ehlo, "MAIL": [ok, last_word, ok]})
    async with server.listening(), pool_of() as pool:
        for _ in range(2):
            assert (await sent(pool, server.route())).result is Result.ACCEPTED
    assert server.connections == 2
    assert len(server.messages) == 2


@pytest.mark.parametrize(
    ("verb", "first", "result", "stage"),
    [
        ("RCPT", b"250 2.1.5 Ok\r\n", Result.DEFERRED, Stage.ENVELOPE),
        ("DATA", b"354 go on\r\n", Result.DEFERRED, Stage.DATA),
        (".", b"250 2.0.0 queued\r\n", Result.UNKNOWN, Stage.FINAL_DOT),
    ],
)
async def test_a_session_that_dies_later_is_not(verb: str, first: bytes, result: Result, stage: Stage) -> None:
    server = Server({verb: [first, Act.CUT, first]})
    async with server.listening(), pool_of() as pool:
        await sent(pool, server.route())
        outcome = await sent(pool, server.route())
        assert (outcome.result, outcome.stage) == (result, stage)
        assert server.connections == 1
        assert (await sent(pool, server.route())).result is Result.ACCEPTED
    assert server.connections == 2


async def test_a_new_session_that_dies_at_once_is_not_tried_again() -> None:
    server = Server({"MAIL": Act.CUT})
    async with server.listening(), pool_of() as pool:
        assert (await sent(pool, server.route())).result is Result.DEFERRED
    assert server.connections == 1


async def test_no_session_is_an_outcome_for_each_recipient() -> None:
    server = Server({"CONNECT": b"421 4.3.2 busy\r\n"})
    async with server.listening(), pool_of() as pool:
        mail = envelope("a@example.net", "b@example.net")
        outcomes = await pool.transmit(Destination.of(server.route()), load(SMALL, mail))
        assert [(o.result, o.stage, o.code) for o in outcomes] == [(Result.DEFERRED, Stage.GREETING, 421)] * 2


async def test_waiting_for_a_turn_ends() -> None:
    server = Server({"MAIL": Act.SILENCE})
    limits = Deadlines(stage=PATIENT.stage, total=0.3, farewell=5.0)
    async with server.listening(), pool_of(connections_per_transport=1, deadlines=limits) as pool:
        outcomes = await asyncio.gather(*(sent(pool, server.route()) for _ in range(2)))
        assert [o.result for o in outcomes] == [Result.DEFERRED] * 2
        assert (outcomes[1].stage, outcomes[1].line) in {
            (Stage.HERE, "no connection became free in time"),
            (Stage.ENVELOPE, "no answer in time"),
        }


async def test_a_changed_route_gets_a_new_session() -> None:
    server = Server({"EHLO": offers("AUTH PLAIN")})
    old = server.route(credentials=Credentials(username="ann", password="old"))
    new = replace(old, credentials=Credentials(username="ann", password="new"))
    async with server.listening(), pool_of(connections_per_transport=1) as pool:
        for route in (replace(old, port=server.port), replace(new, port=server.port)):
            await sent(pool, route)
    assert server.connections == 2
    assert server.most_at_once == 1


async def test_transports_do_not_share_sessions() -> None:
    server = Server()
    async with server.listening(), pool_of(connections_per_transport=1) as pool:
        for transport_id in (1, 2, 1, 2):
            await sent(pool, server.route(transport_id=transport_id))
    assert server.connections == 2


async def test_a_mail_in_flight_ends_although_the_pool_closes() -> None:
    server = Server(drip=True)
    async with server.listening(), pool_of() as pool:
        mail = asyncio.create_task(sent(pool, server.route()))
        await until(lambda: "MAIL" in server.verbs())
        await pool.close()
        assert (await mail).result is Result.ACCEPTED
        await server.hung_up.wait()
    assert server.verbs()[-1] == "QUIT"


async def test_a_file_that_is_gone_frees_the_turn() -> None:
    server = Server()
    composed, mail = with_file(10)
    async with server.listening(), pool_of() as pool:
        with pytest.raises(Unavailable, match=r"there is no large\.bin"):
            await pool.transmit(Destination.of(server.route()), load(composed, mail))
        assert (await sent(pool, server.route())).result is Result.ACCEPTED
    assert len(server.messages) == 1


def with_file(size: int) -> tuple[Composed, Envelope]:
    """A mail with one attachment of so many octets."""
    mail = envelope()
    assert mail.sender is not None
    letter = Letter(
        mail_id=bytes(32),
        sender=Mailbox(name="Ann", address=mail.sender),
        recipients=mail.recipients,
        reply_to=None,
        subject="A file",
        content="Here it is.",
        format=Format.TEXT,
        files=(
            FileRef(file_id=b"1", digest=b"2", name="large.bin", content_type="application/octet-stream", size=size),
        ),
        dated_at=0,
    )
    composed = compose(letter)
    return composed, structs.replace(mail, size=composed.size)


def octets_of(file: FileRef) -> bytes:
    return hashlib.shake_128(file.name.encode()).digest(file.size)


async def pieces_of(file: FileRef) -> AsyncIterator[bytes]:
    content = octets_of(file)
    for start in range(0, len(content), 10_007):
        yield content[start : start + 10_007]


@pytest.mark.parametrize("size", [0, 1, 57, 56 * 1024, 300_001])
async def test_files_arrive_in_base64(size: int) -> None:
    composed, mail = with_file(size)
    inbox = Inbox()
    async with inbox.listening(), pool_of() as pool:
        [outcome] = await pool.transmit(Destination.of(inbox.route()), load(composed, mail, pieces_of))
    assert outcome.result is Result.ACCEPTED
    parts = [
        part if isinstance(part, bytes) else encodebytes(octets_of(part)).replace(b"\n", b"\r\n")
        for part in composed.segments
    ]
    assert inbox.mails[0].content == b"".join(parts)


class Tally(asyncio.Protocol):
    """A server that remembers of a message no more than how long it was."""

    octets = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 server.example\r\n")

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"EHLO"):
            self.transport.write(offers("PIPELINING"))
        elif data.startswith(b"MAIL"):
            self.transport.write(b"250 Ok\r\n250 Ok\r\n354 go on\r\n")
        elif data.startswith(b"QUIT"):
            self.transport.write(b"221 Bye\r\n")
        else:
            Tally.octets += len(data)
            if data.endswith(b"\r\n.\r\n"):
                self.transport.write(b"250 Ok\r\n")


async def test_a_mail_of_many_megabytes_takes_little_memory() -> None:
    composed, mail = with_file(10 * 1024 * 1024)
    piece = bytes(64 * 1024)

    async def zeros(file: FileRef) -> AsyncIterator[bytes]:
        for _ in range(file.size // len(piece)):
            yield piece

    server = await asyncio.get_running_loop().create_server(Tally, "127.0.0.1", 0)
    route = Route(transport_id=1, host="127.0.0.1", port=server.sockets[0].getsockname()[1], tls=Tls.NONE)
    async with pool_of() as pool:
        tracemalloc.start()
        try:
            [outcome] = await pool.transmit(Destination.of(route), load(composed, mail, zeros))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    server.close()
    assert outcome.result is Result.ACCEPTED
    assert Tally.octets == composed.size + len(b".\r\n")
    assert peak < 2 * 1024 * 1024


async def test_what_the_first_session_meets_the_others_do_not_try() -> None:
    server = Server({"EHLO": offers("AUTH PLAIN"), "AUTH": [b"535 5.7.8 no\r\n", b"235 2.7.0 welcome\r\n"]})
    ann = Credentials(username="ann", password="secret")
    async with server.listening(), pool_of() as pool:
        route = server.route(credentials=ann)
        outcomes = await asyncio.gather(*(sent(pool, route) for _ in range(2)))
        assert [(each.stage, each.code) for each in outcomes] == [(Stage.AUTH, 535)] * 2
        assert (server.connections, pool.serves((1,))) == (1, False)
        outcomes = await asyncio.gather(*(sent(pool, route) for _ in range(2)))
        assert [each.result for each in outcomes] == [Result.ACCEPTED] * 2
        assert (server.connections, pool.serves((1,))) == (3, True)


BUSY = b"421 4.3.2 busy\r\n"


@pytest.mark.parametrize(
    ("answers", "dialled", "code"),
    [
        (({}, {}), (1, 0), 250),
        (({"CONNECT": BUSY}, {}), (1, 1), 250),
        (({"CONNECT": Act.CUT}, {"CONNECT": BUSY}), (1, 1), 421),
        (({"MAIL": b"451 4.3.0 not now\r\n"}, {}), (1, 0), 451),
        (({"RCPT": b"550 5.1.1 nobody\r\n"}, {}), (1, 0), 550),
    ],
)
async def test_routes_are_tried_in_order_until_a_session_stands(
    answers: tuple[dict[str, Any], dict[str, Any]], dialled: tuple[int, int], code: int
) -> None:
    servers = [Server(each) for each in answers]
    async with servers[0].listening(), servers[1].listening(), pool_of() as pool:
        there = Destination(key="there", routes=tuple(each.route() for each in servers))
        for _ in range(2):
            # Two together, then two that need not find out again what failed.
            ends = await asyncio.gather(*(pool.transmit(there, load(SMALL, envelope())) for _ in range(2)))
            assert {outcome.code for [outcome] in ends} == {code}
    # A server that takes mails, or refuses them, has a connection for each of two.
    assert tuple(min(each.connections, 1) for each in servers) == dialled
    assert servers[0].connections <= 1 or "CONNECT" not in answers[0]
    arrived = [each for server in servers for each in server.messages if each != b".\r\n"]
    assert len(arrived) == (4 if code == 250 else 0)


async def test_only_so_many_sessions_rest_however_many_destinations_there_are() -> None:
    server = Server()
    async with server.listening(), pool_of(idle_at_most=2) as pool:
        for n in (1, 2, 3, 3, 2, 1):
            await pool.transmit(Destination(key=n, routes=(server.route(),)), load(SMALL, envelope()))
        await until(lambda: server.at_once == 2)
    assert server.connections == 4
    assert len(server.messages) == 6


async def test_a_destination_that_is_gone_is_forgotten_once_it_may_be_dialled_again() -> None:
    server = Server({"CONNECT": Act.CUT})
    async with server.listening(), pool_of(idle_seconds=0.01) as pool:
        there = Destination(key="there", routes=(server.route(),), rest_seconds=0.02)
        await pool.transmit(there, load(SMALL, envelope()))
        await until(lambda: not pool._lanes)
        await pool.transmit(there, load(SMALL, envelope()))
    assert server.connections == 2
