"""Keeps the records of an organisation whole: what is inserted or changed is held against what is already there.

A lookup leads to a record of its module and the organisation, an owner is one of its active users, a contact's e-mail
address is no other contact's (W 6.2). All this is checked in the transaction that writes. Two processes on one database
take turns per organisation (``_hold``), so that no two of them find the same address free.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from postroom.errors import Fault, Reason
from postroom.record import Field, Kind, Module, Reading, Value, complete, facts
from postroom.store import records, tables, users
from postroom.store.records import Key, Record


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where records are kept and by whom; ``now`` is ms since the epoch, UTC."""

    org_id: int
    user_id: int
    module: Module
    now: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """One record as it was read; ``id`` is a new number, or that of the record to change (None: named wrongly)."""

    id: int | None
    reading: Reading


Kept = Record | tuple[Fault, ...]


def insert(tx: Connection, place: Place, wishes: Sequence[Wish]) -> list[Kept]:
    """Store new records; answers each, in order, with what is stored or with everything that is wrong with it."""
    scene = _Scene(tx, place, wishes)
    kept = [_insert(scene, place, wish) for wish in wishes]
    if new := [each for each in kept if isinstance(each, Record)]:
        records.add(tx, new)
    return kept


def rehearse(tx: Connection, place: Place, wishes: Sequence[Wish]) -> list[Kept]:
    """What ``insert`` would answer; nothing of it stays."""
    with tx.begin_nested() as trial:
        kept = insert(tx, place, wishes)
        trial.rollback()
    return kept


def change(tx: Connection, place: Place, wishes: Sequence[Wish]) -> list[Kept]:
    """Change records, leaving the values that were not named; answers like ``insert``."""
    scene = _Scene(tx, place, wishes)
    named = {wish.id for wish in wishes if wish.id is not None}
    found = records.find_many(tx, [Key(place.org_id, place.module.name, each) for each in sorted(named)])
    present = {each.id: each for each in found if each is not None}
    kept: list[Kept] = []
    for wish in wishes:
        one = _change(scene, place, wish, present)
        if isinstance(one, Record):
            records.save(tx, one)
            present[one.id] = one
        kept.append(one)
    return kept


def _insert(scene: "_Scene", place: Place, wish: Wish) -> Kept:
    assert wish.id is not None, "a new record has its number"
    blank = Record(
        id=wish.id,
        org_id=place.org_id,
        module=place.module.name,
        owner_id=place.user_id,
        name="",
        fields={},
        created_at=place.now,
        created_by=place.user_id,
        modified_at=place.now,
        modified_by=place.user_id,
    )
    return scene.judge(wish.reading, blank)


def _change(scene: "_Scene", place: Place, wish: Wish, present: Mapping[int, Record]) -> Kept:
    current = None if wish.id is None else present.get(wish.id)
    if current is None:
        return (Fault(Reason.RECORD_UNKNOWN, ("id",)), *wish.reading.faults)
    return scene.judge(wish.reading, replace(current, modified_at=place.now, modified_by=place.user_id))


class _Scene:
    """What the store knows of everything that the wishes name; keeps up with what is kept of them."""

    def __init__(self, tx: Connection, place: Place, wishes: Sequence[Wish]) -> None:
        _hold(tx, place.org_id)
        self._tx = tx
        self._place = place
        readings = [wish.reading.values for wish in wishes]
        self._targets = _targets(tx, place, readings)
        self._owners = {user.id for user in users.listing(tx, place.org_id) if user.active}
        emails = [email for values in readings if (email := facts(place.module, values).email)]
        self._unique = "Email" in place.module.by_name and place.module.by_name["Email"].unique
        self._taken = records.find_by_email(tx, place.org_id, place.module.name, emails) if self._unique else {}
        self._owner_of: dict[int, int] = {}

    def judge(self, reading: Reading, onto: Record) -> Kept:
        """The record with the values read put onto it, or every fault."""
        values = dict(reading.values)
        owner = values.pop("Owner", None)
        stored = complete(self._place.module, {**onto.fields, **values})
        found = facts(self._place.module, stored)
        faults = [*reading.faults, *self._lookup_faults(reading.values)]
        if found.email is not None and found.email != onto.email:
            faults.extend(self._duplicate(found.email, onto.id))
        if faults:
            return tuple(faults)
        kept = replace(
            onto,
            owner_id=owner if isinstance(owner, int) else onto.owner_id,
            fields=stored,
            name=found.name,
            email=found.email,
            secondary_email=found.secondary_email,
            opted_out=found.opted_out,
            account_id=found.account_id,
            contact_id=found.contact_id,
        )
        self._remember(kept, onto.email)
        return kept

    def _lookup_faults(self, values: Mapping[str, Value]) -> list[Fault]:
        return [
            Fault(Reason.RECORD_UNKNOWN, (field.name,))
            for field in self._place.module.fields
            if isinstance(number := values.get(field.name), int) and not self._leads(field, number)
        ]

    def _leads(self, field: Field, number: int) -> bool:
        if field.kind is Kind.LOOKUP:
            return (field.target, number) in self._targets
        return field.kind is not Kind.OWNER or number in self._owners

    def _duplicate(self, email: str, own: int) -> list[Fault]:
        """W 7.5. ``details.id`` is what one client reads, ``duplicate_record.id`` another (W 14)."""
        other = self._taken.get(email)
        if other is None or other == own:
            return []
        place = self._place
        owner = self._owner_of.get(other)
        if owner is None:
            record = records.find(self._tx, Key(place.org_id, place.module.name, other))
            owner = record.owner_id if record else place.user_id
        return [Fault(Reason.DUPLICATE, ("Email",), {"id": other, "owner_id": owner})]

    def _remember(self, kept: Record, before: str | None) -> None:
        if not self._unique or kept.email == before:
            return
        if before is not None:
            self._taken.pop(before, None)
        if kept.email is not None:
            self._taken[kept.email] = kept.id
            self._owner_of[kept.id] = kept.owner_id


def _targets(tx: Connection, place: Place, readings: Sequence[Mapping[str, Value]]) -> set[tuple[str | None, int]]:
    """The records that lookups name and that are there."""
    named = {
        Key(place.org_id, field.target, number)
        for field in place.module.fields
        if field.target is not None
        for values in readings
        if isinstance(number := values.get(field.name), int)
    }
    asked = sorted(named, key=lambda key: key.id)
    return {
        (key.module, key.id)
        for key, found in zip(asked, records.find_many(tx, asked), strict=True)
        if found is not None
    }


def _hold(tx: Connection, org_id: int) -> None:
    """Wait for other processes that write records of the organisation, until the transaction ends.

    FOR NO KEY UPDATE, so that rows which merely refer to the organisation (mails, tokens) are not kept waiting. SQLite
    has one writer at a time anyway.
    """
    tx.execute(select(tables.org.c.id).where(tables.org.c.id == org_id).with_for_update(key_share=True))
