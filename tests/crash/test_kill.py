"""Killed with -9 at fail points, and anywhere, under load: none lost, doubles told (`make crash`: every one, often)."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from bench import disk
from bench.crash import table
from bench.databases import Databases
from bench.ledger import judge
from bench.storm import Plan, storm


@pytest.mark.parametrize(("database", "kills"), [("sqlite", 8), ("postgresql", 3)])
def test_what_was_answered_arrives_wherever_the_processes_are_killed(database: str, kills: int) -> None:
    # On a disk, for the sake of truth: what tmp_path lies on may be memory.
    with (
        tempfile.TemporaryDirectory(prefix="postroom-crash-", dir=disk.folder()) as folder,
        Databases(database, Path(folder)) as databases,
    ):
        account = asyncio.run(storm(Plan(kills=kills, life=0.2), Path(folder), databases.new()))
    verdict = judge(account)
    assert not verdict.faults, "\n".join(table(account, verdict))
    assert len(account.kills) == kills
    # Unhurried machines promise hundreds; one that has much else to do still shows something.
    assert len(account.promised) > kills // 4, "there was hardly any load"
