"""store.selection: mails are chosen by what they are, within their organisation."""

from dataclasses import replace
from functools import partial
from typing import Any

from msgspec import structs
from sqlalchemy import Connection, delete, update

from postroom.mail.address import Address
from postroom.mail.life import FINAL, State
from postroom.store import selection, tables
from postroom.store.db import Database
from postroom.store.selection import Selection, Tally
from tests.store.accepted import accepted, add, mailbox
from tests.world import NOW, World, found

OPEN = frozenset(State) - FINAL


STATES = {1: State.SENT, 7: State.FAILED, 8: State.HELD}


def some(tx: Connection, world: World) -> dict[int, int]:
    """Mails and their numbers: 1 sent, 2 in a worker's hands, 3 and 4 queued, 5 and 6 scheduled, 7 failed, 8 held.

    Two more are another organisation's.
    """
    own = {n: accepted(world, n, due_at=NOW + n if n in (5, 6) else NOW) for n in range(1, 9)}
    own[3] = accepted(world, 3, to=["a@x.example", "Zoë@Y.example"])
    own[4] = structs.replace(own[4], record_id=77, user_id=78, created_at=NOW + 5, transport_id=world.org_transport.id)
    letter = structs.replace(own[5].letter, subject="100% Größe!", sender=mailbox("Boss@Z.example"))
    own[5] = structs.replace(own[5], letter=letter)
    seqs = dict(zip(own, add(tx, list(own.values())), strict=True))
    other = found(tx, 2)
    add(tx, [accepted(other, 9), accepted(other, 10, due_at=NOW + 9)])
    for n, state in STATES.items():
        tx.execute(update(tables.mail).where(tables.mail.c.seq == seqs[n]).values(state=state.value))
    job = tables.job.c.mail_seq
    tx.execute(delete(tables.job).where(job.in_([seqs[1], seqs[7]])))
    tx.execute(update(tables.job).where(job == seqs[2]).values(lease=5))
    tx.execute(update(tables.job).where(job == seqs[8]).values(due_at=None))
    return seqs


CASES: list[tuple[dict[str, Any], set[int]]] = [
    ({}, {2, 3, 4, 5, 6, 8}),
    ({"states": frozenset(State)}, set(range(1, 9))),
    ({"states": frozenset({State.SENDING})}, {2}),
    ({"states": frozenset({State.QUEUED})}, {3, 4}),
    ({"states": frozenset({State.FAILED})}, {7}),
    ({"states": frozenset({State.HELD, State.SENT})}, {1, 8}),
    ({"sender": Address.parse("boss@z.example")}, {5}),
    ({"sender": Address.parse("nobody@z.example")}, set()),
    ({"recipient": Address.parse("A@x.example")}, {3}),
    ({"recipient": Address.parse("Zoë@y.example")}, {3}),
    ({"recipient": "y.example"}, {3}),
    ({"recipient": "example"}, set()),
    ({"record_id": 77}, {4}),
    ({"user_id": 78}, {4}),
    ({"subject": "number 3"}, {3}),
    ({"subject": "100% GRÖSSE!"}, set()),
    ({"subject": "100% größe!"}, {5}),
    ({"subject": "1__"}, set()),
    ({"accepted_since": NOW + 5}, {4}),
    ({"accepted_before": NOW + 5, "states": frozenset({State.QUEUED})}, {3}),
    ({"due_since": NOW + 5, "due_before": NOW + 6}, {5}),
    ({"sender": Address.parse("boss@z.example"), "record_id": 77}, set()),
]


async def test_mails_are_chosen_by_each_condition(db: Database, world: World) -> None:
    await db.write(lambda tx: some(tx, world))
    for conditions, wanted in CASES:
        asked = replace(Selection(org_id=world.org.id, states=OPEN), **conditions)
        shown = await db.read(partial(selection.newest, wanted=asked, limit=20))
        assert [int.from_bytes(each.id, "big") for each in shown] == sorted(wanted, reverse=True), conditions


async def test_mails_of_transports_are_chosen(db: Database, world: World) -> None:
    seqs = await db.write(lambda tx: some(tx, world))
    asked = Selection(org_id=world.org.id, states=OPEN, transport_ids=frozenset({world.org_transport.id}))
    assert await db.read(partial(selection.page, wanted=asked, after=0, upto=99, limit=9)) == [seqs[4]]


async def test_a_page_and_a_tally_hold_what_a_worker_has(db: Database, world: World) -> None:
    seqs = await db.write(lambda tx: some(tx, world))
    asked = Selection(org_id=world.org.id, states=frozenset({State.QUEUED, State.SCHEDULED}))
    counted = await db.read(partial(selection.tally, wanted=asked))
    assert counted == Tally({State.QUEUED: 2, State.SCHEDULED: 2, State.SENDING: 1}, seqs[6])
    assert counted.total == 5
    page = partial(selection.page, wanted=asked)
    assert await db.read(partial(page, after=0, upto=seqs[6], limit=3)) == [seqs[2], seqs[3], seqs[4]]
    assert await db.read(partial(page, after=seqs[4], upto=seqs[5], limit=3)) == [seqs[5]]
    none = replace(asked, record_id=5)
    assert await db.read(partial(selection.tally, wanted=none)) == Tally({}, 0)
