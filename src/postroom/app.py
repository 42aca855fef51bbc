"""The program, wired in one visible place and handed to the doors as an argument."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from postroom.access.credits import Credits
from postroom.access.secrets import Vault
from postroom.config import Settings
from postroom.store.blobs import Blobs, flush_names
from postroom.store.db import Database
from postroom.store.ids import Ids
from postroom.store.indexer import Indexer
from postroom.store.migrate import migrate
from postroom.store.wake import Wake


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """Everything a door needs. ``clock`` gives the moment in ms since the epoch."""

    settings: Settings
    clock: Callable[[], int]
    ids: Ids
    db: Database
    blobs: Blobs
    vault: Vault
    wake: Wake
    credits: Credits
    indexer: Indexer


def clock() -> int:
    """Now, in ms since the epoch, UTC."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def open_app(settings: Settings, *, clock: Callable[[], int] = clock) -> AsyncIterator[App]:
    """Open everything, making the data directory and the schema where they are missing; closes in reverse order."""
    _make_folder(settings.data_dir)
    migrate(settings.database_url)
    vault = Vault.open(settings)
    db = Database(settings.database_url)
    try:
        blobs = Blobs(settings.data_dir / "blobs")
        wake = Wake(settings.database_url)
        try:
            yield App(
                settings=settings,
                clock=clock,
                ids=Ids(clock),
                db=db,
                blobs=blobs,
                vault=vault,
                wake=wake,
                credits=Credits(db, settings.credits_per_day),
                indexer=Indexer(db),
            )
        finally:
            await wake.close()
    finally:
        await db.close()


def _make_folder(folder: Path) -> None:
    """Make it where it is missing, durably: all that is promised later lies in it."""
    missing = [each for each in folder.absolute().parents if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for made in (folder.absolute(), *missing):
        # One that we may not read was there before us.
        with suppress(PermissionError):
            flush_names(made.parent)
