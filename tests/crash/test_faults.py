"""Bad servers and wrong clocks under load: no mail is lost, and doubles are told (`make crash`: longer, and others)."""

import shutil
from pathlib import Path

import pytest
from bench.faults import Plan, complaints, suffer
from bench.happenings import FAULTS
from bench.ledger import judge_faults

NEEDS_CC = pytest.mark.skipif(shutil.which("cc") is None, reason="a clock that can be set is written in C")


@pytest.mark.parametrize("name", ["server resets", pytest.param("clocks wrong", marks=NEEDS_CC)])
async def test_what_was_answered_arrives_whatever_happens(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    account = await suffer(fault, Plan(rounds=1), tmp_path)
    assert not list(complaints(fault, account, judge_faults(account)))
    assert account.promised
