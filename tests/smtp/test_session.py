"""Sessions with a server that says what a test wants. Secured ones are in test_tls.py."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext

import pytest
import uvloop

from postroom.errors import Unavailable
from postroom.mail.life import Outcome, Result, Stage
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.dots import BareLineEnd
from postroom.smtp.journal import Journal
from postroom.smtp.protocol import SessionFailed
from postroom.smtp.route import Route, Tls
from postroom.smtp.session import Session
from postroom.smtp.trust import Trust
from tests.smtp.letters import MESSAGE, envelope
from tests.smtp.peers import Act, Answer, Inbox, Server, offers, until

PATIENT = Deadlines.scaled(0.1)
TRUST = Trust()
STEPWISE = offers("8BITMIME")


def for_answer(answer: Answer, stage: Stage) -> Deadlines:
    """Where silence is the answer, wait a moment for it at ``stage``; long everywhere else."""
    short = {stage: 0.2} if answer is Act.SILENCE else {}
    return Deadlines(stage={**PATIENT.stage, **short}, total=60.0, farewell=5.0)


async def opened(route: Route, deadlines: Deadlines = PATIENT) -> Session:
    return await Session.open(route, hostname="mail.example.com", trust=TRUST, deadlines=deadlines)


@asynccontextmanager
async def session_with(server: Server, deadlines: Deadlines = PATIENT) -> AsyncIterator[Session]:
    async with server.listening():
        session = await opened(server.route(), deadlines)
        yield session
        await session.close()


async def failure_of(server: Server, deadlines: Deadlines = PATIENT) -> Outcome:
    async with server.listening():
        with pytest.raises(SessionFailed) as caught:
            await opened(server.route(), deadlines)
    return caught.value.outcome


async def transmitted(
    server: Server, *recipients: str, deadlines: Deadlines = PATIENT
) -> tuple[list[Outcome], Session]:
    async with session_with(server, deadlines) as session:
        return await session.transmit(envelope(*recipients), (MESSAGE,)), session


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize("greeting", ["EHLO", "PIPELINED"])
def test_a_mail_arrives_as_it_was_sent(run: object, greeting: str) -> None:
    async def scenario() -> None:
        inbox = Inbox(pipelining=greeting == "PIPELINED")
        async with inbox.listening():
            session = await opened(inbox.route())
            outcomes = await session.transmit(
                envelope("bob@example.net", "eve@example.net"), (MESSAGE[:20], MESSAGE[20:])
            )
            await session.close()
        assert [(o.result, o.stage, o.code, o.enhanced) for o in outcomes] == [
            (Result.ACCEPTED, Stage.FINAL_DOT, 250, "2.0.0")
        ] * 2
        assert outcomes[0].line == "2.0.0 taken as 1"
        assert outcomes[0].server == f"127.0.0.1:{inbox.port}"
        [mail] = inbox.mails
        assert mail.content == MESSAGE
        assert (mail.sender, mail.recipients) == ("ann@example.com", ("bob@example.net", "eve@example.net"))
        assert f"SIZE={len(MESSAGE)}" in mail.options

    assert callable(run)
    run(scenario())


async def test_one_session_takes_many_mails() -> None:
    server = Server()
    async with session_with(server) as session:
        for _ in range(5):
            assert (await session.transmit(envelope(), (MESSAGE,)))[0].result is Result.ACCEPTED
        assert session.used == 5
        assert session.usable
    assert server.connections == 1
    assert server.heard == [
        "EHLO mail.example.com",
        *[f"MAIL FROM:<ann@example.com> SIZE={len(MESSAGE)}", "RCPT TO:<bob@example.net>", "DATA"] * 5,
        "QUIT",
    ]
    assert server.messages == [b"Subject: hello\r\n\r\nfirst\r\n..second\r\n...third\r\n..\r\nlast\r\n.\r\n"] * 5


@pytest.mark.parametrize("ehlo", [None, STEPWISE])
async def test_replies_that_come_octet_by_octet(ehlo: Answer | None) -> None:
    answers: dict[str, Answer | Sequence[Answer]] = {
        "CONNECT": b"220-welcome\r\n220-to\r\n220 the server\r\n",
        "RCPT": [b"250-2.1.5 a\r\n250 2.1.5 b\r\n", b"550-5.1.1 no\r\n550-5.1.1 such\r\n550 5.1.1 user\r\n"],
    }
    server = Server(answers | ({"EHLO": ehlo} if ehlo else {}), drip=True)
    outcomes, _ = await transmitted(server, "bob@example.net", "eve@example.net")
    assert [o.result for o in outcomes] == [Result.ACCEPTED, Result.REJECTED]
    assert outcomes[1].line == "5.1.1 no 5.1.1 such 5.1.1 user"


async def test_an_old_server_is_greeted_with_helo() -> None:
    server = Server({"EHLO": b"502 5.5.1 what?\r\n"})
    outcomes, _ = await transmitted(server)
    assert outcomes[0].result is Result.ACCEPTED
    assert server.heard[:3] == ["EHLO mail.example.com", "HELO mail.example.com", "MAIL FROM:<ann@example.com>"]


async def test_the_transport_sends_at_once() -> None:
    """asyncio sets TCP_NODELAY; without it the second write of each mail would wait for an acknowledgement."""
    async with session_with(Server()) as session:
        sock = session._connection._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


async def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    with pytest.raises(SessionFailed) as caught:
        await opened(Route(transport_id=1, host="127.0.0.1", port=port, tls=Tls.NONE))
    assert (caught.value.outcome.result, caught.value.outcome.stage) == (Result.DEFERRED, Stage.CONNECT)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 70 + ".example"])
async def test_a_host_without_an_address(host: str) -> None:
    with pytest.raises(SessionFailed) as caught:
        await opened(Route(transport_id=1, host=host, port=25, tls=Tls.NONE))
    assert (caught.value.outcome.result, caught.value.outcome.stage) == (Result.DEFERRED, Stage.CONNECT)


@pytest.mark.parametrize(("verb", "stage"), [("CONNECT", Stage.GREETING), ("EHLO", Stage.HELLO)])
@pytest.mark.parametrize(
    ("answer", "code", "line"),
    [
        (b"421 4.3.2 busy\r\n", 421, "4.3.2 busy"),
        (b"554 5.7.1 go away\r\n", 554, "5.7.1 go away"),
        (Act.CUT, None, "the server closed the connection"),
        (Act.SILENCE, None, "no answer in time"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", None, "the reply does not begin with a code"),
        (b"250-more\r\n" * 10_000, None, "the reply has more than 128 lines"),
        (b"250-" + b"x" * 100_000, None, "a line of the reply has more than 2048 octets"),
    ],
)
async def test_no_session_comes_about(verb: str, stage: Stage, answer: Answer, code: int | None, line: str) -> None:
    # HELO is tried where EHLO is refused; it is refused too.
    outcome = await failure_of(Server({verb: answer, "HELO": b"554 5.7.1 go away\r\n"}), for_answer(answer, stage))
    assert (outcome.result, outcome.stage, outcome.code, outcome.line) == (Result.DEFERRED, stage, code, line)


# Where in a mail something goes wrong; "BODY" in its middle, "." after the final dot.
PLACES = [
    ("MAIL", Stage.ENVELOPE, Result.DEFERRED),
    ("RCPT", Stage.ENVELOPE, Result.DEFERRED),
    ("DATA", Stage.DATA, Result.DEFERRED),
    (".", Stage.FINAL_DOT, Result.UNKNOWN),
]


@pytest.mark.parametrize("ehlo", [offers("PIPELINING"), STEPWISE])
@pytest.mark.parametrize(("verb", "stage", "result"), PLACES)
@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Act.CUT, "the server closed the connection"),
        (Act.SILENCE, "no answer in time"),
        (b"what?\r\n", "the reply does not begin with a code"),
    ],
)
async def test_no_reply(ehlo: bytes, verb: str, stage: Stage, result: Result, answer: Answer, line: str) -> None:
    outcomes, session = await transmitted(Server({"EHLO": ehlo, verb: answer}), deadlines=for_answer(answer, stage))
    assert [(o.result, o.stage, o.code, o.line) for o in outcomes] == [(result, stage, None, line)]
    assert not session.usable
    assert session.stale is (verb == "MAIL")


@pytest.mark.parametrize("ehlo", [offers("PIPELINING"), STEPWISE])
@pytest.mark.parametrize(("verb", "stage"), [(verb, stage) for verb, stage, _ in PLACES])
async def test_421(ehlo: bytes, verb: str, stage: Stage) -> None:
    outcomes, session = await transmitted(Server({"EHLO": ehlo, verb: b"421 4.3.2 closing\r\n"}))
    assert [(o.result, o.stage, o.code, o.line) for o in outcomes] == [(Result.DEFERRED, stage, 421, "4.3.2 closing")]
    assert not session.usable


async def test_a_crawling_server_ends_with_the_total() -> None:
    deadlines = Deadlines(stage=PATIENT.stage, total=0.3, farewell=5.0)
    async with session_with(Server({".": Act.SILENCE}), deadlines) as session:
        [outcome] = await session.transmit(envelope(), (MESSAGE,))
    assert (outcome.result, outcome.stage, outcome.line) == (Result.UNKNOWN, Stage.FINAL_DOT, "no answer in time")


LARGE = b"0123456789abcde\r\n" * 1_000_000  # more than the buffers of two sockets hold


@pytest.mark.parametrize(
    ("answer", "result", "line"),
    [
        (Act.CUT, Result.DEFERRED, None),
        (Act.SILENCE, Result.DEFERRED, "no answer in time"),
        (b"421 4.3.2 closing\r\n", Result.DEFERRED, "4.3.2 closing"),
        (b"552 5.3.4 too much\r\n", Result.REJECTED, "5.3.4 too much"),
        (b"250 2.0.0 enough\r\n", Result.DEFERRED, "2.0.0 enough"),
    ],
)
async def test_in_the_middle_of_the_message(answer: Answer, result: Result, line: str | None) -> None:
    server = Server({"BODY": answer}, body_octets=1000)
    async with session_with(server, for_answer(answer, Stage.BODY)) as session:
        [outcome] = await session.transmit(envelope(size=len(LARGE)), (LARGE,))
        assert (outcome.result, outcome.stage) == (result, Stage.BODY)
        assert line in (None, outcome.line)
        assert not session.usable


async def test_files_that_cannot_be_read_leave_no_mail_behind() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield MESSAGE
        raise Unavailable("the disk is gone")

    server = Server()
    async with session_with(server) as session:
        with pytest.raises(Unavailable, match="the disk is gone"):
            await session.transmit(envelope(size=1000), body())
        assert not session.usable
        await server.hung_up.wait()
    assert server.messages == []


async def test_the_final_dot_waits_until_it_is_written_that_it_may_go() -> None:
    server, marked = Server(), asyncio.get_running_loop().create_future()
    async with session_with(server) as session:
        mail = asyncio.create_task(session.transmit(envelope(), (MESSAGE,), Journal(lambda: marked)))
        await until(lambda: server.verbs()[-1:] == ["DATA"])
        assert server.messages == []
        marked.set_result(True)
        [outcome] = await mail
    assert outcome.result is Result.ACCEPTED
    assert len(server.messages) == 1


async def test_who_has_lost_the_mail_sends_no_final_dot() -> None:
    server, lost = Server(), asyncio.get_running_loop().create_future()
    lost.set_result(False)
    async with session_with(server) as session:
        with pytest.raises(Unavailable, match="another worker"):
            await session.transmit(envelope(), (MESSAGE,), Journal(lambda: lost))
        assert not session.usable
        await server.hung_up.wait()
    assert server.messages == []


@pytest.mark.parametrize("still_ours", [True, False])
async def test_a_leave_that_has_grown_old_is_asked_for_once_more(still_ours: bool) -> None:
    server, answers = Server(), iter([True, still_ours])

    def mark() -> "asyncio.Future[bool]":
        written = asyncio.get_running_loop().create_future()
        written.set_result(next(answers))
        return written

    async with session_with(server) as session:
        with nullcontext() if still_ours else pytest.raises(Unavailable, match="another worker"):
            await session.transmit(envelope(), (MESSAGE,), Journal(mark, fresh_seconds=-1))
    assert len(server.messages) == int(still_ours)
    assert not list(answers)


@pytest.mark.parametrize("size", [len(MESSAGE) - 1, len(MESSAGE) + 1])
async def test_a_message_of_another_size_is_not_sent(size: int) -> None:
    server = Server()
    async with session_with(server) as session:
        with pytest.raises(Unavailable, match="octets"):
            await session.transmit(envelope(size=size), (MESSAGE,))
        await server.hung_up.wait()
    assert server.messages == []


async def test_a_message_with_a_bare_lf_is_not_sent() -> None:
    server = Server()
    async with session_with(server) as session:
        with pytest.raises(BareLineEnd):
            await session.transmit(envelope(), (b"a\n.\nMAIL FROM:<eve@example.org>\r\n",))
        await server.hung_up.wait()
    assert server.messages == []


async def test_files_that_never_come_end_with_the_total() -> None:
    async def body() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async with session_with(Server(), Deadlines(stage=PATIENT.stage, total=0.3, farewell=5.0)) as session:
        [outcome] = await session.transmit(envelope(), body())
    assert (outcome.result, outcome.stage) == (Result.DEFERRED, Stage.BODY)
    assert outcome.line == "the message could not be read in time"


async def test_a_cancelled_mail_is_cut_off() -> None:
    server = Server({"MAIL": Act.SILENCE})
    async with session_with(server) as session:
        mail = asyncio.create_task(session.transmit(envelope(), (MESSAGE,)))
        await until(lambda: "MAIL" in server.verbs())
        mail.cancel()
        with pytest.raises(asyncio.CancelledError):
            await mail
        assert not session.usable
        await server.hung_up.wait()


@pytest.mark.parametrize("word", [b"421 4.4.2 idle for too long\r\n", b"250 what\r\n", b"2"])
async def test_a_word_while_idle_ends_the_session(word: bytes) -> None:
    server = Server()
    async with session_with(server) as session:
        await session.transmit(envelope(), (MESSAGE,))
        server.push(word)
        await until(lambda: not session.usable)
    assert server.verbs().count("QUIT") == 0


async def test_a_reply_out_of_turn_is_not_taken_for_an_answer() -> None:
    server = Server({"EHLO": STEPWISE + b"250 and more\r\n"})
    outcomes, session = await transmitted(server)
    assert "out of turn" in outcomes[0].line
    assert outcomes[0].result is Result.DEFERRED
    assert "MAIL" not in server.verbs()
    assert not session.usable


async def test_a_server_that_hung_up_while_idle() -> None:
    server = Server()
    async with session_with(server) as session:
        await session.transmit(envelope(), (MESSAGE,))
        server.cut()
        await until(lambda: not session.usable)
        [outcome] = await session.transmit(envelope(), (MESSAGE,))
        assert (outcome.result, outcome.stage) == (Result.DEFERRED, Stage.ENVELOPE)
        assert session.stale


async def test_nobody_waits_long_for_a_goodbye() -> None:
    deadlines = Deadlines(stage=PATIENT.stage, total=60.0, farewell=0.1)
    async with session_with(Server({"QUIT": Act.SILENCE}), deadlines) as session:
        assert session.usable
    assert not session.usable
