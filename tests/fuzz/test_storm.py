"""A short storm in parts that may go on side by side; ``make fuzz`` is the long one."""

import os
import secrets
from pathlib import Path

import pytest

from tests.fuzz.storm import storm

PARTS = 4
REQUESTS = 350  # of each part

# As with Hypothesis: a run that decides about a change asks the same each time, others may find what none has found.
SEED = 1 if os.environ.get("CI") else secrets.randbelow(10**6)


@pytest.mark.parametrize("part", range(PARTS))
async def test_whatever_is_asked_is_answered_as_it_must_be(tmp_path: Path, part: int) -> None:
    tally = await storm(tmp_path, seed=SEED + part, requests=REQUESTS)
    assert sum(tally.statuses.values()) == REQUESTS
    # Most of it is meant well enough to reach what lies behind the refusals.
    assert tally.statuses[200] > REQUESTS / 10
