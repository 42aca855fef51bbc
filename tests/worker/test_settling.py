"""Verdicts of one moment share a transaction, and each is answered with what became of itself."""

import asyncio

from sqlalchemy import event

from postroom.mail.life import State
from postroom.store.db import Database
from postroom.worker.settling import Settling
from tests.store.accepted import accepted, add, claim, verdict, work_for
from tests.world import World


async def test_verdicts_share_a_transaction_and_one_without_its_lease_is_void(db: Database, world: World) -> None:
    await db.write(lambda tx: add(tx, [accepted(world, n) for n in range(1, 4)]))
    ours, theirs, other = await db.write(lambda tx: work_for(tx, claim(1)))
    commits: list[None] = []
    event.listen(db.engine, "commit", lambda _: commits.append(None))
    settling = Settling(db)
    ends = (verdict(ours, State.SENT), verdict(theirs, State.SENT, lease=2), verdict(other, State.SENT))
    assert await asyncio.gather(*map(settling.write, ends)) == [True, False, True]
    # The writing thread may come by while they are handed over, but not between all of them.
    assert len(commits) < len(ends)
    # Whoever comes within the pause is served by the next group.
    assert await settling.write(verdict(theirs, State.SENT)) is True
