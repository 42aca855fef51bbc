"""What the database says, seen from outside: each look opens a connection, reads, and closes it.

SQLite's file is opened read-only, so that a look neither repairs nor tidies what a killed process has left: that is
for the next process of Postroom to do.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, create_engine, func, select

from postroom.config import Settings
from postroom.mail.compose import compose
from postroom.mail.life import Result, State
from postroom.store import mails
from postroom.store.engine import engine_for, is_postgresql
from postroom.store.tables import event, job, mail

PATIENCE_SECONDS: Final = 60.0


class Books:
    """The books of one Postroom."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def states(self) -> Counter[str]:
        """How many mails are in each state."""
        with self._look() as tx:
            return Counter(
                {row.state: row.count for row in tx.execute(select(mail.c.state, _COUNT).group_by(mail.c.state))}
            )

    def queued(self) -> dict[str, bool]:
        """The subjects of all mails in the queue; true for those under a worker's lease, be it dead or alive."""
        with self._look() as tx:
            rows = tx.execute(select(mail.c.subject, job.c.lease).join(job, job.c.mail_seq == mail.c.seq))
            return {row.subject: row.lease is not None for row in rows}

    def waiting(self) -> int:
        """How many mails are queued."""
        with self._look() as tx:
            return tx.execute(select(func.count()).select_from(job)).scalar_one()

    async def drained(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Return when nothing is queued any more. What a dead worker held comes due when its lease ends."""
        async with asyncio.timeout(seconds):
            while await asyncio.to_thread(self.waiting):  # noqa: ASYNC110 - it is another process's queue
                await asyncio.sleep(0.1)

    def said_to_be_unknown(self) -> set[str]:
        """The subjects of the mails of which nobody knew, at one time, whether they had been taken."""
        with self._look() as tx:
            rows = select(mail.c.subject).join(event, event.c.mail_seq == mail.c.seq)
            return set(tx.execute(rows.where(event.c.what == Result.UNKNOWN.value)).scalars())

    def failed(self) -> set[str]:
        """The subjects of the mails that failed."""
        with self._look() as tx:
            return set(tx.execute(select(mail.c.subject).where(mail.c.state == State.FAILED.value)).scalars())

    def sizes(self) -> tuple[int, int]:
        """The octets of the database, and of SQLite's log, which PostgreSQL keeps elsewhere."""
        url = self._settings.database_url
        if is_postgresql(url):
            with self._look() as tx:
                return tx.execute(select(func.pg_database_size(func.current_database()))).scalar_one(), 0
        file = Path(url.removeprefix("sqlite:///"))
        log = file.with_name(f"{file.name}-wal")
        return file.stat().st_size, log.stat().st_size if log.exists() else 0

    def ids(self) -> dict[str, list[str]]:
        """Each subject's mails, as the API calls them."""
        found: dict[str, list[str]] = defaultdict(list)
        with self._look() as tx:
            for row in tx.execute(select(mail.c.subject, mail.c.id)):
                found[row.subject].append(row.id.hex())
        return found

    def octets(self) -> int:
        """How many octets the newest mail has on the wire."""
        with self._look() as tx:
            newest = tx.execute(select(func.max(mail.c.seq))).scalar_one()
            return compose(mails.letters(tx, [newest])[newest].letter).size

    @contextmanager
    def _look(self) -> Iterator[Connection]:
        url = self._settings.database_url
        if is_postgresql(url):
            engine = engine_for(url)
        else:
            engine = create_engine(f"sqlite:///file:{url.removeprefix('sqlite:///')}?mode=ro&uri=true")
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


_COUNT = func.count().label("count")
