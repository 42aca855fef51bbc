"""``python -m bench.postfix``: Postroom and Postfix in turn, each into the same sink; medians and their ratio.

Each round gives each of them a fresh start and some mails to warm up. Then the clock runs: until everything is accepted
(answered 200 by Postroom's API, 250 by Postfix's smtpd; either means that it is on disk), and until the sink has
everything. Whoever accepts, delivers and is counted by the sink must agree to the mail, or there is no figure.
"""

import argparse
import asyncio
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
import uvloop

from bench import disk, peer
from bench.books import Books
from bench.databases import Databases
from bench.line import Line
from bench.processes import Part
from bench.sink import Sink
from bench.site import Site, prepare

WARM_UP: Final = 500
PATIENCE_SECONDS: Final = 60.0  # for each wait; without an end a mistake would run for ever
POSTFIX_OCTETS: Final = 2048  # of content; its header comes on top
_WORDS: Final = (
    "the",
    "order",
    "for",
    "Zoë",
    "ships",
    "on",
    "Monday",
    "with",
    "every",
    "part",
    "you",
    "asked",
    "about",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is measured."""

    rounds: int
    mails: int
    postfix_mails: int
    connections: int
    sessions: int
    database: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One system in one round. ``cpu`` is processor time a mail in µs, by process."""

    system: str
    mails: int
    octets: int
    accepted_per_second: float
    delivered_per_second: float
    cpu: dict[str, float] = field(default_factory=dict)


def main() -> None:
    """Run as the command line says, and print what came of it."""
    words = _arguments()
    plan = Plan(**{name: value for name, value in vars(words).items() if name in Plan.__slots__})
    try:
        peer.ensure_installed()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runs = runner.run(measure(plan))
    except (peer.MissingError, AssertionError, RuntimeError, TimeoutError) as problem:
        sys.exit(f"bench: {str(problem) or 'a wait took too long'}")
    if words.json:
        print(msgspec.json.encode({**_machine(plan), "runs": [asdict(run) for run in runs]}).decode())
    else:
        print("\n".join(_table(plan, runs)))


async def measure(plan: Plan) -> list[Run]:
    """Every round, Postfix and Postroom in turn."""
    runs = []
    with Databases(plan.database, disk.folder()) as databases:
        for number in range(plan.rounds):
            with _folder() as folder, Sink() as sink:
                runs.append(await _postfix(plan, folder, sink))
            with _folder() as folder, Sink() as sink:
                site = await prepare(folder, sink.port, database=databases.new())
                runs.append(await postroom(plan, site, sink, number))
    return runs


async def postroom(plan: Plan, site: Site, sink: Sink, seed: int) -> Run:
    """Measure Postroom on a fresh site."""
    chance = random.Random(seed)
    requests = [site.mail(f"Order {n}", _content(n, chance)) for n in range(WARM_UP + plan.mails)]
    logs = site.settings.data_dir
    async with Part("api", site.environment(), logs) as api, Part("worker", site.environment(), logs) as worker:
        lines = [await Line.open(api.port) for _ in range(plan.connections)]
        await _fire(lines, requests[:WARM_UP])
        await worker.while_it_runs(sink.reaches(WARM_UP, PATIENCE_SECONDS))
        before = (api.cpu_seconds(), worker.cpu_seconds(), time.process_time())
        start = time.perf_counter()
        delivering = asyncio.create_task(sink.reaches(len(requests), PATIENCE_SECONDS))
        accepted = await _fire(lines, requests[WARM_UP:])
        delivered = await worker.while_it_runs(delivering)
        after = (api.cpu_seconds(), worker.cpu_seconds(), time.process_time())
        for line in lines:
            line.close()
    octets = _verify(site, sink, len(requests))
    used = [(end - begin) / plan.mails * 1e6 for begin, end in zip(before, after, strict=True)]
    return Run(
        system="postroom",
        mails=plan.mails,
        octets=octets,
        accepted_per_second=plan.mails / (accepted - start),
        delivered_per_second=plan.mails / (delivered - start),
        cpu=dict(zip(("api", "worker", "generator"), used, strict=True)),
    )


async def _postfix(plan: Plan, folder: Path, sink: Sink) -> Run:
    with peer.Postfix(folder, sink) as postfix:
        await postfix.send(WARM_UP, sessions=plan.sessions, octets=POSTFIX_OCTETS)
        await sink.reaches(WARM_UP, PATIENCE_SECONDS)
        total = WARM_UP + plan.postfix_mails
        start = time.perf_counter()
        delivering = asyncio.create_task(sink.reaches(total, PATIENCE_SECONDS))
        accepted = await postfix.send(plan.postfix_mails, sessions=plan.sessions, octets=POSTFIX_OCTETS)
        delivered = await delivering
        async with asyncio.timeout(PATIENCE_SECONDS):
            while postfix.queued():  # noqa: ASYNC110 - nobody rings when a folder becomes empty
                await asyncio.sleep(0.01)
    if sink.count != total:
        raise AssertionError(f"Postfix accepted {total} mails and the sink counted {sink.count}")
    return Run(
        system="postfix",
        mails=plan.postfix_mails,
        octets=POSTFIX_OCTETS,
        accepted_per_second=plan.postfix_mails / (accepted - start),
        delivered_per_second=plan.postfix_mails / (delivered - start),
    )


async def _fire(lines: list[Line], requests: list[bytes]) -> float:
    """Send all requests, each line its next one as soon as it is answered; the moment of the last answer."""
    left = iter(requests)

    async def work(line: Line) -> None:
        for request in left:
            answer = await line.ask(request)
            if answer.status != 200 or b'"SUCCESS"' not in answer.body:
                raise AssertionError(f"not accepted: {answer}")

    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        for line in lines:
            group.create_task(work(line))
    return time.perf_counter()


def _verify(site: Site, sink: Sink, accepted: int) -> int:
    """Hold accepted, delivered and counted against each other; returns the octets of a mail as it was sent."""
    books = Books(site.settings)
    states, waiting = books.states(), books.waiting()
    if states != {"sent": accepted} or waiting or sink.count != accepted:
        raise AssertionError(
            f"accepted {accepted}, now {dict(states)}, queued {waiting}, the sink counted {sink.count}"
        )
    return books.octets()


def _content(number: int, chance: random.Random) -> str:
    """About 700 octets of HTML, of no two mails the same; with its text part and the header that makes some 2 KB."""
    paragraphs = (" ".join(chance.choices(_WORDS, k=40)) for _ in range(3))
    return f"<h1>Order {number}</h1>\n" + "\n".join(f"<p>{paragraph}.</p>" for paragraph in paragraphs)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="postroom-bench-", dir=disk.folder()) as name:
        # Postfix's daemons run as a user of their own and must come through.
        Path(name).chmod(0o755)
        yield Path(name)


def _machine(plan: Plan) -> dict[str, object]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "file_system": disk.file_system(disk.folder()),
        "plan": asdict(plan),
    }


def _table(plan: Plan, runs: Sequence[Run]) -> Iterator[str]:
    machine = _machine(plan)
    yield (
        f"{machine['date']}, {machine['cores']} cores, Python {machine['python']}, {machine['file_system']}, "
        f"{plan.database}, {plan.connections} HTTP connections, {plan.sessions} SMTP sessions"
    )
    yield f"{'':10}{'mails':>8}{'octets':>8}{'accepted/s':>12}{'delivered/s':>13}  µs of CPU a mail"
    for run in runs:
        yield _row(run.system, run)
    yield ""
    middle = [_middle(system, [run for run in runs if run.system == system]) for system in ("postfix", "postroom")]
    for run in middle:
        yield _row(f"{run.system}", run)
    postfix, ours = middle
    yield (
        f"{'ratio':26}{ours.accepted_per_second / postfix.accepted_per_second:12.2f}"
        f"{ours.delivered_per_second / postfix.delivered_per_second:13.2f}"
    )


def _row(name: str, run: Run) -> str:
    cpu = ", ".join(f"{process} {used:.0f}" for process, used in run.cpu.items())
    rates = f"{run.accepted_per_second:12.0f}{run.delivered_per_second:13.0f}"
    return f"{name:10}{run.mails:8}{run.octets:8}{rates}  {cpu}".rstrip()


def _middle(system: str, runs: Sequence[Run]) -> Run:
    """The medians of a system's rounds, each figure for itself."""
    return replace(
        runs[0],
        system=system,
        accepted_per_second=median(run.accepted_per_second for run in runs),
        delivered_per_second=median(run.delivered_per_second for run in runs),
        cpu={process: median(run.cpu[process] for run in runs) for process in runs[0].cpu},
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.postfix", description="Compare with Postfix, on loopback.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mails", type=int, default=15_000, help="mails a round through Postroom")
    parser.add_argument("--postfix-mails", type=int, default=5_000, help="mails a round through Postfix")
    parser.add_argument("--connections", type=int, default=64, help="HTTP connections to Postroom")
    parser.add_argument("--sessions", type=int, default=20, help="SMTP sessions to Postfix")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
