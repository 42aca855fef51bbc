"""``python -m bench.race``: mails are called back while a worker sends them, and each answer must turn out true.

1. A ``postroom api`` and a ``postroom worker`` share a database; each of several lanes has one race at a time.
2. ``_race`` schedules a mail, and several callers at once call it back at the moment when a worker takes it: ``_Aim``
   finds that out, so that each side wins about as often.
3. Each is answered ``cancelled`` or ``too late``.
4. ``judge`` holds that against what arrived: one ``cancelled`` at the most, then nothing; else the mail, once.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from bench.books import Books
from bench.inbox import Inbox
from bench.line import Answer, Line
from bench.processes import Part
from bench.site import Site, prepare
from bench.trial import carried_out, planned, told

LEAD_SECONDS: Final = 1.0  # from the mail's request to its time
SPREAD_SECONDS: Final = 0.02  # so much before and after the moment aimed at
STEP_SECONDS: Final = 0.001
PATIENCE_SECONDS: Final = 60.0  # for a mail to be accepted


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``races`` in all, ``lanes`` of them at a time, each with so many ``callers``; ``seed`` of all chance."""

    races: int = 10_000
    lanes: int = 32
    callers: int = 3
    seed: int = 1
    database: str = "sqlite"


class Heard(Enum):
    """What a caller was told."""

    CANCELLED = "cancelled"
    TOO_LATE = "too late"
    SOMETHING_ELSE = "something else"


@dataclass(kw_only=True, slots=True)
class Account:
    """What happened, by subject."""

    heard: dict[str, Counter[Heard]] = field(default_factory=dict)
    arrived: Counter[str] = field(default_factory=Counter)
    states: Mapping[str, int] = field(default_factory=dict)  # in the end: mails by state
    seconds: float = 0.0


class _Aim:
    """When to call a mail back, in seconds after it is due: after each race a little later or earlier."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._middle = 0.0

    def take(self) -> float:
        return self._middle + self._chance.uniform(-SPREAD_SECONDS, SPREAD_SECONDS)

    def learn(self, *, cancelled: bool) -> None:
        self._middle += STEP_SECONDS if cancelled else -STEP_SECONDS


async def contest(plan: Plan, folder: Path, database: str = "") -> Account:
    """Do all of it, with the data in ``folder``; ``database`` as the setting has it. Raises where it cannot be done."""
    account, aim, numbers = Account(), _Aim(random.Random(plan.seed)), iter(range(plan.races))
    async with Inbox() as inbox:
        site = await prepare(folder / "data", inbox.port, database=database)
        environment = site.environment()
        async with Part("api", environment, folder) as api, Part("worker", environment, folder) as worker:
            began = time.perf_counter()
            async with asyncio.TaskGroup() as group:
                for _ in range(plan.lanes):
                    lines = [await Line.open(api.port) for _ in range(plan.callers)]
                    group.create_task(_lane(site, lines, numbers, aim, account))
            account.seconds = time.perf_counter() - began
            books = Books(site.settings)
            await worker.while_it_runs(books.drained())
            account.states = books.states()
    account.arrived = Counter(receipt.subject for receipt in inbox.receipts)
    return account


async def _lane(site: Site, lines: Sequence[Line], numbers: Iterator[int], aim: _Aim, account: Account) -> None:
    for number in numbers:
        subject = f"race-{number}"
        account.heard[subject] = heard = await _race(site, lines, subject, aim.take())
        aim.learn(cancelled=heard[Heard.CANCELLED] > 0)
    for line in lines:
        line.close()


async def _race(site: Site, lines: Sequence[Line], subject: str, offset: float) -> Counter[Heard]:
    due, message_id = await _schedule(site, lines[0], subject)
    await asyncio.sleep(due + offset - time.time())
    request = site.cancel(message_id)
    return Counter(map(_heard, await asyncio.gather(*(line.ask(request) for line in lines))))


async def _schedule(site: Site, line: Line, subject: str) -> tuple[float, str]:
    """When a new mail is due, in seconds since the epoch, and its id."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            due = time.time() + LEAD_SECONDS
            scheduled = datetime.fromtimestamp(due, UTC).isoformat()
            answer = await line.ask(site.mail(subject, f"<p>This is <b>{subject}</b>.</p>", time=scheduled))
            # A machine that has much else to do may read it when its time is past.
            if answer.status == 200:
                return due, msgspec.json.decode(answer.body)["data"][0]["details"]["message_id"]


def _heard(answer: Answer) -> Heard:
    told = msgspec.json.decode(answer.body)
    if answer.status == 200 and told["Emails"][0]["message"] == "mail cancelled":
        return Heard.CANCELLED
    if answer.status == 400 and told["code"] == "CANNOT_PROCESS" and told["message"].startswith("too late: "):
        return Heard.TOO_LATE
    return Heard.SOMETHING_ELSE


def judge(account: Account) -> Iterator[str]:
    """What is wrong with it."""
    for subject, heard in account.heard.items():
        if heard[Heard.SOMETHING_ELSE] or heard[Heard.CANCELLED] > 1:
            yield f"{subject} was answered {dict(heard)}"
        if account.arrived[subject] != 1 - heard[Heard.CANCELLED]:
            yield f"{subject} was answered {dict(heard)} and arrived {account.arrived[subject]} times"
    if stray := account.arrived.keys() - account.heard.keys():
        yield f"nobody sent {sorted(stray)}"
    cancelled = len(_cancelled(account))
    expected = Counter(cancelled=cancelled, sent=len(account.heard) - cancelled)
    if +expected != account.states:
        yield f"the answers say {dict(expected)}, and the database has {dict(account.states)}"


def _cancelled(account: Account) -> set[str]:
    return {subject for subject, heard in account.heard.items() if heard[Heard.CANCELLED]}


def table(account: Account) -> Iterator[str]:
    """The report for people."""
    heard = sum(account.heard.values(), Counter[Heard]())
    yield f"races     {len(account.heard)} in {account.seconds:.0f} s"
    yield f"answers   {heard.total()}: {', '.join(f'{heard[each]} {each.value}' for each in Heard)}"
    cancelled = _cancelled(account)
    yield f"cancelled {len(cancelled)} mails, {len(cancelled & account.arrived.keys())} of which arrived"
    yield f"arrived   {account.arrived.total()} mails"


def main() -> None:
    """Run as the command line says; exit code 1 where an answer was not true."""
    plan = planned(
        "race",
        Plan,
        "Call mails back while they are sent.",
        lanes="races at a time",
        callers="who call one mail back at once",
    )
    account = carried_out("race", plan.database, partial(contest, plan))
    told(table(account), list(judge(account)))


if __name__ == "__main__":
    main()
