"""What is said of each step of a trial, by what a server does."""

import datetime
import ssl
from functools import partial

import pytest
import trustme

from postroom.cli.advice import advice
from postroom.mail.life import Outcome, Result, Stage
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.probe import Step, Tried, probe
from postroom.smtp.route import Credentials, Route, Tls
from postroom.smtp.session import Session
from postroom.smtp.trust import Trust
from tests.smtp.letters import MESSAGE, envelope
from tests.smtp.peers import Act, Authority, Server, offers

ADA = Credentials(username="ada", password="pencil")
WITH_TLS = offers("STARTTLS", "AUTH PLAIN")
CONNECT, GREET, TLS, SIGN_IN, MAIL = list(Step)[1:]


async def steps(route: Route, trust: Trust) -> list[Tried]:
    opening = partial(
        Session.open,
        route,
        hostname="mail.example.com",
        trust=trust,
        deadlines=Deadlines.scaled(0.001),
    )
    letter = (envelope(), MESSAGE)
    return [each async for each in probe(route, lambda journal: opening(journal=journal), letter)]


async def test_each_way_to_fail_is_told_by_its_step_and_what_to_do() -> None:
    ours, theirs = Authority(ca=trustme.CA()), Authority(ca=trustme.CA())
    trust = ours.client()
    good = ours.server("127.0.0.1")
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    expired = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.ca.issue_cert("127.0.0.1", not_before=past, not_after=past).configure_cert(expired)
    plain, over_tls = {"EHLO": offers("AUTH PLAIN")}, {"EHLO": WITH_TLS}
    rows = (
        (Server({"CONNECT": Act.SILENCE}), Tls.STARTTLS, [CONNECT], GREET, "465 goes with --tls tls"),
        (Server(plain, tls=good, implicit=True), Tls.STARTTLS, [CONNECT], GREET, "465 goes with --tls tls"),
        (Server({"CONNECT": b"SSH-2.0-x\r\n"}), Tls.NONE, [CONNECT], GREET, "something else than a mail server"),
        (Server({"CONNECT": b"554 no\r\n"}), Tls.NONE, [CONNECT], GREET, "its operator may say why"),
        (Server(plain), Tls.TLS, [CONNECT], TLS, "587 with --tls starttls"),
        (Server(plain), Tls.STARTTLS, [CONNECT, GREET], TLS, "try --tls tls with port 465"),
        (Server(over_tls, tls=expired), Tls.STARTTLS, [CONNECT, GREET], TLS, "must renew"),
        (Server(over_tls, tls=theirs.server("127.0.0.1")), Tls.STARTTLS, [CONNECT, GREET], TLS, "ca_file"),
        (Server(over_tls, tls=ours.server("o.example")), Tls.STARTTLS, [CONNECT, GREET], TLS, "name the server by"),
        (Server({"EHLO": offers()}), Tls.NONE, [CONNECT, GREET], SIGN_IN, "under TLS only"),
        (Server({**plain, "AUTH": b"535 no\r\n"}), Tls.NONE, [CONNECT, GREET], SIGN_IN, "user name and password"),
        (Server({**plain, "MAIL": b"553 no\r\n"}), Tls.NONE, [CONNECT, GREET, SIGN_IN], MAIL, "may not send from"),
        (Server({**plain, "RCPT": b"452 full\r\n"}), Tls.NONE, [CONNECT, GREET, SIGN_IN], MAIL, "line tells why"),
    )
    for server, tls, passed, fails, told in rows:
        async with server.listening():
            route = server.route(tls, ADA)
            first, *before, last = await steps(route, trust)
        assert (first.step, first.seen) == (Step.RESOLVE, "127.0.0.1")
        assert ([each.step for each in before], last.step) == (passed, fails), last
        assert last.outcome is not None
        assert told in advice(route, last.step, last.outcome), last.outcome


@pytest.mark.parametrize(
    ("host", "port", "step", "outcome", "told"),
    [
        ("smtp.gmail.com", 587, SIGN_IN, (Stage.AUTH, 535, "5.7.8 BadCredentials"), "app password"),
        ("smtp.gmail.com", 587, SIGN_IN, (Stage.AUTH, 535, "5.7.8 BadCredentials"), "--oauth google"),
        ("smtp.office365.com", 587, SIGN_IN, (Stage.AUTH, 535, "5.7.139"), "--oauth microsoft"),
        ("mx.example", 25, CONNECT, (Stage.CONNECT, None, "no answer in time"), "block port 25"),
        ("mx.example", 587, CONNECT, (Stage.CONNECT, None, "no answer in time"), "a firewall"),
        ("mx.example", 25, MAIL, (Stage.ENVELOPE, 530, "5.7.0 Must issue STARTTLS"), "--username"),
        ("mx.example", 25, MAIL, (Stage.ENVELOPE, 550, "5.7.1 Relaying denied"), "server's line tells"),
    ],
)
def test_what_no_scripted_server_does(
    host: str, port: int, step: Step, outcome: tuple[Stage, int | None, str], told: str
) -> None:
    stage, code, line = outcome
    route = Route(transport_id=1, host=host, port=port, tls=Tls.STARTTLS)
    met = Outcome(result=Result.DEFERRED, stage=stage, code=code, line=line)
    assert told in advice(route, step, met)
