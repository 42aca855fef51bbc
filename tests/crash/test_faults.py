"""A server that resets under load: no mail is lost, and doubles are told (`make crash`: longer, and others)."""

from pathlib import Path

from bench.faults import Plan, complaints, suffer
from bench.happenings import FAULTS
from bench.ledger import judge_faults


async def test_what_was_answered_arrives_however_often_the_server_resets(tmp_path: Path) -> None:
    fault = FAULTS["server resets"]
    account = await suffer(fault, Plan(rounds=1), tmp_path)
    assert not list(complaints(fault, account, judge_faults(account)))
    assert account.promised
