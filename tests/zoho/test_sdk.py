"""Zoho's own SDK, unchanged, against a running ``postroom sandbox``: mails, metadata, records."""

import asyncio
import json
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import httpx

from postroom.record import CONTACTS, MODULES, PIPELINES
from postroom.record.modules import TASKS
from tests.cli.boxed import Boxed, bearer, boxed
from tests.cli.command import LONGEST, environment
from tests.shape.source import ROOT

PYTHON = ROOT / ".venv-zoho" / "bin" / "python"
FILE = bytes(range(256)) * 300


async def walk(box: Boxed, name: str, *words: str) -> Any:
    """What a program with the SDK says, which runs in the folder ``sdk`` beside the sandbox."""
    assert (PYTHON.parents[1] / ".ready").exists(), "the SDK is not installed: make .venv-zoho/.ready"
    folder = box.home / "sdk"
    folder.mkdir(exist_ok=True)
    client = await asyncio.create_subprocess_exec(
        PYTHON,
        ROOT / "tests" / "zoho" / name,
        *words,
        cwd=folder,
        env=environment(**box.variables, NO_PROXY="*", PYTHONPATH=str(ROOT)),
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await asyncio.wait_for(client.communicate(), LONGEST)
    assert client.returncode == 0, err.decode()
    return json.loads(out)


def kept(box: Boxed, mail: dict[str, Any]) -> bytes:
    """A mail as it arrived."""
    return (box.home / str(mail["file"])).read_bytes()


async def test_the_sdk_sends_a_mail_that_arrives(tmp_path: Path) -> None:
    (tmp_path / "sdk").mkdir()
    (tmp_path / "sdk" / "Übersicht 2026.bin").write_bytes(FILE)
    async with boxed(tmp_path) as box:
        said = await walk(box, "client.py", "Übersicht 2026.bin")
        mail, answer = await box.mails()
        octets = kept(box, answer)
    assert [(each["email"], each["default"]) for each in said["senders"]] == [
        (box.variables["POSTROOM_FROM"], True),
        (box.variables["POSTROOM_ORG_FROM"], False),
    ]
    assert said["emails"] == {
        "subject": "Grüße from the SDK",
        "content": "<p>Sent by <b>Zoho's</b> own client</p>",
        "from": box.variables["POSTROOM_FROM"],
        "under": "Contacts",
        "attachments": ["Übersicht 2026.bin"],
        "owner": said["answer"]["owner"],
        "thread": said["message_id"],
        "downloaded": [FILE.hex()],
    }
    sent = ["And one more", "Grüße from the SDK"]
    assert said["lists"] == {
        "first": 10,
        "last": sent,
        "and back": True,
        "sent": sent,
        "own": sent,
        "waiting": 10,
        "chosen": [said["message_id"]],
    }
    assert said["answer"]["thread"] == said["message_id"]
    assert (answer["subject"], answer["from"]) == (
        "And one more",
        f"Robin via SDK <{box.variables['POSTROOM_ORG_FROM']}>",
    )
    assert f"In-Reply-To: {mail['message_id']}\r\nReferences: {mail['message_id']}\r\n".encode() in octets
    assert mail["from"] == f"Robin via SDK <{box.variables['POSTROOM_FROM']}>"
    assert mail["envelope"]["to"] == [box.variables["POSTROOM_TO"]]
    assert (mail["subject"], mail["html"]) == ("Grüße from the SDK", "<p>Sent by <b>Zoho's</b> own client</p>")
    assert [(each["name"], each["size"]) for each in mail["attachments"]] == [("Übersicht 2026.bin", len(FILE))]


async def test_the_sdk_reads_what_there_is(tmp_path: Path) -> None:
    async with boxed(tmp_path) as box:
        said = await walk(box, "metadata.py")
    profiles = ["Administrator", "Standard"]
    assert [each["name"] for each in said["modules"] if each["visible"]] == [
        *("Contacts", "Accounts", "Deals", "Products", "Tasks", "Events", "Calls")
    ]
    assert [each["name"] for each in said["modules"] if not each["visible"]] == ["Notes", "Attachments"]
    assert all((each["type"], each["profiles"]) == ("default", profiles) for each in said["modules"])
    for name, module in (("Contacts", CONTACTS), ("Deals", PIPELINES), ("Tasks", TASKS)):
        assert {each: field["length"] for each, field in said["fields"][name].items()} == {
            each.name: each.length for each in module.fields
        }
    contacts, deals, tasks = (said["fields"][name] for name in ("Contacts", "Deals", "Tasks"))
    assert (contacts["Email"]["unique"], contacts["Title"]["unique"]) == ("0", None)
    assert (contacts["Last_Name"]["mandatory"], contacts["Account_Name"]["leads_to"]) == (True, "Accounts")
    assert tasks["What_Id"]["leads_to"] == "se_module"
    assert said["own field"] == {
        "name": "Customer_No",
        "type": "text",
        "length": 20,
        "mandatory": False,
        "unique": "0",
        "custom": True,
        "leads_to": None,
        "choices": [],
        "at last": "field deleted",
    }
    layout = said["layout"]
    assert (layout["name"], layout["status"], layout["profiles"]) == ("Sales Pipeline", "active", profiles)
    assert layout["stages"] == deals["Stage"]["choices"] == list(PIPELINES.by_name["Stage"].choices)
    assert sorted(each for section in layout["sections"].values() for each in section) == sorted(deals)
    assert said["related lists"]["Deals"] == "Accounts/{ENTITYID}/Deals"
    first, renamed = said["users"]
    assert first == {
        "name": "Robin Ash",
        "email": "robin@sandbox.example",
        "role": "CEO",
        "profile": "Administrator",
    }
    assert renamed == first | {"name": "Robin Grün"}
    assert (said["organisation"]["zone"], said["roles"]) == ("UTC", ["CEO"])


async def test_the_sdk_keeps_records_of_each_module(tmp_path: Path) -> None:
    async with boxed(tmp_path) as box:
        said = await walk(box, "records.py")
    modules = said["modules"]
    assert set(modules) | {"Contacts", "Accounts", "Notes"} == {
        "Deals" if module is PIPELINES else module.name for module in MODULES
    }
    contact, deal = modules["Tasks"]["Who_Id"], modules["Tasks"]["What_Id"]
    company = modules["Events"]["What_Id"]
    assert len({contact, deal, company}) == 3
    assert said["contact"] == {
        "Last_Name": "a",
        "Full_Name": "a",
        "Phone": "+49 30 1234",
        "Email_Opt_Out": True,
        "Account_Name": company,
    }
    assert modules == {
        "Deals": {
            "Deal_Name": "Big order",
            "Stage": "Qualification",
            "Amount": 1250.5,
            "Closing_Date": "2027-04-30",
            "Contact_Name": contact,
        },
        "Products": {"Product_Name": "Lamp", "Unit_Price": 19.9, "Product_Active": True},
        "Tasks": {
            "Subject": "Ask",
            "Due_Date": "2027-03-02",
            "Who_Id": contact,
            "What_Id": deal,
            "$se_module": "Deals",
        },
        "Events": {
            "Event_Title": "Fair",
            "Start_DateTime": "2027-03-01T09:30:00+00:00",
            "End_DateTime": "2027-03-01T10:00:00+00:00",
            "What_Id": company,
            "$se_module": "Accounts",
        },
        "Calls": {
            "Subject": "Ring",
            "Call_Type": "Outbound",
            "Call_Start_Time": "2027-03-01T09:30:00+00:00",
            "Call_Duration": "10:00",
            "Who_Id": contact,
        },
    }
    assert said["tags"] == ["VIP", "Neu"]
    assert said["note"] == {"title": "Call", "content": "Called back", "on": contact}
    assert said["pages"] == [["a", "b"], ["c", "Poole"]]
    assert (said["criteria"], said["email"]) == (["b"], ["c"])
    assert (said["phone"], said["word"]) == (["a", "b", "c"], ["a", "b", "c"])
    assert said["upsert"] == [{"action": "update", "by": "Email"}, {"action": "insert", "by": None}]
    assert said["refusal"] == {"code": "DUPLICATE_DATA", "field": "Email"}
    assert said["deleted"] == 204


async def test_the_sdk_links_what_belongs_together(tmp_path: Path) -> None:
    async with boxed(tmp_path) as box:
        said = await walk(box, "related.py")
    assert (said["at first"], said["then"], said["at last"]) == ([], ["a", "b", "c"], ["c"])
    assert said["linked"] == ["relation added"] * 3
    assert said["delinked"] == ["relation removed"] * 2
    assert said["attachment"] == {
        "said": ["attachment uploaded successfully", "record deleted"],
        "listed": True,
        "name": "Übersicht.txt",
        "bytes": "all of it",
    }
    assert said["locked"] == {
        "said": ["record added", "NOT_ALLOWED", "relation updated", "relation removed"],
        "reason": "An order",
        "what": True,
        "then": 204,
    }


async def test_the_sdk_sends_a_mail_made_from_a_template(tmp_path: Path) -> None:
    async with boxed(tmp_path) as box:
        headers = {"Authorization": await bearer(box.variables)}
        url = box.variables["POSTROOM_API_URL"]
        async with httpx.AsyncClient(base_url=url, trust_env=False, headers=headers) as http:
            stored = await http.post("/bigin/v2/files", files={"file": ("terms.txt", b"terms")})
            files = [{"id": stored.json()["data"][0]["details"]["id"]}]
            template = f"/bigin/v2/settings/email_templates/{box.variables['POSTROOM_TEMPLATE_ID']}"
            answer = await http.put(template, json={"email_templates": [{"attachments": files}]})
            assert answer.status_code == 200, answer.text
        said = await walk(box, "templates.py")
        await box.sent(said["message_id"])
        (mail,) = await box.mails()
    (listed,) = said["listed"]
    assert listed == {
        "id": int(box.variables["POSTROOM_TEMPLATE_ID"]),
        "name": "Welcome",
        "module": "Contacts",
        "subject": "Welcome, ${Contacts.First_Name}",
        "content": None,
        "attachments": [["terms.txt", 5, 64, "int"]],
        "by": "Robin Ash",
        "used": False,
        "active": True,
    }
    assert said["one"] == listed | {"content": said["one"]["content"]}
    assert (said["info"], said["used"], said["none"]) == ([1, 200, 1, False], True, 204)
    assert mail["subject"] == "Welcome, Mary"
    assert "Dear Mary Poole," in mail["text"]
    assert "Poole &amp; Daughters" in mail["html"]
    assert [each["name"] for each in mail["attachments"]] == ["terms.txt"]
