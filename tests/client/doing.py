"""Both drivers over the same scenarios: a generator yields calls and is given what they gave, or what they raised."""

import asyncio
from collections.abc import Callable, Generator
from typing import Any, Final

from postroom.client import AsyncClient, Call, CallFailed, Client, Credentials, Means, Place

Scenario = Generator[Call[Any], Any, None]
Driving = Callable[..., list[float]]

NOW: Final = 1_760_000_000_000
SHOWN: Final = Credentials(client_id="1000.ID", client_secret="sec+ret", refresh_token="1000.re.fresh")


def means(now: int = NOW) -> Means:
    """A clock that stands still, chance that is none, and words in order."""
    words = iter(range(1, 1000))
    return Means(clock=lambda: now, chance=lambda: 1.0, word=lambda: f"word{next(words)}")


def by_threads(scenario: Scenario, place: Place, shown: Credentials = SHOWN, **more: Any) -> list[float]:
    """Play it with ``Client``; the pauses that it would have made."""
    pauses: list[float] = []
    with Client(place, shown, **{"means": means(), "sleep": pauses.append, **more}) as client:
        _play(scenario, client.do)
    return pauses


def by_tasks(scenario: Scenario, place: Place, shown: Credentials = SHOWN, **more: Any) -> list[float]:
    """Play it with ``AsyncClient``, in an event loop of its own; the pauses."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    with asyncio.Runner() as runner:
        client = AsyncClient(place, shown, **{"means": means(), "sleep": sleep, **more})
        try:
            _play(scenario, lambda call: runner.run(client.do(call)))
        finally:
            runner.run(client.close())
    return pauses


BOTH: Final = (by_threads, by_tasks)


def _play(scenario: Scenario, do: Callable[[Call[Any]], Any]) -> None:
    try:
        call = next(scenario)
        while True:
            try:
                given = do(call)
            except CallFailed as error:
                call = scenario.throw(error)
            else:
                call = scenario.send(given)
    except StopIteration:
        return
