"""``python -m bench.faults``: what a queue meets besides death, in the middle of its work; each mail is accounted for.

1. Each fault has a Postroom of its own, an api and a worker, under the load of the storm (``load``).
2. What happens is in ``happenings``; each goes on for some seconds, again and again.
3. When it is over, the queue must run empty, and ``ledger.judge_faults`` holds promises, receipts and history together.
"""

import asyncio
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.books import Books
from bench.happenings import FAULTS, BadInbox, Fault, Scene
from bench.ledger import Account, Verdict, judge_faults
from bench.load import Load
from bench.paper import certificates
from bench.peer import MissingError
from bench.processes import Part
from bench.site import prepare
from bench.storm import LEASE_SECONDS, ROLLING
from bench.trial import carried_out, planned, told


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``only`` one fault (empty: each that the database can meet), ``rounds`` of it, ``seed`` of all chance."""

    only: str = ""
    rounds: int = 8
    rate: float = 100.0
    seed: int = 1
    database: str = "sqlite"


async def suffer(fault: Fault, plan: Plan, folder: Path, database: str = "") -> Account:
    """Let it happen in the middle of the load; what came of it. Raises ``MissingError`` where it cannot happen here."""
    with fault.place(folder) as place:
        return await _suffer(fault, plan, folder, database, place)


async def _suffer(fault: Fault, plan: Plan, folder: Path, database: str, place: Mapping[str, str]) -> Account:
    chance, account = random.Random(plan.seed), Account()
    tls, ca_file = certificates(folder)
    async with BadInbox(chance, tls) as inbox:
        site = await prepare(folder / "data", inbox.port, database=database, ca_file=str(ca_file))
        environment = {**site.environment(), **ROLLING, **place}
        async with (
            Part("api", environment, folder, start=fault.start) as api,
            Part("worker", environment, folder, start=fault.start) as worker,
        ):
            other = Part("worker", environment, folder, start=fault.start)
            scene = Scene(inbox, chance, folder, database, other)
            async with Load(site, api, inbox, account, rate=plan.rate).running(chance):
                for _ in range(plan.rounds):
                    await asyncio.sleep(LEASE_SECONDS)
                    await fault.happens(scene)
            books = Books(site.settings)
            await worker.while_it_runs(books.emptied())
            account.states, account.unknown = books.states(), books.unknown()
    account.receipts = inbox.receipts
    return account


def complaints(fault: Fault, account: Account, verdict: Verdict) -> Iterator[str]:
    """What is wrong with what came of it."""
    yield from verdict.faults
    if not fault.in_doubt and account.unknown:
        yield f"{account.unknown.total()} attempts are called unknown whose final dots were never free to go"
    if not fault.doubles and verdict.doubles:
        yield f"{len(verdict.doubles)} mails arrived twice whose worker knew that it had lost them"


def row(name: str, account: Account, verdict: Verdict) -> str:
    """The line of one fault in the report."""
    figures = (len(account.promised), verdict.arrived, len(verdict.lost), len(verdict.doubles), account.unknown.total())
    return f"{name:34}" + "".join(f"{each:10}" for each in figures)


def main() -> None:
    """Run as the command line says; exit code 1 where a promise was broken."""
    plan = planned(
        "faults", Plan, "Let things happen to Postroom under load; count mails.", only="one fault, by its name"
    )
    lines = [f"{'':34}" + "".join(f"{each:>10}" for each in ("accepted", "arrived", "lost", "doubled", "unknown"))]
    faults: list[str] = []
    for name, fault in FAULTS.items():
        if plan.only in ("", name) and fault.database in ("", plan.database):
            try:
                account = carried_out("faults", plan.database, partial(suffer, fault, plan))
            except MissingError as missing:
                lines.append(f"{name:34}not tried: {missing}")
                continue
            verdict = judge_faults(account)
            lines.append(row(name, account, verdict))
            faults += (f"{name}: {each}" for each in complaints(fault, account, verdict))
    told(lines, faults)


if __name__ == "__main__":
    main()
