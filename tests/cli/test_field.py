"""``postroom field``: fields of one's own from the command line."""

from pathlib import Path

import click
import pytest

from postroom.cli.field import add
from postroom.record import CONTACTS, MODULES, Value, read_values
from postroom.record.custom import LENGTHS
from postroom.store import fields, keeping, orgs, records, users
from postroom.store.db import Database, Tx
from postroom.store.keeping import Place, Wish
from postroom.store.orgs import Org
from postroom.store.records import Record
from tests.cli.command import postroom, stored, well


def choices(name: str) -> list[str]:
    """What an argument or option takes."""
    kind = next(each.type for each in add.params if each.name == name)
    assert isinstance(kind, click.Choice)
    return list(kind.choices)


def test_every_module_and_type_may_be_named() -> None:
    assert choices("module") == [module.name for module in MODULES]
    assert choices("kind") == [kind.value for kind in LENGTHS]


async def test_a_field_is_added_listed_and_removed(home: Path) -> None:
    done = await well(
        *("field", "add", "Contacts", "Customer No", "--unique", "--length", "12", "--required", "--json"), cwd=home
    )
    added = done.json
    assert {name: added[name] for name in added if name != "id"} == {
        "module": "Contacts",
        "name": "Customer_No",
        "label": "Customer No",
        "type": "text",
        "length": "12",
        "unique": "yes",
        "required": "yes",
        "choices": "",
    }
    grade = ("field", "add", "Accounts", "Grade", "--type", "picklist", "--choice", "A", "--choice", "B")
    assert (await well(*grade, cwd=home)).out.startswith("Accounts has the field Grade now, id ")
    listed = (await well("field", "ls", "--json", cwd=home)).json
    assert [(each["module"], each["name"], each["choices"]) for each in listed] == [
        ("Contacts", "Customer_No", ""),
        ("Accounts", "Grade", "A, B"),
    ]
    assert "Grade" not in (await well("field", "ls", "Contacts", cwd=home)).out
    for answer in ("n\n", ""):
        kept = await postroom("field", "remove", "Accounts", "Grade", cwd=home, stdin=answer)
        assert (kept.code, kept.err.endswith("postroom: nothing was done\n")) == (1, True)
    gone = await well("field", "remove", "Accounts", "Grade", "--yes", cwd=home)
    assert gone.out == "field Grade removed from Accounts\n"
    assert (await well("field", "ls", "Accounts", cwd=home)).out == ""


async def test_its_values_go_with_it(home: Path) -> None:
    await well("field", "add", "Contacts", "Region", cwd=home)

    db = Database(f"sqlite:///{home}/data/postroom.db")
    await db.write(weber)
    await db.close()
    assert (await stored(home / "data", region)) == "North"
    await well("field", "remove", "Contacts", "Region", "--yes", cwd=home)
    assert await stored(home / "data", region) is None
    assert not await stored(home / "data", lambda tx, _: fields.removed(tx))


def weber(tx: Tx) -> None:
    """A contact, number 7, who has a region."""
    org = orgs.first(tx)
    assert org is not None
    whole = fields.of(tx, org.id, CONTACTS)
    place = Place(org_id=org.id, user_id=users.listing(tx, org.id)[0].id, module=whole, now=1)
    reading = read_values(whole, {"Last_Name": "Weber", "Region": "North"}, partial=False)
    (kept,) = keeping.insert(tx, place, [Wish(id=7, reading=reading)])
    assert isinstance(kept, Record)


def region(tx: Tx, org: Org) -> Value:
    """What is stored of it."""
    value: Value = records.by_ids(tx, org.id, "Contacts", [7])[7].fields.get("Region")
    return value


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("Contacts", " "), "the label: is missing"),
        (("Contacts", "x" * 101), "the label: has more than 100 characters"),
        (("Contacts", "last name"), "the label: is there already"),
        (("Contacts", "Grade", "--type", "picklist"), "--choice: is missing"),
        (("Contacts", "Seen", "--type", "boolean", "--unique"), "--unique: does not suit the type"),
        (("Contacts", "Code", "--length", "256"), "--length: does not suit the type"),
    ],
)
async def test_what_cannot_be_added_is_said_in_a_line(home: Path, words: tuple[str, ...], line: str) -> None:
    done = await postroom("field", "add", *words, cwd=home)
    assert (done.code, done.out, done.err) == (1, "", f"postroom: {line}\n")


async def test_nobody_elses_field_is_removed_nor_one_of_all(home: Path) -> None:
    await well("org", "add", "Second Ltd", "--email", "office@second.example", cwd=home)
    await well("field", "add", "Contacts", "Region", cwd=home)
    for words in (("Region", "--org", "Second Ltd"), ("Last_Name",), ("Nothing",)):
        done = await postroom("field", "remove", "Contacts", *words, "--yes", cwd=home)
        assert done.code == 1
        assert done.err == (f"postroom: nobody has added a field {words[0]} to Contacts; see: postroom field ls\n")
    assert "Region" in (await well("field", "ls", cwd=home)).out
    assert (await well("field", "ls", "--org", "Second Ltd", cwd=home)).out == ""
