"""Sessions under TLS, and logging in."""

import asyncio
import base64
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvloop

from postroom.errors import Misconfigured
from postroom.mail.life import Outcome, Result, Stage
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.protocol import SessionFailed
from postroom.smtp.route import Credentials, Route, Tls
from postroom.smtp.session import Session
from postroom.smtp.trust import Trust
from tests.smtp.letters import MESSAGE, envelope
from tests.smtp.peers import Act, Authority, Inbox, Server, offers

PATIENT = Deadlines.scaled(0.1)
TRUST = Trust()
ANN = Credentials(username="ann", password="pässwörd")
NUL = "the user name or the password holds a NUL or control character"
WITH_TLS = offers("PIPELINING", "STARTTLS")

Run = Callable[[Coroutine[Any, Any, None]], None]
both_loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run])


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(ca=trustme.CA())


async def opened(route: Route, trust: Trust, deadlines: Deadlines = PATIENT) -> Session:
    return await Session.open(route, hostname="mail.example.com", trust=trust, deadlines=deadlines)


async def failure_of(route: Route, trust: Trust, deadlines: Deadlines = PATIENT) -> Outcome:
    with pytest.raises(SessionFailed) as caught:
        await opened(route, trust, deadlines)
    assert caught.value.outcome.result is Result.DEFERRED
    return caught.value.outcome


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.TLS])
@pytest.mark.parametrize("credentials", [None, ANN])
async def test_a_mail_arrives_under_tls(authority: Authority, tls: Tls, credentials: Credentials | None) -> None:
    inbox = Inbox(passwords={"ann": "pässwörd"} if credentials and tls is Tls.STARTTLS else None)
    certificate = authority.server("127.0.0.1")
    given = {"starttls": certificate} if tls is Tls.STARTTLS else {"tls": certificate}
    async with inbox.listening(**given):
        # aiosmtpd lets nobody log in under implicit TLS; test_logging_in_under_implicit_tls does it.
        session = await opened(inbox.route(tls, credentials if tls is Tls.STARTTLS else None), authority.client())
        [outcome] = await session.transmit(envelope(), (MESSAGE,))
        await session.close()
    assert outcome.result is Result.ACCEPTED
    [mail] = inbox.mails
    assert mail.content == MESSAGE
    assert mail.login == (credentials.username if credentials and tls is Tls.STARTTLS else None)


@both_loops
@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.TLS])
def test_on_either_loop(authority: Authority, tls: Tls, run: Run) -> None:
    async def scenario() -> None:
        certificate = authority.server("127.0.0.1")
        secured = offers("PIPELINING", "AUTH PLAIN")
        ehlo = [secured] if tls is Tls.TLS else [WITH_TLS, secured]
        server = Server({"EHLO": ehlo}, tls=certificate, implicit=tls is Tls.TLS)
        large = b"0123456789abcde\r\n" * 8_000
        async with server.listening():
            session = await opened(server.route(tls, ANN), authority.client())
            for _ in range(2):
                [outcome] = await session.transmit(envelope(size=len(large)), (large,))
                assert outcome.result is Result.ACCEPTED
            await session.close()
        assert server.messages == [large + b".\r\n"] * 2
        assert server.connections == 1

    run(scenario())


async def test_offers_from_before_tls_are_forgotten(authority: Authority) -> None:
    server = Server(
        {
            "EHLO": [offers("PIPELINING", "STARTTLS", "AUTH PLAIN"), offers("AUTH LOGIN")],
            "AUTH": [b"334 \r\n"] * 2 + [b"235 \r\n"],
        },
        tls=authority.server("127.0.0.1"),
    )
    async with server.listening():
        session = await opened(server.route(Tls.STARTTLS, ANN), authority.client())
        await session.transmit(envelope(), (MESSAGE,))
        await session.close()
    assert server.verbs()[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    assert server.heard[3] == "AUTH LOGIN"


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.TLS])
@pytest.mark.parametrize("why", ["another name", "unknown authority"])
@both_loops
def test_a_certificate_that_proves_nothing(authority: Authority, tls: Tls, why: str, run: Run) -> None:
    async def scenario() -> None:
        issuer = authority if why == "another name" else Authority(ca=trustme.CA())
        name = "other.example" if why == "another name" else "127.0.0.1"
        server = Server({"EHLO": WITH_TLS}, tls=issuer.server(name), implicit=tls is Tls.TLS)
        async with server.listening():
            outcome = await failure_of(server.route(tls, ANN), authority.client())
        assert outcome.stage is Stage.TLS
        assert "certificate is not to be trusted" in outcome.line
        assert "AUTH" not in server.verbs()

    run(scenario())


async def test_starttls_taken_out_of_the_offers(authority: Authority) -> None:
    server = Server({"EHLO": offers("PIPELINING", "AUTH PLAIN")})
    async with server.listening():
        outcome = await failure_of(server.route(Tls.STARTTLS, ANN), authority.client())
    assert (outcome.stage, outcome.line) == (Stage.TLS, "the server does not offer STARTTLS")
    assert server.verbs() == ["EHLO", "QUIT"]


async def test_a_password_offered_a_way_in_the_clear_alone_is_not_said(authority: Authority) -> None:
    """Who sits in between may offer AUTH beside STARTTLS, or in its place; under TLS the server does not."""
    server = Server(
        {"EHLO": [offers("STARTTLS", "AUTH PLAIN LOGIN"), offers("PIPELINING")]}, tls=authority.server("127.0.0.1")
    )
    async with server.listening():
        outcome = await failure_of(server.route(Tls.STARTTLS, ANN), authority.client())
    assert outcome.stage is Stage.AUTH
    assert server.verbs() == ["EHLO", "STARTTLS", "EHLO", "QUIT"]


@pytest.mark.parametrize("answer", [b"454 4.7.0 not now\r\n", b"502 5.5.1 what?\r\n"])
async def test_starttls_refused(authority: Authority, answer: bytes) -> None:
    server = Server({"EHLO": WITH_TLS, "STARTTLS": answer})
    async with server.listening():
        outcome = await failure_of(server.route(Tls.STARTTLS, ANN), authority.client())
    assert (outcome.stage, outcome.code) == (Stage.TLS, int(answer[:3]))
    assert server.verbs() == ["EHLO", "STARTTLS", "QUIT"]


@both_loops
@pytest.mark.parametrize("injected", [b"250 and this\r\n", b"250-half"])
def test_replies_injected_before_tls(authority: Authority, run: Run, injected: bytes) -> None:
    async def scenario() -> None:
        server = Server({"EHLO": WITH_TLS, "STARTTLS": b"220 go\r\n" + injected}, tls=authority.server("127.0.0.1"))
        async with server.listening():
            outcome = await failure_of(server.route(Tls.STARTTLS), authority.client())
        assert outcome.stage is Stage.TLS
        assert "said more" in outcome.line

    run(scenario())


@pytest.mark.parametrize("answer", [Act.CUT, Act.SILENCE])
@both_loops
def test_a_handshake_that_never_ends(authority: Authority, answer: Act, run: Run) -> None:
    async def scenario() -> None:
        # Implicit TLS to a server that speaks none: it hangs up, or waits for a command as we wait for its handshake.
        server = Server({"CONNECT": answer})
        deadlines = Deadlines(stage={**PATIENT.stage, Stage.TLS: 0.2}, total=60.0, farewell=5.0)
        async with server.listening():
            outcome = await failure_of(server.route(Tls.TLS), authority.client(), deadlines)
        assert outcome.stage is Stage.TLS

    run(scenario())


async def test_a_plain_server_where_tls_is_wanted(authority: Authority) -> None:
    server = Server()
    async with server.listening():
        outcome = await failure_of(server.route(Tls.TLS, ANN), authority.client())
    assert outcome.stage is Stage.TLS
    assert "AUTH" not in server.verbs()


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN PLAIN", "PLAIN", "LOGIN", "NTLM LOGIN"])
async def test_logging_in(mechanisms: str) -> None:
    login = [b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n", b"235 2.7.0 welcome\r\n"]
    plain = "PLAIN" in mechanisms
    server = Server({"EHLO": offers(f"AUTH {mechanisms}"), "AUTH": login[2:] if plain else login})
    async with server.listening():
        session = await opened(server.route(Tls.NONE, ANN), TRUST)
        await session.close()
    said = server.heard[1:-1]
    if plain:
        assert [base64.b64decode(line.removeprefix("AUTH PLAIN ")).decode() for line in said] == ["\0ann\0pässwörd"]
    else:
        assert said[0] == "AUTH LOGIN"
        assert [base64.b64decode(line).decode() for line in said[1:]] == ["ann", "pässwörd"]


async def test_logging_in_under_implicit_tls(authority: Authority) -> None:
    server = Server({"EHLO": offers("AUTH PLAIN")}, tls=authority.server("127.0.0.1"), implicit=True)
    async with server.listening():
        session = await opened(server.route(Tls.TLS, ANN), authority.client())
        await session.close()
    assert server.verbs() == ["EHLO", "AUTH", "QUIT"]


@pytest.mark.parametrize("exclude", [[], ["PLAIN"]])
async def test_a_wrong_password(authority: Authority, exclude: list[str]) -> None:
    inbox = Inbox(passwords={"ann": "another"}, without=exclude)
    async with inbox.listening(starttls=authority.server("127.0.0.1")):
        outcome = await failure_of(inbox.route(Tls.STARTTLS, ANN), authority.client())
    assert (outcome.stage, outcome.code, outcome.enhanced) == (Stage.AUTH, 535, "5.7.8")
    assert outcome.command == "AUTH ***"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
async def test_a_server_that_quotes_the_password_does_not_make_us_keep_it(mechanism: str) -> None:
    secrets = [
        ANN.password,
        *(base64.b64encode(text.encode()).decode() for text in ("\0ann\0" + ANN.password, ANN.password)),
    ]
    refusal = f"535-5.7.8 {secrets[0]} is not it\r\n535 5.7.8 nor are {secrets[1]} and {secrets[2]}\r\n".encode()
    server = Server({"EHLO": offers(f"AUTH {mechanism}"), "AUTH": [b"334 \r\n", b"334 \r\n", refusal]})
    if mechanism == "PLAIN":
        server = Server({"EHLO": offers("AUTH PLAIN"), "AUTH": refusal})
    async with server.listening():
        with pytest.raises(SessionFailed) as caught:
            await opened(server.route(Tls.NONE, ANN), TRUST)
    kept = repr(caught.value) + repr(caught.value.outcome)
    assert "535" in kept
    assert not [secret for secret in secrets if secret in kept]


@pytest.mark.parametrize(
    ("credentials", "mechanisms", "line"),
    [
        (
            ANN,
            "AUTH NTLM GSSAPI",
            "the server offers AUTH GSSAPI NTLM, and not SCRAM-SHA-256 or CRAM-MD5 or PLAIN or LOGIN",
        ),
        (ANN, "8BITMIME", "the server offers no AUTH"),
        (ANN, "STARTTLS", "the server offers no AUTH without TLS"),
        (Credentials(username="ann", password="x\0"), "AUTH PLAIN", NUL),
        (Credentials(username="ann\1", password="x"), "AUTH PLAIN", NUL),
    ],
)
async def test_no_way_to_log_in(credentials: Credentials, mechanisms: str, line: str) -> None:
    server = Server({"EHLO": offers(mechanisms)})
    async with server.listening():
        outcome = await failure_of(server.route(Tls.NONE, credentials), TRUST)
    assert (outcome.stage, outcome.line) == (Stage.AUTH, line)
    assert server.verbs() == ["EHLO", "QUIT"]


@pytest.mark.parametrize(
    ("answer", "code"), [(b"421 4.3.2 closing\r\n", 421), (Act.CUT, None), (b"334 go on\r\n", None)]
)
async def test_logging_in_that_ends_early(answer: bytes | Act, code: int | None) -> None:
    server = Server({"EHLO": offers("AUTH PLAIN"), "AUTH": answer})
    async with server.listening():
        outcome = await failure_of(server.route(Tls.NONE, ANN), TRUST)
    assert (outcome.stage, outcome.code) == (Stage.AUTH, code)
    assert "***" in outcome.command


def test_what_an_operator_chose_or_a_policy_demands_is_verified(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    trust = Trust(str(tmp_path / "ca.pem"))
    assert len(trust.verifying.get_ca_certs()) == 1
    for tls in Tls:
        settings = trust.settings(Route(transport_id=1, host="mx.example", port=25, tls=tls))
        verified = tls not in (Tls.OPPORTUNISTIC, Tls.DANE)
        assert settings.check_hostname is verified
        assert settings.verify_mode is (ssl.CERT_REQUIRED if verified else ssl.CERT_NONE)
        assert settings.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("tls", [Tls.OPPORTUNISTIC, Tls.DANE])
def test_nobody_unverified_is_told_a_password(tls: Tls) -> None:
    with pytest.raises(AssertionError):
        Route(transport_id=1, host="mx.example", port=25, tls=tls, credentials=ANN)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_no_certificates(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Misconfigured, match="ca_file"):
        Trust(str(path))
