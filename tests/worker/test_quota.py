"""Workers that come and go never have more connections together than a limit allows."""

import asyncio
from dataclasses import replace
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from msgspec import structs

from postroom.mail.crew import Crew
from postroom.mail.pace import Course, Pace, Scope
from postroom.store import jobs, paces, workers
from postroom.store.db import Tx
from postroom.store.workers import Worker
from postroom.worker.quota import Quota
from tests.smtp.peers import Inbox, Server, until
from tests.worker.test_loop import post, worker

AT_MOST = 4
LIMIT = Pace(id=3, org_id=None, scope=Scope.SERVER, subject="127.0.0.1", connections=AT_MOST)
ME = Worker(id=1, host="here.example", pid=1, started_at=1, seen_at=1)
COURSE = Course(org_id=1, transport_id=1, host="127.0.0.1")


def test_mails_in_hand_take_room_of_their_limits_alone() -> None:
    now = 0.0
    quota = Quota(Crew(1, 10.0), lambda: now)
    quota.take(COURSE)
    assert quota.room() == {}
    quota.learn([ME], [LIMIT, replace(LIMIT, id=4, subject="other.example")], asked=now)
    quota.take(structs.replace(COURSE, transport_id=2))
    assert quota.room() == {3: AT_MOST - 2, 4: AT_MOST}
    quota.give_back(COURSE)
    assert quota.room() == {3: AT_MOST - 1, 4: AT_MOST}
    assert quota.parts(COURSE) == {3: AT_MOST}
    assert not quota.is_over
    now = 11.0
    assert quota.is_over
    assert quota.parts(COURSE) == {3: 0}, "who knows nothing new for so long knows nothing"


async def test_workers_that_come_and_go_keep_to_a_limit_of_connections(database_url: str, tmp_path: Path) -> None:
    few = {"lease_seconds": 0.6, "poll_seconds": 0.05}
    server = Server()
    async with server.listening(), post(tmp_path, database_url, server.port, few=few) as office:
        dead = replace(ME, host="gone.example", seen_at=office.app.clock())
        await office.app.db.write(lambda tx: paces.save(tx, LIMIT))
        await office.app.db.write(lambda tx: workers.refresh(tx, dead))

        async def send(mails: int) -> None:
            before = len(server.messages)
            await asyncio.gather(*(office.accept(str(n)) for n in range(mails)))
            await until(lambda: len(server.messages) >= before + mails)

        async with worker(office.app) as end, worker(office.app):
            await send(20)
            async with worker(office.app):
                while len(await office.app.db.read(lambda tx: workers.living(tx, office.app.clock() - 600))) < 3:
                    continue
                await send(20)
                await end()
                await send(20)
            await send(20)
            while await office.app.db.read(jobs.waiting):
                continue
        assert 1 < server.most_at_once <= AT_MOST
        assert len(server.messages) == 80
        left = await office.app.db.read(lambda tx: workers.living(tx, 0))
        assert [each.id for each in left] == [dead.id], "who stops says so"


class Slow(Inbox):
    """Answers the final dot of a mail only when told."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await self.go.wait()
        return await super().handle_DATA(server, session, envelope)


async def test_who_comes_waits_for_the_mails_of_those_who_have_too_much(sqlite_url: str, tmp_path: Path) -> None:
    few = {"lease_seconds": 0.4, "poll_seconds": 0.05}
    async with Slow().listening() as slow, post(tmp_path, sqlite_url, slow.port, few=few) as office:
        db = office.app.db
        await db.write(lambda tx: paces.save(tx, replace(LIMIT, connections=2)))
        await asyncio.gather(*(office.accept(str(n)) for n in range(6)))
        async with worker(office.app):
            await until(lambda: slow.connections == 2)
            async with worker(office.app):
                looks = 0
                while looks < 3 * 1000 * few["lease_seconds"]:
                    looks = max((each.seen_at - each.started_at for each in await db.read(_newest)), default=0)
                assert slow.connections == 2
                slow.go.set()
                while await db.read(jobs.waiting):
                    continue
        assert len(slow.mails) == 6


def _newest(tx: Tx) -> list[Worker]:
    return [*workers.living(tx, 0)][1:]
