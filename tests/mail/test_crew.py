"""The parts of a limit add up to it, whoever knows what of the others."""

import itertools

import pytest

from postroom.mail.crew import Crew

NOTICE = 15.0


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
    joins = crew(2, (0.0, (1, 2)), (14.9, (1, 2)))
    assert joins.part(0, 5, 20.0) == 0
    joins.see((1, 2), asked=20.0, now=20.0)
    assert joins.part(0, 5, 20.0) in {2, 3}


def test_the_others_make_room_at_once_and_take_it_back_once_all_know() -> None:
    stays = crew(1, (0.0, (1,)), (5.0, (1, 2)))
    assert stays.part(0, 4, 5.0) == 2
    for at, part in ((10.0, 2), (24.9, 2), (25.0, 4)):
        stays.see((1,), asked=at, now=at)
        assert stays.part(0, 4, at) == part


def test_who_hears_nothing_has_nothing_and_is_then_new() -> None:
    away = settled(1, 1, 2)
    assert away.part(0, 4, NOTICE) == 2
    assert away.part(0, 4, NOTICE + 0.1) == 0
    for asked, part in ((30.0, 0), (40.0, 0), (46.0, 2)):
        away.see((1, 2), asked=asked, now=asked + 1.0)
        assert away.part(0, 4, asked + 1.0) == part


ALIVE = {1: (-60, 90), 2: (-60, 30), 3: (0, 90)}
LOOKS = 5


def living(at: float) -> list[int]:
    return [each for each, (since, until) in ALIVE.items() if since <= at < until]


@pytest.mark.parametrize("offsets", list(itertools.product((0.0, 2.5, 4.9), repeat=3)))
@pytest.mark.parametrize("connections", [1, 2, 5])
def test_never_more_than_the_whole_whenever_each_learns_of_it(offsets: tuple[float, ...], connections: int) -> None:
    """Worker 3 joins at 0, 2 is gone at 30. Each looks every 5 seconds, and has long mails: they end every 40."""
    crews = {me: Crew(me, 3.0 * LOOKS) for me in ALIVE}
    held = dict.fromkeys(ALIVE, 0)
    over: set[int] = set()
    for tick in range(-60, 90):
        for me, offset in zip(ALIVE, offsets, strict=True):
            at = tick + offset % 1
            if me in living(at) and tick % LOOKS == offset // 1:
                over = over - {me} | ({me} if held[me] > crews[me].part(2, connections, at) else set())
                crews[me].see(living(at), asked=at, now=at, settled=over.isdisjoint(living(at)))
            part = crews[me].part(2, connections, at) if me in living(at) else 0
            held[me] = part if tick % 40 == 25 or me not in living(at) else max(part, held[me])
        assert sum(held.values()) <= connections
    assert sum(held.values()) == connections
