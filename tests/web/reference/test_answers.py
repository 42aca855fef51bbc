"""Answers of a running server, held against the document: each that is declared is given, and looks as it says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import delete, update

from postroom.mail.life import State
from postroom.record import MODULES
from postroom.store import verdicts
from postroom.store.tables import org, sender
from tests.store.accepted import claim, verdict, work_for
from tests.web.api.guests import Guest, guests
from tests.web.api.test_send import HELLO
from tests.web.reference import walks
from tests.web.reference.described import document, operations
from tests.web.reference.witness import NOBODY, Witness, data

STANDS_FOR_ALL: Final = "Contacts"
ATTACHED: Final = "/Contacts/{id}/Emails/actions/download_attachments"
TOO_LONG: Final = {"Last_Name": "x" * 81}
TWICE_WRONG: Final = {"Last_Name": "x" * 81, "Email": "nothing"}


def declared() -> set[tuple[str, int]]:
    """What operations of one module, and of none, declare beside what every call may be refused with."""
    others = {each.name for each in MODULES if each.name != STANDS_FOR_ALL}
    return {
        (name, int(status))
        for name, told in operations()
        if told["tags"][0] not in others
        for status, answer in told["responses"].items()
        if "$ref" not in answer
    }


async def test_each_answer_is_as_it_is_told(tmp_path: Path) -> None:
    async with guests(tmp_path) as visit:
        witness = Witness(guest=visit.own)
        for walk in (_settings, _people, _files, _records, _mails, _no_senders, *walks.ALL):
            await walk(witness)
        assert witness.seen == declared()


async def test_records_of_every_module_are_as_they_are_told(tmp_path: Path) -> None:
    async with guests(tmp_path) as visit:
        witness, world = Witness(guest=visit.own), visit.own.world
        for record in (world.contact, world.company, world.deal):
            fields = {"fields": ",".join(document()["components"]["schemas"][record.module]["properties"])}
            await witness.ask(f"GET /{record.module}/{{id}}", 200, str(record.id))
            await witness.ask(f"GET /{record.module}", 200, params=fields)


async def _settings(witness: Witness) -> None:
    await witness.ask("GET /settings/modules", 200)
    for module in MODULES:
        await witness.ask("GET /settings/modules/{module}", 200, module.name)
        await witness.ask("GET /settings/fields", 200, params={"module": module.name})
    await witness.ask("GET /settings/emails/actions/from_addresses", 200)


async def _people(witness: Witness) -> None:
    await witness.ask("GET /org", 200)
    await witness.ask("GET /users", 200)
    await witness.ask("GET /users", 204, params={"page": "9"})
    await witness.ask("GET /users/{id}", 200, str(witness.guest.world.user.id))
    await witness.ask("GET /users/{id}", 204, NOBODY)


async def _files(witness: Witness) -> None:
    stored = await witness.ask("POST /files", 200, files={"file": ("a.txt", b"a", "text/plain")})
    (one,) = stored.json()["data"]
    await witness.ask("GET /files", 200, params={"id": one["details"]["id"]})


async def _records(witness: Witness) -> None:
    new = await witness.ask("POST /Contacts", 201, json=data({"Last_Name": "Dahl", "Tag": ["new"]}))
    await witness.ask("POST /Contacts", 207, json=data({"Last_Name": "Ito"}, TOO_LONG))
    await witness.ask("POST /Contacts", 400, json=data(TOO_LONG, TWICE_WRONG))
    await witness.ask("POST /Contacts", 400, json={})
    (one,) = new.json()["data"]
    number = one["details"]["id"]
    await witness.ask("GET /Contacts", 200, params={"fields": "Last_Name,Tag,Owner"})
    await witness.ask("GET /Contacts", 204, params={"fields": "Last_Name", "page": "9"})
    await witness.ask("GET /Contacts/{id}", 200, number)
    await witness.ask("GET /Contacts/{id}", 204, NOBODY)
    await witness.ask("PUT /Contacts/{id}", 200, number, json=data({"Title": "Head of sales"}))
    await witness.ask("PUT /Contacts/{id}", 400, number, json=data(TWICE_WRONG))
    await witness.ask("PUT /Contacts", 200, json=data({"id": number, "Title": None}))
    await witness.ask("PUT /Contacts", 207, json=data({"id": number}, {"id": NOBODY}))
    await witness.ask("PUT /Contacts", 400, json=data({"id": NOBODY}))
    await witness.ask("DELETE /Contacts", 207, params={"ids": f"{number},{NOBODY}"})
    await witness.ask("DELETE /Contacts", 400, params={"ids": NOBODY})
    for method in ("PUT", "DELETE"):
        await witness.ask(f"{method} /Contacts/{{id}}", 400, NOBODY, json=data({}))
    for method, path in (("DELETE", "/Contacts/{id}"), ("DELETE", "/Contacts")):
        made = (await witness.guest.insert("Contacts", {"Last_Name": "Dahl"})).json()["data"][0]["details"]["id"]
        ids = (made,) if "{" in path else ()
        await witness.ask(f"{method} {path}", 200, *ids, params={} if ids else {"ids": made})


async def _mails(witness: Witness) -> None:
    number = str(witness.guest.world.contact.id)
    send, listing = "POST /Contacts/{id}/actions/send_mail", "GET /Contacts/{id}/Emails"
    await witness.ask(listing, 204, number)
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    sent = await witness.ask(send, 200, number, json=data(HELLO, HELLO | {"scheduled_time": later}))
    await witness.ask(send, 207, number, json=data(HELLO, {}))
    await witness.ask(send, 400, number, json=data(HELLO | {"to": []}))
    await witness.ask(send, 400, NOBODY, json=data(HELLO))
    await _attempt(witness.guest)
    shown = await witness.ask(listing, 200, number)
    told = {status["type"] for each in shown.json()["Emails"] for status in each["status"]}
    assert told == {"scheduled", "bounced", "sent"}
    first, waits = (each["details"]["message_id"] for each in sent.json()["data"])
    one = "/Contacts/{id}/Emails/{message_id}"
    await witness.ask(f"GET {one}", 200, number, first)
    with_file = await _with_file(witness, number)
    await witness.ask(f"GET {ATTACHED}", 200, number, params=with_file)
    await witness.ask(f"PUT {one}", 200, number, waits, json={"Emails": [{"scheduled_time": later}]})
    await witness.ask(f"PUT {one}", 400, number, waits, json={"Emails": [{}]})
    await witness.ask(f"POST {one}/actions/send_now", 200, number, waits)
    for action in ("hold", "release", "retry"):
        await witness.ask(f"POST {one}/actions/{action}", 200, number, waits)
    chosen = {"state": ["queued"], "subject": "hello"}
    for action in ("hold", "cancel", "retry", "reschedule"):
        await witness.ask(f"POST /Emails/actions/{action}", 200, json=data(chosen | {"scheduled_time": later}))
        await witness.ask(f"POST /Emails/actions/{action}", 400, json=data({}))
    await witness.ask("POST /Emails/actions/release", 200, json=data({"state": ["held"], "dry_run": True}))
    await witness.ask("POST /Emails/actions/release", 400, json=data({"state": ["held"], "index": "x"}))
    rest = data(HELLO | {"scheduled_time": later})
    sent = await witness.guest.ask("POST", f"/Contacts/{number}/actions/send_mail", rest)
    await witness.ask(f"DELETE {one}", 200, number, sent.json()["data"][0]["details"]["message_id"])


async def _with_file(witness: Witness, number: str) -> dict[str, str]:
    """A mail with a file, by their ids."""
    stored = await witness.guest.ask("POST", "/files", files={"file": ("a.txt", b"a", "text/plain")})
    file = stored.json()["data"][0]["details"]["id"]
    path = f"/Contacts/{number}/actions/send_mail"
    sent = await witness.guest.ask("POST", path, data(HELLO | {"attachments": [{"id": file}]}))
    return {"message_id": sent.json()["data"][0]["details"]["message_id"], "id": file}


async def _attempt(guest: Guest) -> None:
    """What is due has had its attempt: the first mail was refused, the others were taken."""
    db, now = guest.house.app.db, guest.house.app.clock()
    due = await db.write(lambda tx: work_for(tx, claim(1, now=now)))
    for job, state in zip(due, [State.FAILED, *[State.SENT] * len(due)], strict=False):
        await db.write_together(verdicts.settle, verdict(job, state))


async def _no_senders(witness: Witness) -> None:
    db = witness.guest.house.app.db
    await db.write(lambda tx: tx.execute(update(org).values(transport_id=None)).rowcount)
    await db.write(lambda tx: tx.execute(delete(sender)).rowcount)
    await witness.ask("GET /settings/emails/actions/from_addresses", 204)
