"""Turns go to whoever waits longest, and nobody waits for ever."""

import asyncio

import pytest

from postroom.smtp.turns import Turns

LONG = 60.0


async def test_turns_are_taken_in_order() -> None:
    turns, order = Turns(1, LONG), list[int]()

    async def take(n: int) -> None:
        await turns.take()
        order.append(n)

    await turns.take()
    tasks = [asyncio.create_task(take(n)) for n in range(3)]
    for n in range(3):
        assert order == [*range(n)]
        turns.give_back()
        await tasks[n]
    assert order == [0, 1, 2]


async def test_who_waits_too_long_gets_none_and_takes_none_from_others() -> None:
    turns = Turns(1, 0.01)
    await turns.take()
    ends = await asyncio.gather(turns.take(), turns.take(), return_exceptions=True)
    assert [type(end) for end in ends] == [TimeoutError, TimeoutError]
    with pytest.raises(TimeoutError):
        await turns.take()
    turns.give_back()
    async with asyncio.timeout(LONG):
        await turns.take()


@pytest.mark.parametrize("comes", [False, True], ids=["before its turn", "as its turn comes"])
async def test_a_turn_of_one_that_has_gone_is_the_next_ones(comes: bool) -> None:
    turns = Turns(1, LONG)
    await turns.take()
    gone = asyncio.create_task(turns.take())
    await asyncio.sleep(0)
    if comes:
        turns.give_back()
    gone.cancel()
    await asyncio.wait([gone])
    if not comes:
        turns.give_back()
    async with asyncio.timeout(LONG):
        await turns.take()
