"""The trials of ``bench`` that have a bar notice where it is missed."""

from dataclasses import replace

import pytest
from bench import due, wake
from bench.wake import Figures

AT_ONCE = [2.0] * 100


def test_a_wake_up_is_judged_by_its_middle_and_by_its_worst() -> None:
    def missed(times: list[float]) -> int:
        return len(list(wake.judge(Figures(from_request=AT_ONCE, from_answer=times, idle=0.0))))

    assert missed(AT_ONCE) == 0
    assert missed([51.0] * 100) == 1
    assert missed([*AT_ONCE, *[501.0] * 3]) == 1
    assert missed([501.0] * 100) == 2


DUE = due.Account(
    due={0: 100.0, 1: 100.0, 2: 101.0},
    began=[(0, 100.2), (1, 100.2), (2, 101.3)],
    states={"sent": 3},
    back=None,
    cpu=0.0,
)


@pytest.mark.parametrize(
    ("account", "faults"),
    [
        (DUE, 0),
        (replace(DUE, began=DUE.began[:2], states={"sent": 2, "scheduled": 1}), 2),
        (replace(DUE, began=[*DUE.began, (1, 101.4)]), 2),
        (replace(DUE, began=[(0, 99.9), *DUE.began[1:]]), 1),
        (replace(DUE, began=[*DUE.began[:2], (2, 102.5)]), 1),
        (replace(DUE, began=[*DUE.began[:2], (2, 111.0)]), 2),
        (replace(DUE, back=101.2), 0),
        (replace(DUE, back=101.2, began=[*DUE.began[:2], (2, 102.5)]), 1),
    ],
)
def test_mails_of_a_minute_are_judged_one_by_one(account: due.Account, faults: int) -> None:
    found = list(due.judge(due.Plan(mails=2, seconds=10.0), account))
    assert len(found) == faults, found
