"""The trials of ``bench`` that have a bar notice where it is missed."""

from dataclasses import replace

import pytest
from bench import due, soak, tarpit, throttle, wake
from bench.trend import trend
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
        (replace(DUE, back=101.2, began=[*DUE.began[:2], (2, 106.5)]), 1),
    ],
)
def test_mails_of_a_minute_are_judged_one_by_one(account: due.Account, faults: int) -> None:
    found = list(due.judge(due.Plan(mails=2, seconds=10.0), account))
    assert len(found) == faults, found


SOAK = soak.Account(
    full=100.0,
    asked=4,
    promised={0, 1, 2, 3},
    arrived={0, 1, 2},
    refused={3},
    doubled={1},
    unknown={1, 2},
    failed={3},
    states={"sent": 3, "failed": 1},
    grown={
        "worker, MB": trend([0, 1, 2, 3], [50, 80, 80, 81]),
        "worker, files": trend([0, 1, 2, 3], [20, 20, 25, 24]),
        "queue": trend([0, 1, 2, 3], [0, 10, 90, 40]),
        "log, MB": trend([0, 1, 2, 3], [0, 50, 100, 130]),
    },
)


@pytest.mark.parametrize(
    "broken",
    [
        replace(SOAK, asked=5),
        replace(SOAK, arrived={0, 1}),
        replace(SOAK, refused=set()),
        replace(SOAK, unknown=set()),
        replace(SOAK, changed={1}),
        replace(SOAK, states={"sent": 3, "failed": 1, "queued": 1}),
        replace(SOAK, grown={"worker, MB": trend([0, 1, 2, 3], [50, 80, 85, 90])}),
        replace(SOAK, grown={"api, files": trend([0, 1, 2, 3], [20, 20, 30, 40])}),
        replace(SOAK, grown={"queue": trend([0, 1, 2, 3], [0, 10, 90, 190])}),
        replace(SOAK, grown={"log, MB": trend([0, 1, 2, 3], [0, 300, 10, 10])}),
    ],
)
def test_a_soak_is_judged_by_its_mails_and_by_what_grew(broken: soak.Account) -> None:
    assert not list(soak.judge(SOAK))
    assert len(list(soak.judge(broken))) == 1


def test_tarpits_may_cost_a_twentieth() -> None:
    rates = tarpit.Rates(without=[100.0, 90.0, 110.0], with_tarpits=[96.0, 40.0, 99.0])
    assert not list(tarpit.judge(rates))
    assert list(tarpit.judge(replace(rates, with_tarpits=[94.0, 40.0, 99.0])))


@pytest.mark.parametrize(("interval", "failed", "faults"), [(0.1, 0, 0), (0.11, 0, 1), (0.09, 0, 1), (0.1, 1, 1)])
def test_a_limit_is_kept_within_a_twentieth(interval: float, failed: int, faults: int) -> None:
    account = throttle.Account(began=[n * interval for n in range(100)], refused=0, failed=failed)
    assert len(list(throttle.judge(throttle.Plan(rate=10), account))) == faults
