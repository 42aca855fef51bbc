"""The servers at which the cases are played, one after another, in a thread with an event loop of its own."""

import asyncio
import re
import tempfile
import threading
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from postroom.app import clock
from postroom.config import Settings
from tests.access.dance import UNLIMITED
from tests.contract.actor import Actor
from tests.contract.case import Ask, Case
from tests.web.house import House, house

_CENTERS = ("eu", "in", "au", "cn", "jp", "sa", "ca", "uk")


class Stage:
    """Servers with the limits of W 4.10, without, or with other settings, made when first needed; entered once."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stage")
        self._stack = AsyncExitStack()
        self._houses: dict[str, House] = {}  # by what differs between them
        self._passed = 0  # ms by which the clock of the servers is ahead
        self._folder = tempfile.TemporaryDirectory(prefix="postroom-contract-")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._folder.cleanup()

    def play(self, case: Case) -> None:
        """Play one case; raises ``AssertionError`` that shows what came instead."""
        self._run(self._play(case))

    def _run(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(60)

    async def _play(self, case: Case) -> None:
        actor = Actor(await self._house(case), case.kind)
        try:
            for n, asked in enumerate(case.before):
                for _ in range(case.times if n == len(case.before) - 1 else 1):
                    _as_meant(asked, await actor.ask(asked))
                    await self._pass(case.pause, actor.house)
            if case.minutes:
                await actor.fill(f"{case.ask.path} {' '.join((case.ask.form or {}).values())} {case.ask.bearer or ''}")
                await self._pass(case.minutes, actor.house)
            if case.lost:
                _lose_files(actor.house)
            async with actor.begun(case.beside) if case.beside else nullcontext():
                await check(case, await actor.ask(case.ask), actor)
        finally:
            await actor.close()

    async def _pass(self, minutes: float, home: House) -> None:
        # Credits are written down every second, so before any time to speak of has passed.
        await home.app.credits.flush(home.app.clock())
        self._passed += round(minutes * 60_000)

    async def _house(self, case: Case) -> House:
        kind = str({"strict": case.strict, **case.settings})
        if kind not in self._houses:
            folder = Path(self._folder.name) / str(len(self._houses))
            settings = Settings() if case.strict else UNLIMITED
            known = " ".join(f"{name}=https://accounts.{name}.example,https://api.{name}.example" for name in _CENTERS)
            chosen = replace(settings, data_dir=folder, data_centers=known, stop_seconds=2.0, **case.settings)
            home = house(folder, clock=lambda: clock() + self._passed, settings=chosen)
            self._houses[kind] = await self._stack.enter_async_context(home)
        return self._houses[kind]


def _lose_files(home: House) -> None:
    for each in (home.app.settings.data_dir / "blobs").rglob("*"):
        if each.is_file():
            each.unlink()


def _as_meant(asked: Ask, answer: httpx.Response) -> None:
    """What leads up to a case must succeed unless it is meant to fail, or the case would show something else."""
    told = answer.text + answer.headers.get("location", "")
    error = re.search(r'"error":"(?!authorization_pending)|[?#&]error=', told)
    assert (answer.status_code >= 400 or error is not None) is asked.refused, answer.text


async def check(case: Case, answer: httpx.Response, actor: Actor) -> None:
    """Hold what came against what the case says."""
    shown = f"{answer.status_code} {answer.headers.get('location', '')} {answer.text[:2000]}"
    assert answer.status_code == case.status, shown
    for name, value in case.headers.items():
        assert answer.headers.get(name) == value, f"{name}: {answer.headers.get(name)}"
    if case.answer is not None:
        told = answer.json()
        await _compare(case.answer, told, actor)
        assert not case.exactly or told.keys() == case.answer.keys(), shown
        assert not any(name in told for name in case.without), shown
    if case.page is not None:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        wanted = case.page if isinstance(case.page, re.Pattern) else re.escape(await actor.fill(case.page))
        assert re.search(wanted, answer.text), shown
    if case.to is not None:
        url = answer.headers["location"]
        assert url.startswith(await actor.fill(case.to)), shown
        parts = urlsplit(url)
        carried = {name: value for name, (value,) in parse_qs(parts.fragment if case.fragment else parts.query).items()}
        await _compare(case.carries, carried, actor)
        assert not any(name in carried for name in case.without), shown
        # Who is refused is given nothing.
        assert "error" not in carried or not {"code", "access_token"} & carried.keys(), shown


async def _compare(expected: Mapping[str, Any], found: Mapping[str, Any], actor: Actor) -> None:
    for name, value in expected.items():
        assert name in found, f"{name} is missing in {found}"
        _hold(await actor.filled(value), found[name], name)


def _hold(wanted: Any, found: Any, name: str) -> None:
    """Hold a value, with all that it holds, against what is wanted of it."""
    if isinstance(wanted, re.Pattern):
        assert wanted.fullmatch(str(found)), f"{name}: {found!r}"
    elif isinstance(wanted, dict) and isinstance(found, dict):
        assert wanted.keys() == found.keys(), f"{name}: {found!r} and not {wanted!r}"
        for key in wanted:
            _hold(wanted[key], found[key], f"{name}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list):
        assert len(wanted) == len(found), f"{name}: {found!r} and not {wanted!r}"
        for n, (one, other) in enumerate(zip(wanted, found, strict=True)):
            _hold(one, other, f"{name}[{n}]")
    else:
        assert found == wanted, f"{name}: {found!r} and not {wanted!r}"
