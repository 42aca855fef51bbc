"""Wrong clocks under load: no mail is lost, and doubles are told (`make crash`: longer, and others)."""

import shutil
from pathlib import Path

import pytest
from bench.faults import Plan, complaints, suffer
from bench.happenings import FAULTS
from bench.ledger import judge_faults


@pytest.mark.skipif(shutil.which("cc") is None, reason="a clock that can be set is written in C")
async def test_what_was_answered_arrives_however_wrong_the_clocks_are(tmp_path: Path) -> None:
    fault = FAULTS["clocks wrong"]
    account = await suffer(fault, Plan(rounds=1), tmp_path)
    assert not list(complaints(fault, account, judge_faults(account)))
    assert account.promised
