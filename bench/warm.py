"""Processes of Postroom that start in a tenth of the time: children of a parent that has everything loaded.

The parent is multiprocessing's fork server: it has no thread and no event loop, opens nothing, and forks. So a child is
what ``postroom api`` or ``postroom worker`` is after its imports, with an environment and fail point of its own.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

from postroom import failpoint
from postroom.cli.main import main

# All that a half loads, and what the program at this end is made of: multiprocessing loads that in each child.
_LOADED: Final = [
    "bench.storm",
    "postroom.cli.founding",
    "postroom.cli.opening",
    "postroom.cli.serve",
    "postroom.web.run",
    "postroom.worker.loop",
    "psycopg",
    "pytest",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn.lifespan.off",
]


class Fork:
    """One child, with what ``processes.Part`` wants of it."""

    def __init__(self, process: ForkServerProcess, stdout: asyncio.StreamReader) -> None:
        self.stdout = stdout
        self._process = process
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._heed)

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended, a signal as a negative number; None: not yet."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Raises ``ProcessLookupError`` where it has ended."""
        os.kill(self.pid, number)

    async def wait(self) -> int:
        """How it ended, when it has."""
        await self._ended.wait()
        code = self._process.exitcode
        assert code is not None
        return code

    def _heed(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._ended.set()


async def fork(verb: str, environment: Mapping[str, str], log: Path) -> Fork:
    """Start a verb (see ``processes.Start``)."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    ours, theirs = os.pipe()
    with Connection(theirs, readable=False) as said:
        process = context.Process(target=_be, args=(verb, dict(environment), log, said))
        process.start()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours, "rb", 0)
    )
    return Fork(process, reader)


def _be(verb: str, environment: Mapping[str, str], log: Path, said: Connection) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with said, log.open("ab") as file:
        os.dup2(said.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    if wish := environment.get(failpoint.VARIABLE):
        failpoint.arm(wish)
    main([verb])
