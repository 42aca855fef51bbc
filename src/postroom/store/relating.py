"""Puts records into the related lists of others, and takes them out: either way lookups change (wire reference 7.6)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from postroom.record import Reading
from postroom.store import keeping, orgs, records
from postroom.store.keeping import Fates, Place, Wish


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """The related list of the record ``number``.

    The lookup ``field`` of records at ``place`` leads from what is in the list to the record, or, where the list is the
    record's ``own``, from the record to what is in the list.
    """

    place: Place
    field: str
    number: int
    own: bool

    def lookups(self, ids: Sequence[int]) -> list[tuple[int, int]]:
        """For each of these to be in the list: which record's lookup must lead to which."""
        return [(self.number, each) if self.own else (each, self.number) for each in ids]


def link(tx: Connection, shelf: Shelf, ids: Sequence[int]) -> Fates:
    """Put records into the list, those that are there. A list of one's own takes one."""
    readings = [(holder, Reading(values={shelf.field: target})) for holder, target in shelf.lookups(ids)]
    kept = keeping.change(tx, shelf.place, [Wish(id=holder, reading=reading) for holder, reading in readings])
    return keeping.fates(ids, kept)


def delink(tx: Connection, shelf: Shelf, ids: Sequence[int]) -> Fates:
    """Take records out of the list, those that are in it."""
    # First: a lookup must not change between the look at it and the change.
    orgs.hold(tx, shelf.place.org_id)
    lookups = dict(zip(ids, shelf.lookups(ids), strict=True))
    holders = sorted({holder for holder, _ in lookups.values()})
    stored = records.by_ids(tx, shelf.place.org_id, shelf.place.module.name, holders)
    leads = {(each.id, each.fields.get(shelf.field)) for each in stored.values()}
    found = {number for number, lookup in lookups.items() if lookup in leads}
    leading = sorted({lookups[number][0] for number in found})
    done = keeping.fates(leading, keeping.alter(tx, shelf.place, leading, {shelf.field: None}))
    return {number: done.get(lookups[number][0]) for number in found}
