"""What ``bench.faults`` lets happen: databases that cut off or run full, bad servers, frozen workers, wrong clocks."""

import asyncio
import errno
import os
import random
import shutil
import signal
import ssl
import struct
import subprocess
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import psutil
import psycopg

from bench.inbox import TAKEN, Inbox, Receipt
from bench.peer import MissingError
from bench.processes import Part, Start, cold
from bench.warm import fork
from postroom.failpoint import VARIABLE, Action

TROUBLE_SECONDS: Final = 1.0
TROUBLE_SHARE: Final = 0.05  # of all steps of all conversations, while there is trouble
TAKEN_SHARE: Final = 0.5  # of the mails whose dot meets trouble
RECOVERY_SECONDS: Final = 60.0
CUT_SECONDS: Final = 0.2
FROZEN_SECONDS: Final = 2.5  # more than a lease
STILL_SECONDS: Final = 4.0  # for a worker to come by its point
CHECK_SECONDS: Final = 0.02
CLOCK_SECONDS: Final = 1.5
DISK_OCTETS: Final = 48 << 20
_HOUR: Final = 3600
_DAY: Final = 86_400
_CLOCK: Final = "clock"
_CLOCK_SOURCE: Final = Path(__file__).with_name("clock.c")


class BadInbox(Inbox):
    """A receiving server that resets connections, or falls silent, while ``trouble`` is what it says so with."""

    def __init__(self, chance: random.Random, tls: ssl.SSLContext) -> None:
        """``chance`` decides at which steps."""
        super().__init__(tls=tls)
        self.trouble: bytes | None = TAKEN
        self._chance = chance

    def at(self, step: str, usual: bytes) -> bytes | None:  # noqa: ARG002 - any step is as good as another
        """Make trouble, or be good."""
        return self.trouble if self._is_bad() else usual

    def at_dot(self, receipt: Receipt) -> tuple[float, bytes | None]:
        """Make trouble whether the mail is taken or not, or be good."""
        if not self._is_bad():
            return super().at_dot(receipt)
        if self._chance.random() < TAKEN_SHARE:
            self.receipts.append(receipt)
        return 0.0, self.trouble

    def _is_bad(self) -> bool:
        return self.trouble is not TAKEN and self._chance.random() < TROUBLE_SHARE


@dataclass(frozen=True, slots=True)
class Scene:
    """Where it happens; ``other`` is a second worker that has not started."""

    inbox: BadInbox
    chance: random.Random
    folder: Path
    database: str
    other: Part


Happening = Callable[[Scene], Awaitable[None]]


async def _cut(scene: Scene) -> None:
    """End every session of the database but our own, some times."""
    for _ in range(5):
        with psycopg.connect(scene.database, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await asyncio.sleep(scene.chance.uniform(0, CUT_SECONDS))


async def _crash(scene: Scene) -> None:
    """Kill -9 any session of PostgreSQL: the server cuts all others off, recovers from its log and goes on."""
    with psycopg.connect(scene.database, autocommit=True) as admin:
        os.kill(admin.info.backend_pid, signal.SIGKILL)
    async with asyncio.timeout(RECOVERY_SECONDS):
        while not _answers(scene.database):  # noqa: ASYNC110 - a server that recovers tells nobody
            await asyncio.sleep(CHECK_SECONDS)


def _answers(database: str) -> bool:
    try:
        with psycopg.connect(database, autocommit=True) as admin:
            return admin.execute("SELECT true").fetchone() is not None
    except psycopg.OperationalError:
        return False


async def _full(scene: Scene) -> None:
    """Leave no octet free on the disk of the data for a while."""
    ballast = scene.folder / "data" / "ballast"
    with ballast.open("wb", 0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        await asyncio.sleep(TROUBLE_SECONDS)
    ballast.unlink()


async def _bad_server(scene: Scene, trouble: bytes | None) -> None:
    """Make trouble at some steps of some conversations."""
    scene.inbox.trouble = trouble
    await asyncio.sleep(TROUBLE_SECONDS)
    scene.inbox.trouble = TAKEN


async def _freeze(scene: Scene, *points: str) -> None:
    """Let a second worker stop at a point for longer than its lease, and go on as if nothing had been."""
    wish = f"{scene.chance.choice(points)}:{scene.chance.randint(1, 3)}:{Action.STOP.value}"
    await scene.other.spawn(**{VARIABLE: wish, "POSTROOM_MAILS_IN_FLIGHT": "1"})
    await scene.other.ready()
    with suppress(TimeoutError):
        async with asyncio.timeout(STILL_SECONDS):
            while scene.other.handle.status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 - who stops tells nobody
                await asyncio.sleep(CHECK_SECONDS)
        await asyncio.sleep(FROZEN_SECONDS)
        scene.other.handle.resume()
    await scene.other.stop()


async def _wrong_clock(scene: Scene) -> None:
    """Let all clocks go wrong by some time, and be put right."""
    for offset in (scene.chance.choice((_HOUR, -_HOUR, _DAY, -_DAY)), 0):
        _set_clock(scene.folder, offset)
        await asyncio.sleep(CLOCK_SECONDS)


def _set_clock(folder: Path, offset: int) -> None:
    # Who looks at the file has it in memory: it must stay the same one, and never be half written.
    with (folder / _CLOCK).open("r+b", 0) as file:
        file.write(struct.pack("q", offset))


@contextmanager
def _small_disk(folder: Path) -> Iterator[Mapping[str, str]]:
    """The data on a disk of its own that has hardly any room. Raises ``MissingError``."""
    if os.getuid() != 0:
        raise MissingError("a small disk can be mounted only by root")
    data = folder / "data"
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_OCTETS}", "postroom", str(data)], check=True)
    try:
        yield {}
    finally:
        subprocess.run(["umount", "--lazy", str(data)], check=True)


@contextmanager
def _own_clock(folder: Path) -> Iterator[Mapping[str, str]]:
    """A clock that can be set, for all that is started in this environment. Raises ``MissingError``."""
    if shutil.which("cc") is None:
        raise MissingError("a wrong clock needs a C compiler: on Debian, `apt-get install gcc libc6-dev` brings one")
    clock, library = folder / _CLOCK, folder / "clock.so"
    clock.write_bytes(struct.pack("q", 0))
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(_CLOCK_SOURCE), "-ldl"], check=True)
    yield {"LD_PRELOAD": str(library), "BENCH_CLOCK": str(clock)}


@contextmanager
def _as_it_is(_: Path) -> Iterator[Mapping[str, str]]:
    yield {}


@contextmanager
def _impatient(_: Path) -> Iterator[Mapping[str, str]]:
    """Deadlines of some tenths of a second."""
    yield {"POSTROOM_SMTP_TIMEOUT_SCALE": "0.001"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One kind of trouble, and what it needs: a folder made ready, with what the processes are told, and their start.

    ``database``: the only kind that can meet it. ``in_doubt``: whether a mail may become unknown by it,
    ``doubles``: and arrive twice.
    """

    happens: Happening
    place: Callable[[Path], AbstractContextManager[Mapping[str, str]]] = _as_it_is
    start: Start = fork
    database: str = ""
    in_doubt: bool = True
    doubles: bool = True


FAULTS: Final[Mapping[str, Fault]] = {
    "sessions of the database cut": Fault(happens=_cut, database="postgresql"),
    "a session of the database killed": Fault(happens=_crash, database="postgresql"),
    "disk full": Fault(happens=_full, place=_small_disk, database="sqlite"),
    "server resets": Fault(happens=partial(_bad_server, trouble=b"")),
    "server silent": Fault(happens=partial(_bad_server, trouble=None), place=_impatient),
    "worker frozen before the mark": Fault(
        happens=lambda scene: _freeze(scene, "claimed", "composed", "data-answered", "mark-before"), in_doubt=False
    ),
    "worker frozen before its leave": Fault(happens=lambda scene: _freeze(scene, "leave-before"), doubles=False),
    "worker frozen after the mark": Fault(
        happens=lambda scene: _freeze(scene, "dot-before", "dot-written", "dot-answered", "settle-before")
    ),
    "clocks wrong": Fault(happens=_wrong_clock, place=_own_clock, start=cold),
}
