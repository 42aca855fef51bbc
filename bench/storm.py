"""The storm: both halves of Postroom die again and again under load.

1. ``load.Load`` asks the API to send mails of every kind, each with a subject of its own, and keeps what was answered.
2. ``_reap`` lets one process live until its death (``matrix``), and starts it again; one such task for the api and one
   for the worker, so that they die together at times. After a worker's death it reads which mails were not settled.
3. When enough have died, the load ends, and the queue must run empty.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from bench.books import Books
from bench.inbox import Inbox, Receipt
from bench.ledger import Account, Kill
from bench.load import Load
from bench.matrix import HALVES, Death, deaths
from bench.paper import certificates
from bench.processes import Part
from bench.site import Site, prepare
from bench.warm import fork

LEASE_SECONDS: Final = 1
# What takes seconds or minutes where an operator chooses, takes one second here or less.
ROLLING: Final = {
    "POSTROOM_LEASE_SECONDS": str(LEASE_SECONDS),
    "POSTROOM_POLL_SECONDS": "0.1",
    "POSTROOM_UNKNOWN_MINUTES": "0.001",
}
PATIENCE_SECONDS: Final = 8.0  # for a process to come by its point; then it is killed where it is
DELAYED: Final = 0.5  # how many replies of the receiving server are held back
DELAY_SECONDS: Final = (0.001, 0.05)
WORKERS_SHARE: Final = len(HALVES["worker"]) / sum(map(len, HALVES.values()))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``kills`` in all, ``rate`` of mails per second that are asked for while an api is up, ``seed`` of all chance.

    ``life``: the longest, in seconds, that a process lives after it is ready, where it is killed at a random moment.
    """

    kills: int = 5000
    rate: float = 200.0
    life: float = 0.5
    seed: int = 1
    database: str = "sqlite"


async def storm(plan: Plan, folder: Path, database: str = "") -> Account:
    """Do all of it, with the data in ``folder``; ``database`` as the setting has it. Raises where it cannot be done."""
    chance = random.Random(plan.seed)
    tls, ca_file = certificates(folder)
    async with _Shelf(lambda: _delay(chance), tls=tls) as inbox:
        site = await prepare(folder / "data", inbox.port, database=database, ca_file=str(ca_file))
        environment = {**site.environment(), **ROLLING}
        async with (
            Part("api", environment, folder, start=fork) as api,
            Part("worker", environment, folder, start=fork) as worker,
        ):
            account = await _Storm(plan, site, inbox, api, worker).run(chance)
    account.receipts = inbox.receipts
    return account


class _Shelf(Inbox):
    """Keeps of each mail its header and what tells its body from another: a long storm brings gigabytes."""

    def at_dot(self, receipt: Receipt) -> tuple[float, bytes | None]:
        header, end, body = receipt.content.partition(b"\r\n\r\n")
        receipt.content = header + end + blake2b(body).digest()
        return super().at_dot(receipt)


class _Storm:
    def __init__(self, plan: Plan, site: Site, inbox: Inbox, api: Part, worker: Part) -> None:
        self._plan = plan
        self._inbox = inbox
        self._parts = (api, worker)
        self._books = Books(site.settings)
        self._account = Account()
        self._load = Load(site, api, inbox, self._account, rate=plan.rate)

    async def run(self, chance: random.Random) -> Account:
        began = _now()
        api, worker = self._parts
        of_worker = round(self._plan.kills * WORKERS_SHARE)
        async with self._load.running(chance), asyncio.TaskGroup() as group:
            for part, kills in ((api, self._plan.kills - of_worker), (worker, of_worker)):
                group.create_task(self._reap(part, deaths(part.verb, kills, self._plan.life, chance)))
        await worker.while_it_runs(self._books.emptied())
        self._account.states = self._books.states()
        self._account.unknown = self._books.unknown()
        self._account.seconds = _now() - began
        return self._account

    async def _reap(self, part: Part, ways: Sequence[Death]) -> None:
        """Let it die of each; it is up before and after."""
        await part.kill()
        for death in ways:
            await part.spawn(**death.environment())
            killed_at = await (self._at_point(part, death) if death.point else _anywhere(part, death))
            await self._note(part, death, killed_at)
        await part.start()

    async def _at_point(self, part: Part, death: Death) -> float:
        """Wait until it has killed itself; when."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await part.comes()
                await part.dies()
        except TimeoutError:
            self._account.missed[death.point] += 1
            await part.kill()
        return _now()

    async def _note(self, part: Part, death: Death, killed_at: float) -> None:
        held = {}
        if part is self._parts[1]:
            # What it said last is on its way, and was said before its death.
            await self._inbox.empty.wait()
            held = await asyncio.to_thread(self._books.held)
        self._account.kills.append(
            Kill(
                part=part.verb,
                point=death.point,
                starting=death.starting,
                killed_at=killed_at,
                dead_at=_now(),
                held=held,
            )
        )


async def _anywhere(part: Part, death: Death) -> float:
    """Kill it after a while; the moment before."""
    if not death.starting:
        await part.ready()
    await asyncio.sleep(death.after)
    killed_at = _now()
    await part.kill()
    return killed_at


def _now() -> float:
    return asyncio.get_running_loop().time()


def _delay(chance: random.Random) -> float:
    return chance.uniform(*DELAY_SECONDS) if chance.random() < DELAYED else 0.0
