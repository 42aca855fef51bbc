"""Workers that come and go never have more connections together than a limit allows."""

import asyncio
from dataclasses import replace
from pathlib import Path

from postroom.mail.crew import Crew
from postroom.mail.pace import Course, Pace, Scope
from postroom.store import jobs, paces, workers
from postroom.store.workers import Worker
from postroom.worker.quota import Quota
from tests.smtp.peers import Server, until
from tests.worker.test_loop import post, worker

AT_MOST = 4
LIMIT = Pace(id=3, org_id=None, scope=Scope.SERVER, subject="127.0.0.1", connections=AT_MOST)
COURSE = Course(org_id=1, transport_id=1, host="127.0.0.1")


def test_mails_in_hand_take_room_of_their_limits_alone() -> None:
    now = 0.0
    quota = Quota(Crew(1, 10.0), lambda: now)
    quota.take(COURSE)
    assert quota.room() == {}
    quota.learn((1,), [LIMIT, replace(LIMIT, id=4, subject="other.example")], asked=now)
    quota.take(replace(COURSE, transport_id=2))
    assert quota.room() == {3: AT_MOST - 2, 4: AT_MOST}
    quota.give_back(COURSE)
    assert quota.room() == {3: AT_MOST - 1, 4: AT_MOST}
    assert quota.parts(COURSE) == {3: AT_MOST}
    now = 11.0
    assert quota.parts(COURSE) == {3: 0}, "who knows nothing new for so long knows nothing"


async def test_workers_that_come_and_go_keep_to_a_limit_of_connections(database_url: str, tmp_path: Path) -> None:
    few = {"lease_seconds": 0.6, "poll_seconds": 0.05}
    server = Server()
    async with server.listening(), post(tmp_path, database_url, server.port, few=few) as office:
        dead = Worker(id=1, host="gone.example", pid=1, started_at=1, seen_at=office.app.clock())
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
