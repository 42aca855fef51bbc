"""``python -m bench.records``: how long single calls take where an organisation has a million contacts.

1. ``_fill`` stores the contacts of ``people`` through the API, 100 a request, one request after the other.
2. ``_insert`` stores 20,000 more likewise, and then some more, five such requests a second.
3. ``_list`` asks for the first page and walks through all pages that tokens lead to, by id and by a field.
4. ``_search`` asks for addresses, names, a rare meeting of two common values, and ranges, as criteria and as COQL.

One connection asks, so a time is what one caller waits for: HTTP, token, JSON, database and all. Each answer is held
against what ``people`` says it must be. What comes next begins when all records are in the index.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import uvloop

from bench import disk, people
from bench.databases import Databases
from bench.line import Line
from bench.processes import Part
from bench.site import Site, prepare
from postroom.app import App, open_app
from postroom.store import aside

BATCH: Final = 100  # W 7.2
IN_A_ROW: Final = 200  # batches: 20,000 contacts
PERIOD_SECONDS: Final = 0.2
PAGE: Final = 200  # W 7.1
BUDGET_MS: Final = 20.0  # of the 95th percentile
FIELDS: Final = "Last_Name,First_Name,Email,Phone,Title,Mailing_Country"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """``records`` to store, and how often each question is asked."""

    records: int
    questions: int
    database: str

    @property
    def all(self) -> int:
        """How many there are in the end: the batches that are timed come on top."""
        return self.records + (IN_A_ROW + self.questions) * BATCH


@dataclass(kw_only=True, slots=True)
class Clock:
    """Asks one server over one connection; ``times`` are in ms, by what was asked."""

    site: Site
    line: Line
    times: dict[str, list[float]] = field(default_factory=dict)

    async def ask(self, what: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The answer, and its time noted under ``what``. Raises ``AssertionError`` where there is none to look at."""
        request = self.site.request(
            method, path, b"" if body is None else msgspec.json.encode(body), "application/json"
        )
        start = time.perf_counter()
        answer = await self.line.ask(request)
        self.times.setdefault(what, []).append((time.perf_counter() - start) * 1000)
        assert answer.status in (200, 201), f"{what}: {answer}"
        told: dict[str, Any] = msgspec.json.decode(answer.body)
        return told

    async def get(self, what: str, path: str, **query: str) -> dict[str, Any]:
        """Like ``ask``."""
        return await self.ask(what, "GET", f"{path}?{urlencode(query)}")


async def measure(plan: Plan, folder: Path, database: str) -> Mapping[str, Sequence[float]]:
    """Every time in ms, by what was asked; ``database`` as the setting has it."""
    site = await prepare(folder / "data", 0, database=database)
    async with Part("api", site.environment(), folder) as api:
        clock = Clock(site=site, line=await Line.open(api.port))
        await _fill(clock, plan.records)
        async with open_app(site.settings) as app:
            await _insert(clock, plan, app)
        await _list(clock, plan)
        await _search(clock, plan, random.Random(1))
        clock.line.close()
    return clock.times


async def _fill(clock: Clock, records: int) -> None:
    for begin in range(0, records, BATCH):
        await _store(clock, "insert 100, without end", begin)


async def _insert(clock: Clock, plan: Plan, app: App) -> None:
    await _indexed(app)
    behind = plan.records + IN_A_ROW * BATCH
    for begin in range(plan.records, behind, BATCH):
        await _store(clock, "insert 100, 200 in a row", begin)
    for n in range(plan.records, behind, IN_A_ROW):
        await _by_email(clock, "search, e-mail, 20,000 new", n)
    print(f"the last of these {IN_A_ROW * BATCH} were in the index after {await _indexed(app):.1f} s more")
    loop = asyncio.get_running_loop()
    for begin in range(behind, plan.all, BATCH):
        due = loop.time() + PERIOD_SECONDS
        await _store(clock, "insert 100, 5 a second", begin)
        await asyncio.sleep(due - loop.time())
    await _indexed(app)


async def _indexed(app: App) -> float:
    """Wait until the index knows all records, which took so many seconds."""
    start = time.perf_counter()
    while await app.db.read(aside.oldest):  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.1)
    return time.perf_counter() - start


async def _store(clock: Clock, what: str, begin: int) -> None:
    some = [people.contact(n) for n in range(begin, begin + BATCH)]
    told = await clock.ask(what, "POST", "/Contacts", {"data": some})
    assert all(each["code"] == "SUCCESS" for each in told["data"])


async def _list(clock: Clock, plan: Plan) -> None:
    for _ in range(plan.questions):
        told = await clock.get("list, first page", "/Contacts", fields=FIELDS)
        assert len(told["data"]) == PAGE
    for name, query in (("id", {}), ("Last_Name", {"sort_by": "Last_Name", "sort_order": "asc"})):
        token, seen = "", 0
        while token is not None and seen < 100_000:
            more = {"page_token": token} if token else {}
            told = await clock.get(f"list, by token, by {name}", "/Contacts", fields=FIELDS, **query, **more)
            token, seen = told["info"]["next_page_token"], seen + len(told["data"])
        assert seen == min(plan.all + 1, 100_000)  # and the contact that mails go to


async def _search(clock: Clock, plan: Plan, chance: random.Random) -> None:
    for _ in range(plan.questions):
        n = chance.randrange(plan.records)
        await _by_email(clock, "search, e-mail", n)
        one = people.contact(n)
        names = f"((Last_Name:equals:{one['Last_Name']})and(First_Name:equals:{one['First_Name']}))"
        told = await clock.get("search, two names", "/Contacts/search", criteria=names, fields=FIELDS)
        assert one["Email"] in [each["Email"] for each in told["data"]]
        await _rarely(clock, chance.choice(people.TITLES))
        await _ranges(clock, chance)


async def _by_email(clock: Clock, what: str, n: int) -> None:
    told = await clock.get(what, "/Contacts/search", email=people.email(n), fields=FIELDS)
    assert [each["Email"] for each in told["data"]] == [people.email(n)]


async def _rarely(clock: Clock, title: str) -> None:
    criteria = f"((Title:equals:{title})and(Mailing_Country:equals:{people.rare_country(title)}))"
    told = await clock.get("search, rare meeting", "/Contacts/search", criteria=criteria, fields=FIELDS)
    assert all(each["Title"] == title for each in told["data"])
    assert told["info"]["count"] >= 1


async def _ranges(clock: Clock, chance: random.Random) -> None:
    begins = chance.choice(people.LAST_NAMES)[:3]
    told = await clock.get(
        "search, narrow range", "/Contacts/search", criteria=f"(Last_Name:starts_with:{begins})", fields=FIELDS
    )
    assert all(each["Last_Name"].startswith(begins) for each in told["data"])
    low = chance.choice(people.LAST_NAMES[: len(people.LAST_NAMES) // 2])
    criteria = f"(Last_Name:greater_equal:{low})"
    told = await clock.get("search, wide range", "/Contacts/search", criteria=criteria, fields=FIELDS)
    assert len(told["data"]) == PAGE
    query = f"select {FIELDS} from Contacts where Last_Name is not null and Last_Name >= '{low}' order by Last_Name"
    told = await clock.ask("COQL, wide range, ordered", "POST", "/coql", {"select_query": query})
    assert told["data"][0]["Last_Name"] == low


def table(times: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """The figures for people, in ms."""
    yield f"{'':28}{'calls':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>9}"
    for what, each in times.items():
        p50, p95, p99 = (quantiles(each, n=100, method="inclusive")[n - 1] for n in (50, 95, 99))
        over = "" if p95 <= BUDGET_MS else f"  over {BUDGET_MS:.0f} ms"
        yield f"{what:28}{len(each):8}{p50:8.1f}{p95:8.1f}{p99:8.1f}{max(each):9.1f}{over}"


def main() -> None:
    """Run as the command line says, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.records", description="Time calls among many records.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=300, help="how often each is asked")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    plan = Plan(**vars(parser.parse_args()))
    if plan.records % BATCH:
        parser.error(f"--records are whole batches of {BATCH}")
    start = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="postroom-records-", dir=disk.folder()) as name,
        Databases(plan.database, Path(name)) as databases,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        times = runner.run(measure(plan, Path(name), databases.new()))
    print(f"{plan.records} contacts, {plan.database}, {disk.file_system(disk.folder())}, ", end="")
    print(f"{time.perf_counter() - start:.0f} s in all; ms a call:")
    print("\n".join(table(times)))


if __name__ == "__main__":
    main()
