"""A transport that fails is paused and says so; its mails wait as they are, and leave once it works again."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import trustme
from sqlalchemy import select
from structlog.testing import capture_logs

from postroom.app import clock
from postroom.mail.life import State
from postroom.mail.retry import DAY, MINUTE, SECOND
from postroom.store import jobs, transports
from postroom.store.tables import event, job
from postroom.store.transports import Standing, Transport
from tests.smtp.peers import Act, Authority, Server, offers, until
from tests.worker.test_loop import Post, post, worker

WRONG = b"535 5.7.8 no\r\n"
BUSY = b"421 4.3.2 too many connections\r\n"
READY = b"220 server.example ESMTP\r\n"


def way(office: Post, **changes: object) -> Transport:
    return replace(office.world.transport, **changes)  # type: ignore[arg-type]


async def change(office: Post, changed: Transport) -> None:
    """What ``postroom sender set`` does."""
    await office.app.db.write(partial(transports.save, changed=changed))
    office.app.wake.ring()


async def standing(office: Post) -> Standing:
    number = office.world.transport.id
    return (await office.app.db.read(partial(transports.standings, transport_ids=[number])))[number]


async def stands(office: Post, check: Callable[[Standing], bool]) -> Standing:
    """How the transport fares, once that holds and no mail is under way."""
    while not check(now := await standing(office)) or await held(office):
        continue
    return now


async def held(office: Post) -> int:
    return len(await office.app.db.read(lambda tx: tx.execute(select(job.c.lease).where(job.c.lease > 0)).all()))


async def attempts(office: Post) -> set[int]:
    return set(await office.app.db.read(lambda tx: tx.execute(select(job.c.attempt)).scalars().all()))


async def happenings(office: Post) -> set[str]:
    return set(await office.app.db.read(lambda tx: tx.execute(select(event.c.what)).scalars().all()))


async def arrived(office: Post) -> None:
    while await office.app.db.read(jobs.waiting):
        continue


async def test_a_wrong_password_is_tried_once_and_costs_no_mail_an_attempt(database_url: str, tmp_path: Path) -> None:
    now = clock()
    server = Server({"EHLO": offers("PIPELINING", "AUTH PLAIN"), "AUTH": [WRONG, WRONG, b"235 2.7.0 welcome\r\n"]})
    async with server.listening(), post(tmp_path, database_url, server.port, clock=lambda: now) as office:
        seal = office.app.vault.seal
        await change(office, way(office, username="ada", password=seal("wrong")))
        for n in range(50):
            await office.accept(str(n))
        with capture_logs() as lines:
            async with worker(office.app):
                paused = await stands(office, lambda each: each.failures == 1)
                assert server.connections == 1
                assert (await attempts(office), await happenings(office)) == ({0}, {"queued"})
                assert paused.paused_since == now
                assert paused.fault == f"127.0.0.1:{server.port} auth 535 5.7.8 no"
                assert 48 * SECOND <= (paused.paused_until or 0) - now <= 72 * SECOND
                now = paused.paused_until or 0
                again = await stands(office, lambda each: each.failures == 2)
                assert server.connections == 2
                assert again.paused_since == paused.paused_since
                assert 96 * SECOND <= (again.paused_until or 0) - now <= 144 * SECOND
                assert await attempts(office) == {0}
                await change(office, way(office, username="ada", password=seal("right")))
                await arrived(office)
        assert len(server.messages) == 50
        assert (await happenings(office), (await standing(office)).failures) == ({"queued", "accepted"}, 0)
        assert [line["event"] for line in lines].count("transport paused") == 1


async def test_two_workers_try_a_host_that_is_down_by_one_mail(database_url: str, tmp_path: Path) -> None:
    now = clock()
    server = Server()
    async with server.listening():
        pass
    async with post(tmp_path, database_url, server.port, clock=lambda: now) as office:
        for n in range(20):
            await office.accept(str(n))
        with capture_logs() as lines:
            async with worker(office.app), worker(office.app):
                down = await stands(office, lambda each: each.failures == 1)
                assert "connect" in (down.fault or "")
                tarpit = Server({"CONNECT": [Act.SILENCE]})
                tarpit.port = server.port
                async with tarpit.listening():
                    now = down.paused_until or 0
                    await until(lambda: tarpit.connections > 0)
                    # Whoever else would try has seen all this by then.
                    assert (await standing(office)).paused_until == now + 20 * SECOND
                    for _ in range(2):
                        office.app.wake.ring()
                        await asyncio.sleep(0)
                        await office.app.db.write(jobs.waiting)
                    assert (tarpit.connections, await held(office)) == (1, 1)
                down = await stands(office, lambda each: each.failures == 2)
                async with server.listening():
                    now = down.paused_until or 0
                    await arrived(office)
        assert len(server.messages) == 20
        assert await happenings(office) == {"queued", "accepted"}
        said = [line["event"] for line in lines if line["event"].startswith("transport")]
        assert said == ["transport paused", "transport works again"]


async def test_a_certificate_or_a_key_that_is_wrong_pauses(sqlite_url: str, tmp_path: Path) -> None:
    authority = Authority(ca=trustme.CA())
    server = Server(tls=authority.server("127.0.0.1"), implicit=True)
    async with server.listening(), post(tmp_path, sqlite_url, server.port) as office, worker(office.app):
        await change(office, way(office, tls="tls"))
        accepted = await office.accept()
        paused = await stands(office, lambda each: each.failures > 0)
        assert "tls the certificate is not to be trusted" in (paused.fault or "")
        await change(office, way(office, tls="none", username="ada", password=b"sealed with another key"))
        paused = await stands(office, lambda each: each.failures > 0 and "tls" not in (each.fault or ""))
        assert paused.fault == "route secret_keys: none of the keys opens a stored password"
        assert await office.events(accepted) == ["queued"]


async def test_a_flapping_server_gets_all_mails(database_url: str, tmp_path: Path) -> None:
    now = clock()
    server = Server(
        {"CONNECT": [Act.CUT, Act.CUT, READY, Act.CUT, READY], ".": [b"250 taken\r\n", Act.CUT, b"250 taken\r\n"]}
    )
    few = {"connections_per_transport": 1, "unknown_minutes": 0.0}
    async with server.listening(), post(tmp_path, database_url, server.port, clock=lambda: now, few=few) as office:
        for n in range(5):
            await office.accept(str(n))
        async with worker(office.app):
            while await office.app.db.read(jobs.waiting):
                if not await held(office):
                    now += MINUTE
        assert len(server.messages) == 6
        assert await happenings(office) == {"queued", "accepted", "unknown"}


async def test_a_server_without_room_for_one_session_more_is_no_way_that_fails(sqlite_url: str, tmp_path: Path) -> None:
    now = clock()
    server = Server({"CONNECT": [READY, BUSY], ".": [b"250 taken\r\n", Act.SILENCE]})
    async with (
        server.listening(),
        post(tmp_path, sqlite_url, server.port, clock=lambda: now, few={"stop_seconds": 0.1}) as office,
        worker(office.app),
    ):
        first = await office.accept()
        await office.reaches(first, State.SENT)
        await office.accept()
        await until(lambda: len(server.messages) == 2)
        other = await office.accept()
        await until(lambda: server.connections == 2)
        while (filed := await office.filed(other)).state is not State.QUEUED or filed.due_at == now:
            continue
        assert filed.attempt == 0
        assert 4 * SECOND <= (filed.due_at or 0) - now <= 6 * SECOND
        assert (await standing(office)).failures == 0


async def test_mails_of_a_paused_transport_fail_when_their_time_ends(database_url: str, tmp_path: Path) -> None:
    now = clock()
    async with AsyncExitStack() as closed:
        server = await closed.enter_async_context(Server().listening())
        await closed.aclose()
        async with post(tmp_path, database_url, server.port, clock=lambda: now) as office:
            old = [await office.accept(str(n)) for n in range(3)]
            async with worker(office.app):
                paused = await stands(office, lambda each: each.failures == 1)
            now += DAY
            young = await office.accept()
            now += 4 * DAY + 1
            await office.app.db.write(
                partial(transports.keep_paused, transport_ids=[office.world.transport.id], until=now + 1)
            )
            async with worker(office.app):
                for each in old:
                    filed = await office.reaches(each, State.FAILED)
                    assert (filed.attempt, filed.deliveries[0].line) == (0, paused.fault)
                assert (await office.filed(young)).state is State.QUEUED


async def test_a_fallback_has_the_mails_until_the_server_is_back(database_url: str, tmp_path: Path) -> None:
    now = clock()
    server, other = Server(), Server()
    async with server.listening():
        pass  # it has a port, and is away
    async with other.listening(), post(tmp_path, database_url, server.port, clock=lambda: now) as office:
        second = replace(office.world.org_transport, port=other.port)
        await change(office, second)
        await change(office, way(office, fallback_id=second.id))
        async with worker(office.app):
            for mail in [await office.accept(str(n)) for n in range(10)]:
                await office.reaches(mail, State.SENT)
            assert len(other.messages) == 10
            async with server.listening():
                now += 8 * SECOND
                await office.reaches(await office.accept("tries"), State.SENT)
                await stands(office, lambda each: each.failures == 0)
                await office.reaches(await office.accept("as before"), State.SENT)
                assert (len(server.messages), len(other.messages)) == (2, 10)
