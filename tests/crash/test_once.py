"""A key is one mail and one answer, whatever dies: killed at random moments, and exactly between commit and answer."""

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from bench import disk
from bench.books import Books
from bench.line import Answer, GoneError, Line
from bench.once import Account, Plan, judge, rush, table
from bench.processes import Part
from bench.site import prepare

from postroom import failpoint

KEY = "once-0"
TOLD = Answer(200, b'{"data":[{"details":{"message_id":"1"}}]}')
KEPT = Account(callers=2, answers={KEY: Counter({TOLD: 2})}, stored={KEY: ["1"]}, arrived=Counter({KEY: 1}))


async def test_each_key_is_one_mail_however_often_the_processes_are_killed() -> None:
    # On a disk, for the sake of truth: what tmp_path lies on may be memory.
    with tempfile.TemporaryDirectory(prefix="postroom-once-", dir=disk.folder()) as folder:
        account = await rush(Plan(callers=8, keys=8, kills=1, life=0.3), Path(folder))
    faults = list(judge(account))
    assert not faults, "\n".join((*table(account), *faults))
    assert (account.kills, len(account.answers)) == (1, 8)


async def test_a_crash_between_commit_and_answer_changes_nothing(tmp_path: Path) -> None:
    site = await prepare(tmp_path / "data", 25)
    books, request = Books(site.settings), site.mail(KEY, "<p>Hello", key=KEY)
    dying = Part("api", {**site.environment(), failpoint.VARIABLE: "keyed-accepted"}, tmp_path)
    await dying.start()
    line = await Line.open(dying.port)
    with pytest.raises(GoneError):
        await line.ask(request)
    stored = books.ids()
    assert len(stored[KEY]) == 1
    async with Part("api", site.environment(), tmp_path) as api:
        line = await Line.open(api.port)
        answers = [await line.ask(request) for _ in range(2)]
        line.close()
    assert [each.status for each in answers] == [200, 200]
    told = [msgspec.json.decode(each.body)["data"][0]["details"]["message_id"] for each in answers]
    assert told == stored[KEY] * 2
    assert books.ids() == stored


def test_a_kept_promise_has_no_fault() -> None:
    assert not list(judge(KEPT))


@pytest.mark.parametrize(
    "broken",
    [
        replace(KEPT, callers=3),
        replace(KEPT, answers={KEY: Counter([TOLD, Answer(200, TOLD.body + b" ")])}),
        replace(KEPT, answers={KEY: Counter({Answer(409, b"{}"): 2})}),
        replace(KEPT, stored={KEY: ["1", "2"]}),
        replace(KEPT, stored={KEY: ["2"]}),
        replace(KEPT, stored={}),
        replace(KEPT, arrived=Counter({KEY: 2})),
        replace(KEPT, arrived=Counter()),
        replace(KEPT, arrived=Counter({KEY: 1, "stray": 1})),
    ],
)
def test_a_broken_promise_is_found_out(broken: Account) -> None:
    assert list(judge(broken))
