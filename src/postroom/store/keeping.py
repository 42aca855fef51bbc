"""Keeps the records of an organisation whole: what is inserted or changed is held against what is already there.

A lookup leads to a record of one of its modules and the organisation, an owner is one of its active users, a unique
value is no other record's (W 6.2), and what is locked stays as it is (W 7.8). All this is checked in the transaction
that writes, by the fields that the module has at that moment. Two processes on one database take turns per organisation
(``orgs.hold``), so that no two of them find the same value free.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from msgspec import Struct, structs
from sqlalchemy import Connection

from postroom.errors import Fault, Reason
from postroom.record import NOTES, Field, Kind, Module, Reading, Value, complete, facts
from postroom.record.criteria import equal
from postroom.record.terms import keys, whole
from postroom.record.values import RELATED
from postroom.store import (
    aside,
    deletions,
    enclosures,
    fields,
    finding,
    indexing,
    orgs,
    records,
    severing,
    terms,
    users,
)
from postroom.store.finding import Question
from postroom.store.records import Record


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where records are kept and by whom; ``now`` is ms since the epoch, UTC."""

    org_id: int
    user_id: int
    module: Module
    now: int


class Wish(Struct, frozen=True, kw_only=True):
    """One record as it was read; ``id`` is a new number, or that of the record to change.

    Of a record that is not named at all, or wrongly, it is None, and ``amiss`` says which.
    """

    id: int | None
    reading: Reading
    amiss: Reason = Reason.RECORD_UNKNOWN


Kept = Record | tuple[Fault, ...]
Fates = dict[int, Fault | None]  # what became of records that are there: what is wrong, or nothing


@dataclass(frozen=True, slots=True)
class Upserted:
    """What became of a wish, and the field by which it was found to be there already."""

    kept: Kept
    field: str | None


def insert(tx: Connection, place: Place, wishes: Sequence[Wish]) -> list[Kept]:
    """Store new records; answers each, in order, with what is stored or with everything that is wrong with it."""
    scene = _Scene(tx, place, wishes)
    kept = [scene.insert(wish) for wish in wishes]
    scene.store()
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
    scene.load({wish.id for wish in wishes if wish.id is not None})
    kept = [scene.change(wish) for wish in wishes]
    scene.store()
    return kept


def upsert(tx: Connection, place: Place, wishes: Sequence[Wish], check: Sequence[str]) -> list[Upserted]:
    """Change the records that have the value of a ``check`` field (unique ones, in order), and insert the others."""
    scene = _Scene(tx, place, wishes)
    scene.load(scene.everybody())
    done: list[Upserted] = []
    for wish in wishes:
        name, number = scene.match(wish.reading, check)
        there = Wish(id=number, reading=wish.reading.only_named())
        kept = scene.insert(wish) if number is None else scene.change(there)
        done.append(Upserted(kept, name))
    scene.store()
    return done


def alter(tx: Connection, place: Place, ids: Sequence[int], values: Mapping[str, Value]) -> list[Kept]:
    """Give the same values to records; answers like ``insert``."""
    reading = Reading(values=dict(values), named=frozenset(values))
    return change(tx, place, [Wish(id=each, reading=reading) for each in ids])


def fates(ids: Sequence[int], kept: Sequence[Kept]) -> Fates:
    """Of records with these ids those that were changed, and those that are locked."""
    return {
        number: None if isinstance(each, Record) else each[0]
        for number, each in zip(ids, kept, strict=True)
        if isinstance(each, Record) or each[0].reason is Reason.RECORD_LOCKED
    }


def remove(tx: Connection, place: Place, ids: Sequence[int]) -> Fates:
    """Delete records with their notes and files, and clear lookups to them, in locked ones too."""
    orgs.hold(tx, place.org_id)
    found = records.by_ids(tx, place.org_id, place.module.name, ids)
    gone = [each for each in found.values() if each.lock_id is None]
    _delete(tx, place, place.module, gone)
    enclosures.clear(tx, place.org_id, [each.id for each in gone])
    if place.module.name in NOTES.by_name["Parent_Id"].targets:
        for each in gone:
            while notes := _notes(tx, place.org_id, each.id):
                _delete(tx, place, NOTES, notes)
    return {each.id: None if each.lock_id is None else records.locked(each.id) for each in found.values()}


def _delete(tx: Connection, place: Place, module: Module, gone: Sequence[Record]) -> None:
    if gone:
        indexing.remove(tx, fields.with_removed(tx, place.org_id, module), gone)
        severed = severing.sever(tx, place.org_id, module.name, [each.id for each in gone])
        deletions.note(tx, gone, by=place.user_id, at=place.now, severed=severed)


def _notes(tx: Connection, org_id: int, parent: int) -> list[Record]:
    those = equal(NOTES, "Parent_Id", whole(parent))
    asked = Question(org_id=org_id, module=NOTES, limit=_NOTES_AT_ONCE, where=those)
    return [each.record for each in finding.find(tx, asked)]


_NOTES_AT_ONCE = 1000


class _Scene:
    """What the store knows of everything that the wishes name; keeps up with what is kept of them."""

    def __init__(self, tx: Connection, place: Place, wishes: Sequence[Wish]) -> None:
        orgs.hold(tx, place.org_id)
        self._tx = tx
        # A field may have come or gone since the wishes were read.
        self._place = replace(place, module=fields.of(tx, place.org_id, place.module))
        readings = [wish.reading.values for wish in wishes]
        self._targets = records.names(tx, place.org_id, _looked_up(self._place.module, readings))
        self._owners = {user.id for user in users.listing(tx, place.org_id) if user.active}
        self._taken = self._holders(readings)
        self._stored: dict[int, Record] = {}
        self._now: dict[int, Record] = {}

    def load(self, ids: set[int]) -> None:
        """Get records that may be changed."""
        self._stored = records.by_ids(self._tx, self._place.org_id, self._place.module.name, sorted(ids))

    def everybody(self) -> set[int]:
        """The ids of the records that have a unique value of the wishes'."""
        return {number for taken in self._taken.values() for number in taken.values()}

    def match(self, reading: Reading, check: Sequence[str]) -> tuple[str | None, int | None]:
        """The first of the fields by which a record is there already, and its id."""
        for name in check:
            if name not in self._taken:
                continue
            number = self._taken[name].get(_only_key(self._place.module.by_name[name], reading.values.get(name)))
            if number is not None:
                return name, number
        return None, None

    def insert(self, wish: Wish) -> Kept:
        """A new record."""
        place = self._place
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
        return self._judge(wish.reading, blank)

    def change(self, wish: Wish) -> Kept:
        """A record with other values."""
        current = None if wish.id is None else self._now.get(wish.id) or self._stored.get(wish.id)
        if current is None:
            reason = wish.amiss if wish.id is None else Reason.RECORD_UNKNOWN
            return (Fault(reason, ("id",)), *wish.reading.faults)
        if current.lock_id is not None:
            return (records.locked(current.id),)
        onto = structs.replace(current, modified_at=self._place.now, modified_by=self._place.user_id)
        return self._judge(wish.reading, onto, current)

    def store(self) -> None:
        """Write what was kept."""
        new = [each for each in self._now.values() if each.id not in self._stored]
        changed = [(self._stored[each.id], each) for each in self._now.values() if each.id in self._stored]
        indexing.add(self._tx, self._place.module, new)
        if changed:
            indexing.save(self._tx, fields.with_removed(self._tx, self._place.org_id, self._place.module), changed)

    def _judge(self, reading: Reading, onto: Record, before: Record | None = None) -> Kept:
        """The record with the values read put onto it, or every fault."""
        values = dict(reading.values)
        owner = values.pop("Owner", None)
        stored = complete(self._place.module, {**onto.fields, **values})
        faults = [*reading.faults, *self._lookup_faults(reading), *self._duplicates(stored, onto)]
        if faults:
            return tuple(faults)
        found = facts(self._place.module, stored)
        kept = structs.replace(
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
        self._remember(kept, before)
        return kept

    def _lookup_faults(self, reading: Reading) -> list[Fault]:
        faults = [
            Fault(Reason.RECORD_UNKNOWN, (field.name,))
            for field in self._place.module.links
            if isinstance(number := reading.values.get(field.name), int) and not self._leads(field, number)
        ]
        if reading.related is not None and not faults and not self._is_related(reading):
            faults.append(Fault(Reason.WRONG_VALUE, (RELATED,)))
        return faults

    def _leads(self, field: Field, number: int) -> bool:
        if field.kind is Kind.LOOKUP:
            target = self._targets.get(number)
            return target is not None and target.module in field.targets
        return number in self._owners

    def _is_related(self, reading: Reading) -> bool:
        """Whether the lookups that may lead to several modules lead to the one that was named with them."""
        named = self._place.module.several
        numbers = [number for name in named if isinstance(number := reading.values.get(name), int)]
        return all(self._targets[number].module == reading.related for number in numbers)

    def _duplicates(self, stored: Mapping[str, Value], onto: Record) -> list[Fault]:
        """W 7.5. ``details.id`` is what one client reads, ``duplicate_record.id`` another (W 14)."""
        faults = []
        for field in self._place.module.unique:
            other = self._taken[field.name].get(_only_key(field, stored.get(field.name)))
            if other is not None and other != onto.id:
                faults.append(Fault(Reason.DUPLICATE, (field.name,), {"id": other, "owner_id": self._owner_of(other)}))
        return faults

    def _owner_of(self, number: int) -> int:
        found = self._now.get(number) or self._stored.get(number) or self._others.get(number)
        return found.owner_id if found else self._place.user_id

    @cached_property
    def _others(self) -> dict[int, Record]:
        """The records that have unique values of the wishes': of many duplicates each is told whose it is."""
        return records.by_ids(self._tx, self._place.org_id, self._place.module.name, sorted(self.everybody()))

    def _remember(self, kept: Record, before: Record | None) -> None:
        for field in self._place.module.unique:
            taken = self._taken[field.name]
            old = _only_key(field, before.fields.get(field.name)) if before else b""
            new = _only_key(field, kept.fields.get(field.name))
            if old and taken.get(old) == kept.id:
                del taken[old]
            if new:
                taken[new] = kept.id
        self._now[kept.id] = kept

    def _holders(self, readings: Sequence[Mapping[str, Value]]) -> dict[str, dict[bytes, int]]:
        """For each unique field, which record has a value of the wishes'."""
        org_id, module = self._place.org_id, self._place.module
        if not module.unique:
            return {}
        newest = aside.newest(self._tx, org_id, module)
        found: dict[str, dict[bytes, int]] = {}
        for field in module.unique:
            asked = {key for values in readings if (key := _only_key(field, values.get(field.name)))}
            number = module.numbers[field.name]
            known = terms.holders(self._tx, org_id, number, list(asked))
            found[field.name] = known | dict(newest.leading(number, asked))
        return found


def _only_key(field: Field, value: Value) -> bytes:
    """The term of a value that has one; without a value nothing, which nobody has taken."""
    return next(iter(keys(field, value)), b"")


def _looked_up(module: Module, readings: Sequence[Mapping[str, Value]]) -> set[int]:
    names = [each.name for each in module.links if each.targets]
    return {number for values in readings for name in names if isinstance(number := values.get(name), int)}
