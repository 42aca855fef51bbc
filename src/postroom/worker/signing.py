"""Mails get their signatures (``mail.dkim``): the keys of each domain stay loaded, and threads sign.

1. ``Signer.sign`` finds the keys of a mail's domain: kept for some seconds, then one query asks for all that were
   wanted meanwhile. A mail without keys goes on at once.
2. The body of a mail with files is hashed as they come out of their store.
3. All mails of one turn of the event loop go to the threads together, a few in a hand.
"""

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from msgspec.structs import replace

from postroom.access.secrets import Vault
from postroom.app import App
from postroom.errors import Misconfigured, Unavailable
from postroom.mail import dkim
from postroom.mail.compose import Composed
from postroom.mail.dkim_key import Key, record_name
from postroom.mail.draft import Letter
from postroom.smtp.body import flow
from postroom.store import keys
from postroom.store.keys import Asked

KEPT_SECONDS: Final = 5.0  # a key that was started or removed is known to all workers so much later
_HAND: Final = 8  # mails: some milliseconds of RSA, so that the first ones leave while others are signed


@dataclass(frozen=True, slots=True)
class _Ring:
    """The keys of one domain until then; or why they cannot be used."""

    keys: tuple[Key, ...]
    fault: str | None
    until: float  # seconds of the event loop


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """A message to be signed. ``hashed`` is of its body, None where the thread is to see to that."""

    composed: Composed
    keys: tuple[Key, ...]
    at: int
    hashed: bytes | None
    answer: "asyncio.Future[Composed]"


class Signer:
    """All signing of a worker. Use from one event loop."""

    def __init__(self, app: App, *, kept_seconds: float = KEPT_SECONDS) -> None:
        self._app = app
        self._kept_seconds = kept_seconds
        self._threads = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="signer")
        self._rings: dict[tuple[int, str], _Ring] = {}
        self._asking: dict[tuple[int, str], asyncio.Task[_Ring]] = {}
        self._loaded: WeakValueDictionary[int, Key] = WeakValueDictionary()
        self._waiting: list[_Wish] = []
        self._handed: set[asyncio.Task[None]] = set()

    async def sign(self, org_id: int, letter: Letter, composed: Composed) -> Composed:
        """The message as it leaves: signed where the organisation has keys of the domain that it is from.

        Raises ``Unavailable``, also where such a key stays shut: the mail must not leave then, and its way is well.
        """
        place = (org_id, letter.sender.address.domain)
        loop = asyncio.get_running_loop()
        ring = self._rings.get(place)
        if ring is None or ring.until < loop.time():
            ring = await self._look_up(place)
        if ring.fault is not None:
            raise Unavailable(ring.fault)
        if not ring.keys:
            return composed
        hashed = await self._hash(composed) if letter.files else None
        if not self._waiting:
            loop.call_soon(self._hand_over)
        answer: asyncio.Future[Composed] = loop.create_future()
        self._waiting.append(_Wish(composed, ring.keys, letter.dated_at, hashed, answer))
        return await answer

    def close(self) -> None:
        """End the threads; what they have in hand is nobody's any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _look_up(self, place: tuple[int, str]) -> _Ring:
        asking = self._asking.get(place)
        if asking is None:
            asking = self._asking[place] = asyncio.create_task(self._read(place))
            asking.add_done_callback(lambda _: self._asking.pop(place))
        # A mail that is given up takes nothing from the others that wait for the same keys.
        return await asyncio.shield(asking)

    async def _read(self, place: tuple[int, str]) -> _Ring:
        found = await self._app.db.read_together(keys.signing, Asked(*place, self._app.clock()))
        loop = asyncio.get_running_loop()
        try:
            ready = [self._loaded.get(each.id) or await self._load(each) for each in found]
            fault = None
        except Misconfigured as problem:
            ready, fault = [], str(problem)
        ring = self._rings[place] = _Ring(tuple(ready), fault, loop.time() + self._kept_seconds)
        return ring

    async def _load(self, kept: keys.Key) -> Key:
        loop = asyncio.get_running_loop()
        key = await loop.run_in_executor(self._threads, _opened, self._app.vault, kept)
        self._loaded[kept.id] = key
        return key

    async def _hash(self, composed: Composed) -> bytes:
        loop = asyncio.get_running_loop()
        hashed = dkim.BodyHash()
        bare = replace(composed, segments=dkim.body(composed))
        pieces = flow(bare, lambda ref: self._app.blobs.open(ref.digest))
        try:
            async for piece in pieces:
                await loop.run_in_executor(self._threads, hashed.feed, piece)
        finally:
            await pieces.aclose()
        return hashed.digest()

    def _hand_over(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), _HAND):
            task = asyncio.create_task(self._sign(waiting[start : start + _HAND]))
            self._handed.add(task)
            task.add_done_callback(self._handed.discard)

    async def _sign(self, wishes: Sequence[_Wish]) -> None:
        loop = asyncio.get_running_loop()
        ends = await loop.run_in_executor(self._threads, _signed, wishes)
        for wish, end in zip(wishes, ends, strict=True):
            if wish.answer.done():  # its mail was given up at the end of the worker's time
                continue
            if isinstance(end, Exception):
                wish.answer.set_exception(end)
            else:
                wish.answer.set_result(end)


def _opened(vault: Vault, kept: keys.Key) -> Key:
    """A key ready to sign. Raises ``Misconfigured`` where it stays shut; tens of milliseconds."""
    name = record_name(kept.selector, kept.domain)
    try:
        return Key.read(vault.open_sealed(kept.private), domain=kept.domain, selector=kept.selector)
    except Misconfigured as problem:
        raise Misconfigured(f"the key {name} cannot be opened: {problem}") from None
    except ValueError:
        raise Misconfigured(f"the key {name} is none that signs mail") from None


def _signed(wishes: Sequence[_Wish]) -> list[Composed | Exception]:
    return [_tried(wish) for wish in wishes]


def _tried(wish: _Wish) -> Composed | Exception:
    try:
        hashed = wish.hashed or dkim.body_hash(wish.composed)
        return dkim.sign(wish.composed, wish.keys, at=wish.at, hashed=hashed)
    except Exception as error:  # a bug met by one mail is that mail's, and not the others' in the same hand
        return error
