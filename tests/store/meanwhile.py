"""Two processes on one database: what one begins while the other's transaction is still open."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import text

from postroom.store.db import Database, Tx

R = TypeVar("R")

_WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")


async def meanwhile(
    db: Database,
    url: str,
    begin: Callable[[Tx], object],
    then: Callable[[Database], Awaitable[R]],
    *,
    ended: Callable[[], object] = lambda: None,
) -> R:
    """What ``then`` gives on a database of its own, started when ``begin`` has run in a transaction of ``db``.

    That transaction ends when ``then`` waits for it, or is done without waiting; ``ended`` is called at its very end.
    """
    loop = asyncio.get_running_loop()
    elsewhere = Database(url)
    started: list[asyncio.Task[R]] = []

    async def run() -> R:
        return await then(elsewhere)

    async def start() -> None:
        started.append(asyncio.create_task(run()))

    def hold(tx: Tx) -> None:
        begin(tx)
        asyncio.run_coroutine_threadsafe(start(), loop).result()
        # On SQLite the other one waits from its BEGIN on.
        while not db.is_sqlite and not started[0].done() and not tx.execute(_WAITING).scalar():
            continue
        ended()

    try:
        await db.write(hold)
        return await started[0]
    finally:
        await elsewhere.close()
