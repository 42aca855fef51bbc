"""Signing in by an access token, from the issuer to the SMTP server, over real sockets."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import cache

import pytest
import trustme

from postroom.mail.life import Outcome, Stage
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.protocol import SessionFailed
from postroom.smtp.route import Tls
from postroom.smtp.session import Session
from tests.smtp.issuers import GRANT, Issuer, answer, token
from tests.smtp.peers import Act, Answer, Authority, Server, offers
from tests.smtp.test_tokens import tokens

WELCOME = b"235 2.7.0 welcome\r\n"
WHY = b"334 " + b64encode(b'{"status":"401","schemes":"bearer"}') + b"\r\n"
NO = b"535 5.7.8 no\r\n"

authority = cache(lambda: Authority(ca=trustme.CA()))


async def opened(issuer: Issuer, said: Sequence[Answer]) -> tuple[Outcome | None, list[str]]:
    """Why no session came about, and which tokens were shown."""
    server = Server({"EHLO": offers("AUTH XOAUTH2"), "AUTH": said}, tls=authority().server("127.0.0.1"), implicit=True)
    async with server.listening(), issuer.listening():
        failure = None
        try:
            session = await Session.open(
                server.route(Tls.TLS, GRANT),
                hostname="mail.example.com",
                trust=authority().client(),
                deadlines=Deadlines.scaled(),
                tokens=tokens(issuer.url),
            )
            await session.close()
        except SessionFailed as failed:
            failure = failed.outcome
    shown = [b64decode(line.split()[2]).decode() for line in server.heard if line.startswith("AUTH ")]
    return failure, [each.split("\1")[1].removeprefix("auth=Bearer ") for each in shown]


@pytest.mark.parametrize(
    ("said", "code", "shown"),
    [
        ([WELCOME], None, ["t1"]),
        ([WHY, NO, WELCOME], None, ["t1", "t2"]),
        ([WHY, NO, WHY, NO], 535, ["t1", "t2"]),
        ([NO, Act.CUT], 535, ["t1", "t2"]),
        ([b"454 4.7.0 later\r\n"], 454, ["t1"]),
        ([b"504 5.5.4 what?\r\n"], 504, ["t1"]),
        ([b"421 4.3.2 bye\r\n"], 421, ["t1"]),
    ],
)
async def test_a_token_that_is_refused_is_replaced_once(said: list[Answer], code: int | None, shown: list[str]) -> None:
    failure, seen = await opened(Issuer(token("t1"), token("t2")), said)
    assert (failure and failure.code, seen) == (code, shown)
    if failure is not None and WHY in said:
        assert failure.line == "5.7.8 no (status 401)"


async def test_without_a_token_nothing_is_said() -> None:
    failure, seen = await opened(Issuer(answer(400, error="invalid_grant")), [WELCOME])
    assert failure is not None
    assert (failure.stage, failure.code, seen) == (Stage.AUTH, None, [])
    assert failure.line.endswith("has ended; sign in again (invalid_grant)")
