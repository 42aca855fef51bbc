"""Moments and the day of an organisation, also where clocks are put forward and back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mail.zone import day, moment, zone


@pytest.mark.parametrize(
    ("moment", "zone", "there"),
    [
        ("2026-11-26T23:59:59.999", "UTC", "2026-11-26"),
        ("2026-11-27T00:00:00", "UTC", "2026-11-27"),
        ("2026-11-26T18:29:59.999", "Asia/Kolkata", "2026-11-26"),
        ("2026-11-26T18:30:00", "Asia/Kolkata", "2026-11-27"),
        # The day on which clocks go forward has 23 hours, the one on which they go back 25.
        ("2026-03-28T23:00:00", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T21:59:59.999", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T22:00:00", "Europe/Berlin", "2026-03-30"),
        ("2026-10-24T22:00:00", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T22:59:59.999", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T23:00:00", "Europe/Berlin", "2026-10-26"),
        ("1969-12-31T23:00:00", "UTC", "1969-12-31"),
        ("2026-11-26T12:00:00", "Nowhere/Atall", "2026-11-26"),
    ],
)
def test_the_day_is_that_of_the_clock_on_the_wall(moment: str, zone: str, there: str) -> None:
    at = round(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000)
    assert day(at, zone) == (date.fromisoformat(there) - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("at", "name", "text"),
    [
        (0, "UTC", "1970-01-01T00:00:00+00:00"),
        (1_760_000_000_999, "Asia/Kolkata", "2025-10-09T14:23:20+05:30"),
        (1_760_000_000_000, "Europe/Berlin", "2025-10-09T10:53:20+02:00"),
        (1_770_000_000_000, "Europe/Berlin", "2026-02-02T03:40:00+01:00"),
        # One second is an hour on the wall when clocks go forward; the same half past two twice when they go back.
        (1_774_745_999_000, "Europe/Berlin", "2026-03-29T01:59:59+01:00"),
        (1_774_746_000_000, "Europe/Berlin", "2026-03-29T03:00:00+02:00"),
        (1_792_888_200_000, "Europe/Berlin", "2026-10-25T02:30:00+02:00"),
        (1_792_891_800_000, "Europe/Berlin", "2026-10-25T02:30:00+01:00"),
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
