"""A Postroom that lives under load while all it does to its folder is noted, and what a loss of power leaves of it."""

import asyncio
import os
import pickle
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final

from bench.inbox import Inbox
from bench.power.disk import ALL, Disk, Forgets, Odds, keeps_its_word
from bench.power.load import Load
from bench.power.opened import opened
from bench.power.postgres import BUSY, HASTY, Postgres
from bench.power.promises import Account, judge
from bench.power.tape import Deed, Tape
from bench.processes import Part
from bench.site import Site

_LEASE_SECONDS: Final = "2"


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """From a start to a stop: the disk as it was at first, and all that was done to it.

    ``ready``: the moment from which on the api was up, with these ``keys``.
    """

    disk: Disk
    deeds: Sequence[Deed]
    ready: int
    keys: bytes = field(repr=False)
    account: Account
    recipient: str

    def moments(self, number: int, chance: random.Random) -> list[int]:
        """So many deeds after which the power may go, or all there are."""
        return sorted(chance.sample(range(len(self.deeds)), min(number, len(self.deeds))))

    def promises(self) -> list[int]:
        """The last deed before each answer was in hand, in order."""
        moments = {promise.at for promise in self.account.promises}
        return sorted({max(n for n, deed in enumerate(self.deeds) if deed.until <= at) for at in moments})


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """One loss of power: its moment, how many mails had been promised before, and what is wrong with what is left."""

    at: int
    promised: int
    faults: tuple[str, ...]


class House:
    """Its data is in ``place``; the tape and what is left lie in ``memory``. Use as an asynchronous context manager."""

    def __init__(self, place: Path, memory: Path, chance: random.Random, postgres: Postgres | None = None) -> None:
        """Nothing is there yet."""
        self._root = place / "root"
        self._left = memory / "left"
        self._chance = chance
        self._postgres = postgres
        self._tape = Tape(self._root, memory)
        self._inbox = Inbox(self._arrive)
        self._account = Account()
        self._site: Site | None = None

    async def __aenter__(self) -> "House":
        self._root.mkdir()
        if self._postgres is not None:
            await asyncio.to_thread(self._postgres.make, self._root / "pg")
        await self._inbox.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._inbox.__aexit__(kind, error, at)

    async def live(self, mails: int) -> Life:
        """Start, send so many mails, and stop. Raises ``AssertionError`` where the tape has not seen all of it."""
        with self._tape as tape:
            # PostgreSQL syncs the files of its tables and not their folders, and relies on file systems that keep the
            # name of a new file with it (ext4, XFS and Btrfs do). Nothing of ours relies on that.
            disk = Disk(self._root, journalled="pg")
            async with self._database(self._root, "lives", BUSY, tape.environment()):
                site = self._site = self._site or self._begin()
                environment = {**site.environment(), **tape.environment(), "POSTROOM_LEASE_SECONDS": _LEASE_SECONDS}
                logs = self._root.parent
                async with Part("api", environment, logs) as api, Part("worker", environment, logs) as worker:
                    ready = tape.now()
                    keys = (self._root / "data" / "keys").read_bytes()
                    load = Load(site, self._account, tape.now, self._chance)
                    await worker.while_it_runs(load.send(api.port, mails))
            deeds = list(tape.deeds())
        self._compare(disk.copy(), deeds)
        return Life(disk=disk, deeds=deeds, ready=ready, keys=keys, account=self._account, recipient=site.recipient)

    async def cut(
        self,
        life: Life,
        moments: Sequence[int],
        *,
        forgets: Forgets = keeps_its_word,
        odds: Callable[[random.Random], Odds] = Odds.draw,
    ) -> list[Cut]:
        """Lose the power after each of these deeds, in order; syncs of what the disk ``forgets`` do nothing."""
        disk, done = life.disk.copy(forgets), []
        for n, deed in enumerate(life.deeds):
            disk.do(deed)
            if n in moments:
                disk.leave(self._left, odds(self._chance), self._chance)
                done.append(await self._judge(life, deed.until))
        return done

    def go_back(self, life: Life) -> None:
        """Let the next life begin with what a cut leaves, at a moment when the api was up."""
        disk = life.disk.copy()
        last = self._chance.choice([deed for deed in life.deeds if deed.at >= life.ready])
        for deed in life.deeds:
            if deed.at <= last.at:
                disk.do(deed)
        shutil.rmtree(self._root)
        disk.leave(self._root, Odds.draw(self._chance), self._chance)
        self._account = life.account.after(last.until)

    def _arrive(self) -> float:
        """Called when a mail was taken, before it is confirmed; the seconds until then."""
        self._account.arrived.setdefault(self._inbox.receipts[-1].subject, self._tape.now())
        return 0.0

    def _begin(self) -> Site:
        """The first start, in a process of its own, so that it is noted too."""
        data, database = self._root / "data", self._url("lives")
        done = subprocess.run(
            [sys.executable, "-m", "bench.power.first", data, str(self._inbox.port), database],
            env={**os.environ, **self._tape.environment()},
            check=True,
            stdout=subprocess.PIPE,
        )
        site = pickle.loads(done.stdout)
        assert isinstance(site, Site)
        return site

    async def _judge(self, life: Life, at: int) -> Cut:
        promised = sum(each.at <= at for each in life.account.promises)
        try:
            async with self._database(self._left, "left", HASTY):
                left = await opened(self._left / "data", self._url("left"))
            faults = tuple(judge(life.account, left, at, life.recipient))
            if at >= life.ready and left.keys != life.keys:
                faults = (*faults, "the keys are lost")
        except Exception as error:  # whatever it is: a Postroom that does not start has lost everything
            faults = (f"what is left cannot be opened: {type(error).__name__}: {error}",)
        shutil.rmtree(self._left)
        return Cut(at=at, promised=promised, faults=faults)

    def _database(
        self, root: Path, name: str, settings: Mapping[str, str], environment: Mapping[str, str] | None = None
    ) -> AbstractAsyncContextManager[None]:
        if self._postgres is None:
            return nullcontext()
        # No process outlives the power: the one that the file names is somebody else's by now.
        (root / "pg" / "postmaster.pid").unlink(missing_ok=True)
        root.chmod(0o711)
        self._postgres.own(root / "pg")
        return self._postgres.running(root / "pg", name, settings, environment)

    def _url(self, name: str) -> str:
        return "" if self._postgres is None else self._postgres.url(name)

    def _compare(self, disk: Disk, deeds: Sequence[Deed]) -> None:
        """What the tape tells must be what the folder holds, else something was done that nobody noted."""
        for deed in deeds:
            disk.do(deed)
        disk.leave(self._left, ALL, self._chance)
        mapped = disk.mapped()
        told, held = _contents(self._left), _contents(self._root)
        missed = {path for path in told.keys() | held.keys() if told.get(path) != held.get(path)} - mapped
        shutil.rmtree(self._left)
        assert not missed, f"the tape has not seen all that was done to {sorted(missed)}"


def _contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
