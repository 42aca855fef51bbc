"""Of a mail that is called back and of what arrived, only one may be true: the judge of ``bench.race`` notices."""

from collections import Counter
from dataclasses import replace

import pytest
from bench.race import Account, Heard, judge

KEPT = Account(
    heard={
        "back": Counter({Heard.CANCELLED: 1, Heard.TOO_LATE: 2}),
        "sent": Counter({Heard.TOO_LATE: 3}),
    },
    arrived=Counter({"sent": 1}),
    states={"cancelled": 1, "sent": 1},
)


def test_answers_that_are_true_have_no_fault() -> None:
    assert not list(judge(KEPT))


@pytest.mark.parametrize(
    "broken",
    [
        replace(KEPT, heard={**KEPT.heard, "back": Counter({Heard.CANCELLED: 2, Heard.TOO_LATE: 1})}),
        replace(KEPT, heard={**KEPT.heard, "sent": Counter({Heard.SOMETHING_ELSE: 1, Heard.TOO_LATE: 2})}),
        replace(KEPT, arrived=Counter({"sent": 1, "back": 1})),
        replace(KEPT, arrived=Counter({"sent": 2})),
        replace(KEPT, arrived=Counter()),
        replace(KEPT, arrived=Counter({"sent": 1, "stray": 1})),
        replace(KEPT, states={"sent": 2}),
    ],
)
def test_an_answer_that_is_not_true_is_found_out(broken: Account) -> None:
    assert list(judge(broken))
