"""Both drivers against a running server: the same scenarios, the same results."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select

from postroom.client import Credentials, Mail, Mailbox, Tokens, Upload, files, mails, own, records, settings
from postroom.client.driver import MEANS
from postroom.client.errors import (
    AlreadyUsed,
    CallFailed,
    DuplicateData,
    Forbidden,
    InvalidData,
    MandatoryNotFound,
    NotFound,
    TooLate,
)
from postroom.store.db import Tx
from postroom.store.tables import mail as mail_table
from tests.access.dance import granted
from tests.client.doing import BOTH, Driving, Scenario
from tests.client.recorder import Heard, Say, recording
from tests.web.house import House, house

SCOPES: Final = (
    "ZohoBigin.modules.ALL,ZohoBigin.send_mail.all.CREATE,ZohoBigin.Files.ALL,ZohoBigin.settings.ALL,"
    "ZohoBigin.users.READ,ZohoBigin.org.READ,ZohoBigin.coql.READ,ZohoSearch.securesearch.READ"
)
TO: Final = [Mailbox(name="Cleo", email="cleo@customer-of-org1.example")]
HELLO: Final = Mail(to=TO, subject="Hello", content="<p>Hello</p>")


async def credentials(house: House, scopes: str = SCOPES) -> Credentials:
    """The dancer's, with a refresh token for these scopes."""
    made = await granted(house.app.db, house.dancer, scopes, now=house.app.clock())
    assert made.refresh_token is not None
    shown = house.dancer.shown
    return Credentials(
        client_id=shown.client_id, client_secret=shown.client_secret or "", refresh_token=made.refresh_token
    )


def sends(contact: str) -> Scenario:
    """A mail from the default address with files from the disk and from before, found again with all of it."""
    offered = yield mails.from_addresses()
    assert [each.mailbox.email for each in offered if each.default] == ["ada@org1.example"]
    (before,) = yield files.upload([Upload(name="Ü.csv", source=BytesIO(b"a,b\n"))])
    here = Upload(name="x.bin", source=BytesIO(bytes(range(256)) * 1000))
    mail = Mail(to=TO, subject="Größe", content="<p>é</p>", attachments=[before, here])
    sent = yield mails.send("Contacts", contact, mail)
    assert sent.message == "Your mail has been sent successfully."
    page = yield mails.listing("Contacts", contact)
    assert sent.message_id in [each.message_id for each in page.items]
    found = yield mails.get("Contacts", contact, sent.message_id)
    assert (found.subject, found.status, found.whole["content"]) == ("Größe", ("queued",), "<p>é</p>")
    assert [each["name"] for each in found.whole["attachments"]] == ["Ü.csv", "x.bin"]
    into = BytesIO()
    first, second = (each["id"] for each in found.whole["attachments"])
    yield files.download(second, into)
    assert into.getvalue() == bytes(range(256)) * 1000
    yield mails.download("Contacts", contact, found, first, into)
    assert into.getvalue().endswith(b"a,b\n")
    with pytest.raises(InvalidData, match="no file exists"):
        yield mails.download("Contacts", contact, found, "ab" * 32, into)
    # A value may be used again: the open file is read from where it stood.
    again = yield mails.send("Contacts", contact, mail)
    assert again.message_id != sent.message_id


def schedules(contact: str) -> Scenario:
    """A mail for later, moved, sent at once, called back once and not twice."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    later = Mail(to=TO, subject="Later", scheduled_at=tomorrow)
    sent = yield mails.send("Contacts", contact, later)
    assert sent.message == "Your mail has been scheduled successfully."
    where = ("Contacts", contact, sent.message_id)
    page = yield mails.listing("Contacts", contact, "scheduled_in_crm")
    assert sent.message_id in [each.message_id for each in page.items]
    assert (yield mails.move(*where, tomorrow + timedelta(days=1))).message == "mail rescheduled"
    with pytest.raises(InvalidData, match="scheduled_time"):
        yield mails.move(*where, tomorrow - timedelta(days=2))
    assert (yield mails.send_now(*where)).message == "mail queued"
    assert (yield mails.cancel(*where)).message == "mail cancelled"
    with pytest.raises(TooLate):
        yield mails.cancel(*where)


def keyed(contact: str) -> Scenario:
    """One key, one mail; a mail without gets one of its own each time."""
    key = f"mine{datetime.now(UTC).timestamp()}"
    first = yield mails.send("Contacts", contact, HELLO, key=key)
    assert (yield mails.send("Contacts", contact, HELLO, key=key)) == first
    with pytest.raises(AlreadyUsed):
        yield mails.send("Contacts", contact, Mail(to=TO, subject="Another"), key=key)


def refuses(contact: str) -> Scenario:
    """Each refusal is an error of its own class with what the server says."""
    with pytest.raises(MandatoryNotFound) as raised:
        yield mails.send("Contacts", contact, Mail(to=[], subject="x"))
    assert (raised.value.status, raised.value.details["json_path"]) == (400, "$.data[0].to")
    with pytest.raises(InvalidData, match="from address"):
        yield mails.send("Contacts", contact, Mail(sender=Mailbox(email="x@x.example"), to=TO))
    with pytest.raises(NotFound):
        yield records.listing("Leads", ["id"])
    with pytest.raises(InvalidData):
        yield mails.get("Contacts", contact, "ab" * 32)


def keeps(_: str) -> Scenario:
    """Records come, change, are found in every way, and go."""
    fields = ["Last_Name", "Email"]
    names = [{"Last_Name": f"Dahl{n}", "Email": f"d{n}@x.example"} for n in range(3)]
    one = yield records.insert("Contacts", names[0])
    with pytest.raises(DuplicateData):
        yield records.insert("Contacts", names[0])
    two, wrong = yield records.insert_many("Contacts", [names[1], {"Email": "no"}])
    assert isinstance(wrong, CallFailed)
    assert (yield records.update("Contacts", one.id, {"Last_Name": "Dahl"})).message == "record updated"
    changed, none = yield records.update_many("Contacts", [{"id": two.id, "Title": "Dr"}, {"id": "1"}])
    assert (changed.id, type(none)) == (two.id, InvalidData)
    upserted = yield records.upsert("Contacts", {**names[1], "Title": "Prof"}, ["Email"])
    assert (upserted.id, upserted.action) == (two.id, "update")
    (new,) = yield records.upsert_many("Contacts", [names[2]], ["Email"])
    assert new.action == "insert"
    assert (yield records.get("Contacts", two.id))["Title"] == "Prof"
    page = yield records.listing("Contacts", fields, sort_by="id", sort_order="asc", per_page=3)
    seen = list(page.items)
    while page.following is not None:
        page = yield page.following
        seen += page.items
    assert {one.id, two.id, new.id} < {each["id"] for each in seen}
    assert [each["id"] for each in (yield records.search("Contacts", email="d2@x.example")).items] == [new.id]
    assert (yield records.search("Contacts", criteria="(Last_Name:equals:Nobody)")).items == []
    selected = yield records.query(f"select Email from Contacts where id = '{new.id}'")
    assert [each["Email"] for each in selected] == ["d2@x.example"]
    assert (yield records.related("Contacts", new.id, "Pipelines", ["Deal_Name"])).items == []
    assert (yield records.delete("Contacts", one.id)).message == "record deleted"
    assert [each.id for each in (yield records.delete_many("Contacts", [two.id, new.id]))] == [two.id, new.id]
    with pytest.raises(NotFound):
        yield records.get("Contacts", one.id)


def looks_around(_: str) -> Scenario:
    """What the organisation is made of."""
    assert "Contacts" in [each["api_name"] for each in (yield settings.modules())]
    assert "Last_Name" in [each["api_name"] for each in (yield settings.fields("Contacts"))]
    assert [each["email"] for each in (yield settings.users("CurrentUser")).items] == ["ada@org1.example"]
    assert (yield settings.org())["company_name"] == "Company at org1.example"


SCENARIOS: Final = (sends, schedules, keyed, refuses, keeps, looks_around)


async def test_each_scenario_goes_alike_with_threads_and_with_tasks(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        contact, shown, tokens = str(home.world.contact.id), await credentials(home), Tokens()
        for drive in BOTH:
            for scenario in SCENARIOS:
                play = partial(drive, scenario(contact), own(home.url), shown, means=MEANS, tokens=tokens)
                assert await asyncio.to_thread(play) == [], scenario


async def test_a_narrow_token_is_forbidden(tmp_path: Path) -> None:
    def scenario(_: str) -> Scenario:
        with pytest.raises(Forbidden):
            yield settings.org()

    async with house(tmp_path) as home:
        shown = await credentials(home, "ZohoBigin.modules.ALL")
        await asyncio.to_thread(BOTH[0], scenario(""), own(home.url), shown)


@pytest.mark.parametrize("drive", BOTH)
async def test_a_mail_whose_answer_is_lost_is_one_mail(drive: Driving, tmp_path: Path) -> None:
    def scenario(contact: str) -> Scenario:
        yield mails.send("Contacts", contact, HELLO)

    async with house(tmp_path) as home:
        shown, before = await credentials(home), await home.app.db.read(_mails)
        with recording(_losing(home.url)) as between:
            pauses = await asyncio.to_thread(drive, scenario(str(home.world.contact.id)), own(between.url), shown)
            assert len(between.asked("send_mail")) == 3
        assert pauses == [0.5, 1.0]
        assert await home.app.db.read(_mails) == before + 1


def _mails(tx: Tx) -> int:
    return tx.execute(select(func.count()).select_from(mail_table)).scalar_one()


def _losing(url: str) -> Say:
    """Hand everything on, and lose the first two answers to a mail."""
    lost = 0

    def say(heard: Heard) -> bytes | None:
        nonlocal lost
        said = _handed_on(url, heard.octets)
        if "send_mail" in heard.line and lost < 2:
            lost += 1
            return None
        return said

    return say


def _handed_on(url: str, octets: bytes) -> bytes:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as way:
        way.sendall(octets.replace(b"\r\nAccept:", b"\r\nConnection: close\r\nAccept:", 1))
        said = b""
        while piece := way.recv(65_536):
            said += piece
    return said
