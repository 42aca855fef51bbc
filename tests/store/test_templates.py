"""Templates and their merge fields in the store, on both databases."""

import asyncio
from dataclasses import replace

from msgspec import structs

from postroom.errors import Fault, Reason
from postroom.mail.draft import FileRef, Format
from postroom.mail.limits import MIB, TEMPLATES_AT_MOST
from postroom.record import CONTACTS
from postroom.store import fields, files, indexing, merging, orgs, tables, templates
from postroom.store.db import Database, Tx
from postroom.store.fields import Draft
from postroom.store.files import Upload
from postroom.store.many import insert_all
from postroom.store.merging import Asked
from postroom.store.records import Key as RecordKey
from postroom.store.templates import Author, Kept, Key, Template, Wording
from tests.world import NOW, World, found

WELCOME = Wording(module="Contacts", name="Welcome", subject="Hello", content="<p>Hi", category="greetings")


def author(world: World, now: int = NOW) -> Author:
    return Author(org_id=world.org.id, user_id=world.user.id, now=now)


async def add(db: Database, world: World, number: int, asked: Wording) -> Kept:
    return await db.write(lambda tx: templates.add(tx, author(world), number, asked))


def upload(world: World, n: int, size: int) -> Upload:
    ref = FileRef(file_id=bytes([n]) * 32, digest=b"d" * 32, name=f"{n}.txt", content_type="text/plain", size=size)
    return Upload(ref=ref, org_id=world.org.id, user_id=world.user.id, created_at=NOW)


async def test_a_template_is_kept_changed_listed_and_removed(db: Database, world: World) -> None:
    file = upload(world, 1, 3)
    await db.write(lambda tx: files.add(tx, [file]))
    kept = await add(db, world, 50, replace(WELCOME, format=Format.TEXT, attachments=(file.ref.file_id,)))
    assert isinstance(kept, Template)
    assert (kept.files, kept.format, kept.created_by) == ((file.ref,), Format.TEXT, world.user.id)
    assert await db.read(lambda tx: templates.find(tx, Key(world.org.id, 50))) == kept
    assert await db.read(lambda tx: templates.listing(tx, world.org.id)) == [replace(kept, content="")]

    later = Author(org_id=world.org.id, user_id=world.colleague.id, now=NOW + 5)
    said = Wording(subject="", attachments=())
    changed = await db.write(lambda tx: templates.change(tx, later, 50, said))
    expected = replace(kept, subject="", files=(), modified_at=NOW + 5, modified_by=world.colleague.id)
    assert changed == expected == await db.read(lambda tx: templates.find(tx, Key(world.org.id, 50)))

    assert await db.write(lambda tx: templates.remove(tx, Key(world.org.id, 50)))
    assert not await db.write(lambda tx: templates.remove(tx, Key(world.org.id, 50)))
    assert await db.read(lambda tx: templates.listing(tx, world.org.id)) == []


async def test_another_organisations_template_does_not_exist(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    await add(db, other, 50, WELCOME)
    foreign = Key(world.org.id, 50)
    assert await db.read(lambda tx: templates.find(tx, foreign)) is None
    assert await db.read(lambda tx: templates.listing(tx, world.org.id)) == []
    assert await db.write(lambda tx: templates.change(tx, author(world), 50, Wording(subject="x"))) is None
    assert not await db.write(lambda tx: templates.remove(tx, foreign))
    await db.write(lambda tx: templates.mark_used(tx, {foreign: NOW}))
    kept = await db.read(lambda tx: templates.find(tx, Key(other.org.id, 50)))
    assert kept is not None
    assert (kept.subject, kept.used_at) == ("Hello", None)


async def test_a_name_is_there_once_however_many_ask(db: Database, world: World) -> None:
    kept = await asyncio.gather(*(add(db, world, number, WELCOME) for number in range(50, 54)))
    assert [isinstance(each, Template) for each in kept].count(True) == 1
    assert [each for each in kept if isinstance(each, tuple)] == [(Fault(Reason.DUPLICATE, ("name",)),)] * 3
    other = await db.write(lambda tx: found(tx, 2))
    assert isinstance(await add(db, other, 60, WELCOME), Template)
    assert isinstance(await add(db, world, 61, replace(WELCOME, name="Second")), Template)
    taken = Wording(name="Welcome")
    assert await db.write(lambda tx: templates.change(tx, author(world), 61, taken)) == (
        Fault(Reason.DUPLICATE, ("name",)),
    )
    again = await db.write(lambda tx: templates.change(tx, author(world), 61, Wording(name="Second")))
    assert isinstance(again, Template), "its own name is not taken"


async def test_files_must_be_the_organisations_and_small_enough_together(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    uploads = [upload(world, 1, 6 * MIB), upload(world, 2, 6 * MIB), upload(other, 3, 1)]
    await db.write(lambda tx: files.add(tx, uploads))
    first, second, foreign = (each.ref.file_id for each in uploads)
    assert await add(db, world, 50, replace(WELCOME, attachments=(first, foreign))) == (
        Fault(Reason.FILE_UNKNOWN, ("attachments", 1, "id")),
    )
    assert await add(db, world, 50, replace(WELCOME, attachments=(first, second))) == (
        Fault(Reason.FILES_TOO_LARGE, ("attachments",), {"size": 12 * MIB}),
    )


async def test_an_organisation_has_so_many_and_no_more(db: Database, world: World) -> None:
    await add(db, world, 50, WELCOME)
    plain = {"org_id": world.org.id, "module": "Contacts", "format": "html", "files": "[]"}
    texts = dict.fromkeys(("subject", "content", "description", "category"), "")
    stamps = {"created_at": 1, "created_by": 1, "modified_at": 1, "modified_by": 1}
    rows = [{"id": n, "name": str(n), **plain, **texts, **stamps} for n in range(100, 99 + TEMPLATES_AT_MOST)]
    await db.write(lambda tx: insert_all(tx, tables.template, rows))
    assert await add(db, world, 51, replace(WELCOME, name="One more")) == (
        Fault(Reason.TEMPLATES_TOO_MANY, details={"limit": TEMPLATES_AT_MOST}),
    )


async def test_use_is_noted_to_the_minute(db: Database, world: World) -> None:
    await add(db, world, 50, WELCOME)
    key = Key(world.org.id, 50)
    for at, noted in ((NOW, NOW), (NOW + 59_999, NOW), (NOW + 60_000, NOW + 60_000), (NOW, NOW + 60_000)):
        await db.write(lambda tx, at=at: templates.mark_used(tx, {key: at}))  # type: ignore[misc]
        kept = await db.read(lambda tx: templates.find(tx, key))
        assert kept is not None
        assert kept.used_at == noted


async def test_fields_stand_for_what_is_shown_of_record_user_and_organisation(db: Database, world: World) -> None:
    names = [
        *("Contacts.First_Name", "Contacts.Full_Name", "Contacts.Account_Name", "Contacts.Owner", "Contacts.id"),
        *("Contacts.Created_Time", "Contacts.Created_By", "Contacts.Email_Opt_Out", "Contacts.Colour"),
        *("Contacts.Phone", "Contacts.Nothing", "Accounts.Account_Name", "Users.first_name", "Users.email"),
        *("Users.password", "Org.company_name", "Org.transport_id", "Deals.Deal_Name"),
    ]

    def write(tx: Tx) -> None:
        colour = Draft(77, {"field_label": "Colour", "data_type": "text"})
        fields.define(tx, world.org.id, CONTACTS, [colour], now=NOW)
        whole = fields.of(tx, world.org.id, CONTACTS)
        coloured = structs.replace(world.contact, fields={**world.contact.fields, "Colour": "red"})
        indexing.save(tx, whole, [(world.contact, coloured)])
        subject = "".join(f"${{{name}}}" for name in names)
        templates.add(tx, author(world), 50, Wording(module="Contacts", name="All", subject=subject))

    await db.write(write)
    org = await db.read(lambda tx: orgs.find(tx, world.org.id))
    assert org is not None
    record = RecordKey(world.org.id, "Contacts", world.contact.id)
    asked = [Asked(50, record, world.user.id, org), Asked(51, record, world.user.id, org)]
    one, none = await db.read(lambda tx: merging.look_up(tx, asked))
    assert none is None
    assert one is not None
    assert {name: value for name, value in one.values.items() if value} == {
        "Contacts.First_Name": "Cleo",
        "Contacts.Full_Name": "Cleo Dahl",
        "Contacts.Account_Name": "Northwind",
        "Contacts.Owner": "Ada Byron",
        "Contacts.id": str(world.contact.id),
        "Contacts.Created_Time": "2025-10-09T08:53:20+00:00",
        "Contacts.Created_By": "Ada Byron",
        "Contacts.Email_Opt_Out": "false",
        "Contacts.Colour": "red",
        "Users.first_name": "Ada",
        "Users.email": world.user.email,
        "Org.company_name": world.org.name,
    }
    assert set(one.values) == set(names)


async def test_many_mails_are_looked_up_together_each_from_its_own(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    deal = "${Deals.Deal_Name} of ${Pipelines.Contact_Name}, ${Org.company_name}, ${Users.full_name}"
    for number, each in ((50, world), (60, other)):
        await add(db, each, number, Wording(module="Pipelines", name="Deal", subject=deal))

    def look(tx: Tx) -> list[str]:
        asked = [
            Asked(number, RecordKey(each.org.id, "Pipelines", each.deal.id), user.id, each.org)
            for number, each, user in ((50, world, world.user), (60, other, other.user), (50, world, world.colleague))
        ]
        found = merging.look_up(tx, asked)
        return [each.subject.filled(each.values, str) for each in found if each is not None]

    assert await db.read(look) == [
        "Big order of Cleo Dahl, Company at org1.example, Ada Byron",
        "Big order of Cleo Dahl, Company at org2.example, Ada Byron",
        "Big order of Cleo Dahl, Company at org1.example, Ito",
    ]
