"""``python -m bench.soak``: half an hour at half of full speed, while mails are refused, deferred, or lost sight of.

1. Full speed is what arrives in ``full`` seconds while every caller asks as fast as it is answered.
2. Then mails are asked for at half of that for ``minutes``; the receiving server has moods (``bench.moods``), and one
   of the two workers is killed with SIGKILL now and then. The other one and the api live through all of it.
3. Every few seconds it is noted what the processes and the database have become.
4. In the end the queue must run empty. ``judge`` holds promises, receipts and database together, and looks for growth.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from bench.books import Books
from bench.line import Line
from bench.moods import Mood, Moods
from bench.processes import Part
from bench.site import Site, prepare
from bench.trend import Trend, trends
from bench.trial import carried_out, planned, told

LINES: Final = 32  # connections to the API
SAMPLES: Final = 200  # in all
GROWTH: Final = 0.1  # of the middle: more is no noise
FILES: Final = 10  # connections come and go
SECONDS_OF_QUEUE: Final = 2.0  # by so many seconds' mails the queue may be longer in the end
LOG_MB: Final = 200.0  # store.engine has it written back at 128 MB, which readers may put off
PATIENCE_SECONDS: Final = 1800.0  # a mail that was deferred three times waits for 15 minutes
SETTINGS: Final = {
    "POSTROOM_SMTP_TIMEOUT_SCALE": "0.01",  # silence lasts seconds: 6 after a final dot
    "POSTROOM_UNKNOWN_MINUTES": "0.1",
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``life``: how many seconds a worker lives that is to be killed, on average; 0: it lives."""

    minutes: float = 30.0
    full: float = 60.0
    life: float = 45.0
    seed: int = 1
    database: str = "sqlite"


@dataclass(kw_only=True, slots=True)
class Account:
    """What happened. Mails are known by their numbers. ``grown`` has the trends of what was sampled."""

    full: float = 0.0  # mails a second
    seconds: float = 0.0  # of the soak
    asked: int = 0
    promised: set[int] = field(default_factory=set)
    kills: int = 0
    had: Mapping[Mood, int] = field(default_factory=dict)
    arrived: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    doubled: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    states: Mapping[str, int] = field(default_factory=dict)
    grown: Mapping[str, Trend] = field(default_factory=dict)
    octets: int = 0  # of the database and its log, in the end


async def soak(plan: Plan, folder: Path, database: str = "") -> Account:
    """Do all of it, with the data in ``folder``; ``database`` as the setting has it. Raises where it cannot be done."""
    chance = random.Random(plan.seed)
    async with Moods(chance) as server:
        site = await prepare(folder / "data", server.port, database=database)
        environment = {**site.environment(), **SETTINGS}
        async with (
            Part("api", environment, folder) as api,
            Part("worker", environment, folder) as steady,
            Part("worker", environment, folder) as mortal,
        ):
            run = _Soak(plan, site, server, api, steady, mortal)
            await steady.while_it_runs(run.go(chance))
    return run.account


class _Soak:
    def __init__(self, plan: Plan, site: Site, server: Moods, api: Part, steady: Part, mortal: Part) -> None:
        self.account = Account()
        self._plan = plan
        self._site = site
        self._server = server
        self._api = api
        self._steady = steady
        self._mortal = mortal
        self._books = Books(site.settings)
        self._numbers = count()
        self._over = asyncio.Event()

    async def go(self, chance: random.Random) -> None:
        """All of it."""
        self.account.full = await self._full_speed(chance)
        self._server.moody = True
        moments, samples = await self._half_speed(chance)
        self._server.moody = False
        await self._books.drained(PATIENCE_SECONDS)
        self.account.grown = trends(moments, samples)
        self._close_books()

    async def _full_speed(self, chance: random.Random) -> float:
        """How many mails arrive in a second when as many are asked for as can be."""
        async with asyncio.TaskGroup() as group:
            callers = [group.create_task(self._send(0.0, chance)) for _ in range(LINES)]
            await asyncio.sleep(self._plan.full)
            rate = self._server.taken / self._plan.full
            self._over.set()
            await asyncio.wait(callers)
        self._over.clear()
        await self._books.drained(PATIENCE_SECONDS)
        return rate

    async def _half_speed(self, chance: random.Random) -> tuple[list[float], list[dict[str, float]]]:
        seconds = self._plan.minutes * 60
        moments: list[float] = []
        samples: list[dict[str, float]] = []
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for _ in range(LINES):
                group.create_task(self._send(2 * LINES / self.account.full, chance))
            group.create_task(self._kill_now_and_then(chance))
            for n in range(1, SAMPLES + 1):
                await asyncio.sleep(began + seconds * n / SAMPLES - time.monotonic())
                moments.append(time.monotonic())
                samples.append(await asyncio.to_thread(self._sample))
            self._over.set()
        self.account.seconds = time.monotonic() - began
        return moments, samples

    async def _send(self, pause: float, chance: random.Random) -> None:
        """Ask for one mail after the other, ``pause`` seconds apart on average, until it is over; late ones at once."""
        line = await Line.open(self._api.port)
        at = time.monotonic()
        while not self._over.is_set():
            if pause:
                at += chance.expovariate(1 / pause)
                await asyncio.sleep(max(0.0, at - time.monotonic()))
            number = next(self._numbers)
            answer = await line.ask(self._site.mail(f"soak-{number}", f"<p>This is mail number {number}."))
            self.account.asked += 1
            if answer.status == 200:
                self.account.promised.add(number)
        line.close()

    async def _kill_now_and_then(self, chance: random.Random) -> None:
        while self._plan.life and not self._over.is_set():
            try:
                async with asyncio.timeout(self._plan.life * chance.uniform(0.5, 1.5)):
                    await self._over.wait()
            except TimeoutError:
                await self._mortal.kill()
                self.account.kills += 1
                await self._mortal.start()

    def _sample(self) -> dict[str, float]:
        _, log = self._books.sizes()
        return {
            "api, MB": self._api.resident_octets() / 1e6,
            "worker, MB": self._steady.resident_octets() / 1e6,
            "api, files": self._api.open_files(),
            "worker, files": self._steady.open_files(),
            "queue": self._books.waiting(),
            "log, MB": log / 1e6,
        }

    def _close_books(self) -> None:
        account, server = self.account, self._server
        account.had = server.had
        account.arrived = {number for number, times in enumerate(server.times) if times}
        account.refused, account.doubled, account.changed = server.refused, server.doubled, server.changed
        account.unknown = _numbers({attempt.subject for attempt in self._books.unknown()})
        account.failed = _numbers(self._books.failed())
        account.states = self._books.states()
        account.octets = sum(self._books.sizes())


def _numbers(subjects: set[str]) -> set[int]:
    return {int(each.rpartition("-")[2]) for each in subjects}


def judge(account: Account) -> Iterator[str]:
    """What is wrong with it."""
    yield from _losses(account)
    for name, found in account.grown.items():
        if name == "log, MB":
            if found.most > LOG_MB:
                yield f"SQLite's log had {found.most:.0f} MB"
        elif found.rise > _bearable(name, found, account):
            yield f"{name} grew by {found.rise:.3g}, from about {found.middle:.3g}"


def _losses(account: Account) -> Iterator[str]:
    if account.asked != len(account.promised):
        yield f"{account.asked - len(account.promised)} requests were not answered 200"
    if lost := account.promised - account.arrived - account.failed:
        yield f"{len(lost)} mails were answered with 200 and did not arrive, such as {min(lost)}"
    if wrong := account.failed - account.refused:
        yield f"{len(wrong)} mails failed that nobody had refused, such as {min(wrong)}"
    if hidden := account.doubled - account.unknown:
        yield f"{len(hidden)} mails arrived again and are not said to have been unknown, such as {min(hidden)}"
    if account.changed:
        yield f"{len(account.changed)} mails came again with other octets"
    sent = len(account.promised) - len(account.failed)
    if +Counter(sent=sent, failed=len(account.failed)) != Counter(account.states):
        yield f"{sent} mails should be sent and {len(account.failed)} failed; the database has {dict(account.states)}"


def _bearable(name: str, found: Trend, account: Account) -> float:
    if name == "queue":
        return SECONDS_OF_QUEUE * account.full / 2
    return FILES if name.endswith("files") else GROWTH * found.middle


def table(plan: Plan, account: Account) -> Iterator[str]:
    """The report for people."""
    yield f"full      {account.full:.0f} mails/s, {plan.database}"
    yield f"soak      {account.seconds / 60:.1f} minutes, {account.asked} mails in all"
    moods = [f"{account.had[mood]} {mood.value}" for mood in Mood]
    yield f"moods     {', '.join(moods[:4])},"
    yield f"          {', '.join(moods[4:])}"
    yield f"kills     {account.kills} of a worker"
    yield f"arrived   {len(account.arrived)} mails; {len(account.failed)} failed, {len(account.refused)} refused"
    yield f"unknown   {len(account.unknown)} mails are said to have been; {len(account.doubled)} of all arrived again"
    yield f"database  {account.octets / max(1, len(account.promised)):.0f} octets a mail in the end, its log included"
    yield f"{'':16}{'middle':>8}{'most':>8}{'rise':>8}"
    for name, found in account.grown.items():
        yield f"{name:16}{found.middle:8.1f}{found.most:8.1f}{found.rise:+8.1f}"


def main() -> None:
    """Run as the command line says; exit code 1 where a promise was broken or something grew."""
    plan = planned(
        "soak",
        Plan,
        "Half of full speed for half an hour, with faults.",
        full="so many seconds to find out what full speed is",
        life="how long a worker lives that is to be killed, in seconds; 0: none is",
    )
    account = carried_out("soak", plan.database, partial(soak, plan))
    told(table(plan, account), list(judge(account)))


if __name__ == "__main__":
    main()
