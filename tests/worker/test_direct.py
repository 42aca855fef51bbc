"""Mail that goes to its recipients' own servers: each domain by itself, and what one of them does hurts no other."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import select

from postroom.app import clock
from postroom.mail.life import Outcome, Result, Stage, State, Why
from postroom.smtp.route import Destination
from postroom.store import orgs, senders, transports
from postroom.store.mails import Accepted
from postroom.store.orgs import RecipientPolicy
from postroom.store.tables import job
from postroom.store.transports import Transport
from postroom.worker.loop import work
from tests.smtp.nameserver import Nameserver, Zone
from tests.smtp.peers import Act, Server, until
from tests.test_send import box
from tests.worker.test_loop import Post, post
from tests.worker.test_loop import worker as by_dns

OK = b"250 2.0.0 Ok\r\n"
GREY = b"450 4.2.0 greylisted\r\n"
NULL = Outcome(result=Result.REJECTED, stage=Stage.ROUTE, enhanced="5.1.10", line="no mail", why=Why.UNROUTABLE)

Where: TypeAlias = Mapping[str, Server | Outcome]


@asynccontextmanager
async def worker(office: Post, where: Where) -> AsyncIterator[None]:
    """A worker for which these domains have these servers."""

    async def find(way: Transport, domain: str) -> Destination | Outcome:
        found = where[domain]
        if isinstance(found, Outcome):
            return found
        return Destination(key=(way.id, domain), routes=(found.route(transport_id=way.id),))

    stop = asyncio.Event()
    task = asyncio.create_task(work(office.app, stop, find))
    try:
        yield
    finally:
        stop.set()
        await task


@asynccontextmanager
async def office_for(folder: Path, url: str, where: Where, **given: Any) -> AsyncIterator[Post]:
    """A program whose sender's mail goes to the servers of these domains, which listen."""
    async with AsyncExitStack() as stack:
        for server in where.values():
            if isinstance(server, Server):
                await stack.enter_async_context(server.listening())
        office = await stack.enter_async_context(post(folder, url, 9, **given))
        direct = replace(office.world.transport, host="", direct=True)
        org_id = office.world.org.id
        await office.app.db.write(partial(transports.save, changed=direct))
        await office.app.db.write(partial(orgs.choose_recipients, org_id=org_id, policy=RecipientPolicy.ANY))
        yield office


async def send(office: Post, *domains: str, subject: str = "Hello") -> Accepted:
    """A mail to ann at each of these domains."""
    return await office.accept(subject, to=tuple(box(f"ann@{domain}") for domain in domains))


async def states(office: Post, mail: Accepted) -> list[State]:
    return [each.state for each in (await office.filed(mail)).deliveries]


def arrived(*servers: Server) -> list[int]:
    # To whom nobody was left to send it, a server that pipelines got a lone dot.
    return [len([each for each in server.messages if each != b".\r\n"]) for server in servers]


ZONE: Zone = {
    "takes.example MX": ["10 away.takes.example.", "20 mx.takes.example."],
    "away.takes.example A": ["127.0.0.4"],
    "mx.takes.example A": ["127.0.0.1"],
    "grey.example A": ["127.0.0.2"],
    "null.example MX": ["0 ."],
}


async def test_each_domain_has_its_own_end_and_none_is_told_twice(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    takes, grey = Server(), Server({"RCPT": [GREY, OK]}, host="127.0.0.2")
    async with AsyncExitStack() as stack:
        names = await stack.enter_async_context(Nameserver(ZONE).listening())
        grey.port = (await stack.enter_async_context(takes.listening())).port
        await stack.enter_async_context(grey.listening())
        few = {"resolver": names.address, "mx_private": "yes", "mx_port": takes.port}
        office = await stack.enter_async_context(office_for(tmp_path, database_url, {}, clock=lambda: moment, few=few))
        await stack.enter_async_context(by_dns(office.app))
        mail = await send(office, "takes.example", "grey.example", "null.example")
        filed = await office.reaches_event(mail, "deferred")
        assert [each.state for each in filed.deliveries] == [State.SENT, State.QUEUED, State.FAILED]
        assert (filed.deliveries[2].enhanced, filed.attempt) == ("5.1.10", 1)
        assert filed.due_at is not None
        moment = filed.due_at
        await office.reaches(mail, State.SENT)
        assert await states(office, mail) == [State.SENT, State.SENT, State.FAILED]
        assert Counter(await office.events(mail)) == {"queued": 1, "accepted": 2, "deferred": 1, "rejected": 1}
        number = office.world.transport.id
        standing = await office.app.db.read(partial(transports.standings, transport_ids=[number]))
        assert standing[number].failures == 0
    assert arrived(takes, grey) == [1, 1]


async def test_where_each_gets_a_mail_alone_one_domain_may_get_many(sqlite_url: str, tmp_path: Path) -> None:
    takes = Server()
    where: Where = {"takes.example": takes, "null.example": NULL}
    async with office_for(tmp_path, sqlite_url, where) as office:
        asking = replace(office.world.sender, return_path="bounces@org1.example")
        await office.app.db.write(partial(senders.save, changed=asking))
        async with worker(office, where):
            people = tuple(box(f"{n}@takes.example") for n in range(12))
            mail = await office.accept(to=(*people, box("ann@null.example")))
            await office.reaches(mail, State.SENT)
        assert await states(office, mail) == [State.SENT] * 12 + [State.FAILED]
    assert arrived(takes) == [12]
    assert len({line for line in takes.heard if line.startswith("MAIL FROM:<bounces+")}) == 12


async def test_whom_a_mail_has_reached_is_known_while_it_is_on_its_way_to_others(
    database_url: str, tmp_path: Path
) -> None:
    moment = clock()
    takes, silent = Server(), Server({".": [Act.SILENCE, OK], "MAIL": [OK, OK]})
    where: Where = {"takes.example": takes, "silent.example": silent}
    few = {"stop_seconds": 0.0}
    async with office_for(tmp_path, database_url, where, clock=lambda: moment, few=few) as office:
        async with worker(office, where):
            mail = await send(office, *where)
            await office.reaches_event(mail, "accepted")
            await until(lambda: len(silent.messages) > 0)
            assert ((await office.filed(mail)).state, await states(office, mail)) == (
                State.SENDING,
                [State.SENT, State.QUEUED],
            )
        # The worker went without a word; nothing says whether the silent one took it.
        moment += 20_000
        async with worker(office, where):
            filed = await office.reaches_event(mail, "unknown")
            assert [each.state for each in filed.deliveries] == [State.SENT, State.QUEUED]
            moment = filed.due_at or 0
            await office.reaches(mail, State.SENT)
            assert Counter(await office.events(mail)) == {"queued": 1, "accepted": 2, "unknown": 1}
    assert arrived(takes, silent) == [1, 2]


async def test_a_domain_that_never_answers_does_not_starve_the_others(sqlite_url: str, tmp_path: Path) -> None:
    takes, silent = Server(), Server({"CONNECT": Act.SILENCE})
    where: Where = {"takes.example": takes, "silent.example": silent}
    few = {"mails_in_flight": 40, "mails_waiting": 10, "connections_per_transport": 3, "stop_seconds": 0.0}
    async with office_for(tmp_path, sqlite_url, where, few=few) as office:
        for n in range(30):
            await send(office, "silent.example", subject=f"lost {n}")
        async with worker(office, where):
            mails = [await send(office, "takes.example", subject=f"healthy {n}") for n in range(20)]
            for mail in mails:
                await office.reaches(mail, State.SENT)
            # Those that were put back have had no attempt.
            tried = await office.app.db.read(lambda tx: tx.execute(select(job.c.attempt)).scalars().all())
            assert Counter(tried)[0] > 15
    assert arrived(takes) == [20]
    assert silent.connections <= 3


async def test_a_domain_that_is_gone_is_dialled_once_for_all_its_mails(sqlite_url: str, tmp_path: Path) -> None:
    gone = Server({"CONNECT": Act.CUT})
    where: Where = {"gone.example": gone, "takes.example": Server()}
    async with office_for(tmp_path, sqlite_url, where) as office, worker(office, where):
        mails = [await send(office, "gone.example", subject=str(n)) for n in range(30)]
        await office.reaches(await send(office, "takes.example"), State.SENT)
        for mail in mails:
            await office.reaches_event(mail, "deferred")
    assert gone.connections == 1
