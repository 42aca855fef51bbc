"""``python -m bench.throttle``: a server takes N mails in any second, and a transport is limited to N a second.

All mails are due at once, when the workers are there, and all of them want to send. The server answers 421 to each MAIL
that is one too many within the second before it. How fast do the mails go, and how many of them does it turn away? It
ends when nearly all have begun: the others may have been turned away, and come again when that is over.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import uvloop

from bench.books import Books
from bench.gate import Gate
from bench.processes import Part
from bench.site import Site, prepare
from bench.stock import store
from bench.trial import carried_out, planned, told
from postroom.app import open_app
from postroom.mail.pace import Pace, Scope
from postroom.store import paces

TOLERANCE: Final = 0.05
START_SECONDS: Final = 5.0  # of a worker
NEARLY: Final = 0.9  # of the mails
PATIENCE: Final = 3.0  # as many times what the rate takes
_CHECK_SECONDS: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``rate`` is N; mails for so many ``seconds``; so many ``workers``."""

    rate: int = 50
    seconds: float = 30.0
    workers: int = 1
    database: str = "sqlite"


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """When each mail began (seconds since the epoch, in order), how many were turned away, how many failed."""

    began: Sequence[float]
    refused: int
    failed: int

    @property
    def rate(self) -> float:
        """Mails a second, from the first to the last."""
        return (len(self.began) - 1) / (self.began[-1] - self.began[0])

    @property
    def densest(self) -> int:
        """The most mails that began within any second."""
        second = _Second(len(self.began))
        return max(len(second.moments) for each in self.began if second.admits(each))


class _Second:
    """The ``moments`` of the last second, at most so many."""

    def __init__(self, most: int) -> None:
        self.moments: deque[float] = deque()
        self._most = most

    def admits(self, now: float) -> bool:
        """Whether there is room for one more; then it has it."""
        while self.moments and self.moments[0] <= now - 1:
            self.moments.popleft()
        if len(self.moments) >= self._most:
            return False
        self.moments.append(now)
        return True


async def measure(plan: Plan, folder: Path, database: str = "") -> Account:
    """Do all of it, with the data in ``folder``; ``database`` as the setting has it. Raises where it cannot be done."""
    async with Gate(_Second(plan.rate).admits) as gate, AsyncExitStack() as stack:
        site = await prepare(folder / "data", gate.port, database=database)
        await _fill(plan, site)
        parts = [Part("worker", site.environment(), folder) for _ in range(plan.workers)]
        for each in parts:
            await stack.enter_async_context(each)
        await parts[0].while_it_runs(_nearly(plan, gate))
        failed = len(Books(site.settings).failed())
        return Account(began=sorted(gate.began), refused=gate.refused, failed=failed)


async def _fill(plan: Plan, site: Site) -> None:
    about = str(site.world.transport.id)
    limit = Pace(org_id=site.world.org.id, scope=Scope.TRANSPORT, subject=about, messages=plan.rate, seconds=1)
    async with open_app(site.settings) as app:
        await app.db.write(partial(paces.save, new=limit))
        due = app.clock() + round(START_SECONDS * plan.workers * 1000)
        await store(app, site, ((n, due) for n in range(round(plan.rate * plan.seconds))))


async def _nearly(plan: Plan, gate: Gate) -> None:
    async with asyncio.timeout(START_SECONDS * plan.workers + plan.seconds * PATIENCE):
        while gate.taken < plan.rate * plan.seconds * NEARLY:  # noqa: ASYNC110 - the gate only counts
            await asyncio.sleep(_CHECK_SECONDS)


def judge(plan: Plan, account: Account) -> Iterator[str]:
    """What is wrong with it."""
    if abs(account.rate / plan.rate - 1) > TOLERANCE:
        yield f"the rate is {account.rate:.1f} a second, and should be {plan.rate}"
    if account.failed:
        yield f"{account.failed} mails failed"


def table(plan: Plan, account: Account) -> Iterator[str]:
    """The figures for people."""
    yield f"limit     {plan.rate} a second; workers: {plan.workers}, {plan.database}"
    yield f"rate      {account.rate:.1f} a second ({account.rate / plan.rate - 1:+.1%}), {len(account.began)} mails"
    yield f"421       {account.refused}; {account.densest} mails began within one second at most"


def main() -> None:
    """Run as the command line says; exit code 1 where the rate is another or a mail failed."""
    plan = planned("throttle", Plan, "A server with a limit, and a transport that knows of it.", rate="mails a second")
    account = carried_out("throttle", plan.database, partial(measure, plan), loop_factory=uvloop.new_event_loop)
    told(table(plan, account), list(judge(plan, account)))


if __name__ == "__main__":
    main()
