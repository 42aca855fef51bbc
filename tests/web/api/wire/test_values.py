from hypothesis import given
from hypothesis import strategies as st

from postroom.web.api.wire.values import made_id


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_made_ids_are_digits_that_fit(words: list[str]) -> None:
    made = made_id(*words)
    assert made == made_id(*words)
    assert made.isdigit()
    assert 0 < int(made) < 2**63
