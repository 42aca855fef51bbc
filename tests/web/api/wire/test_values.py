from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mail.zone import zone
from postroom.web.api.wire.values import made_id, moment


@pytest.mark.parametrize(
    ("at", "name", "text"),
    [
        (0, "UTC", "1970-01-01T00:00:00+00:00"),
        (1_760_000_000_999, "Asia/Kolkata", "2025-10-09T14:23:20+05:30"),
        (1_760_000_000_000, "Europe/Berlin", "2025-10-09T10:53:20+02:00"),
        (1_770_000_000_000, "Europe/Berlin", "2026-02-02T03:40:00+01:00"),
        (0, "Nowhere/Land", "1970-01-01T00:00:00+00:00"),
        (0, "../../etc/passwd", "1970-01-01T00:00:00+00:00"),
        (0, "", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_a_moment_stands_in_the_zone_without_fractions(at: int, name: str, text: str) -> None:
    assert moment(at, zone(name)) == text


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York"]))
def test_a_moment_reads_back(at: int, name: str) -> None:
    read = datetime.fromisoformat(moment(at, zone(name)))
    assert timedelta(milliseconds=at) - timedelta(seconds=read.timestamp()) < timedelta(seconds=1)


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_made_ids_are_digits_that_fit(words: list[str]) -> None:
    made = made_id(*words)
    assert made == made_id(*words)
    assert made.isdigit()
    assert 0 < int(made) < 2**63
