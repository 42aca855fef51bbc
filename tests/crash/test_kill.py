"""Killed with -9 at random moments, under load: no mail is lost, and each double explained (`make crash`: longer)."""

import asyncio
import tempfile
from pathlib import Path

from bench import disk
from bench.crash import Plan, storm, table
from bench.ledger import judge

KILLS = 20


def test_what_was_answered_arrives_however_often_the_processes_are_killed() -> None:
    # On a disk, for the sake of truth: what tmp_path lies on may be memory.
    with tempfile.TemporaryDirectory(prefix="postroom-crash-", dir=disk.folder()) as folder:
        account = asyncio.run(storm(Plan(kills=KILLS, life=0.4), Path(folder)))
    verdict = judge(account)
    assert not verdict.faults, "\n".join((*table(account, verdict), *verdict.faults))
    assert len(account.kills) == KILLS
    # Unhurried machines promise hundreds; one that has much else to do still shows something.
    assert len(account.promised) > KILLS // 4, "there was hardly any load"
