"""Credits (W 10.1): what is taken is counted, what is refused is not, and all processes know of it."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.access.credits import Credits, wait, within_window
from postroom.errors import Reason, TooMany
from postroom.store.db import Database
from postroom.store.usage import HOUR
from tests.world import NOW, World, found

DAY = 24 * HOUR
BEGIN = NOW // HOUR * HOUR  # of an hour
AT = BEGIN // HOUR


async def refused(purse: Credits, org_id: int, price: int, now: int = BEGIN, **more: Any) -> dict[str, object]:
    """The details of the refusal that must come."""
    with pytest.raises(TooMany) as refusal:
        await purse.take(org_id, price, now, **more)
    [fault] = refusal.value.faults
    assert fault.reason is Reason.TOO_MANY_CALLS
    return dict(fault.details)


async def neighbours(db: Database, world: World) -> tuple[int, int]:
    """Two organisations."""
    return world.org.id, (await db.write(lambda tx: found(tx, 2))).org.id


async def test_each_organisation_has_its_own(db: Database, world: World) -> None:
    own, other = await neighbours(db, world)
    purse = Credits(db, 10)
    for _ in range(10):
        await purse.take(own, 1, BEGIN)
    assert await refused(purse, own, 1) == {"retry_after": 86_760, "limit": 10, "window": 86_400}
    await purse.take(other, 10, BEGIN)
    await refused(purse, other, 1)


async def test_without_a_limit_nothing_is_counted(db: Database, world: World) -> None:
    purse = Credits(db, 0)
    await purse.take(world.org.id, 1_000_000, BEGIN)
    await purse.flush(BEGIN)
    await Credits(db, 1).take(world.org.id, 1, BEGIN)


@pytest.mark.parametrize("flushed", [False, True])
async def test_who_is_refused_pays_nothing(db: Database, world: World, flushed: bool) -> None:
    own, _ = await neighbours(db, world)
    purse = Credits(db, 10)
    await purse.take(own, 8, BEGIN)
    if flushed:
        await purse.flush(BEGIN)
    for _ in range(3):
        await refused(purse, own, 3)
    await purse.take(own, 2, BEGIN)
    await refused(purse, own, 1)


@pytest.mark.parametrize("flushed", [False, True])
async def test_what_was_paid_is_part_of_the_price_or_given_back(db: Database, world: World, flushed: bool) -> None:
    own, _ = await neighbours(db, world)
    purse = Credits(db, 10)
    await purse.take(own, 1, BEGIN)
    if flushed:
        await purse.flush(BEGIN)
    await purse.take(own, 4, BEGIN, paid=1)
    await purse.take(own, 1, BEGIN)
    if flushed:
        await purse.flush(BEGIN)
    await refused(purse, own, 7, paid=1)
    await purse.take(own, 6, BEGIN)
    await refused(purse, own, 1)


async def test_a_restart_and_another_process_know_what_was_used(db: Database, world: World) -> None:
    own, other = await neighbours(db, world)
    first, second = Credits(db, 10), Credits(db, 10)
    await first.take(own, 4, BEGIN)
    await second.take(own, 1, BEGIN)
    await first.flush(BEGIN)
    await second.take(own, 5, BEGIN)  # it does not know of the four yet, and will within a second
    await second.flush(BEGIN)
    await refused(second, own, 1)
    await first.take(own, 1, BEGIN)
    await first.flush(BEGIN)
    await refused(first, own, 1)
    later = Credits(db, 10)
    await refused(later, own, 1)
    for each in (first, second, later):
        await each.take(other, 3, BEGIN)


async def test_who_has_not_called_for_a_while_is_read_anew(db: Database, world: World) -> None:
    own, _ = await neighbours(db, world)
    first, second = Credits(db, 10), Credits(db, 10)
    await first.take(own, 1, BEGIN)
    for _ in range(2):
        await first.flush(BEGIN)
    await second.take(own, 9, BEGIN)
    await second.flush(BEGIN)
    await refused(first, own, 1)


async def test_a_refused_organisation_is_looked_up_too(db: Database, world: World) -> None:
    own, _ = await neighbours(db, world)
    first, second = Credits(db, 10), Credits(db, 10)
    await first.take(own, 5, BEGIN)
    await refused(first, own, 6)
    await second.take(own, 5, BEGIN)
    for each in (second, first):
        await each.flush(BEGIN)
    await refused(first, own, 1)


async def test_flushes_at_once_write_each_credit_once(db: Database, world: World) -> None:
    own, other = await neighbours(db, world)
    purse = Credits(db, 100)
    for _ in range(20):
        await purse.take(own, 2, BEGIN)
        await purse.take(other, 1, BEGIN)
        await asyncio.gather(*(purse.flush(BEGIN) for _ in range(3)))
    fresh = Credits(db, 100)
    for org_id, left in ((own, 60), (other, 80)):
        for each in (purse, fresh):
            await refused(each, org_id, left + 1)
        await fresh.take(org_id, left, BEGIN)


async def test_while_the_database_is_away_it_goes_on_counting(db: Database, database_url: str, world: World) -> None:
    own, other = await neighbours(db, world)
    away = Database(database_url)
    purse = Credits(away, 10)
    for org_id in (own, other):
        await purse.take(org_id, 4, BEGIN)
    await away.close()
    await purse.flush(BEGIN)
    await purse.take(own, 6, BEGIN)
    await purse.flush(BEGIN)
    await refused(purse, own, 1)
    await purse.take(other, 6, BEGIN)


async def test_a_day_later_there_are_more_though_nobody_flushed(db: Database, world: World) -> None:
    own, _ = await neighbours(db, world)
    purse = Credits(db, 10)
    await purse.take(own, 10, BEGIN + HOUR // 2)
    await purse.flush(BEGIN + HOUR // 2)
    await refused(purse, own, 1, BEGIN + DAY)
    # A tenth of the hour has left the window, and with it a tenth of its credits.
    await purse.take(own, 1, BEGIN + DAY + HOUR // 10)
    await refused(purse, own, 1, BEGIN + DAY + HOUR // 10)


@pytest.mark.parametrize(
    ("used", "now", "within"),
    [
        ({}, BEGIN, 0),
        ({AT: 10}, BEGIN, 10),
        ({AT: 10}, BEGIN + DAY, 10),
        ({AT: 10}, BEGIN + DAY + 1, 10),
        ({AT: 10}, BEGIN + DAY + HOUR // 2, 5),
        ({AT: 10}, BEGIN + DAY + HOUR - 1, 1),
        ({AT: 10}, BEGIN + DAY + HOUR, 0),
        ({AT: 10, AT + 1: 7, AT + 24: 3}, BEGIN + DAY + HOUR // 2, 15),
        ({AT + 1: 10}, BEGIN, 10),  # another process's clock is ahead
    ],
)
def test_what_counts_is_what_the_last_24_hours_hold(used: dict[int, int], now: int, within: int) -> None:
    assert within_window(used, now) == within


@pytest.mark.parametrize(
    ("used", "over", "then"),
    [
        ({AT: 10}, 1, DAY + HOUR // 10),
        ({AT: 10}, 10, DAY + HOUR),
        ({AT - 24: 10}, 1, HOUR // 10),
        ({AT - 24: 10, AT - 1: 2}, 11, DAY - HOUR // 2),
        ({AT: 10}, 11, DAY),  # never: it asks for more than there is
        ({}, 1, DAY),
    ],
)
def test_how_long_to_wait(used: dict[int, int], over: int, then: int) -> None:
    assert wait(used, over, BEGIN) == then


USED = st.dictionaries(st.integers(AT - 30, AT), st.integers(0, 5000), max_size=12)


@given(USED, st.integers(BEGIN, BEGIN + HOUR), st.data())
def test_after_the_wait_there_is_room_and_a_moment_before_there_is_not(
    used: dict[int, int], now: int, data: st.DataObject
) -> None:
    before = within_window(used, now)
    if not before:
        return
    over = data.draw(st.integers(1, before))
    waited = wait(used, over, now)
    assert before - within_window(used, now + waited) >= over
    assert waited == 0 or before - within_window(used, now + waited - 1) < over
