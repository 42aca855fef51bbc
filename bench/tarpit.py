"""``python -m bench.tarpit``: what a hundred tarpits among a thousand destinations cost the others.

1. Each destination is a transport with a loopback address of its own, and gets as many mails as any other, all due now.
2. Half of the tarpits accept a connection and never say a word, the others say each word after ``SLOW_SECONDS``.
3. It is measured how many mails a second the healthy ones take: without the tarpits' mails in the queue, and with them,
   in turn, each time with fresh data.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Final, cast

import uvloop

from bench.gate import Gate
from bench.processes import Part
from bench.site import Site, prepare
from bench.stock import store
from bench.trial import carried_out, planned, told
from postroom.app import open_app
from postroom.store import transports
from postroom.store.db import Tx
from postroom.store.transports import Transport

BAR: Final = 0.95
SLOW_SECONDS: Final = 15.0  # for each line: within what RFC 5321 §4.5.3.2 would wait
PATIENCE_SECONDS: Final = 300.0
_FIRST_ID: Final = 1_000_000  # of the transports
_CHECK_SECONDS: Final = 0.02


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``destinations``, ``tarpits`` of which are such; ``mails`` for each; ``rounds`` with and without."""

    destinations: int = 1000
    tarpits: int = 100
    mails: int = 20
    rounds: int = 3
    database: str = "sqlite"

    def host(self, destination: int) -> str:
        """Its loopback address."""
        return f"127.1.{destination // 250}.{destination % 250 + 1}"

    def sticks(self, destination: int) -> bool:
        """Whether it is a tarpit: they stand evenly among the others."""
        return destination * self.tarpits % self.destinations < self.tarpits

    def hosts(self, *, sticking: bool) -> list[str]:
        """The addresses of the tarpits, or of the others."""
        return [self.host(each) for each in range(self.destinations) if self.sticks(each) is sticking]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """Mails a second that the healthy destinations took, in each round."""

    without: Sequence[float]
    with_tarpits: Sequence[float]

    @property
    def share(self) -> float:
        """How much of their throughput the tarpits leave them."""
        return median(self.with_tarpits) / median(self.without)


async def measure(plan: Plan, folder: Path, database: str = "", *, sticky: bool) -> float:
    """The rate of one round, with the data in ``folder``; ``database`` as the setting has it."""
    async with Gate(hosts=plan.hosts(sticking=False)) as gate, _Pit(plan.hosts(sticking=True), gate.port):
        site = await prepare(folder / "data", gate.port, database=database)
        await _fill(plan, site, gate.port, sticky=sticky)
        async with Part("worker", site.environment(), folder) as worker:
            return await worker.while_it_runs(_rate(gate, plan.mails * len(plan.hosts(sticking=False))))


async def _rate(gate: Gate, wanted: int) -> float:
    """From the first mail's beginning to the last one's end."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while gate.taken < wanted:  # noqa: ASYNC110 - the gate only counts
            await asyncio.sleep(_CHECK_SECONDS)
    return wanted / (time.time() - gate.began[0])


async def _fill(plan: Plan, site: Site, port: int, *, sticky: bool) -> None:
    async with open_app(site.settings) as app:
        await app.db.write(partial(_add, plan=plan, site=site, port=port))
        every = range(plan.destinations * plan.mails)
        now = app.clock()
        due = ((n, now) for n in every if sticky or not plan.sticks(n % plan.destinations))
        await store(app, site, due, transport=lambda n: _FIRST_ID + n % plan.destinations)


def _add(tx: Tx, plan: Plan, site: Site, port: int) -> None:
    org = site.world.org
    for n in range(plan.destinations):
        new = Transport(
            id=_FIRST_ID + n, org_id=org.id, host=plan.host(n), port=port, tls="none", created_at=org.created_at
        )
        transports.add(tx, new)


class _Pit:
    """Tarpits that listen at these addresses. Use as an asynchronous context manager."""

    def __init__(self, hosts: Sequence[str], port: int) -> None:
        self._hosts = hosts
        self._port = port
        self._stuck: set[_Stuck] = set()

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        kinds = (self._hosts[::2], None), (self._hosts[1::2], SLOW_SECONDS)
        self._servers = [
            await loop.create_server(partial(_Stuck, self._stuck, pause), hosts, self._port)
            for hosts, pause in kinds
            if hosts
        ]

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        for each in tuple(self._stuck):
            each.transport.abort()


class _Stuck(asyncio.Protocol):
    """Answers each line after ``pause`` seconds; None: it never says a word."""

    def __init__(self, others: "set[_Stuck]", pause: float | None) -> None:
        self.transport: asyncio.Transport
        self._others = others
        self._pause = pause

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._others.add(self)
        self._say(b"220 tarpit.example ESMTP\r\n")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        self._others.discard(self)

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"\r\n")):
            self._say(b"250 tarpit.example\r\n")

    def _say(self, reply: bytes) -> None:
        if self._pause is not None:
            asyncio.get_running_loop().call_later(self._pause, self._write, reply)

    def _write(self, reply: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(reply)


def judge(rates: Rates) -> Iterator[str]:
    """Whether the bar is missed."""
    if rates.share < BAR:
        yield f"{rates.share:.1%} of the throughput is left, and the bar is {BAR:.0%}"


def table(plan: Plan, rates: Rates) -> Iterator[str]:
    """The figures for people."""
    yield f"{plan.destinations} destinations, {plan.tarpits} of them tarpits, {plan.mails} mails each, {plan.database}"
    for what, each in (("without", rates.without), ("with", rates.with_tarpits)):
        yield f"{what:8}  {', '.join(f'{rate:.0f}' for rate in each)} mails/s to the healthy"
    yield f"left      {rates.share:.1%}"


def main() -> None:
    """Run as the command line says; exit code 1 where the bar is missed."""
    plan = planned("tarpit", Plan, "What tarpits cost the others.", mails="for each destination")
    rates: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(plan.rounds):
        for sticky, found in rates.items():
            work = partial(measure, plan, sticky=sticky)
            found.append(carried_out("tarpit", plan.database, work, loop_factory=uvloop.new_event_loop))
    measured = Rates(without=rates[False], with_tarpits=rates[True])
    told(table(plan, measured), list(judge(measured)))


if __name__ == "__main__":
    main()
