"""Many requests at a running server, several at a time, and a verdict on each answer.

Request ``n`` of a seed is the same each time, but for the ids that the server gave meanwhile.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from postroom.record import MODULES
from tests.fuzz.judging import judge
from tests.fuzz.making import Asked, Maker
from tests.fuzz.parties import Known, Party, parties
from tests.web.raw import Answer, Peer, dial

AT_ONCE: Final = 8
DEADLINE_SECONDS: Final = 20.0  # of one answer
_GARBAGE: Final = 0.03  # of all that is sent
_SHOWN: Final = 3000  # octets of a request or an answer that are printed


class FallenError(AssertionError):
    """A request whose answer was not as it must be; the message shows both."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """How many answers there were of each status (0: closed without one), and of each route."""

    statuses: Counter[int] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)


async def storm(folder: Path, *, seed: int, requests: int) -> Tally:
    """Send them all. Raises ``FallenError``, also where the other organisation has not what it had."""
    async with parties(folder) as (own, other):
        before = await _holdings(other)
        tally, numbers = Tally(), count()
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(_Sender(own, other, seed, tally).run(numbers, requests))
        if await _holdings(other) != before:
            raise FallenError(f"seed {seed}: the other organisation's records are not what they were")
    return tally


class _Sender:
    """One who asks and waits, over one connection as long as it is kept."""

    def __init__(self, own: Party, other: Party, seed: int, tally: Tally) -> None:
        self._own = own
        self._other = other
        self._seed = seed
        self._tally = tally
        self._token = own.guest.headers["Authorization"].split()[1]

    async def run(self, numbers: "count[int]", requests: int) -> None:
        while (number := next(numbers)) < requests:
            async with self._connected() as peer:
                while number < requests and await self._one(peer, number):
                    number = next(numbers)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Peer]:
        async with dial(self._own.guest.house.url) as peer:
            yield peer

    async def _one(self, peer: Peer, number: int) -> bool:
        """Ask request ``number``; whether the connection is kept."""
        chance = Random(f"{self._seed} {number}")
        maker = Maker(chance, self._own.known, self._other.known, self._token)
        if chance.random() < _GARBAGE:
            return await self._throw(peer, maker.garbage(), number)
        asked = maker.request()
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                answer = await _ask(peer, asked)
            judge(asked, answer, self._other.known)
        except Exception as error:
            shown = answer if "answer" in locals() else None
            raise FallenError(_story(self._seed, number, asked.octets, shown, error)) from error
        self._note(asked, answer)
        return answer.headers.get("connection") != "close"

    async def _throw(self, peer: Peer, octets: bytes, number: int) -> bool:
        """Send what may be no request, say no more, and wait for the end."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                with suppress(ConnectionError):
                    await peer.send(octets)
                    peer.writer.write_eof()
                    said = await peer.reader.read()
                    assert not said.startswith((b"HTTP/1.1 500", b"HTTP/1.1 503")), said
        except Exception as error:
            raise FallenError(_story(self._seed, number, octets, None, error)) from error
        self._tally.statuses[0] += 1
        return False

    def _note(self, asked: Asked, answer: Answer) -> None:
        self._tally.statuses[answer.status] += 1
        if asked.endpoint is None:
            return
        self._tally.routes[f"{asked.endpoint.method} {asked.endpoint.template}"] += answer.status < 300
        # What is downloaded is a caller's own, and may look like anything.
        told = answer.status in (200, 201, 207) and "content-disposition" not in answer.headers
        if told and answer.body.startswith(b"{"):
            _learn(self._own.known, asked, msgspec.json.decode(answer.body))


async def _ask(peer: Peer, asked: Asked) -> Answer:
    await peer.send(asked.octets)
    head = (await peer.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])}
    status = int(head[0].split(" ")[1])
    length = 0 if asked.method == "HEAD" or status in (204, 304) else int(headers.get("content-length", "0"))
    body = await peer.reader.readexactly(length)
    return Answer(status, headers, body)


def _learn(known: Known, asked: Asked, told: dict[str, Any]) -> None:
    """Keep the ids and tokens that the server gave."""
    assert asked.endpoint is not None
    if token := told.get("info", {}).get("next_page_token"):
        known.add("tokens", token)
    if asked.method not in ("POST", "PUT"):
        return
    path = asked.octets.split(b" ", 2)[1].split(b"?")[0].decode()
    last = path.rpartition("/")[2]
    kind = "Pipelines" if last == "Deals" else last
    for item in told.get("data") or told.get("fields") or told.get("email_templates") or told.get("domain_keys", ()):
        if item.get("code") != "SUCCESS":
            continue
        match asked.endpoint.template:
            case "/{module}" if asked.method == "POST" and kind in {each.name for each in MODULES}:
                known.add(kind, item["details"]["id"])
            case "/{module}/{id}/Notes" | "/{module}/{id}/Attachments":
                known.add(last.lower(), f"{path}/{item['details']['id']}")
            case "/{module}/{id}/Locking_Information__s":
                known.add("locks", f"{path}/{item['details']['id']}")
            case "/{module}/{id}/{related}":
                known.add("linked", f"{path}/{item['details']['id']}")
            case "/settings/fields":
                known.add("fields", item["details"]["id"])
            case "/settings/email_templates" if asked.method == "POST":
                known.add("templates", item["details"]["id"])
            case "/settings/domain_keys":
                known.add("keys", item["details"]["id"])


async def _holdings(party: Party) -> dict[str, Any]:
    """All that an organisation has, as its own caller sees it."""
    found: dict[str, Any] = {}
    for module in MODULES:
        told = await party.guest.get(f"/{module.name}", fields=",".join(each.name for each in module.fields))
        found[module.name] = told.json()["data"]
    settings = ("/settings/fields?module=Contacts", "/settings/email_templates", "/settings/domain_keys")
    for path in ("/org", "/users", *settings):
        found[path] = (await party.guest.get(path)).json()
    return found


def _story(seed: int, number: int, request: bytes, answer: Answer | None, error: Exception) -> str:
    told = "nothing" if answer is None else f"{answer.status} {answer.headers} {answer.body[:_SHOWN]!r}"
    return f"seed {seed}, request {number}: {error!r}\n\nasked    {request[:_SHOWN]!r}\n\nanswered {told}"
