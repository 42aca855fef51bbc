"""Clients that upload files and send mails, and note in the tape's time what they were promised."""

import asyncio
import hashlib
import random
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from bench.line import Answer, Line
from bench.power.promises import Account, Promise, Uploaded
from bench.site import Site

LINES: Final = 6  # connections to the API
_KEYED: Final = 0.5  # how many mails have an idempotency key
_FILED: Final = 0.4  # how many carry a file
_FILE_OCTETS: Final = (1, 40_000)
_BOUNDARY: Final = "power-loss-0123456789"


class Load:
    """Sends mails with subjects of their own; ``now`` is the tape's time."""

    def __init__(self, site: Site, account: Account, now: Callable[[], int], chance: random.Random) -> None:
        self._site = site
        self._account = account
        self._now = now
        self._chance = chance
        self._life = f"{chance.getrandbits(32):08x}"

    async def send(self, port: int, mails: int) -> None:
        """Send so many, and ask again for those with a key that were promised before."""
        before = [each for each in self._account.promises if each.key]
        numbers = iter(range(mails))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat(port, before))
            for _ in range(LINES):
                group.create_task(self._talk(port, numbers))

    async def _repeat(self, port: int, promises: list[Promise]) -> None:
        line = await Line.open(port)
        for promise in promises:
            answer = await line.ask(promise.request)
            if answer != Answer(200, promise.body):
                self._account.misled.append(f"the key {promise.key} was answered anew with {answer.status}")
        line.close()

    async def _talk(self, port: int, numbers: Iterator[int]) -> None:
        line = await Line.open(port)
        for number in numbers:
            await self._send(line, f"power-{self._life}-{number}")
        line.close()

    async def _send(self, line: Line, subject: str) -> None:
        key = subject if self._chance.random() < _KEYED else ""
        files = (await self._upload(line),) if self._chance.random() < _FILED else ()
        request = self._site.mail(subject, f"<p>This is <b>{subject}</b>.</p>", files=files, key=key)
        answer = await line.ask(request)
        at = self._now()
        mail_id = _details(answer)["message_id"]
        self._account.promises.append(
            Promise(at=at, subject=subject, mail_id=mail_id, key=key, files=files, request=request, body=answer.body)
        )

    async def _upload(self, line: Line) -> str:
        content = self._chance.randbytes(self._chance.randint(*_FILE_OCTETS))
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="file.bin"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
        answer = await line.ask(
            self._site.request("POST", "/files", body, f"multipart/form-data; boundary={_BOUNDARY}")
        )
        at = self._now()
        file_id = _details(answer)["id"]
        self._account.uploads[file_id] = Uploaded(at=at, file_id=file_id, digest=hashlib.sha256(content).digest())
        return file_id


def _details(answer: Answer) -> dict[str, str]:
    assert answer.status == 200, answer
    details: dict[str, str] = msgspec.json.decode(answer.body)["data"][0]["details"]
    return details
