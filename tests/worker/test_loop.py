"""The worker against a real SMTP server, on both databases: what is accepted arrives, once, and is settled so."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from structlog.testing import capture_logs

from postroom.app import App, clock, open_app
from postroom.config import Settings
from postroom.mail.life import State, Why
from postroom.send import submit
from postroom.store import claims, jobs, mails, orgs, transports
from postroom.store.claims import Mark
from postroom.store.db import Tx
from postroom.store.mails import Accepted, Filed
from postroom.store.tables import job
from postroom.worker.loop import work
from tests.smtp.peers import ANSWERS, Act, Inbox, Server, offers, until
from tests.store.accepted import claim, work_for
from tests.test_send import box, caller, draft, key
from tests.world import World, found


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """An open program and its world; ``accept`` stores one mail as the API does."""

    app: App
    world: World

    async def accept(self, subject: str = "Hello", **changes: Any) -> Accepted:
        asked = replace(draft(self.world), subject=subject, **changes)
        me, record = caller(self.world), key(self.world)
        accepted = await submit(self.app.db, self.app.ids, me, record, asked, now=self.app.clock())
        self.app.wake.ring()
        return accepted

    async def filed(self, accepted: Accepted) -> Filed:
        filed = await self.app.db.read(partial(mails.find, org_id=self.world.org.id, mail_id=accepted.letter.mail_id))
        assert filed is not None
        return filed

    async def reaches(self, accepted: Accepted, state: State) -> Filed:
        """The mail, once it has come to this state."""
        while (filed := await self.filed(accepted)).state is not state:
            continue
        return filed

    async def reaches_event(self, accepted: Accepted, what: str) -> Filed:
        """The mail, once that has happened to it."""
        while what not in await self.events(accepted):
            continue
        return await self.filed(accepted)

    async def events(self, accepted: Accepted) -> list[str]:
        filed = await self.filed(accepted)
        rows = await self.app.db.read(partial(mails.history, org_id=self.world.org.id, seq=filed.seq))
        return [row.what for row in rows]


@asynccontextmanager
async def post(
    folder: Path,
    database_url: str,
    port: int,
    *,
    clock: Callable[[], int] = clock,
    few: Mapping[str, Any] | None = None,
) -> AsyncIterator[Post]:
    """A program whose transports all lead to this port."""
    chosen = Settings(data_dir=folder, database=database_url, hostname="post.example", **(few or {}))
    async with open_app(chosen, clock=clock) as app:
        yield Post(app=app, world=await app.db.write(partial(found, port=port)))


@asynccontextmanager
async def worker(app: App) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A running worker; call what is given to stop it cleanly."""
    stop = asyncio.Event()
    task = asyncio.create_task(work(app, stop))

    async def end() -> None:
        stop.set()
        await task

    try:
        yield end
    finally:
        await end()


async def test_mail_arrives_and_is_settled(database_url: str, tmp_path: Path) -> None:
    async with Inbox().listening() as inbox, post(tmp_path, database_url, inbox.port) as office:
        async with worker(office.app):
            accepted = await office.accept("Grüße", cc=(box("c@x.example"),), bcc=(box("b@x.example"),))
            filed = await office.reaches(accepted, State.SENT)
        (mail,) = inbox.mails
        message = message_from_bytes(mail.content, policy=policy.default)
        assert (message["Subject"], message["Cc"], message["Bcc"]) == ("Grüße", "c@x.example", None)
        assert mail.recipients == ("cleo@customer-of-org1.example", "c@x.example", "b@x.example")
        assert {delivery.state for delivery in filed.deliveries} == {State.SENT}
        assert await office.events(accepted) == ["queued", "accepted", "accepted", "accepted"]
        assert await office.app.db.read(jobs.waiting) == 0


async def test_many_mails_share_few_connections_and_none_is_doubled(database_url: str, tmp_path: Path) -> None:
    async with Inbox().listening() as inbox, post(tmp_path, database_url, inbox.port) as office:
        async with worker(office.app):
            await asyncio.gather(*(office.accept(str(n)) for n in range(200)))
            while await office.app.db.read(jobs.waiting):
                continue
        subjects = [message_from_bytes(mail.content)["Subject"] for mail in inbox.mails]
        assert sorted(map(int, subjects)) == list(range(200))
        assert inbox.connections <= 20


async def test_two_workers_share_the_queue_without_a_double(database_url: str, tmp_path: Path) -> None:
    async with Inbox().listening() as inbox, post(tmp_path, database_url, inbox.port) as office:
        await asyncio.gather(*(office.accept(str(n)) for n in range(100)))
        async with worker(office.app), worker(office.app):
            while await office.app.db.read(jobs.waiting):
                continue
        subjects = [message_from_bytes(mail.content)["Subject"] for mail in inbox.mails]
        assert sorted(map(int, subjects)) == list(range(100))


OK = b"250 2.0.0 Ok\r\n"


async def test_refused_recipient_fails_alone(database_url: str, tmp_path: Path) -> None:
    server = Server({"EHLO": offers("PIPELINING", "DSN"), "RCPT": [OK, b"550 5.1.1 no such mailbox\r\n"]})
    async with server.listening(), post(tmp_path, database_url, server.port) as office:
        async with worker(office.app):
            accepted = await office.accept(cc=(box("gone@x.example"),))
            filed = await office.reaches(accepted, State.SENT)
        gone = filed.deliveries[1]
        assert (gone.state, gone.code, gone.enhanced) == (State.FAILED, 550, "5.1.1")
        assert (gone.why, filed.deliveries[0].why) == (Why.BAD_MAILBOX, None)
        assert await office.events(accepted) == ["queued", "accepted", "rejected"]
    # What the server may have to report of it names the mail.
    assert server.heard[1].endswith(f" ENVID={accepted.letter.mail_id.hex()}")


async def test_deferred_recipient_is_tried_again_at_its_time_and_nobody_else(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    server = Server({"RCPT": [OK, b"450 4.2.0 greylisted\r\n", OK]})
    async with (
        server.listening(),
        post(tmp_path, database_url, server.port, clock=lambda: moment) as office,
        worker(office.app),
    ):
        accepted = await office.accept(cc=(box("slow@x.example"),))
        filed = await office.reaches_event(accepted, "deferred")
        assert [delivery.state for delivery in filed.deliveries] == [State.SENT, State.QUEUED]
        assert filed.due_at is not None
        assert 48_000 <= filed.due_at - moment <= 72_000
        moment = filed.due_at
        await office.reaches(accepted, State.SENT)
        assert [line for line in server.heard if line.startswith("RCPT")] == [
            "RCPT TO:<cleo@customer-of-org1.example>",
            "RCPT TO:<slow@x.example>",
            "RCPT TO:<slow@x.example>",
        ]
        first, second = server.messages
        assert first == second, "each attempt has the same octets"


async def test_reply_lost_after_the_final_dot_is_unknown_and_tried_again(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    server = Server({".": [Act.CUT, OK]})
    async with (
        server.listening(),
        post(tmp_path, database_url, server.port, clock=lambda: moment) as office,
        worker(office.app),
    ):
        accepted = await office.accept()
        moment = (await office.reaches_event(accepted, "unknown")).due_at or 0
        await office.reaches(accepted, State.SENT)
        assert await office.events(accepted) == ["queued", "unknown", "accepted"]


async def test_scheduled_mail_waits_for_its_time_and_for_a_worker(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    async with Inbox().listening() as inbox, post(tmp_path, database_url, inbox.port, clock=lambda: moment) as office:
        async with worker(office.app):
            last = await office.accept("last", scheduled_at=moment + 120_000)
            later = await office.accept("later", scheduled_at=moment + 60_000)
            now = await office.accept("now")
            await office.reaches(now, State.SENT)
            assert (await office.filed(later)).state is State.SCHEDULED
            moment += 60_000
            await office.reaches(later, State.SENT)
        moment += 90_000
        async with worker(office.app):
            await office.reaches(last, State.SENT)
        assert [message_from_bytes(mail.content)["Subject"] for mail in inbox.mails] == ["now", "later", "last"]


async def test_a_mail_leaves_at_its_moment_and_not_at_the_next_look(sqlite_url: str, tmp_path: Path) -> None:
    few = {"poll_seconds": 10.0}
    async with (
        Inbox().listening() as inbox,
        post(tmp_path, sqlite_url, inbox.port, few=few) as office,
        worker(office.app),
    ):
        at = clock() + 150
        await office.accept(scheduled_at=at)
        await until(lambda: len(inbox.mails) > 0)
        assert at <= clock() < at + 5000


async def test_dead_workers_mails_are_taken_over_and_its_verdict_is_void(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    async with (
        Inbox().listening() as inbox,
        post(tmp_path, database_url, inbox.port, clock=lambda: moment) as office,
    ):
        accepted = await office.accept()
        (dead,) = await office.app.db.write(partial(work_for, wanted=claim(1, now=moment)))
        async with worker(office.app):
            other = await office.accept("other")
            await office.reaches(other, State.SENT)
            assert (await office.filed(accepted)).state is State.SENDING
            moment += 20_000
            await office.reaches(accepted, State.SENT)
        assert len(inbox.mails) == 2
        assert dead.attempt == 1
        assert (await office.events(accepted)).count("accepted") == 1


async def test_what_is_in_hand_is_not_taken_again_when_the_clock_jumps(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    server = Server({"MAIL": [Act.SILENCE, ANSWERS["MAIL"]]})
    async with (
        server.listening(),
        post(tmp_path, database_url, server.port, clock=lambda: moment, few={"stop_seconds": 0.0}) as office,
        worker(office.app),
    ):
        first = await office.accept("first")
        await until(lambda: "MAIL" in server.verbs())
        moment += 3_600_000
        await office.reaches(await office.accept("second"), State.SENT)
        filed = await office.filed(first)
        assert (filed.state, filed.attempt, server.verbs().count("MAIL")) == (State.SENDING, 1, 2)


async def test_what_a_dead_worker_may_have_sent_is_unknown_and_rests(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    async with (
        Inbox().listening() as inbox,
        post(tmp_path, database_url, inbox.port, clock=lambda: moment) as office,
    ):
        accepted = await office.accept()
        (dead,) = await office.app.db.write(partial(work_for, wanted=claim(1, now=moment)))
        assert await office.app.db.write_together(claims.mark, Mark(dead.mail_seq, 1))
        moment += 20_000
        async with worker(office.app):
            filed = await office.reaches_event(accepted, "unknown")
            assert (filed.state, filed.attempt) == (State.QUEUED, 1)
            assert filed.due_at is not None
            assert 10 * 60_000 <= filed.due_at - moment <= 12 * 60_000
            assert inbox.mails == []
            moment = filed.due_at
            await office.reaches(accepted, State.SENT)
        assert await office.events(accepted) == ["queued", "unknown", "accepted"]
        assert len(inbox.mails) == 1


async def test_a_slow_attempt_tells_how_far_it_has_come(sqlite_url: str, tmp_path: Path) -> None:
    few = {"lease_seconds": 0.2, "stop_seconds": 0.0}
    silent = Server({"MAIL": Act.SILENCE})
    async with silent.listening(), post(tmp_path, sqlite_url, silent.port, few=few) as office:
        await office.accept()
        async with worker(office.app):
            while await office.app.db.read(lambda tx: tx.execute(select(job.c.stage)).scalar()) != "envelope":
                continue


async def test_stop_finishes_what_is_in_flight(database_url: str, tmp_path: Path) -> None:
    async with Inbox().listening() as inbox, post(tmp_path, database_url, inbox.port) as office:
        async with worker(office.app) as end:
            accepted = await office.accept()
            await until(lambda: inbox.connections > 0)
            await end()
        assert (await office.filed(accepted)).state is State.SENT
        assert len(inbox.mails) == 1


async def test_silent_server_does_not_starve_the_others(database_url: str, tmp_path: Path) -> None:
    few = {"mails_in_flight": 12, "connections_per_transport": 3, "stop_seconds": 0.1}
    silent = Server({"CONNECT": Act.SILENCE})
    async with (
        silent.listening(),
        Inbox().listening() as inbox,
        post(tmp_path, database_url, inbox.port, few=few) as office,
    ):
        org = office.world.org
        lost = replace(office.world.org_transport, id=999, port=silent.port)

        def misroute(tx: Tx) -> None:
            transports.add(tx, lost)
            orgs.choose_transport(tx, org.id, lost.id)

        await office.app.db.write(misroute)
        for n in range(30):
            await office.accept(f"lost {n}", through_org=True)
        async with worker(office.app):
            for accepted in [await office.accept(f"healthy {n}") for n in range(30)]:
                await office.reaches(accepted, State.SENT)
        assert len(inbox.mails) == 30


async def test_a_mail_whose_end_cannot_be_written_is_held_and_not_sent_again(sqlite_url: str, tmp_path: Path) -> None:
    lease = 1.0
    few = {"lease_seconds": lease, "poll_seconds": 0.05}
    async with Inbox().listening() as inbox, post(tmp_path, sqlite_url, inbox.port, few=few) as office:
        await office.accept()
        await office.app.db.write(lambda tx: tx.execute(text("DROP TABLE event")))

        def due(tx: Tx) -> int:
            return int(tx.execute(select(job.c.due_at)).scalar_one())

        # Not rendered: to draw a traceback would take longer than this lease.
        with capture_logs() as lines:
            async with worker(office.app):
                await until(lambda: len(inbox.mails) > 0)
                end = clock() + 2.5 * lease * 1000
                while await office.app.db.read(due) < end:
                    continue
        assert len(inbox.mails) == 1
        assert [line["event"] for line in lines] == ["mail not settled, held until this worker ends"]
