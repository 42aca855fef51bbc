"""``python -m bench.once``: many callers send the same request under the same key, and each key is one mail.

1. Two processes ``postroom api`` share a database, and one ``postroom worker`` delivers what they accept.
2. ``_call`` is one caller: at each key it waits for all others, and asks until it is answered.
3. With ``--kills``, ``_reap`` kills an api at random moments and starts it again; who was cut off asks the other one.
4. ``judge`` holds the answers, the database and what arrived together.
"""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from bench.books import Books
from bench.inbox import Inbox
from bench.line import Answer, GoneError, Line
from bench.processes import Part
from bench.site import Site, prepare
from bench.trial import carried_out, planned, told

PATIENCE_SECONDS: Final = 300.0  # for an answer, however often its process is killed
SHORTEST_LIFE_SECONDS: Final = 0.02  # from ready to killed


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``callers`` of each of ``keys``; ``kills`` of the two api processes, ``seed`` of all chance.

    ``life``: the longest, in seconds, that a process lives after it is ready.
    """

    callers: int = 100
    keys: int = 1000
    kills: int = 0
    life: float = 1.0
    seed: int = 1
    database: str = "sqlite"


@dataclass(kw_only=True, slots=True)
class Account:
    """What happened, by key, which is the mail's subject too."""

    callers: int
    answers: Mapping[str, Counter[Answer]] = field(default_factory=lambda: defaultdict(Counter))
    stored: Mapping[str, Sequence[str]] = field(default_factory=dict)  # the ids of its mails
    arrived: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    cut_off: int = 0  # requests that got no answer
    seconds: float = 0.0


async def rush(plan: Plan, folder: Path, database: str = "") -> Account:
    """Do all of it, with the data in ``folder``; ``database`` as the setting has it. Raises where it cannot be done."""
    async with Inbox() as inbox:
        site = await prepare(folder / "data", inbox.port, database=database)
        environment = site.environment()
        async with (
            Part("api", environment, folder) as one,
            Part("api", environment, folder) as other,
            Part("worker", environment, folder) as worker,
        ):
            account = await _Rush(plan, site, (one, other)).run()
            books = Books(site.settings)
            await worker.while_it_runs(books.drained())
            account.stored = books.ids()
    account.arrived = Counter(receipt.subject for receipt in inbox.receipts)
    return account


class _Rush:
    def __init__(self, plan: Plan, site: Site, parts: Sequence[Part]) -> None:
        self._plan = plan
        self._site = site
        self._parts = parts
        self._account = Account(callers=plan.callers)
        self._together = asyncio.Barrier(plan.callers)
        self._kills_left = plan.kills

    async def run(self) -> Account:
        chance = random.Random(self._plan.seed)
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(self._call(n)) for n in range(self._plan.callers)]
            reapers = [group.create_task(self._reap(part, chance)) for part in self._parts]
            await asyncio.wait(calls)
            self._account.seconds = time.perf_counter() - began
            # What is dead is started again, so that each of them can be stopped.
            self._kills_left = 0
            await asyncio.wait(reapers)
        return self._account

    async def _call(self, number: int) -> None:
        caller = _Caller(self._parts, number)
        for n in range(self._plan.keys):
            key = f"once-{n}"
            request = self._site.mail(key, f"<p>This is <b>{key}</b>.</p>", key=key)
            await self._together.wait()
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await caller.ask(request)
            self._account.answers[key][answer] += 1
        self._account.cut_off += caller.cut_off
        caller.close()

    async def _reap(self, part: Part, chance: random.Random) -> None:
        """Kill it and start it again until there are kills enough."""
        while self._kills_left > 0:
            self._kills_left -= 1
            await asyncio.sleep(chance.uniform(SHORTEST_LIFE_SECONDS, self._plan.life))
            await part.kill()
            self._account.kills += 1
            await part.start()


class _Caller:
    """Asks one of the processes, and the other one where it is cut off."""

    def __init__(self, parts: Sequence[Part], number: int) -> None:
        self.cut_off = 0
        self._parts = parts
        self._number = number
        self._line: Line | None = None

    async def ask(self, request: bytes) -> Answer:
        """Ask until there is an answer; 503 says itself that the same may be asked again."""
        while True:
            try:
                if self._line is None:
                    self._line = await self._dial()
                answer = await self._line.ask(request)
            except GoneError:
                self._line = None
                self.cut_off += 1
                self._number += 1
            else:
                if answer.status != 503:
                    return answer

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()

    async def _dial(self) -> Line:
        part = self._parts[self._number % len(self._parts)]
        await part.up.wait()
        return await Line.open(part.port)


def judge(account: Account) -> Iterator[str]:
    """What is wrong with it: of each key there is one mail, which arrived once and of which each caller was told."""
    for key, answers in account.answers.items():
        if answers.total() != account.callers:
            yield f"{key}: {answers.total()} answers"
        if len(answers) != 1:
            yield f"{key} was answered in {len(answers)} ways: {sorted(each.status for each in answers)}"
        told = {_told(answer) for answer in answers}
        if list(told) != list(account.stored.get(key, ())):
            yield f"{key}: told of {told}, and {account.stored.get(key, ())} are stored"
        if account.arrived[key] != 1:
            yield f"{key} arrived {account.arrived[key]} times"
    if stray := (account.arrived.keys() | account.stored.keys()) - account.answers.keys():
        yield f"nobody asked for {sorted(stray)}"


def _told(answer: Answer) -> str:
    if answer.status != 200:
        return f"status {answer.status}"
    (item,) = msgspec.json.decode(answer.body)["data"]
    return str(item["details"].get("message_id"))


def table(account: Account) -> Iterator[str]:
    """The report for people."""
    answers = sum(each.total() for each in account.answers.values())
    different = sum(len(each) for each in account.answers.values())
    yield f"keys      {len(account.answers)}, each by {account.callers} callers at once, at two processes"
    yield f"kills     {account.kills} of these processes; {account.cut_off} times a caller was cut off, and asked again"
    yield f"answers   {answers} in {account.seconds:.0f} s, {different} different"
    yield f"stored    {sum(len(each) for each in account.stored.values())} mails"
    yield f"arrived   {account.arrived.total()} mails"


def main() -> None:
    """Run as the command line says; exit code 1 where a promise was broken."""
    plan = planned(
        "once",
        Plan,
        "Send the same again and again.",
        life="the longest life of a process, in seconds",
    )
    account = carried_out("once", plan.database, partial(rush, plan))
    told(table(account), list(judge(account)))


if __name__ == "__main__":
    main()
