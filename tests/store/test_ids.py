"""store.ids: numbers that fit a column and grow, opaque ids that nobody guesses."""

from hypothesis import given
from hypothesis import strategies as st

from postroom.store.ids import Ids
from tests.world import NOW


def test_numbers_have_eighteen_digits_and_grow() -> None:
    moments = iter(range(NOW, NOW + 1000))
    ids = Ids(lambda: next(moments))
    numbers = [ids.number() for _ in range(1000)]
    assert numbers == sorted(set(numbers))
    assert {len(str(number)) for number in numbers} == {18}


@given(st.integers(NOW, 3_700_000_000_000))
def test_numbers_fit_63_bits(now: int) -> None:
    assert 0 < Ids(lambda: now).number() < 2**63


def test_numbers_of_one_moment_differ() -> None:
    ids = Ids(lambda: NOW)
    assert len({ids.number() for _ in range(5000)}) == 5000


def test_opaque_ids_grow_with_time_and_differ() -> None:
    moments = iter([NOW, NOW, NOW + 1])
    ids = Ids(lambda: next(moments))
    first, second, third = ids.opaque(), ids.opaque(), ids.opaque()
    assert first != second
    assert third > max(first, second)
    assert {len(first), len(second), len(third)} == {32}
