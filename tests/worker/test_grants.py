"""Mail that leaves by an access token: from the issuer of tokens to the SMTP server, over TLS, on both databases."""

from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import trustme
from structlog.testing import capture_logs

from postroom.app import clock
from postroom.mail.life import State
from postroom.mail.retry import MINUTE, SECOND
from postroom.smtp.grant import Grant
from postroom.store import jobs, transports
from tests.smtp.issuers import GRANT, Issuer, answer, token
from tests.smtp.peers import Authority, Server, offers, until
from tests.worker.test_loop import Post, post, worker
from tests.worker.test_pause import arrived, attempts, change, stands

NO = b"535 5.7.8 no\r\n"
WELCOME = b"235 2.7.0 welcome\r\n"

authority = cache(lambda: Authority(ca=trustme.CA()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """A program, the SMTP server that its mails leave through, and who issues tokens for that."""

    office: Post
    server: Server
    issuer: Issuer

    async def sign_in(self, refresh_token: str) -> None:
        """What ``postroom sender set --oauth google`` does."""
        grant = replace(GRANT, refresh_token=refresh_token)
        sealed = self.office.app.vault.seal(grant.text)
        await change(
            self.office, replace(self.office.world.transport, tls="tls", username=grant.username, oauth=sealed)
        )

    async def kept(self) -> Grant:
        """What the database has of it."""
        number = self.office.world.transport.id
        (way,) = await self.office.app.db.read(partial(transports.find_many, transport_ids=[number]))
        assert way is not None
        return Grant.read(self.office.app.vault.open_sealed(way.oauth or b""))

    def shown(self) -> list[str]:
        """The tokens that the SMTP server saw."""
        said = [b64decode(line.split()[2]).decode() for line in self.server.heard if line.startswith("AUTH ")]
        return [each.split("\1")[1].removeprefix("auth=Bearer ") for each in said]


@asynccontextmanager
async def scene(
    folder: Path,
    database_url: str,
    issuer: Issuer,
    *auth: bytes,
    clock: Callable[[], int] = clock,
    connections: int = 20,
) -> AsyncIterator[Scene]:
    server = Server(
        {"EHLO": offers("PIPELINING", "AUTH XOAUTH2"), "AUTH": auth or WELCOME},
        tls=authority().server("127.0.0.1"),
        implicit=True,
    )
    authority().ca.cert_pem.write_to_path(folder / "ca.pem")
    async with AsyncExitStack() as opened:
        await opened.enter_async_context(server.listening())
        await opened.enter_async_context(issuer.listening())
        few = {
            "ca_file": str(folder / "ca.pem"),
            "google_token_url": issuer.url,
            "connections_per_transport": connections,
        }
        office = await opened.enter_async_context(post(folder, database_url, server.port, clock=clock, few=few))
        found = Scene(office=office, server=server, issuer=issuer)
        await found.sign_in("first")
        yield found


async def test_many_mails_leave_by_one_token_and_the_refresh_token_moves_on(database_url: str, tmp_path: Path) -> None:
    issuer = Issuer(token("t1", refresh_token="second"), token("t2", refresh_token="third"), token("t3"))
    async with scene(tmp_path, database_url, issuer, WELCOME, NO, WELCOME, connections=1) as now:
        for n in range(40):
            await now.office.accept(str(n))
        with capture_logs() as lines:
            async with worker(now.office.app):
                await arrived(now.office)
            assert (len(issuer.asked), (await now.kept()).refresh_token) == (1, "second")
            accepted = await now.office.accept()
            async with worker(now.office.app):
                await now.office.reaches(accepted, State.SENT)
        assert now.shown() == ["t1", "t2", "t3"]  # the second ended before its time
        assert [asked["refresh_token"] for asked in issuer.asked] == ["first", "second", "third"]
        assert len(now.server.messages) == 41
        said = f"{lines}"
        assert not [secret for secret in ("t1", "t2", "first", "second", "s3cret") if f"{secret!r}" in said]


async def test_a_sign_in_that_ended_pauses_and_says_so_until_somebody_signs_in(
    database_url: str, tmp_path: Path
) -> None:
    moment = clock()
    issuer = Issuer(answer(400, error="invalid_grant"), answer(503), token("t1"))
    async with scene(tmp_path, database_url, issuer, clock=lambda: moment) as now:
        for n in range(10):
            await now.office.accept(str(n))
        async with worker(now.office.app):
            ended = await stands(now.office, lambda each: each.failures == 1)
            assert (ended.fault or "").endswith(
                " auth the sign-in of ann@example.com has ended; sign in again (invalid_grant)"
            )
            assert 48 * SECOND <= (ended.paused_until or 0) - moment <= 72 * SECOND
            moment += 2 * MINUTE
            away = await stands(now.office, lambda each: each.failures == 2)
            assert (away.fault or "").endswith(" auth the token server is not of use now: HTTP 503")
            assert (away.paused_until or 0) - moment <= 12 * SECOND
            assert (now.shown(), await attempts(now.office)) == ([], {0})
            await now.sign_in("again")
            await arrived(now.office)
        assert issuer.asked[-1]["refresh_token"] == "again"
        assert len(now.server.messages) == 10


async def test_what_an_operator_set_meanwhile_stays(database_url: str, tmp_path: Path) -> None:
    issuer = Issuer(token("t1", refresh_token="second"))
    async with scene(tmp_path, database_url, issuer) as now:
        issuer.hold.clear()
        await now.office.accept()
        async with worker(now.office.app):
            await until(lambda: bool(issuer.asked))
            await now.sign_in("operator's")
            issuer.hold.set()
            while await now.office.app.db.read(jobs.waiting):
                continue
        assert (await now.kept()).refresh_token == "operator's"
