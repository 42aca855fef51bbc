from itertools import accumulate, cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.mail.limits import GIVE_UP_DAYS
from postroom.mail.retry import DAY, HOUR, MINUTE, PAUSES_OF, Patience, next_attempt

CHANCES = st.floats(0, 1, exclude_max=True)
NOW = 1_760_000_000_000


def refused(why: Why | None = None, retry_after: int | None = None) -> Outcome:
    return Outcome(result=Result.DEFERRED, stage=Stage.ENVELOPE, why=why, retry_after=retry_after)


def pause(attempt: int, chance: float, *deferred: Outcome) -> int:
    due = next_attempt(attempt, first_due=NOW, now=NOW, chance=chance, patience=Patience(), deferred=deferred)
    assert due is not None
    return due - NOW


@given(st.integers(1, 1000), CHANCES, st.sampled_from(Why))
def test_a_pause_is_spread_by_a_fifth_at_most(attempt: int, chance: float, why: Why) -> None:
    middle = pause(attempt, 0.5, refused(why))
    assert 0.8 * middle - 1 <= pause(attempt, chance, refused(why)) <= 1.2 * middle + 1


@given(st.integers(1, 1000), CHANCES, st.sampled_from(Why))
def test_pauses_never_get_shorter(attempt: int, chance: float, why: Why) -> None:
    assert pause(attempt, chance, refused(why)) <= pause(attempt + 1, chance, refused(why))


@pytest.mark.parametrize("window", [5, 25, 30])  # minutes: postgrey and rspamd, spamd, milter-greylist
def test_a_greylisted_mail_is_there_soon_after_the_door_opens(window: int) -> None:
    tries = accumulate(PAUSES_OF[Why.GREYLISTED])
    assert min(tried - window * MINUTE for tried in tries if tried >= window * MINUTE) <= 6 * MINUTE


def test_a_full_mailbox_is_tried_seldom_and_a_limit_with_growing_pauses() -> None:
    assert [pause(n, 0.5, refused(Why.OVER_QUOTA)) for n in (1, 2, 99)] == [1 * HOUR, 2 * HOUR, 8 * HOUR]
    assert [pause(n, 0.5, refused(Why.RATE_LIMITED)) for n in (1, 2, 99)] == [10 * MINUTE, 20 * MINUTE, 4 * HOUR]


def test_recipients_who_wait_together_are_tried_when_it_makes_sense_for_one() -> None:
    assert pause(1, 0.5, refused(Why.OVER_QUOTA), refused(Why.GREYLISTED)) == MINUTE
    assert pause(1, 0, refused(Why.GREYLISTED, 120), refused(Why.RATE_LIMITED, 900), refused()) == 15 * MINUTE


@given(st.integers(1, 1000), CHANCES, st.integers(1, 86_400), st.sampled_from(Why))
def test_nobody_comes_back_before_a_hint_is_over_or_waits_much_longer(
    attempt: int, chance: float, hint: int, why: Why
) -> None:
    asked = min(hint * 1000, 12 * HOUR)
    waited = pause(attempt, chance, refused(why, hint))
    assert asked <= waited <= max(1.2 * asked, 10 * HOUR)
    if attempt <= 3:
        assert waited <= 1.2 * asked
    else:
        assert waited >= pause(attempt, chance, refused(why))


def test_the_first_pause_is_a_minute_and_the_longest_four_hours() -> None:
    assert pause(1, 0.5) == MINUTE
    assert pause(1000, 0.5) == 4 * HOUR


@given(st.lists(CHANCES, min_size=1, max_size=20))
def test_a_mail_is_tried_for_four_to_five_days_and_then_given_up(chances: list[float]) -> None:
    """RFC 5321 §4.5.4.1: the give-up time generally needs to be at least 4-5 days."""
    last = now = NOW
    for attempt, chance in zip(range(1, 200), cycle(chances), strict=False):
        due = next_attempt(attempt, first_due=NOW, now=now, chance=chance, patience=Patience())
        if due is None:
            break
        assert due > now
        last = now = due
    else:
        raise AssertionError("tried for ever")
    assert (GIVE_UP_DAYS - 1) * DAY < last - NOW <= GIVE_UP_DAYS * DAY


def test_giving_up_can_be_set() -> None:
    assert next_attempt(1, first_due=NOW, now=NOW + DAY, chance=0, patience=Patience(give_up_days=1)) is None
    assert next_attempt(1, first_due=NOW, now=NOW + DAY, chance=0, patience=Patience(give_up_days=2)) is not None


def test_what_is_in_doubt_rests_ten_minutes_and_twice_as_long_each_time() -> None:
    def rest(attempt: int, chance: float) -> int | None:
        patience = Patience(give_up_days=1)
        return next_attempt(attempt, first_due=NOW, now=NOW, chance=chance, patience=patience, in_doubt=True)

    assert [rest(attempt, 0) for attempt in (1, 2, 3, 99)] == [NOW + n * MINUTE for n in (10, 20, 40, 320)]
    assert rest(1, 0.5) == NOW + 11 * MINUTE
