"""Mails that are still to leave, over HTTP: moved, called back, sent at once, or told that it is too late (W 8.4)."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from postroom.mail.life import State, Verb
from postroom.mail.pause import Passage
from postroom.store import jobs, mails, transports, verdicts
from postroom.store.db import Tx
from postroom.store.jobs import Answer, Deed
from tests.store.accepted import claim, verdict, work_for
from tests.web.api.guests import Guest, Guests, error, guests, only
from tests.web.api.test_send import HELLO, url
from tests.world import NOW

FAR = 1 << 45  # ms since the epoch: in a thousand years
TOO_LATE = "too late: the mail is being sent, or has been tried or settled"


def ahead(**time: float) -> str:
    return (datetime.now(UTC) + timedelta(**time)).isoformat(timespec="seconds")


async def scheduled(guest: Guest, **changed: Any) -> str:
    """The path of a mail that leaves tomorrow."""
    asked = HELLO | {"scheduled_time": ahead(days=1)} | changed
    told = only(await guest.ask("POST", url(guest), {"data": [asked]}), 200)
    return f"/Contacts/{guest.world.contact.id}/Emails/{told['details']['message_id']}"


def taken(tx: Tx) -> int:
    """How many mails a worker takes for whom all are due."""
    return len(work_for(tx, claim(1, now=FAR)))


async def shown(guest: Guest, mail: str) -> dict[str, Any]:
    (found,) = (await guest.get(mail)).json()["Emails"]
    return dict(found)


async def test_a_mail_is_called_back(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        mail = await scheduled(visit.own)
        answer = await visit.own.ask("DELETE", mail)
        number = mail.rpartition("/")[2]
        assert answer.json() == {
            "Emails": [
                {"code": "SUCCESS", "details": {"message_id": number}, "message": "mail cancelled", "status": "success"}
            ]
        }
        assert (await shown(visit.own, mail))["status"] == [{"type": "cancelled"}]
        assert await visit.own.house.app.db.write(taken) == 0
        again = await visit.own.ask("DELETE", mail)
        error(again, 400, "CANNOT_PROCESS")
        assert again.json()["message"] == TOO_LATE


async def test_a_mail_is_moved_and_has_the_new_date(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        mail, later = await scheduled(visit.own), ahead(days=3)
        answer = await visit.own.ask("PUT", mail, {"Emails": [{"scheduled_time": later}]})
        assert answer.json()["Emails"][0]["message"] == "mail rescheduled"
        told = await shown(visit.own, mail)
        assert told["status"] == [{"type": "scheduled"}]
        assert datetime.fromisoformat(told["time"]) == datetime.fromisoformat(later)


async def test_a_mail_is_sent_at_once(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        mail = await scheduled(visit.own)
        answer = await visit.own.ask("POST", f"{mail}/actions/send_now")
        assert answer.json()["Emails"][0]["message"] == "mail queued"
        assert (await shown(visit.own, mail))["status"] == [{"type": "queued"}]
        app = visit.own.house.app
        (job,) = await app.db.write(lambda tx: work_for(tx, claim(1, now=app.clock())))
        assert abs(job.letter.dated_at - app.clock()) < 60_000
        assert job.first_due_at == job.letter.dated_at


@pytest.mark.parametrize(
    ("item", "code", "path"),
    [
        ({}, "MANDATORY_NOT_FOUND", "$.Emails[0].scheduled_time"),
        ({"scheduled_time": None}, "MANDATORY_NOT_FOUND", "$.Emails[0].scheduled_time"),
        ({"scheduled_time": "2020-01-01T00:00:00Z"}, "INVALID_DATA", "$.Emails[0].scheduled_time"),
        ({"scheduled_time": "2999-01-01T00:00:00Z"}, "INVALID_DATA", "$.Emails[0].scheduled_time"),
        ({"scheduled_time": "tomorrow"}, "INVALID_DATA", "$.Emails[0].scheduled_time"),
        ({"scheduled_time": 7}, "INVALID_DATA", "$.Emails[0].scheduled_time"),
        (7, "INVALID_DATA", None),
    ],
)
async def test_a_time_that_is_none_moves_nothing(tmp_path: Path, item: Any, code: str, path: str | None) -> None:
    async with guests(tmp_path) as visit:
        mail = await scheduled(visit.own)
        before = await shown(visit.own, mail)
        answer = await visit.own.ask("PUT", mail, {"Emails": [item]})
        (refusal,) = answer.json()["Emails"]
        assert (answer.status_code, refusal["code"]) == (400, code)
        assert refusal["details"].get("json_path") == path
        assert await shown(visit.own, mail) == before


async def test_what_a_worker_has_is_too_late_for_each(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        mail = await scheduled(visit.own)
        assert await visit.own.house.app.db.write(taken) == 1
        for answer in await each_of(visit, mail):
            error(answer, 400, "CANNOT_PROCESS")
        assert (await shown(visit.own, mail))["status"] == [{"type": "sending"}]


async def test_a_mail_that_was_tried_keeps_its_date(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        mail = await scheduled(visit.own)
        app, number = visit.own.house.app, bytes.fromhex(mail.rpartition("/")[2])

        def tried(tx: Tx) -> None:
            filed = mails.find(tx, visit.own.world.org.id, number)
            assert filed is not None
            hurry = Deed(verb=Verb.RETRY, org_id=visit.own.world.org.id, at=5)
            assert jobs.act(tx, hurry, [filed.seq]) == [Answer.DONE]
            (held,) = work_for(tx, claim(1, now=6))
            assert verdicts.settle(tx, [verdict(held, State.QUEUED, next_due=FAR)]) == [True]

        await app.db.write(tried)
        cancel, *others = await each_of(visit, mail)
        assert [each.status_code for each in others] == [400, 400]
        assert cancel.status_code == 200


async def test_nobody_moves_what_is_anothers(tmp_path: Path) -> None:
    async with guests(tmp_path) as visit:
        mail = await scheduled(visit.own)
        theirs = mail.replace(f"/{visit.own.world.contact.id}/", f"/{visit.other.world.contact.id}/")
        ask = visit.other.ask
        for path in (mail, theirs, theirs[:-1], f"{theirs}0"):
            for answer in (await ask("DELETE", path), await ask("POST", f"{path}/actions/send_now")):
                error(answer, 400, "INVALID_DATA")
        assert (await shown(visit.own, mail))["status"] == [{"type": State.SCHEDULED.value}]


async def each_of(visit: Guests, mail: str) -> list[Any]:
    """What the calls answer, the one that cancels last asked and first told."""
    move = await visit.own.ask("PUT", mail, {"Emails": [{"scheduled_time": ahead(days=2)}]})
    now = await visit.own.ask("POST", f"{mail}/actions/send_now")
    return [await visit.own.ask("DELETE", mail), move, now]


async def test_a_mail_says_that_its_server_is_paused(sqlite_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, sqlite_url) as visit:
        mail = await scheduled(visit.own)
        fault = "mx.example:587 auth 535 5.7.8 wrong password"
        met = Passage(transport_id=visit.own.world.transport.id, seen=0, at=NOW, until=FAR, fault=fault)
        await visit.own.house.app.db.write(partial(transports.report, found=[met]))
        since = datetime.fromtimestamp(NOW / 1000, UTC).isoformat(timespec="seconds")
        (told,) = (await shown(visit.own, mail))["status"]
        assert told == {"type": "scheduled", "paused_reason": fault, "paused_since": since}
