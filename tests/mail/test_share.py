"""The room of a worker, divided: equal between organisations, three to one for what is urgent, nothing left unused."""

from collections import Counter
from dataclasses import dataclass
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from postroom.mail.share import Room, Stock, share


@dataclass(frozen=True)
class Lane:
    id: int
    org_id: int = 1
    urgent: bool = True
    transport_id: int = 1
    direct: bool = False


def parts(lanes: list[Lane], mails: int, seed: int = 1, unknown: int = 99) -> Counter[int]:
    return share(lanes, Stock(Room(mails=mails, unknown=unknown, others=99)), Random(seed).randrange)


def test_organisations_have_equal_parts_however_many_lanes_they_have() -> None:
    got = parts([*(Lane(n) for n in range(50)), Lane(100, 2), Lane(101, 3)], 30)
    assert (got[100], got[101], sum(got[n] for n in range(50))) == (10, 10, 10)


def test_what_is_urgent_has_three_times_as_much() -> None:
    lanes = [Lane(1), Lane(2), Lane(3, urgent=False)]
    assert parts(lanes, 40) == {1: 15, 2: 15, 3: 10}
    first = Counter(number for seed in range(400) for number in parts(lanes, 1, seed))
    assert 60 < first[3] < 140, "nor is the rest forgotten where there is room for one"


def test_nobody_is_always_last() -> None:
    lanes = [Lane(n, n // 2) for n in range(40)]
    assert {number for seed in range(200) for number in parts(lanes, 5, seed)} == set(range(40))


def test_what_one_cannot_use_goes_to_the_others() -> None:
    room = Room(mails=20, unknown=4, each={1: 3}, quick=frozenset({1, 3}), others=6)
    stock = Stock(room)
    lanes = [Lane(1, 1, transport_id=1), Lane(2, 2, transport_id=1), *(Lane(n, 2, transport_id=n) for n in range(3, 6))]
    got = share(lanes, stock, Random(1).randrange)
    assert (got[1] + got[2], got[3], got[4] + got[5], stock.mails) == (3, 4, 6, 7)
    stock.put_back(lanes[3], 2)
    assert share(lanes, stock, Random(1).randrange).total() == 2


LANES = st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.integers(1, 3)), max_size=12)
FEW = st.integers(-1, 9)


@given(LANES, st.integers(0, 30), st.tuples(FEW, FEW, FEW), FEW, st.integers())
def test_nothing_is_given_twice_and_nothing_is_kept_back(
    asked: list[tuple[int, bool, int]], mails: int, each: tuple[int, int, int], others: int, seed: int
) -> None:
    lanes = [Lane(n, org, urgent, way) for n, (org, urgent, way) in enumerate(asked)]
    room = Room(mails=mails, unknown=each[2], each={1: each[0], 2: each[1]}, quick=frozenset({1}), others=others)
    stock = Stock(room)
    got = share(lanes, stock, Random(seed).randrange)
    used = Counter(one.transport_id for one in lanes for _ in range(got[one.id]))
    strange = used.total() - used[1]
    assert stock.mails == mails - used.total() >= 0
    assert all(used[way] <= max(0, each[way - 1]) for way in (1, 2, 3))
    assert strange <= max(0, others)
    for one in lanes if stock.mails else ():
        way = one.transport_id
        assert used[way] >= each[way - 1] or (way != 1 and strange >= others)
