"""``python -m bench.due``: 100,000 mails are due in the same minute; how late does each of them begin?

1. The mails are stored beforehand, for a minute that is still to come: as many at each of its seconds, which is as
   fine as ``scheduled_time`` can say it, or, with ``--same``, all at the first.
2. Workers are started a moment before. A mail begins when the receiving server reads its MAIL; it is really delivered.
3. With ``--restart`` the worker is stopped in a third of the minute and comes back after ``AWAY_SECONDS``.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Final

import uvloop

from bench.books import Books
from bench.gate import Gate
from bench.processes import Part
from bench.site import Site, prepare
from bench.stock import store
from bench.trial import carried_out, planned, told
from postroom.app import open_app

LATE_SECONDS: Final = 1.0  # at the 99th percentile
AWAY_SECONDS: Final = 5.0
BACK_SECONDS: Final = 5.0  # until it begins: a worker says that it is there, and then loads what it needs
STORED_PER_SECOND: Final = 1000  # at the least: the minute must not begin before all of them are
READY_SECONDS: Final = 5.0  # from the workers' start to the minute
PATIENCE: Final = 10.0  # as many times the minute
_CHECK_SECONDS: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``mails`` due within ``seconds``, for so many ``workers``."""

    mails: int = 100_000
    seconds: float = 60.0
    same: bool = False
    workers: int = 1
    restart: bool = False
    database: str = "sqlite"


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """When each mail was due and when it began, each time it did; seconds since the epoch.

    ``back``: when a worker that had been away was there again. ``cpu``: seconds of all workers, without their start;
    it means nothing where one of them started again.
    """

    due: Mapping[int, float]
    began: Sequence[tuple[int, float]]
    states: Mapping[str, int]
    back: float | None
    cpu: float

    def late(self) -> list[float]:
        """How late they began, in seconds, in order of their beginning."""
        return [began - self.due[number] for number, began in self.began]


async def measure(plan: Plan, folder: Path, database: str = "") -> Account:
    """Do all of it, with the data in ``folder``; ``database`` as the setting has it. Raises where it cannot be done."""
    async with Gate() as gate:
        site = await prepare(folder / "data", gate.port, database=database)
        first = time.time() + READY_SECONDS + plan.mails / STORED_PER_SECOND
        due = {n: first + (0 if plan.same else int(plan.seconds * n / plan.mails)) for n in range(plan.mails)}
        async with open_app(site.settings) as app:
            await store(app, site, ((n, round(at * 1000)) for n, at in due.items()))
        await _until(first - READY_SECONDS)
        back, cpu = await _deliver(plan, site, folder, gate, first)
    states = Books(site.settings).states()
    return Account(due=due, began=list(zip(gate.numbers, gate.began, strict=True)), states=states, back=back, cpu=cpu)


async def _deliver(plan: Plan, site: Site, folder: Path, gate: Gate, first: float) -> tuple[float | None, float]:
    async with AsyncExitStack() as stack:
        workers = [Part("worker", site.environment(), folder) for _ in range(plan.workers)]
        for each in workers:
            await stack.enter_async_context(each)
        back, before = None, sum(each.cpu_seconds() for each in workers)
        if plan.restart:
            await _until(first + plan.seconds / 3)
            await workers[0].stop()
            await asyncio.sleep(AWAY_SECONDS)
            await workers[0].start()
            back = time.time()
        async with asyncio.timeout(PATIENCE * plan.seconds + READY_SECONDS):
            while gate.taken < plan.mails:  # noqa: ASYNC110 - the gate only counts
                await asyncio.sleep(_CHECK_SECONDS)
        await workers[0].while_it_runs(Books(site.settings).drained())
        return back, sum(each.cpu_seconds() for each in workers) - before


async def _until(moment: float) -> None:
    left = moment - time.time()
    if left < 0:
        raise RuntimeError("the mails were not stored in time: this machine is too slow for so many")
    await asyncio.sleep(left)


def judge(plan: Plan, account: Account) -> Iterator[str]:
    """What is wrong with it: one that began twice, or not, or too early, or too late."""
    numbers = [number for number, _ in account.began]
    if missing := len(account.due.keys() - set(numbers)):
        yield f"{missing} mails did not begin"
    if doubled := len(numbers) - len(set(numbers)):
        yield f"{doubled} mails began twice"
    if account.states != {"sent": len(account.due)}:
        yield f"the database has {dict(account.states)}"
    late = account.late()
    if min(late) < 0:
        yield f"a mail began {-min(late):.3f} s before its time"
    if account.back is not None:
        if (paused := _first_after(account, account.back) - account.back) > BACK_SECONDS:
            yield f"the first after the pause began {paused:.2f} s after it"
        return
    if (last := _last(account)) > plan.seconds:
        yield f"the last began {last:.1f} s after the first was due"
    if not plan.same and (p99 := _percentile(late, 99)) > LATE_SECONDS:
        yield f"p99 is {p99:.2f} s"


def _last(account: Account) -> float:
    return max(began for _, began in account.began) - min(account.due.values())


def _first_after(account: Account, moment: float) -> float:
    return min((began for _, began in account.began if began >= moment), default=moment)


def _percentile(late: Sequence[float], n: int) -> float:
    return quantiles(late, n=100, method="inclusive")[n - 1]


def table(plan: Plan, account: Account) -> Iterator[str]:
    """The figures for people."""
    late = account.late()
    when = "at the same moment" if plan.same else f"in {plan.seconds:.0f} s"
    yield f"{len(account.due)} mails due {when}, workers: {plan.workers}, {plan.database}"
    yield f"late, s   p50 {_percentile(late, 50):.3f}, p99 {_percentile(late, 99):.3f}, at most {max(late):.3f}"
    yield f"last      {_last(account):.1f} s after the first was due"
    if account.back is not None:
        paused = _first_after(account, account.back) - account.back
        yield f"restart   away for {AWAY_SECONDS:.0f} s; the first began {paused * 1000:.0f} ms after it was back"
    else:
        yield f"CPU       {account.cpu / len(account.due) * 1e6:.0f} µs of a worker for a mail"


def main() -> None:
    """Run as the command line says; exit code 1 where a bar is missed."""
    plan = planned(
        "due",
        Plan,
        "How late mails begin that are due in the same minute.",
        seconds="the minute",
        same="all are due at its first moment",
        restart="the worker is stopped in the middle, and comes back",
    )
    account = carried_out("due", plan.database, partial(measure, plan), loop_factory=uvloop.new_event_loop)
    told(table(plan, account), list(judge(plan, account)))


if __name__ == "__main__":
    main()
