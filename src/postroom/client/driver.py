"""The two drivers: they send what a conversation yields and wait where it says so, one for threads, one for tasks."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from typing import Final, Self
from urllib.parse import urlsplit

import httpx

from postroom import __version__
from postroom.client.centers import Place
from postroom.client.conversation import Conversation, Means, Patience, Pause, Reply, Steps
from postroom.client.credentials import Credentials
from postroom.client.multipart import Form
from postroom.client.talk import Answer, Call, Lost, Message, Page, T
from postroom.client.tokens import Tokens

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
# What httpx raises before the first octet of a request is written.
_BEFORE: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

MEANS: Final = Means(
    clock=lambda: time.time_ns() // 1_000_000,
    chance=random.random,
    word=lambda: secrets.token_hex(16),
)


class Client:
    """Does calls; threads may share it."""

    def __init__(
        self,
        place: Place,
        credentials: Credentials,
        *,
        tokens: Tokens | None = None,
        patience: Patience | None = None,
        timeout: float = 30.0,
        means: Means = MEANS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``tokens`` are shared with whoever is given the same; without, this client keeps its own in memory.

        ``timeout``, in seconds, is for each wait: to connect, to write, to read.
        """
        self._conversation = _conversation(place, credentials, tokens, patience, means)
        self._http = httpx.Client(timeout=timeout, trust_env=_abroad(place))
        self._sleep = sleep

    def do(self, call: Call[T]) -> T:
        """Do it, and give what it gives. Raises ``CallFailed``."""
        return self._drive(self._conversation.carry(call))

    def each(self, first: Call[Page[T]]) -> Iterator[T]:
        """What is on the page, and on all that follow."""
        following: Call[Page[T]] | None = first
        while following is not None:
            page = self.do(following)
            yield from page.items
            following = page.following

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _drive(self, steps: Steps[T]) -> T:
        reply: Reply = None
        with closing(steps):
            while True:
                try:
                    step = steps.send(reply)
                except StopIteration as end:
                    result: T = end.value
                    return result
                reply = self._sleep(step.seconds) if isinstance(step, Pause) else self._ask(step)

    def _ask(self, message: Message) -> Answer | Lost:
        content = message.content
        request = _request(message, content.chunks() if isinstance(content, Form) else content)
        try:
            with closing(self._http.send(request, stream=True)) as response:
                if message.into is None or response.status_code != 200:
                    return _answer(response, response.read())
                for chunk in response.iter_bytes():
                    message.into.write(chunk)
                return _answer(response, b"")
        except httpx.RequestError as error:
            return _lost(error)


class AsyncClient:
    """Does calls; tasks of one event loop may share it."""

    def __init__(
        self,
        place: Place,
        credentials: Credentials,
        *,
        tokens: Tokens | None = None,
        patience: Patience | None = None,
        timeout: float = 30.0,
        means: Means = MEANS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """As for ``Client``."""
        self._conversation = _conversation(place, credentials, tokens, patience, means)
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=_abroad(place))
        self._sleep = sleep

    async def do(self, call: Call[T]) -> T:
        """Do it, and give what it gives. Raises ``CallFailed``."""
        return await self._drive(self._conversation.carry(call))

    async def each(self, first: Call[Page[T]]) -> AsyncIterator[T]:
        """What is on the page, and on all that follow."""
        following: Call[Page[T]] | None = first
        while following is not None:
            page = await self.do(following)
            for item in page.items:
                yield item
            following = page.following

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def _drive(self, steps: Steps[T]) -> T:
        reply: Reply = None
        with closing(steps):
            while True:
                try:
                    step = steps.send(reply)
                except StopIteration as end:
                    result: T = end.value
                    return result
                reply = await (self._sleep(step.seconds) if isinstance(step, Pause) else self._ask(step))

    async def _ask(self, message: Message) -> Answer | Lost:
        content = message.content
        request = _request(message, _apart(content.chunks()) if isinstance(content, Form) else content)
        try:
            response = await self._http.send(request, stream=True)
            try:
                if message.into is None or response.status_code != 200:
                    return _answer(response, await response.aread())
                async for chunk in response.aiter_bytes():
                    await asyncio.to_thread(message.into.write, chunk)
                return _answer(response, b"")
            finally:
                await response.aclose()
        except httpx.RequestError as error:
            return _lost(error)


def _conversation(
    place: Place, credentials: Credentials, tokens: Tokens | None, patience: Patience | None, means: Means
) -> Conversation:
    return Conversation(
        place=place,
        credentials=credentials,
        kept=(tokens or Tokens()).of(credentials.fingerprint(place.accounts)),
        patience=patience or Patience(),
        means=means,
        agent=f"postroom/{__version__}",
    )


def _abroad(place: Place) -> bool:
    """A proxy of the environment leads to the outside, where this machine's own server is not."""
    return urlsplit(place.api).hostname not in _LOOPBACK


def _request(message: Message, content: bytes | Iterator[bytes] | AsyncIterator[bytes] | None) -> httpx.Request:
    return httpx.Request(message.method, message.url, headers=message.headers, content=content)


def _answer(response: httpx.Response, content: bytes) -> Answer:
    return Answer(status=response.status_code, headers=dict(response.headers), content=content)


def _lost(error: httpx.RequestError) -> Lost:
    return Lost(why=str(error) or type(error).__name__, sent=not isinstance(error, _BEFORE))


async def _apart(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Files are read in a thread: a disk may be slow."""
    while chunk := await asyncio.to_thread(next, chunks, b""):
        yield chunk
