"""TLS beyond an operator's own server: where nobody demands it, where the DNS says who it is; and sessions kept."""

import hashlib
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from postroom.mail.life import Outcome, Result, Stage
from postroom.smtp.dane import Tlsa
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.protocol import SessionFailed
from postroom.smtp.route import Route, Tls
from postroom.smtp.session import Session
from postroom.smtp.trust import SESSION_MS, Trust
from tests.smtp.letters import MESSAGE, envelope
from tests.smtp.peers import Act, Answer, Authority, Inbox, Server, offers
from tests.smtp.test_tls import ANN, Run, both_loops

PATIENT = Deadlines.scaled(0.1)
WITH_TLS = offers("PIPELINING", "STARTTLS")
SECURED = offers("PIPELINING")
BY_STARTTLS: Final = (Tls.STARTTLS, Tls.OPPORTUNISTIC, Tls.DANE)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(ca=trustme.CA())


async def opened(route: Route, trust: Trust) -> Session:
    return await Session.open(route, hostname="mail.example.com", trust=trust, deadlines=PATIENT)


async def spoken(route: Route, trust: Trust) -> bool | None:
    """Hand over a mail; whether a TLS session was taken up again, None without TLS."""
    session = await opened(route, trust)
    [outcome] = await session.transmit(envelope(), (MESSAGE,))
    assert outcome.result is Result.ACCEPTED
    tls = session._connection.tls
    await session.close()
    return None if tls is None else tls.session_reused


async def failure_of(route: Route, trust: Trust) -> Outcome:
    with pytest.raises(SessionFailed) as caught:
        await opened(route, trust)
    assert caught.value.outcome.result is Result.DEFERRED
    return caught.value.outcome


class Clock:
    now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


@both_loops
@pytest.mark.parametrize("tls", [Tls.TLS, Tls.STARTTLS, Tls.OPPORTUNISTIC, Tls.DANE])
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_taken_up_again(authority: Authority, tls: Tls, newest: ssl.TLSVersion, run: Run) -> None:
    async def scenario() -> None:
        clock, certificate = Clock(), authority.server("127.0.0.1")
        certificate.maximum_version = newest
        trust = Trust(clock=clock)
        authority.ca.configure_trust(trust.verifying)
        inbox = Inbox()
        async with inbox.listening(**{"tls" if tls is Tls.TLS else "starttls": certificate}):
            route = inbox.route(tls)
            assert [await spoken(route, trust) for _ in range(3)] == [False, True, True]
            clock.now += SESSION_MS
            assert [await spoken(route, trust) for _ in range(2)] == [False, True]
            # Another host, another way of verifying: as if it had never been met.
            others = [each for each in BY_STARTTLS if each is not tls and tls is not Tls.TLS]
            assert [await spoken(inbox.route(each), trust) for each in others] == [False] * len(others)
        # aiosmtpd does not know of TLS that was there before it.
        assert all(mail.encrypted for mail in inbox.mails) or tls is Tls.TLS

    run(scenario())


async def test_a_server_that_has_forgotten_begins_anew(authority: Authority) -> None:
    trust = authority.client()
    inbox = Inbox()
    for _ in range(2):
        async with inbox.listening(starttls=authority.server("127.0.0.1")):
            assert await spoken(inbox.route(Tls.STARTTLS), trust) is False


@pytest.mark.parametrize(
    ("answers", "said", "connections"),
    [
        ({"EHLO": SECURED}, ["EHLO", "MAIL"], 1),
        ({"EHLO": WITH_TLS, "STARTTLS": b"454 4.7.0 not now\r\n"}, ["EHLO", "STARTTLS", "MAIL"], 1),
        ({"EHLO": WITH_TLS, "STARTTLS": Act.CUT}, ["EHLO", "STARTTLS", "EHLO", "MAIL"], 2),
        ({"EHLO": WITH_TLS, "STARTTLS": b"what?\r\n"}, ["EHLO", "STARTTLS", "EHLO", "MAIL"], 2),
        # Says that it would, and has no certificate.
        ({"EHLO": WITH_TLS}, ["EHLO", "STARTTLS", "EHLO", "MAIL"], 2),
        ({"EHLO": WITH_TLS, "STARTTLS": b"220 go\r\n250 injected\r\n"}, ["EHLO", "STARTTLS", "EHLO", "MAIL"], 2),
    ],
)
async def test_tls_that_nobody_demands(answers: dict[str, Answer], said: list[str], connections: int) -> None:
    server = Server(answers, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    async with server.listening():
        assert await spoken(server.route(Tls.OPPORTUNISTIC), Trust()) is None
    heard = [verb for verb in server.verbs() if verb in ("EHLO", "STARTTLS", "MAIL")]
    assert (heard, server.connections) == (said, connections)


async def test_any_certificate_will_do_where_nobody_demands_one() -> None:
    inbox = Inbox()
    async with inbox.listening(starttls=Authority(ca=trustme.CA()).server("other.example")):
        assert await spoken(inbox.route(Tls.OPPORTUNISTIC), Trust()) is False
    assert inbox.mails[0].encrypted


async def test_a_server_that_closes_is_not_asked_again_without_tls() -> None:
    server = Server({"EHLO": WITH_TLS, "STARTTLS": b"421 4.3.2 closing\r\n"})
    async with server.listening():
        outcome = await failure_of(server.route(Tls.OPPORTUNISTIC), Trust())
    assert (outcome.code, server.connections) == (421, 1)


def dane(inbox: Inbox, *records: Tlsa) -> Route:
    """To a host that is called mx.example and receives for example.net."""
    route = inbox.route(Tls.DANE)
    return replace(route, host="mx.example", addresses=("127.0.0.1",), tlsa=records, names=("example.net",))


@both_loops
@pytest.mark.parametrize(
    ("name", "usages", "fault"),
    [
        ("mx.example", [3], None),
        ("whoever.example", [3], None),  # RFC 7672 §3.1.1: the key is named, so the name is not asked
        ("mx.example", [2], None),
        ("example.net", [2], None),
        ("other.example", [2], "not to be trusted (DANE)"),
        ("mx.example", [], None),  # RFC 7672 §2.2: nothing usable, so anybody, but not without TLS
        ("mx.example", [-3], "none of those that the DNS names"),
    ],
)
def test_the_certificate_is_the_one_that_the_dns_names(
    name: str, usages: list[int], fault: str | None, run: Run
) -> None:
    async def scenario() -> None:
        ca = trustme.CA()
        issued = ca.issue_cert(name)
        certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        issued.configure_cert(certificate)
        leaf = x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
        key = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        root = x509.load_pem_x509_certificate(ca.cert_pem.bytes()).public_bytes(Encoding.DER)
        known = {
            3: Tlsa(usage=3, selector=1, matching=1, data=hashlib.sha256(key).digest()),
            2: Tlsa(usage=2, selector=0, matching=0, data=root),
            -3: Tlsa(usage=3, selector=1, matching=1, data=bytes(32)),
        }
        inbox = Inbox()
        async with inbox.listening(starttls=certificate):
            route, trust = dane(inbox, *(known[usage] for usage in usages)), Trust()
            if fault is None:
                assert [await spoken(route, trust) for _ in range(2)] == [False, True]
                # For other records it has shown nothing yet.
                assert (await failure_of(replace(route, tlsa=(known[-3],)), trust)).stage is Stage.TLS
            else:
                outcome = await failure_of(route, trust)
                assert (outcome.stage, outcome.server) == (Stage.TLS, f"mx.example[127.0.0.1]:{inbox.port}")
                assert fault in outcome.line
        assert len(inbox.mails) == (2 if fault is None else 0)

    run(scenario())


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ({"EHLO": SECURED}, "the server does not offer STARTTLS"),
        ({"EHLO": WITH_TLS, "STARTTLS": b"454 4.7.0 not now\r\n"}, "4.7.0 not now"),
        ({"EHLO": WITH_TLS, "STARTTLS": b"220 go\r\n250 injected\r\n"}, "the server said more than it was asked"),
    ],
)
async def test_where_the_dns_names_a_certificate_nothing_goes_without_tls(
    answers: dict[str, Answer], line: str
) -> None:
    server = Server(answers)
    async with server.listening():
        outcome = await failure_of(server.route(Tls.DANE), Trust())
    assert (outcome.stage, server.connections) == (Stage.TLS, 1)
    assert outcome.line.startswith(line)
    assert "MAIL" not in server.verbs()


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.TLS])
@pytest.mark.parametrize(
    ("fault", "line"),
    [("expired", "has expired"), ("of tomorrow", "not yet valid"), ("self-signed", "self-signed certificate")],
)
async def test_certificates_that_a_verified_route_refuses(
    authority: Authority, tls: Tls, fault: str, line: str
) -> None:
    now = datetime.now(UTC)
    begins = now + timedelta(days={"expired": -3, "of tomorrow": 1}.get(fault, -1))
    certificate, other = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), trustme.CA()
    alone = trustme.LeafCert(other.private_key_pem.bytes(), other.cert_pem.bytes(), [])
    shown = (
        alone
        if fault == "self-signed"
        else authority.ca.issue_cert("127.0.0.1", not_before=begins, not_after=begins + timedelta(days=1, hours=1))
    )
    shown.configure_cert(certificate)
    server = Server({"EHLO": offers("STARTTLS", "AUTH PLAIN")}, tls=certificate, implicit=tls is Tls.TLS)
    async with server.listening():
        outcome = await failure_of(server.route(tls, ANN), authority.client())
    assert outcome.stage is Stage.TLS
    assert line in outcome.line
    assert "AUTH" not in server.verbs()
