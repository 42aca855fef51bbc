"""Try a server as a mail would find it, step by step, by the same session that mails go through."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from postroom.mail.life import Outcome, Result, Stage
from postroom.smtp.journal import Journal
from postroom.smtp.protocol import Envelope, SessionFailed, failed
from postroom.smtp.route import Route, Tls
from postroom.smtp.session import Session


class Step(Enum):
    """What is tried; the value is what people read."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    GREET = "greet"
    TLS = "tls"
    SIGN_IN = "sign in"
    TEST_MAIL = "test mail"

    __hash__ = object.__hash__


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """One step and what it came to. ``outcome`` None: it passed; ``seen`` is what is worth to be known of it then."""

    step: Step
    seen: str = ""
    outcome: Outcome | None = None


# Opens a session, which is told by the journal that it is given how far it has come.
Opening: TypeAlias = Callable[[Journal], Awaitable[Session]]

_OF_STAGE: Final[Mapping[Stage, Step]] = {
    Stage.CONNECT: Step.CONNECT,
    Stage.GREETING: Step.GREET,
    Stage.HELLO: Step.GREET,
    Stage.TLS: Step.TLS,
    Stage.AUTH: Step.SIGN_IN,
}


async def probe(
    route: Route, opening: Opening, letter: tuple[Envelope, bytes] | None = None
) -> AsyncGenerator[Tried, None]:
    """The steps as they pass, the last of them maybe failed; with a ``letter`` it is handed over, too."""
    try:
        seen = await _resolved(route)
    except SessionFailed as error:
        yield Tried(step=Step.RESOLVE, outcome=error.outcome)
        return
    yield Tried(step=Step.RESOLVE, seen=seen)
    async with aclosing(_opened(route, opening)) as steps:
        session = None
        async for found in steps:
            if isinstance(found, Session):
                session = found
            else:
                yield found
    if session is None:
        return
    try:
        if letter is not None:
            [outcome] = await session.transmit(letter[0], (letter[1],))
            taken = outcome.result is Result.ACCEPTED
            yield Tried(step=Step.TEST_MAIL, seen=outcome.line if taken else "", outcome=None if taken else outcome)
    finally:
        await session.close()


async def _resolved(route: Route) -> str:
    """The addresses of the host. Raises ``SessionFailed``."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(route.host, route.port)
    except (OSError, UnicodeError) as error:
        raise failed(Stage.ROUTE, route.server, str(error)) from None
    return ", ".join(dict.fromkeys(str(address[0]) for *_, address in found))


async def _opened(route: Route, opening: Opening) -> AsyncGenerator[Tried | Session, None]:
    """The steps to a session, and it."""
    order = _order(route)
    coming: asyncio.Queue[Step | None] = asyncio.Queue()
    journal = _Watched(lambda stage: coming.put_nowait(_OF_STAGE.get(stage)))
    task = asyncio.ensure_future(opening(journal))
    task.add_done_callback(lambda _: coming.put_nowait(None))
    at = 0
    try:
        while not task.done() or not coming.empty():
            step = await coming.get()
            # A second EHLO, after STARTTLS, is no step back.
            while step is not None and order.index(step) > at:
                yield Tried(step=order[at])
                at += 1
        session = await task
    except SessionFailed as error:
        last = max(at, order.index(_OF_STAGE.get(error.outcome.stage, order[at])))
        for step in order[at:last]:
            yield Tried(step=step)
        yield Tried(step=order[last], outcome=error.outcome)
    else:
        for step in order[at:]:
            yield Tried(step=step)
        yield session
    finally:
        task.cancel()


def _order(route: Route) -> list[Step]:
    order = [Step.CONNECT, Step.GREET]
    if route.tls is not Tls.NONE:
        order.insert(1 if route.tls is Tls.TLS else 2, Step.TLS)
    return order if route.credentials is None else [*order, Step.SIGN_IN]


class _Watched(Journal):
    """A journal that tells of each stage as it is reached."""

    __slots__ = ("_stage", "_tell")

    def __init__(self, tell: Callable[[Stage], None]) -> None:
        self._tell = tell
        super().__init__()

    @property
    def stage(self) -> Stage:
        return self._stage

    @stage.setter
    def stage(self, stage: Stage) -> None:
        self._stage = stage
        self._tell(stage)
