from itertools import product

import pytest

from postroom.mail.life import FINAL, MOVES, State, may, overall

S = State
ALLOWED = {
    (S.SCHEDULED, S.QUEUED),
    (S.SCHEDULED, S.SENDING),
    (S.SCHEDULED, S.CANCELLED),
    *((origin, S.HELD) for origin in (S.SCHEDULED, S.QUEUED, S.SENDING)),
    *((S.HELD, target) for target in (S.SCHEDULED, S.QUEUED, S.CANCELLED)),
    (S.QUEUED, S.SCHEDULED),
    (S.QUEUED, S.SENDING),
    (S.QUEUED, S.CANCELLED),
    (S.SENDING, S.QUEUED),
    (S.SENDING, S.SENT),
    (S.SENDING, S.FAILED),
    (S.FAILED, S.QUEUED),
    (S.SENT, S.QUEUED),
}


@pytest.mark.parametrize(("origin", "target"), list(product(State, State)))
def test_a_move_is_in_the_table_or_not_allowed(origin: State, target: State) -> None:
    assert may(origin, target) is ((origin, target) in ALLOWED)


def test_every_state_has_its_row() -> None:
    assert set(MOVES) == set(State)


def test_only_an_operator_moves_a_mail_that_is_final() -> None:
    assert {(origin, target) for origin in FINAL for target in MOVES[origin]} == {
        (S.FAILED, S.QUEUED),
        (S.SENT, S.QUEUED),
    }


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [
        ([S.SENT], S.SENT),
        ([S.FAILED], S.FAILED),
        ([S.SCHEDULED, S.SCHEDULED], S.SCHEDULED),
        ([S.CANCELLED, S.CANCELLED], S.CANCELLED),
        ([S.SENDING], S.QUEUED),
        ([S.QUEUED, S.SENT], S.QUEUED),
        ([S.SENDING, S.FAILED], S.QUEUED),
        ([S.SENT, S.FAILED], S.SENT),
        ([S.SENT, S.CANCELLED], S.SENT),
        ([S.FAILED, S.CANCELLED], S.FAILED),
    ],
)
def test_the_state_of_a_mail_is_that_of_its_recipients(recipients: list[State], expected: State) -> None:
    assert overall(recipients) is expected
    assert overall(reversed(recipients)) is expected
