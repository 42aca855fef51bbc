"""store.filing: pages of a record's mails, its contacts' among them, against a plain filter and sort in Python."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection

from postroom.mail.address import Address
from postroom.mail.life import State
from postroom.record import CONTACTS
from postroom.store import filing, indexing, mails
from postroom.store.db import Database
from postroom.store.filing import Asked, By, Choice
from postroom.store.mails import Accepted
from postroom.store.records import Key, Record
from tests.store.accepted import accepted, add
from tests.store.halfway import index
from tests.world import World, found, record
from tests.world import add as add_records

MANY = 120  # mails
TO = ("Cleo@customer.example", "JÖRG@customer.example")


def contacts(world: World) -> list[Record]:
    """More of them than a page has mails, and one of nobody's company."""
    base = world.org.id * 100
    own = [
        record(base + n, world.org, world.user, "Contacts", name=f"c{n}", fields={"Last_Name": "x"}, account_id=company)
        for n, company in enumerate([*[world.company.id] * 14, None])
    ]
    return [world.contact, *own]


def made(world: World, under: Sequence[Record], chance: Random, n: int) -> Accepted:
    """Mail number ``n``, under one of these records."""
    one = chance.choice(under)
    new = accepted(world, n, to=[chance.choice(TO)])
    user, state = chance.choice([world.user, world.colleague]), chance.choice([State.SCHEDULED, State.SENT])
    letter = structs.replace(new.letter, subject=chance.choice("ab"))
    return structs.replace(new, letter=letter, user_id=user.id, state=state, module=one.module, record_id=one.id)


def to(address: str) -> dict[str, Any]:
    return {"choice": Choice(by=By.TO, value=address, folded=Address.parse(address).folded)}


def went(each: Accepted, address: str) -> bool:
    return str(each.letter.recipients[0].mailbox.address) == address


Met = Callable[[Accepted], bool]
SENT = set(State) - {State.SCHEDULED}
# What is asked beside the record, and which mails meet it.
QUESTIONS: dict[str, tuple[dict[str, Any], Met]] = {
    "all": ({}, lambda _: True),
    "sent": ({"states": SENT}, lambda each: each.state is not State.SCHEDULED),
    "waiting": ({"states": {State.SCHEDULED}}, lambda each: each.state is State.SCHEDULED),
    "drafts": ({"states": ()}, lambda _: False),
    "a user's": ({"user_id": 1003}, lambda each: each.user_id == 1003),
    "by subject": ({"choice": Choice(by=By.SUBJECT, value="a")}, lambda each: each.letter.subject == "a"),
    "by owner": ({"choice": Choice(by=By.OWNER, value=1002)}, lambda each: each.user_id == 1002),
    "from": ({"choice": Choice(by=By.FROM, value="x", folded="ada@org1.example")}, lambda _: True),
    "from others": ({"choice": Choice(by=By.FROM, value="ada@", folded="ada@")}, lambda _: False),
    "to": (to(TO[0]), lambda each: went(each, TO[0])),
    "to, with other letters than ASCII": (to(TO[1]), lambda each: went(each, TO[1])),
    "cc": ({"choice": Choice(by=By.CC, value=TO[0], folded=TO[0].lower())}, lambda _: False),
}


async def test_a_list_is_walked_through_from_either_end(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    people, theirs = contacts(world), contacts(other)

    def fill(tx: Connection) -> None:
        for some in (people, theirs):
            indexing.add(tx, CONTACTS, some[1:])
            # The others are aside.
            index(tx, some[0].org_id, [each.id for each in some[::2]])

    await db.write(fill)
    chance = Random(7)
    new = [made(world, [world.company, world.deal, *people], chance, n) for n in range(1, MANY)]
    await db.write(lambda tx: add(tx, new))
    await db.write(lambda tx: add(tx, [made(other, theirs, chance, MANY + n) for n in range(20)]))
    staff = {each.id for each in people if each.account_id}
    lists: list[tuple[Asked, set[int]]] = [
        (Asked(record=world.company, limit=10), {world.company.id, *staff}),
        (Asked(record=world.company, limit=10, contacts_alone=True), staff),
        (Asked(record=world.deal, limit=10), {world.deal.id, world.contact.id}),
        (Asked(record=world.contact, limit=2), {world.contact.id}),
    ]
    asked = [(*each, "all") for each in lists] + [(*lists[0], name) for name in QUESTIONS]

    def compare(tx: Connection) -> None:
        for one, under, name in asked:
            more, met = QUESTIONS[name]
            wanted = [each.letter.mail_id for each in reversed(new) if each.record_id in under and met(each)]
            assert walked(tx, replace(one, **more)) == wanted, (one.record.name, name)
            if name in ("all", "sent"):
                assert walked(tx, replace(one, **more, start=0, backwards=True)) == wanted, (one.record.name, name)

    await db.read(compare)


def walked(tx: Connection, asked: Asked) -> list[bytes]:
    """The ids of all mails, newest first, page by page from where it is asked to begin."""
    seen: list[bytes] = []
    while True:
        page = filing.page(tx, asked)
        ids = [each.id for each in page.mails]
        seen = [*ids, *seen] if asked.backwards else [*seen, *ids]
        assert (page.newer, page.older)[asked.backwards] is (asked.start is not None)
        if not (page.newer if asked.backwards else page.older):
            return seen
        assert len(ids) == asked.limit
        asked = replace(asked, start=page.mails[0 if asked.backwards else -1].seq)


async def test_mails_follow_their_contact(db: Database, world: World) -> None:
    stray = record(5000, world.org, world.user, "Contacts", name="Stray", fields={"Last_Name": "Stray"})
    await db.write(lambda tx: add_records(tx, stray))
    await db.write(lambda tx: add(tx, [accepted(world, 1), structs.replace(accepted(world, 2), record_id=stray.id)]))
    own, strays = [
        await db.read(partial(mails.find, org_id=world.org.id, mail_id=bytes(31) + b)) for b in (b"\1", b"\2")
    ]
    assert own is not None
    assert strays is not None
    for one in (world.company, world.deal, world.contact):
        key = Key(world.org.id, one.module, one.id)
        assert await db.read(partial(filing.holds, record=key, filed=own))
        assert not await db.read(partial(filing.holds, record=key, filed=strays))
    # A contact of that id is no company of that id.
    wrong = Key(world.org.id, "Accounts", world.contact.id)
    assert not await db.read(partial(filing.holds, record=wrong, filed=own))


@pytest.mark.parametrize("backwards", [False, True])
async def test_beyond_the_ends_there_is_nothing(db: Database, world: World, backwards: bool) -> None:
    await db.write(lambda tx: add(tx, [accepted(world, 1)]))
    asked = Asked(record=world.contact, limit=10, start=1 if not backwards else 10**9, backwards=backwards)
    assert (await db.read(partial(filing.page, asked=asked))).mails == []
