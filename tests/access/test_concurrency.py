"""Calls at once (W 10.2): each organisation has its own, and gets back what is answered."""

import pytest

from postroom.access.concurrency import Concurrency
from postroom.errors import TooMany


def test_each_organisation_has_its_own() -> None:
    concurrency = Concurrency(2)
    for org_id in (1, 1, 2, 2):
        concurrency.enter(org_id)
    for org_id in (1, 2):
        with pytest.raises(TooMany) as refusal:
            concurrency.enter(org_id)
        assert refusal.value.faults[0].details == {"retry_after": 1, "limit": 2, "window": 1}
    concurrency.leave(1)
    concurrency.enter(1)
    for org_id in (1, 2):
        with pytest.raises(TooMany):
            concurrency.enter(org_id)


def test_who_was_refused_holds_nothing() -> None:
    concurrency = Concurrency(1)
    concurrency.enter(1)
    for _ in range(3):
        with pytest.raises(TooMany):
            concurrency.enter(1)
    concurrency.leave(1)
    concurrency.enter(1)


def test_without_a_limit_anything_goes() -> None:
    concurrency = Concurrency(0)
    for _ in range(1000):
        concurrency.enter(1)
    for _ in range(1000):
        concurrency.leave(1)
