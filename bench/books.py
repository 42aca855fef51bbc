"""What the database says, seen from outside: each look opens a connection, reads, and closes it.

SQLite's file is opened read-only, so that a look neither repairs nor tidies what a killed process has left: that is
for the next process of Postroom to do.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, bindparam, create_engine, func, select, update

from postroom.app import clock
from postroom.config import Settings
from postroom.mail.compose import compose
from postroom.mail.life import Result, Stage, State
from postroom.store import mails
from postroom.store.engine import engine_for, is_postgresql
from postroom.store.tables import event, job, mail, transport

PATIENCE_SECONDS: Final = 60.0
_HURRY_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at the mail of that subject, by its number."""

    subject: str
    number: int


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

    def held(self) -> dict[Attempt, bool]:
        """The attempts under a worker's lease, be it dead or alive; true where its final dot may have gone out."""
        with self._look() as tx:
            return {Attempt(row.subject, row.attempt): row.stage == _MARK for row in tx.execute(_HELD)}

    def unknown(self) -> Counter[Attempt]:
        """How often an attempt stands in the history as one of which nobody knows whether the mail was taken."""
        with self._look() as tx:
            return Counter(Attempt(row.subject, row.attempt) for row in tx.execute(_UNKNOWN))

    def waiting(self) -> int:
        """How many mails are queued."""
        with self._look() as tx:
            return tx.execute(select(func.count()).select_from(job)).scalar_one()

    async def drained(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Return when nothing is queued any more. What a dead worker held comes due when its lease ends."""
        async with asyncio.timeout(seconds):
            while await asyncio.to_thread(self.waiting):  # noqa: ASYNC110 - it is another process's queue
                await asyncio.sleep(0.1)

    async def emptied(self) -> None:
        """Return when nothing is queued any more, and let nothing rest until then that is not under a lease."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await asyncio.to_thread(self.waiting):
                await asyncio.to_thread(self._hurry)
                await asyncio.sleep(_HURRY_SECONDS)

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

    def _hurry(self) -> None:
        engine = engine_for(self._settings.database_url)
        with engine.begin() as tx:
            now = {"now_": clock()}
            tx.execute(_DUE, now)
            tx.execute(_OPEN, now)
        engine.dispose()

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
_MARK: Final = Stage.FINAL_DOT.value
_HELD: Final = (
    select(mail.c.subject, job.c.attempt, job.c.stage)
    .join(job, job.c.mail_seq == mail.c.seq)
    .where(job.c.lease.is_not(None))
)
_DUE: Final = update(job).where(job.c.lease.is_(None)).values(due_at=bindparam("now_"))
_OPEN: Final = (
    update(transport).where(transport.c.paused_until > bindparam("now_")).values(paused_until=bindparam("now_"))
)
_UNKNOWN: Final = (
    select(mail.c.subject, event.c.attempt)
    .join(event, event.c.mail_seq == mail.c.seq)
    .where(event.c.what == Result.UNKNOWN.value)
)
