"""send_mail and Emails over HTTP: what is answered, what is stored, and what bad input leaves behind: nothing."""
# ruff: noqa: E501 - a row of the table of bad input is one line

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from postroom.store import orgs
from postroom.store.db import Tx
from postroom.store.orgs import RecipientPolicy
from postroom.store.tables import attachment, event, file, job, mail, recipient, record
from postroom.web.api.wire.values import made_id
from tests.web.api.guests import Guest, Guests, error, guests, only

FROM = {"user_name": "Ada", "email": "ada@org1.example"}
TO = {"user_name": "Cleo", "email": "cleo@customer-of-org1.example"}
HELLO: dict[str, Any] = {"from": FROM, "to": [TO], "subject": "Hello", "content": "<p>Hi</p>", "mail_format": "html"}


def url(guest: Guest, module: str = "Contacts") -> str:
    of = {"Contacts": guest.world.contact, "Accounts": guest.world.company, "Pipelines": guest.world.deal}
    return f"/{module}/{of[module].id}/actions/send_mail"


def rows(tx: Tx) -> int:
    tables = (mail, recipient, attachment, job, event, file, record)
    return sum(tx.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


async def uploaded(guest: Guest, content: bytes = b"a,b\n") -> str:
    answer = await guest.ask("POST", "/files", files={"file": ("list.csv", content, "text/csv")})
    return str(only(answer, 200)["details"]["id"])


async def test_mail_is_accepted_and_found_under_its_record(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        own = visit.own
        file_id = await uploaded(own)
        asked = HELLO | {
            "cc": [{"email": "boss@elsewhere.example"}],
            "bcc": [{"email": "archive@elsewhere.example"}],
            "reply_to": {"user_name": "Desk", "email": "desk@org1.example"},
            "attachments": [{"id": file_id}],
        }
        answer = only(await own.ask("POST", url(own), {"data": [asked]}), 200)
        message_id = answer["details"]["message_id"]
        assert answer == {
            "code": "SUCCESS",
            "details": {"message_id": message_id},
            "message": "Your mail has been sent successfully.",
            "status": "success",
        }
        listing = (await own.get(f"/Contacts/{own.world.contact.id}/Emails")).json()
        (entry,) = listing["Emails"]
        assert entry["message_id"] == message_id
        assert (entry["subject"], entry["from"], entry["to"]) == ("Hello", FROM, [TO])
        assert entry["status"] == [{"type": "queued"}]
        assert listing["info"] == {
            "per_page": 10,
            "count": 1,
            "next_index": None,
            "prev_index": "0",
            "more_records": False,
        }
        (whole,) = (await own.get(f"/Contacts/{own.world.contact.id}/Emails/{message_id}")).json()["Emails"]
        assert (whole["content"], whole["mail_format"]) == ("<p>Hi</p>", "html")
        assert whole["attachments"] == [{"id": file_id, "name": "list.csv", "size": "4"}]
        assert whole["reply_to"] == asked["reply_to"]
        assert whole["bcc"] == [{"user_name": "", "email": "archive@elsewhere.example"}]


@pytest.mark.parametrize(
    ("prefix", "module"),
    [("/bigin/v2", "Pipelines"), ("/bigin/v1", "Deals"), ("/crm/v2", "Deals"), ("/crm/v2.1", "Deals")]
    + [(f"/crm/v{n}", module) for n in range(3, 9) for module in ("Deals", "Accounts")],
)
async def test_every_prefix_sends(tmp_path: Path, prefix: str, module: str) -> None:
    async with guests(tmp_path) as visit:
        own = visit.own
        record_id = own.world.company.id if module == "Accounts" else own.world.deal.id
        path = f"{prefix}/{module}/{record_id}"
        only(await own.ask("POST", f"{path}/actions/send_mail", {"data": [HELLO]}), 200)
        listing = (await own.get(f"{path}/Emails")).json()
        (linked,) = [entry["linked_record"]["module"] for entry in listing["Emails"]]
        # One module has one id, whatever a prefix calls it.
        assert linked == {"api_name": module, "id": made_id("module", module.replace("Deals", "Pipelines"))}


async def test_scheduled_mail_says_so_and_waits(tmp_path: Path) -> None:
    async with guests(tmp_path) as visit:
        own = visit.own
        later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        answer = only(await own.ask("POST", url(own), {"data": [HELLO | {"scheduled_time": later}]}), 200)
        assert answer["message"] == "Your mail has been scheduled successfully."
        emails = f"/Contacts/{own.world.contact.id}/Emails"
        (entry,) = (await own.get(emails, type="scheduled_in_crm")).json()["Emails"]
        assert entry["status"] == [{"type": "scheduled"}]
        assert (await own.get(emails, type="sent_from_crm")).status_code == 204


async def test_each_object_is_answered_at_its_index(tmp_path: Path) -> None:
    async with guests(tmp_path) as visit:
        own = visit.own
        data = [HELLO | {"subject": str(n)} if n % 3 else {"from": FROM} for n in range(100)]
        answer = await own.ask("POST", url(own), {"data": data})
        assert answer.status_code == 207
        items = answer.json()["data"]
        assert [item["status"] for item in items] == ["success" if n % 3 else "error" for n in range(100)]
        assert items[99]["details"] == {"api_name": "to", "json_path": "$.data[99].to"}

        both = only(await own.ask("POST", url(own), {"data": [{"org_email": "x"}]}), 400)
        assert (both["code"], both["details"]["json_path"]) == ("MANDATORY_NOT_FOUND", "$.data[0].from")
        others = [(each["code"], each["details"]["api_name"]) for each in both["details"]["errors"]]
        assert others == [("MANDATORY_NOT_FOUND", "to"), ("INVALID_DATA", "org_email")]
        assert await own.house.app.db.read(lambda tx: tx.execute(select(func.count()).select_from(job)).scalar()) == 66


async def test_emails_are_paged_newest_first(tmp_path: Path) -> None:
    async with guests(tmp_path) as visit:
        own = visit.own
        for n in range(25):
            only(await own.ask("POST", url(own), {"data": [HELLO | {"subject": str(n)}]}), 200)
        emails, seen, index = f"/Contacts/{own.world.contact.id}/Emails", list[str](), "0"
        while index:
            page = (await own.get(emails, index=index)).json()
            seen += [entry["subject"] for entry in page["Emails"]]
            assert page["info"]["more_records"] is (page["info"]["next_index"] is not None)
            index = page["info"]["next_index"]
        assert seen == [str(n) for n in reversed(range(25))]


async def test_mails_of_another_organisation_do_not_exist(tmp_path: Path) -> None:
    async with guests(tmp_path) as visit:
        own, other = visit.own, visit.other
        sent = only(await own.ask("POST", url(own), {"data": [HELLO]}), 200)["details"]["message_id"]
        theirs = f"/Contacts/{own.world.contact.id}/Emails"
        assert error(await other.get(theirs), 400, "INVALID_DATA") == {"resource_path_index": 1}
        assert error(await other.get(f"{theirs}/{sent}"), 400, "INVALID_DATA")
        through_own_record = f"/Contacts/{other.world.contact.id}/Emails/{sent}"
        assert error(await other.get(through_own_record), 400, "INVALID_DATA") == {"resource_path_index": 3}
        own_list = f"/Contacts/{other.world.contact.id}/Emails"
        assert error(await other.get(own_list, index=sent), 400, "INVALID_DATA") == {"param_name": "index"}
        file = await other.get(f"{own_list}/actions/download_attachments", message_id=sent, id=sent)
        assert error(file, 400, "INVALID_DATA") == {"param_name": "message_id"}


Ask = Callable[[Guests], Awaitable[Any]]


def item(**keys: Any) -> Ask:
    """Send mail with these keys changed."""
    return lambda visit: visit.own.ask("POST", url(visit.own), {"data": [HELLO | keys]})


def body(value: Any) -> Ask:
    """Send mail with this whole body."""
    return lambda visit: visit.own.ask("POST", url(visit.own), value)


def raw(content: bytes, content_type: str | None = "application/json", path: str | None = None) -> Ask:
    """POST these octets."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    return lambda visit: visit.own.ask("POST", path or url(visit.own), content=content, headers=headers)


def at(method: str, path: str, **given: Any) -> Ask:
    """Ask for another URL; OWN and OTHER in it are the ids of the two organisations' contacts."""

    async def ask(visit: Guests) -> Any:
        where = path.replace("OWN", str(visit.own.world.contact.id)).replace("OTHER", str(visit.other.world.contact.id))
        return await visit.own.ask(method, where, **given)

    return ask


async def foreign_file(visit: Guests) -> Any:
    file_id = await uploaded(visit.other)
    return await item(attachments=[{"id": file_id}])(visit)


async def too_large(visit: Guests) -> Any:
    ids = [await uploaded(visit.own, bytes(6 << 20)) for _ in range(2)]
    return await item(attachments=[{"id": each} for each in ids])(visit)


async def strangers_only_of_the_record(visit: Guests) -> Any:
    org_id = visit.own.world.org.id
    await visit.own.house.app.db.write(lambda tx: orgs.choose_recipients(tx, org_id, RecipientPolicy.RECORD))
    return await item(to=[{"email": "ben@org1.example"}])(visit)


MANDATORY, DATA = "MANDATORY_NOT_FOUND", "INVALID_DATA"
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).isoformat()

# What is asked, and how it is refused: status, code, and what details hold ("$…" a json_path, a number the part of the
# URL, a dict itself).
BAD: list[tuple[str, Ask, int, str, Any]] = [
    # the body as a whole: flat
    ("no body", raw(b""), 400, DATA, None),
    ("broken JSON", raw(b'{"data": ['), 400, DATA, None),
    ("text after JSON", raw(b'{"data": []} x'), 400, DATA, None),
    ("not UTF-8", raw(b'{"data": ["\xff"]}'), 400, DATA, None),
    ("XML", raw(b"<data/>", "text/xml"), 400, DATA, None),
    ("a form", raw(b"data=1", "application/x-www-form-urlencoded"), 400, DATA, None),
    ("multipart", raw(b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"), 400, DATA, None),
    ("nested without end", raw(b'{"data":' + b"[" * 100_000), 400, DATA, None),
    ("nested too deep", raw(b'{"data":' + b"[" * 500 + b"]" * 500 + b"}"), 400, DATA, None),
    ("an array", body([HELLO]), 400, DATA, {"expected_data_type": "jsonobject"}),
    ("null", raw(b"null"), 400, DATA, {"expected_data_type": "jsonobject"}),
    ("a number", raw(b"7"), 400, DATA, {"expected_data_type": "jsonobject"}),
    ("no data, as a client of n8n has it", body(HELLO), 400, MANDATORY, "$.data"),
    ("data is null", body({"data": None}), 400, MANDATORY, "$.data"),
    ("data is empty", body({"data": []}), 400, MANDATORY, "$.data"),
    ("data is an object", body({"data": HELLO}), 400, DATA, "$.data"),
    ("101 mails", body({"data": [HELLO] * 101}), 400, DATA, "$.data"),
    ("a body of 65 MiB", raw(b" " * (65 << 20)), 413, "LIMIT_EXCEEDED", None),
    # one object: at its index
    ("item is null", body({"data": [None]}), 400, DATA, None),
    ("item is text", body({"data": ["mail"]}), 400, DATA, None),
    ("no from", item(**{"from": None}), 400, MANDATORY, "$.data[0].from"),
    ("from is text", item(**{"from": "ada@org1.example"}), 400, DATA, "$.data[0].from"),
    ("from without email", item(**{"from": {"user_name": "A"}}), 400, MANDATORY, "$.data[0].from.email"),
    ("from is no address", item(**{"from": {"email": "ada"}}), 400, DATA, "$.data[0].from.email"),
    ("from is somebody's", item(**{"from": {"email": "x@y.example"}}), 400, DATA, "$.data[0].from.email"),
    ("from is a colleague's", item(**{"from": {"email": "ben@org1.example"}}), 400, DATA, "$.data[0].from.email"),
    ("from of a foreign organisation", item(**{"from": {"email": "ada@org2.example"}}), 400, DATA, "$.data[0].from.email"),
    ("header in from's name", item(**{"from": FROM | {"user_name": "A\nBcc: x@y.z"}}), 400, DATA, "$.data[0].from.user_name"),
    ("no to", item(to=None), 400, MANDATORY, "$.data[0].to"),
    ("to is empty", item(to=[]), 400, MANDATORY, "$.data[0].to"),
    ("to is an object", item(to=TO), 400, DATA, "$.data[0].to"),
    ("to holds text", item(to=["cleo@customer-of-org1.example"]), 400, DATA, "$.data[0].to[0]"),
    ("to without email", item(to=[TO, {"user_name": "X"}]), 400, MANDATORY, "$.data[0].to[1].email"),
    ("to is a number", item(to=[{"email": 12}]), 400, DATA, "$.data[0].to[0].email"),
    ("to is no address", item(to=[{"email": "a b@c.d"}]), 400, DATA, "$.data[0].to[0].email"),
    ("two addresses in one", item(to=[{"email": "a@b.example,c@d.example"}]), 400, DATA, "$.data[0].to[0].email"),
    ("command in to", item(to=[{"email": "a@b.example>\r\nRCPT TO:<c@d.example"}]), 400, DATA, "$.data[0].to[0].email"),
    ("51 recipients", item(to=[TO] * 51), 400, DATA, "$.data[0].to"),
    ("unknown recipient", item(to=[TO, {"email": "x@nowhere.example"}]), 400, DATA, "$.data[0].to[1].email"),
    ("a foreign contact", item(to=[{"email": "cleo@customer-of-org2.example"}]), 400, DATA, "$.data[0].to[0].email"),
    ("not of the record", strangers_only_of_the_record, 400, DATA, "$.data[0].to[0].email"),
    ("cc is text", item(cc="a@b.example"), 400, DATA, "$.data[0].cc"),
    ("cc is no address", item(cc=[{"email": "@"}]), 400, DATA, "$.data[0].cc[0].email"),
    ("bcc without email", item(bcc=[{}]), 400, MANDATORY, "$.data[0].bcc[0].email"),
    ("reply_to is a list", item(reply_to=[TO]), 400, DATA, "$.data[0].reply_to"),
    ("reply_to is no address", item(reply_to={"email": "x"}), 400, DATA, "$.data[0].reply_to.email"),
    ("org_email is text", item(org_email="yes"), 400, DATA, "$.data[0].org_email"),
    ("subject is a list", item(subject=["a"]), 400, DATA, "$.data[0].subject"),
    ("subject of 1001", item(subject="a" * 1001), 400, DATA, "$.data[0].subject"),
    ("header in subject", item(subject="Hi\r\nBcc: x@y.example"), 400, DATA, "$.data[0].subject"),
    ("content is an object", item(content={"html": ""}), 400, DATA, "$.data[0].content"),
    ("content of 100,001", item(content="a" * 100_001), 400, DATA, "$.data[0].content"),
    ("unknown format", item(mail_format="rtf"), 400, DATA, "$.data[0].mail_format"),
    ("time is a number", item(scheduled_time=1_900_000_000), 400, DATA, "$.data[0].scheduled_time"),
    ("time without offset", item(scheduled_time="2099-01-01T00:00:00"), 400, DATA, "$.data[0].scheduled_time"),
    ("time is no time", item(scheduled_time="soon"), 400, DATA, "$.data[0].scheduled_time"),
    ("time in the past", item(scheduled_time=YESTERDAY), 400, DATA, "$.data[0].scheduled_time"),
    ("time in 9999", item(scheduled_time="9999-12-31T23:59:59+00:00"), 400, DATA, "$.data[0].scheduled_time"),
    ("attachments is text", item(attachments="x"), 400, DATA, "$.data[0].attachments"),
    ("attachment without id", item(attachments=[{}]), 400, MANDATORY, "$.data[0].attachments[0].id"),
    ("unknown attachment", item(attachments=[{"id": "0" * 64}]), 400, DATA, "$.data[0].attachments[0].id"),
    ("a path as attachment", item(attachments=[{"id": "../keys"}]), 400, DATA, "$.data[0].attachments[0].id"),
    ("a foreign file", foreign_file, 400, DATA, "$.data[0].attachments[0].id"),
    ("11 attachments", item(attachments=[{"id": "0" * 64}] * 11), 400, DATA, "$.data[0].attachments"),
    ("12 MiB of attachments", too_large, 400, "FILE_SIZE_EXCEEDS", "$.data[0].attachments"),
    ("an invoice", item(inventory_details={}), 400, "FEATURE_NOT_SUPPORTED", "$.data[0].inventory_details"),
    # the URL: flat
    ("unknown record", at("POST", "/Contacts/99/actions/send_mail", json={"data": [HELLO]}), 400, DATA, 1),
    ("a foreign record", at("POST", "/Contacts/OTHER/actions/send_mail", json={"data": [HELLO]}), 400, DATA, 1),
    ("record of another module", at("POST", "/Accounts/OWN/actions/send_mail", json={"data": [HELLO]}), 400, DATA, 1),
    ("id is a word", at("POST", "/Contacts/me/actions/send_mail", json={"data": [HELLO]}), 400, DATA, 1),
    ("id of 20 digits", at("POST", f"/Contacts/{10**19}/actions/send_mail", json={"data": [HELLO]}), 400, DATA, 1),
    ("unknown module", at("POST", "/Leads/OWN/actions/send_mail", json={"data": [HELLO]}), 400, "INVALID_MODULE", 0),
    ("module of another prefix", at("POST", "/Deals/OWN/actions/send_mail", json={"data": [HELLO]}), 400, "INVALID_MODULE", 0),
    ("GET", at("GET", "/Contacts/OWN/actions/send_mail"), 400, "INVALID_REQUEST_METHOD", None),
    ("PUT", at("PUT", "/Contacts/OWN/actions/send_mail", json={"data": [HELLO]}), 400, "INVALID_REQUEST_METHOD", None),
    ("unknown action", at("POST", "/Contacts/OWN/actions/fly", json={}), 404, "INVALID_URL_PATTERN", None),
    ("unknown prefix", at("POST", "/bigin/v9/Contacts/OWN/actions/send_mail", json={}), 404, "INVALID_URL_PATTERN", None),
    ("too many words", at("POST", "/Contacts/OWN/actions/send_mail/now", json={}), 404, "INVALID_URL_PATTERN", None),
    ("empty record id", at("POST", "/Contacts//actions/send_mail", json={}), 404, "INVALID_URL_PATTERN", None),
    # who asks
    ("no token", at("POST", "/Contacts/OWN/actions/send_mail", headers={"Authorization": ""}), 401, "AUTHENTICATION_FAILURE", None),
    ("another word", at("POST", "/Contacts/OWN/actions/send_mail", headers={"Authorization": "Basic eA=="}), 401, "AUTHENTICATION_FAILURE", None),
    ("unknown token", at("POST", "/Contacts/OWN/actions/send_mail", headers={"Authorization": "Bearer 1000.x.y"}), 401, "INVALID_TOKEN", None),
    # mails of a record
    ("unknown mail", at("GET", f"/Contacts/OWN/Emails/{'0' * 64}"), 400, DATA, 3),
    ("mail id is a word", at("GET", "/Contacts/OWN/Emails/last"), 400, DATA, 3),
    ("unknown type", at("GET", "/Contacts/OWN/Emails?type=all"), 400, DATA, {"param_name": "type"}),
    ("index is a word", at("GET", "/Contacts/OWN/Emails?index=-1"), 400, DATA, {"param_name": "index"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def bad_cases() -> list[tuple[str, Ask, int, str, Any]]:
    names = [name for name, *_ in BAD]
    assert len(names) == len(set(names)) >= 60
    return BAD


async def test_bad_input_is_refused_in_the_wires_words_and_leaves_nothing(
    bad_cases: list[tuple[str, Ask, int, str, Any]], database_url: str, tmp_path: Path
) -> None:
    wrong: list[str] = []
    async with guests(tmp_path, database_url) as visit:
        db = visit.own.house.app.db
        before = await db.read(rows)
        for name, ask, status, code, place in bad_cases:
            answer = await ask(visit)
            document = answer.json()
            uploads = {"a foreign file": 1, "12 MiB of attachments": 2}.get(name, 0)
            before += uploads
            if "data" in document:
                (document,) = document["data"]
            found = _place(document["details"], place)
            if (answer.status_code, document["code"], found) != (status, code, place) or document["status"] != "error":
                wrong.append(f"{name}: {answer.status_code} {json.dumps(document)}")
            assert answer.headers["content-type"] == "application/json;charset=UTF-8"
            assert await db.read(rows) == before, f"{name} left something behind"
    assert wrong == []


def _place(details: dict[str, Any], expected: Any) -> Any:
    """What the answer says in the form of what is expected."""
    if isinstance(expected, str):
        return details.get("json_path") if expected.rpartition(".")[2].startswith(details["api_name"]) else details
    if isinstance(expected, int):
        return details.get("resource_path_index")
    if isinstance(expected, dict):
        return {name: details.get(name) for name in expected}
    return None
