"""The parts of a limit add up to it, whoever knows what of the others."""

import itertools

import pytest

from postroom.mail.crew import Crew

NOTICE = 10.0


def crew(me: int, *seen: tuple[float, tuple[int, ...]]) -> Crew:
    made = Crew(me, NOTICE)
    for at, living in seen:
        made.see(living, asked=at, now=at)
    return made


def settled(me: int, *living: int) -> Crew:
    return crew(me, (-NOTICE, living), (0.0, living))


@pytest.mark.parametrize("workers", range(1, 6))
@pytest.mark.parametrize("connections", range(8))
def test_the_parts_are_the_whole_and_as_even_as_can_be(workers: int, connections: int) -> None:
    living = tuple(range(70, 70 + workers))
    for limit in range(4):
        parts = [settled(me, *living).part(limit, connections, 0.0) for me in living]
        assert sum(parts) == connections
        assert max(parts) - min(parts) <= 1


def test_another_limit_favours_another_worker() -> None:
    living = (70, 71, 72)
    firsts = [[settled(me, *living).part(limit, 1, 0.0) for me in living].index(1) for limit in range(3)]
    assert sorted(firsts) == [0, 1, 2]


def test_who_is_alone_has_all_and_who_joins_waits() -> None:
    assert crew(1, (0.0, (1,))).part(0, 5, 0.0) == 5
    joins = crew(2, (0.0, (1, 2)), (9.0, (1, 2)))
    assert joins.part(0, 5, 9.0) == 0
    assert joins.part(0, 5, 10.0) in {2, 3}


def test_the_others_make_room_at_once_and_take_it_back_once_all_know() -> None:
    stays = crew(1, (0.0, (1,)), (5.0, (1, 2)))
    assert stays.part(0, 4, 5.0) == 2
    for at in (14.0, 20.0):
        stays.see((1,), asked=at, now=at)
        assert stays.part(0, 4, at) == 2
    assert stays.part(0, 4, 24.0) == 4


def test_who_hears_nothing_has_nothing_and_is_then_new() -> None:
    away = settled(1, 1, 2)
    assert away.part(0, 4, 10.0) == 2
    assert away.part(0, 4, 10.1) == 0
    away.see((1, 2), asked=30.0, now=31.0)
    assert away.part(0, 4, 31.0) == 0
    away.see((1, 2), asked=38.0, now=38.0)
    assert away.part(0, 4, 41.0) == 2


def test_never_more_than_the_whole_whenever_each_learns_of_it() -> None:
    """Three workers, of whom one joins at 0 and one is gone at 30; each looks every 5 seconds, at any moment."""
    alive = {1: (-60, 90), 2: (-60, 30), 3: (0, 90)}

    def living(at: float) -> tuple[int, ...]:
        return tuple(each for each, (since, until) in alive.items() if since <= at < until)

    for offsets in itertools.product((0.0, 2.5, 4.9), repeat=3):
        crews = {me: Crew(me, NOTICE) for me in alive}
        for tick in range(-60, 90):
            for (me, each), offset in zip(crews.items(), offsets, strict=True):
                at = tick - tick % 5 + offset
                if tick <= at < tick + 1 and me in living(at):
                    each.see(living(at), asked=at, now=at)
            now = tick + 0.95
            for limit, connections in itertools.product(range(3), (1, 2, 5)):
                assert sum(each.part(limit, connections, now) for me, each in crews.items() if me in living(now)) <= (
                    connections
                )
