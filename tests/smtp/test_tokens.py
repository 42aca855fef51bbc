"""Access tokens: fetched from a server on loopback, kept, shared, forgotten; and what such a server may do to us."""

import asyncio
import ssl
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import cache

import pytest
import trustme

from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.smtp.grant import Grant
from postroom.smtp.issuer import ANSWER_OCTETS
from postroom.smtp.protocol import SessionFailed
from postroom.smtp.route import Route, Tls
from postroom.smtp.tokens import Tokens
from tests.smtp.issuers import GRANT, Issuer, answer, raw, token
from tests.smtp.peers import Act, Authority, until

ROUTE = Route(transport_id=7, host="smtp.example.com", port=587, tls=Tls.STARTTLS, credentials=GRANT)


system = cache(ssl.create_default_context)


class Store:
    """The grant of one transport, as a database would keep it."""

    def __init__(self, grant: Grant | None = GRANT) -> None:
        self.grant = grant

    async def newest(self, route: Route) -> Grant | None:
        assert route.transport_id
        return self.grant

    async def exchange(self, route: Route, old: Grant, new: Grant) -> None:
        if self.grant is not None and self.grant.refresh_token == old.refresh_token:
            self.grant = new


def tokens(
    url: str, store: Store | None = None, *, seconds: float = 30.0, trusted: ssl.SSLContext | None = None
) -> Tokens:
    store = store or Store()
    return Tokens(
        urls={"google": url},
        trust=lambda: trusted or system(),
        newest=store.newest,
        exchange=store.exchange,
        seconds=seconds,
    )


async def refused(*answers: bytes | Act, seconds: float = 30.0) -> Outcome:
    async with Issuer(*answers).listening() as issuer:
        kept = tokens(issuer.url, seconds=seconds)
        with pytest.raises(SessionFailed) as caught:
            await kept.bearer(ROUTE, GRANT)
        await kept.close()
    for secret in ("first", "s3cret", "t0ken"):
        assert secret not in f"{caught.value!r} {caught.value.outcome!r}"
    return caught.value.outcome


async def test_a_token_is_asked_for_as_the_standard_says_and_kept() -> None:
    async with Issuer(token("t1"), token("t2")).listening() as issuer:
        kept = tokens(issuer.url)
        assert [await kept.bearer(ROUTE, GRANT) for _ in range(3)] == ["t1"] * 3
        asked = {"grant_type": "refresh_token", "refresh_token": "first", "client_id": "postroom"}
        assert issuer.asked == [asked | {"client_secret": "s3cret"}]
        assert issuer.heads[0].startswith(b"POST /token HTTP/1.1\r\n")
        kept.forget(ROUTE, GRANT, "another")
        assert await kept.bearer(ROUTE, GRANT) == "t1"
        kept.forget(ROUTE, GRANT, "t1")
        assert await kept.bearer(ROUTE, GRANT) == "t2"
        public = replace(GRANT, client_secret="", scope="https://outlook.office.com/SMTP.Send offline_access")
        issuer.answers = [token("t3")]
        fresh = tokens(issuer.url, Store(public))
        assert await fresh.bearer(ROUTE, public) == "t3"
        assert issuer.asked[-1] == asked | {"scope": public.scope}


@pytest.mark.parametrize("seconds", [0, 60, "59", -5, 30.5, "soon"])
async def test_a_token_that_is_about_to_end_is_not_kept(seconds: object) -> None:
    async with Issuer(token("t1", seconds), token("t2")).listening() as issuer:
        kept = tokens(issuer.url)
        assert await kept.bearer(ROUTE, GRANT) == "t1"
        # Where the server does not say how long, it is five minutes.
        assert await kept.bearer(ROUTE, GRANT) == ("t1" if seconds == "soon" else "t2")


async def test_many_who_wait_ask_once_and_who_gives_up_does_not_take_it_from_the_others() -> None:
    async with Issuer(token("t1")).listening() as issuer:
        issuer.hold.clear()
        kept = tokens(issuer.url)
        waiting = [asyncio.create_task(kept.bearer(ROUTE, GRANT)) for _ in range(20)]
        await until(lambda: bool(issuer.asked))
        waiting[0].cancel()
        issuer.hold.set()
        ends = await asyncio.gather(*waiting, return_exceptions=True)
        assert (ends[1:], len(issuer.asked)) == (["t1"] * 19, 1)
        assert isinstance(ends[0], asyncio.CancelledError)


async def test_a_changed_refresh_token_is_stored_and_used_from_then_on() -> None:
    store = Store()
    async with Issuer(token("t1", refresh_token="second"), token("t2", refresh_token="third")).listening() as issuer:
        kept = tokens(issuer.url, store)
        for name in ("t1", "t2"):
            # A mail that was claimed before still comes with the first one.
            assert await kept.bearer(ROUTE, GRANT) == name
            kept.forget(ROUTE, GRANT, name)
        assert [asked["refresh_token"] for asked in issuer.asked] == ["first", "second"]
        assert store.grant is not None
        assert (store.grant.refresh_token, store.grant.client_secret) == ("third", "s3cret")
        store.grant = None
        await kept.bearer(ROUTE, GRANT)
        assert (issuer.asked[2]["refresh_token"], store.grant) == ("first", None)


async def test_another_sign_in_of_the_same_transport_gets_a_token_of_its_own() -> None:
    other = replace(GRANT, username="ben@example.com")
    store = Store()
    async with Issuer(token("t1"), token("t2")).listening() as issuer:
        kept = tokens(issuer.url, store)
        assert await kept.bearer(ROUTE, GRANT) == "t1"
        store.grant = other
        assert [await kept.bearer(ROUTE, other) for _ in range(2)] == ["t2"] * 2


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            answer(400, error="invalid_grant", error_description="Token first has been\nrevoked."),
            "the sign-in of ann@example.com has ended; sign in again (invalid_grant Token *** has been revoked.)",
        ),
        (
            answer(401, error="invalid_client", error_description="s3cret is wrong"),
            "the client postroom or its secret is not known there (invalid_client *** is wrong)",
        ),
        (answer(400, error="invalid_scope"), "the token server refuses (invalid_scope)"),
        (answer(200, error="invalid_request"), "the token server refuses (invalid_request)"),
    ],
)
async def test_a_refusal_is_for_somebody_to_mend(said: bytes, line: str) -> None:
    outcome = await refused(said)
    assert (outcome.stage, outcome.result, outcome.why) == (Stage.AUTH, Result.DEFERRED, Why.AUTHENTICATION)
    assert outcome.line == line
    assert outcome.server.startswith("127.0.0.1:")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (answer(500, error="invalid_grant"), "the token server is not of use now: HTTP 500 invalid_grant"),
        (answer(429, error="slow_down"), "the token server is not of use now: HTTP 429 slow_down"),
        (answer(400, error="temporarily_unavailable"), "not of use now: HTTP 400 temporarily_unavailable"),
        (raw(b"<html>t0ken</html>", 400), "the token server is not of use now: HTTP 400"),
        (raw(b"", 302, "Location: https://elsewhere.example/"), "the token server is not of use now: HTTP 302"),
        (raw(b"\xff\x00garbage"), "the token server is not of use now: HTTP 200"),
        (raw(b'{"access_token": 1}'), "the token server is not of use now: HTTP 200"),
        (token("t0ken\r\nX: y"), "the token server is not of use now: HTTP 200"),
        (token(""), "the token server is not of use now: HTTP 200"),
        (raw(b"t" * (ANSWER_OCTETS + 1)), "the token server cannot be asked: its answer has more than 65536 octets"),
        (raw(b"{}", 200, "Content-Encoding: gzip"), "the token server is not of use now: HTTP 200"),
        (b"SSH-2.0-nothing\r\n", "the token server cannot be asked: "),
        (Act.CUT, "the token server cannot be asked: "),
        (Act.SILENCE, "the token server did not answer in time"),
    ],
)
async def test_a_server_that_is_of_no_use_is_asked_another_time(said: bytes | Act, line: str) -> None:
    outcome = await refused(said, seconds=0.1 if said is Act.SILENCE else 30.0)
    assert (outcome.stage, outcome.result, outcome.why) == (Stage.AUTH, Result.DEFERRED, None)
    assert line in outcome.line


@pytest.mark.parametrize(
    "url", ["http://example.com/token", "ftp://127.0.0.1/", "https://", "nothing", "http://[", "http://127.0.0.1.x/"]
)
async def test_secrets_go_over_https_alone(url: str) -> None:
    with pytest.raises(SessionFailed) as caught:
        await tokens(url).bearer(ROUTE, GRANT)
    assert caught.value.outcome.line == "the URL of the token server is not https"


async def test_the_certificate_is_verified() -> None:
    authority = Authority(ca=trustme.CA())
    async with AsyncExitStack() as opened:
        good, other = [
            await opened.enter_async_context(Issuer(token("t1"), tls=authority.server(name)).listening())
            for name in ("127.0.0.1", "elsewhere.example")
        ]
        assert await tokens(good.url, trusted=authority.client().verifying).bearer(ROUTE, GRANT) == "t1"
        for url, trusted in ((good.url, None), (other.url, authority.client().verifying)):
            with pytest.raises(SessionFailed) as caught:
                await tokens(url, trusted=trusted).bearer(ROUTE, GRANT)
            assert "CERTIFICATE_VERIFY_FAILED" in caught.value.outcome.line
        assert not other.asked
