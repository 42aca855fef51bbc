"""``python -m bench.wake``: how long a mail takes from an idle server to the wire.

One mail at a time, and a pause of random length before each, so that every worker has gone to rest and nothing is in
step with it. The time ends when the first octet of the message is at the receiving server, and is told from the moment
when the request was sent and from the moment when its 200 was there.

An idle worker's processor time is measured too: to look all the time would be quick, and no answer.
"""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Final

import msgspec

from bench.inbox import Inbox
from bench.line import Line
from bench.processes import Part
from bench.site import Site, prepare
from bench.trial import carried_out, planned, told

P50_MS: Final = 50.0
P99_MS: Final = 500.0
PATIENCE_SECONDS: Final = 30.0
_CHECK_SECONDS: Final = 0.005


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``mails`` one by one, each after a ``pause`` of so many seconds at the most; ``idle`` seconds without any.

    ``serve``: one process does both, else there are two.
    """

    mails: int = 200
    pause: float = 1.0
    idle: float = 10.0
    seed: int = 1
    serve: bool = False
    database: str = "sqlite"


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Times of each mail to the wire in ms, and how much of a core an idle process that delivers takes."""

    from_request: Sequence[float]
    from_answer: Sequence[float]
    idle: float


async def measure(plan: Plan, folder: Path, database: str = "") -> Figures:
    """Do all of it, with the data in ``folder``; ``database`` as the setting has it. Raises where it cannot be done."""
    async with Inbox() as inbox:
        site = await prepare(folder / "data", inbox.port, database=database)
        verbs = ("serve",) if plan.serve else ("api", "worker")
        parts = [Part(verb, site.environment(), folder) for verb in verbs]
        async with parts[0], parts[-1] if len(parts) > 1 else asyncio.timeout(None):
            line = await Line.open(parts[0].port)
            moments = [await _send(site, line, inbox, n, plan.pause * pause) for n, pause in enumerate(_pauses(plan))]
            idle = await _idle(parts[-1], plan.idle)
            line.close()
    return Figures(
        from_request=[(began - asked) * 1000 for asked, _, began in moments],
        from_answer=[(began - answered) * 1000 for _, answered, began in moments],
        idle=idle,
    )


def _pauses(plan: Plan) -> Iterator[float]:
    chance = random.Random(plan.seed)
    return (chance.random() for _ in range(plan.mails))


async def _send(site: Site, line: Line, inbox: Inbox, number: int, pause: float) -> tuple[float, float, float]:
    """When one mail was asked for, answered, and at the receiving server."""
    await asyncio.sleep(pause)
    clock = asyncio.get_running_loop().time
    asked = clock()
    answer = await line.ask(site.mail(f"wake-{number}", "<p>Good morning.</p>"))
    answered = clock()
    assert answer.status == 200, answer
    assert msgspec.json.decode(answer.body)["data"][0]["code"] == "SUCCESS"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(inbox.receipts) <= number:  # noqa: ASYNC110 - the inbox only keeps
            await asyncio.sleep(_CHECK_SECONDS)
    return asked, answered, inbox.receipts[number].began_at


async def _idle(part: Part, seconds: float) -> float:
    """How much of a core the process takes while there is nothing to do."""
    before, began = part.cpu_seconds(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (part.cpu_seconds() - before) / (time.perf_counter() - began)


def judge(figures: Figures) -> Iterator[str]:
    """Which bars are missed."""
    p50, p99 = _percentiles(figures.from_answer)
    if p50 > P50_MS:
        yield f"p50 is {p50:.1f} ms, and may be {P50_MS:.0f}"
    if p99 > P99_MS:
        yield f"p99 is {p99:.1f} ms, and may be {P99_MS:.0f}"


def _percentiles(times: Sequence[float]) -> tuple[float, float]:
    each = quantiles(times, n=100, method="inclusive")
    return each[49], each[98]


def table(plan: Plan, figures: Figures) -> Iterator[str]:
    """The figures for people."""
    yield f"{plan.mails} mails, {'postroom serve' if plan.serve else 'postroom api, postroom worker'}, {plan.database}"
    yield f"{'ms to the wire':24}{'p50':>8}{'p99':>8}{'most':>8}"
    for since, times in (("from the request", figures.from_request), ("from the 200", figures.from_answer)):
        p50, p99 = _percentiles(times)
        yield f"{since:24}{p50:8.1f}{p99:8.1f}{max(times):8.1f}"
    yield f"idle: {figures.idle:.2%} of a core"


def main() -> None:
    """Run as the command line says; exit code 1 where a bar is missed."""
    plan = planned(
        "wake",
        Plan,
        "How long a mail takes from an idle server to the wire.",
        pause="the longest before a mail, in seconds",
        idle="seconds without mails, to see what rest costs",
        serve="one process does both",
    )
    figures = carried_out("wake", plan.database, partial(measure, plan))
    told(table(plan, figures), list(judge(figures)))


if __name__ == "__main__":
    main()
