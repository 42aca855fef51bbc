"""``python -m bench.crash``: kill -9 under load, again and again, and then account for every mail.

1. ``_send`` asks the API to send mails, each with a subject of its own, and keeps what was answered 200.
2. ``_reap`` lets one process live for a moment, kills it, and starts it again; one such task for the api and one for
   the worker, so that they die together at times. After a worker's death it reads which mails were not settled.
3. When enough have died, the load ends, and the queue must run empty.
4. ``ledger.judge`` holds promises, receipts and kills together: none lost, each double explained.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from bench.books import Books
from bench.inbox import Inbox
from bench.ledger import Account, Kill, Verdict, judge
from bench.line import GoneError, Line
from bench.processes import Part
from bench.site import Site, prepare
from bench.trial import carried_out, planned, told

LINES: Final = 16  # connections to the API
LEASE_SECONDS: Final = 2
SHORTEST_LIFE_SECONDS: Final = 0.02  # from ready to killed
STARTING: Final = 0.2  # how many are killed before they are ready
STARTING_SECONDS: Final = (0.0, 0.6)
DELAYED: Final = 0.5  # how many replies of the receiving server are held back
DELAY_SECONDS: Final = (0.001, 0.05)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``kills`` in all, ``rate`` of mails per second that are asked for while an api is up, ``seed`` of all chance.

    ``life``: the longest, in seconds, that a process lives after it is ready.
    """

    kills: int = 60
    rate: float = 500.0
    life: float = 1.0
    seed: int = 1
    database: str = "sqlite"


async def storm(plan: Plan, folder: Path, database: str = "") -> Account:
    """Do all of it, with the data in ``folder``; ``database`` as the setting has it. Raises where it cannot be done."""
    chance = random.Random(plan.seed)
    async with Inbox(lambda: _delay(chance)) as inbox:
        site = await prepare(folder / "data", inbox.port, database=database)
        environment = {**site.environment(), "POSTROOM_LEASE_SECONDS": str(LEASE_SECONDS)}
        async with (
            Part("api", environment, folder) as api,
            Part("worker", environment, folder) as worker,
        ):
            account = await _Storm(plan, site, api, worker).run(chance)
    account.receipts = inbox.receipts
    return account


class _Storm:
    def __init__(self, plan: Plan, site: Site, api: Part, worker: Part) -> None:
        self._plan = plan
        self._site = site
        self._api = api
        self._worker = worker
        self._books = Books(site.settings)
        self._account = Account()
        self._numbers = count(1)
        self._kills_left = plan.kills
        self._over = asyncio.Event()

    async def run(self, chance: random.Random) -> Account:
        async with asyncio.TaskGroup() as group:
            for _ in range(LINES):
                group.create_task(self._send(chance))
            reapers = [group.create_task(self._reap(part, chance)) for part in (self._api, self._worker)]
            await asyncio.wait(reapers)
            self._over.set()
        await self._worker.while_it_runs(self._books.drained())
        self._account.states = self._books.states()
        return self._account

    async def _send(self, chance: random.Random) -> None:
        line: Line | None = None
        while not self._over.is_set():
            await asyncio.sleep(chance.expovariate(self._plan.rate / LINES))
            try:
                line = line or await self._dial()
                await self._ask(line)
            except GoneError:
                line = None
        if line is not None:
            line.close()

    async def _dial(self) -> Line:
        await self._api.up.wait()
        return await Line.open(self._api.port)

    async def _ask(self, line: Line) -> None:
        subject = f"storm-{next(self._numbers)}"
        self._account.asked[subject] = self._site.recipient
        answer = await line.ask(self._site.mail(subject, f"<p>This is <b>{subject}</b>.</p>"))
        if answer.status == 200:
            self._account.promised[subject] = msgspec.json.decode(answer.body)["data"][0]["details"]["message_id"]
        else:
            self._account.refused[answer.status] += 1

    async def _reap(self, part: Part, chance: random.Random) -> None:
        """Kill it and start it again until there are kills enough. It is up before and after."""
        while self._kills_left > 0:
            self._kills_left -= 1
            starting = not part.up.is_set()
            await asyncio.sleep(chance.uniform(*STARTING_SECONDS) if starting else self._life(chance))
            await self._kill(part, starting)
            await part.spawn()
            if chance.random() >= STARTING or self._kills_left <= 0:
                await part.ready()

    def _life(self, chance: random.Random) -> float:
        return chance.uniform(SHORTEST_LIFE_SECONDS, self._plan.life)

    async def _kill(self, part: Part, starting: bool) -> None:
        clock = asyncio.get_running_loop().time
        killed_at = clock()
        await part.kill()
        dead_at = clock()
        queued = await asyncio.to_thread(self._books.queued) if part is self._worker else {}
        self._account.kills.append(
            Kill(part=part.verb, starting=starting, killed_at=killed_at, dead_at=dead_at, queued=queued)
        )


def _delay(chance: random.Random) -> float:
    return chance.uniform(*DELAY_SECONDS) if chance.random() < DELAYED else 0.0


def table(account: Account, verdict: Verdict) -> Iterator[str]:
    """The report for people."""
    kills = account.kills
    parts = Counter(kill.part for kill in kills)
    starting = sum(kill.starting for kill in kills)
    held = [sum(kill.queued.values()) for kill in kills if kill.part == "worker"]
    unanswered = len(account.asked) - len(account.promised) - sum(account.refused.values())
    yield f"kills     {len(kills)}: api {parts['api']}, worker {parts['worker']}; {starting} of them while starting"
    yield f"claimed   {median(held):.0f} mails not settled at a worker's death (median), {max(held)} at most"
    yield f"asked     {len(account.asked)}"
    refused = ", ".join(f"{times} with {status}" for status, times in sorted(account.refused.items())) or "none"
    yield f"accepted  {len(account.promised)} answered 200; {unanswered} not answered, refused: {refused}"
    yield f"arrived   {verdict.arrived} mails in {len(account.receipts)} receipts"
    after = [double.after * 1000 for double in verdict.doubles if double.after is not None]
    between = f", {min(after):.1f} to {max(after):.1f} ms after the reply" if after else ""
    yield (
        f"doubles   {len(verdict.doubles)}: {len(verdict.doubles) - len(after)} whose first reply was cut off, "
        f"{len(after)} killed between reply and commit{between}"
    )
    yield f"lost      {len(verdict.lost)}"


def main() -> None:
    """Run as the command line says; exit code 1 where a promise was broken."""
    plan = planned(
        "crash",
        Plan,
        "Kill Postroom under load; count mails.",
        rate="mails asked for per second",
        life="the longest life of a process, in seconds",
    )
    account = carried_out("crash", plan.database, partial(storm, plan))
    verdict = judge(account)
    told(table(account, verdict), verdict.faults)


if __name__ == "__main__":
    main()
