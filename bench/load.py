"""Callers that ask the API to send mails of every kind, whether anybody answers or not."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Final

import msgspec

from bench.inbox import Inbox
from bench.ledger import Account
from bench.line import GoneError, Line
from bench.processes import Part
from bench.site import Site

LINES: Final = 16  # connections to the API
ON_THE_WAY: Final = 150  # mails that are promised and have not arrived: more would only wait
FILE_OCTETS: Final = 100_000  # more than one block of a message
# One mail in so many has a key, goes through the organisation's server, has a file.
KEYED: Final = 3
THROUGH_ORG: Final = 2
WITH_FILE: Final = 7


class Load:
    """Mails for ``inbox``, ``rate`` of them per second; what happens is noted in ``account``."""

    def __init__(self, site: Site, api: Part, inbox: Inbox, account: Account, *, rate: float) -> None:
        self._site = site
        self._api = api
        self._inbox = inbox
        self._account = account
        self._pause = LINES / rate
        self._numbers = count(1)
        self._over = asyncio.Event()
        self._file = ""
        self._seen = 0  # so many receipts have been looked at
        self._arrived: set[str] = set()
        self._on_the_way: set[str] = set()

    @asynccontextmanager
    async def running(self, chance: random.Random) -> AsyncIterator[None]:
        """Ask until the end of the block, and for the last answers. The api must be up at its beginning."""
        await self._upload(chance)
        async with asyncio.TaskGroup() as group:
            for _ in range(LINES):
                group.create_task(self._send(chance))
            try:
                yield
            finally:
                self._over.set()

    async def _upload(self, chance: random.Random) -> None:
        line = await self._dial()
        answer = await line.ask(self._site.upload([chance.randbytes(FILE_OCTETS)]))
        self._file = msgspec.json.decode(answer.body)["data"][0]["details"]["id"]
        line.close()

    async def _send(self, chance: random.Random) -> None:
        line: Line | None = None
        while not self._over.is_set():
            await asyncio.sleep(chance.expovariate(1 / self._pause))
            self._look()
            if len(self._on_the_way) < ON_THE_WAY:
                line = await self._ask(line, next(self._numbers))
        if line is not None:
            line.close()

    def _look(self) -> None:
        new = {receipt.subject for receipt in self._inbox.receipts[self._seen :]}
        self._seen = len(self._inbox.receipts)
        self._arrived |= new
        self._on_the_way -= new

    async def _ask(self, line: Line | None, number: int) -> Line | None:
        """Ask for one mail; the connection, if it still stands. With a key it is asked for until there is an answer."""
        subject, keyed = f"storm-{number}", number % KEYED == 0
        self._account.asked[subject] = self._site.recipient
        request = self._site.mail(
            subject,
            f"<p>This is <b>{subject}</b>.</p>",
            files=(self._file,) if number % WITH_FILE == 0 else (),
            key=subject if keyed else "",
            org_email=number % THROUGH_ORG == 0,
        )
        while True:
            try:
                line = line or await self._dial()
                answer = await line.ask(request)
            except GoneError:
                line = None
                if keyed:
                    continue
                return None
            if answer.status == 200:
                promise = msgspec.json.decode(answer.body)["data"][0]["details"]["message_id"]
                self._account.promised[subject] = promise
                if subject not in self._arrived:
                    self._on_the_way.add(subject)
            else:
                self._account.refused[answer.status] += 1
            return line

    async def _dial(self) -> Line:
        await self._api.up.wait()
        return await Line.open(self._api.port)
