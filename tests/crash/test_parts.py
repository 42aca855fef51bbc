"""A worker killed while mails are on their way to several domains: what is known of each recipient is true."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from bench.books import Books
from bench.inbox import Inbox
from bench.processes import Part
from bench.storm import ROLLING
from bench.warm import fork
from sqlalchemy import Row, select

from postroom.failpoint import VARIABLE
from postroom.mail.life import Result, State
from postroom.store.db import Tx
from postroom.store.tables import event, mail, recipient
from tests.smtp.nameserver import Nameserver
from tests.worker.test_direct import office_for, send

DOMAINS = ("a.example", "b.example", "c.example")
MAILS = 4  # for each death
# Before and after each step at which a part of a mail may be known and another not.
DEATHS = ("part-before:2", "part-settled")
DELAYS = (0.0, 0.03, 0.06)  # seconds, of replies: else all parts of a mail would end at the same moment
PATIENCE_SECONDS = 4.0  # for a worker to come by its point; then it is killed where it is


async def die(worker: Part, death: str) -> bool:
    """One life of a worker, to its end; whether that was there."""
    await worker.spawn(**{VARIABLE: death})
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await worker.comes()
            await worker.dies()
    except TimeoutError:
        await worker.kill()
        return False
    return True


async def trial(folder: Path, url: str, deaths: Sequence[str]) -> list[str]:
    """The deaths that came where they should; everything else is asserted."""
    came = []
    zone = {f"{domain} A": ["127.0.0.1"] for domain in DOMAINS}
    delays = cycle(DELAYS)
    async with (
        Inbox(lambda: next(delays)) as inbox,
        Nameserver(zone).listening() as names,
        office_for(folder, url, {}) as office,
    ):
        environment = {
            "POSTROOM_DATA_DIR": str(folder),
            "POSTROOM_DATABASE": url,
            "POSTROOM_HOSTNAME": "post.example",
            "POSTROOM_RESOLVER": names.address,
            "POSTROOM_MX_PRIVATE": "yes",
            "POSTROOM_MX_PORT": str(inbox.port),
            **ROLLING,
        }
        async with Part("worker", environment, folder, start=fork) as worker:
            await worker.kill()
            for n, death in enumerate(deaths):
                for each in range(MAILS):
                    await send(office, *DOMAINS, subject=f"{n}-{each}")
                if await die(worker, death):
                    came.append(death)
            await worker.start()
            await Books(office.app.settings).emptied()
        rows = await office.app.db.read(history)
        ends = await office.app.db.read(lambda tx: tx.execute(select(recipient.c.state)).scalars().all())
    assert Counter(ends) == {State.SENT.value: len(deaths) * MAILS * len(DOMAINS)}
    arrived = Counter((each.subject, address) for each in inbox.receipts for address in each.recipients)
    told = Counter((row.subject, row.address) for row in rows if row.what == Result.UNKNOWN.value)
    doubled = {each: times for each, times in arrived.items() if times > 1 + told[each]}
    assert not doubled, f"arrived again without a word: {doubled}"
    assert len(arrived) == len(ends), "some never arrived"
    once = Counter((row.subject, row.address, row.attempt) for row in rows)
    assert set(once.values()) == {1}, f"told twice of one attempt: {once}"
    return came


def history(tx: Tx) -> Sequence[Row[str, str, int, str]]:
    """What became of each recipient in each attempt."""
    query = select(mail.c.subject, recipient.c.address, event.c.attempt, event.c.what)
    query = query.join(event, event.c.mail_seq == mail.c.seq)
    query = query.join(recipient, (recipient.c.mail_seq == mail.c.seq) & (recipient.c.n == event.c.n))
    return tx.execute(query.where(event.c.what.in_([each.value for each in Result]))).all()


async def test_each_recipient_gets_it_and_none_twice_without_a_word(sqlite_url: str, tmp_path: Path) -> None:
    assert await trial(tmp_path, sqlite_url, DEATHS) == [*DEATHS]
