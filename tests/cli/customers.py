"""A file of customers, and the command that imports it, on a database of either kind."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from postroom.store.db import Database, Tx
from postroom.store.imports import Import
from postroom.store.tables import import_, record
from tests.cli.command import LONGEST, Done, environment
from tests.world import World

LINES = 4000  # after the first: some seconds of work, in batches
FILE = "customers.csv"
# No value tells these apart: who was imported twice would be there twice.
ROWS = [f"{'' if n % 97 == 0 else f'N{n}'},{n}" for n in range(2, LINES + 2)]
REFUSED = [n for n in range(2, LINES + 2) if n % 97 == 0]
NAMES = sorted(row.partition(",")[0] for row in ROWS if row[0] == "N")


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """A folder with the file, and the database that it is imported into."""

    folder: Path
    url: str
    db: Database
    world: World

    def write(self) -> None:
        """Make the file."""
        (self.folder / FILE).write_text("\n".join(["Last_Name,Phone", *ROWS, ""]))

    async def start(self, *words: str, stderr: int = PIPE, env: dict[str, str] | None = None) -> Process:
        """Begin to import it."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "postroom", "record", "import", "Contacts", FILE, *words),
            cwd=self.folder,
            env=environment(POSTROOM_DATABASE=self.url, **(env or {})),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=stderr,
            # What a shell runs in the background never hears of Ctrl-C, and hands that on.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )

    async def run(self, *words: str, env: dict[str, str] | None = None) -> Done:
        """Import it to the end."""
        return await ended(await self.start(*words, env=env))

    async def standing(self) -> Import | None:
        """How far the import came; at every moment there are as many records as it says."""

        def read(tx: Tx) -> tuple[Import | None, int]:
            row = tx.execute(select(import_)).mappings().one_or_none()
            imported = select(func.count()).where(record.c.module == "Contacts", record.c.id != self.world.contact.id)
            return None if row is None else Import(**row), tx.execute(imported).scalar_one()

        found, kept = await self.db.read(read)
        assert kept == (0 if found is None else found.imported)
        return found

    async def beyond(self, process: Process, line: int) -> None:
        """Return once the import is behind that line, or has ended."""
        while process.returncode is None:
            found = await self.standing()
            if found is not None and found.line >= line:
                return

    async def names(self) -> list[str]:
        """The last names of everybody imported."""
        kept = select(record.c.name).where(record.c.module == "Contacts", record.c.id != self.world.contact.id)
        return sorted(await self.db.read(lambda tx: tx.execute(kept).scalars().all()))


async def ended(process: Process) -> Done:
    """How a command ends."""
    try:
        out, err = await asyncio.wait_for(process.communicate(), LONGEST)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return Done(code=process.returncode, out=(out or b"").decode(), err=(err or b"").decode())


def drain(terminal: int) -> str:
    """Everything that is shown on a pseudo terminal until nobody holds its other end."""
    shown = b""
    try:
        while more := os.read(terminal, 1 << 16):
            shown += more
    except OSError:  # Linux: EIO where the other end is closed
        pass
    os.close(terminal)
    return shown.decode()
