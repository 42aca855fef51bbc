"""Clears lookups that lead to records which are gone: some in each transaction, so that nobody waits for all of them.

Who deletes a record clears the first ones. Where some are left the deletion says so, and ``finish`` does the rest.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import structs
from sqlalchemy import Connection

from postroom.record import NOTES, Module, Where, facts
from postroom.record.relations import RELATIONS
from postroom.record.terms import whole
from postroom.store import deletions, fields, finding, indexing, orgs
from postroom.store.db import Database
from postroom.store.finding import Question
from postroom.store.records import Record

_AT_ONCE: Final = 200  # records: some 20 ms


def sever(tx: Connection, org_id: int, module: str, gone: Sequence[int]) -> bool:
    """Clear lookups that lead to these records of a module; whether none is left.

    Nobody has changed the records that they stand in: these keep the time of their last change.
    """
    return all(_clear(tx, org_id, child, name, gone) for child, name in _lookups_to(module))


async def finish(db: Database) -> None:
    """Clear the lookups that are left."""
    while await db.write(_part):
        continue


def _lookups_to(module: str) -> list[tuple[Module, str]]:
    """The modules with a lookup to that one, and its name; notes go with what they are about."""
    found = [each for each in RELATIONS if each.of.name == module and not each.own]
    return [(each.module, each.field) for each in found if each.module and each.field and each.module is not NOTES]


def _clear(tx: Connection, org_id: int, module: Module, name: str, gone: Sequence[int]) -> bool:
    those = Where(number=module.numbers[name], keys=tuple(whole(each) for each in gone))
    asked = Question(org_id=org_id, module=module, limit=_AT_ONCE, where=those)
    found = [each.record for each in finding.find(tx, asked)]
    if found:
        known = fields.with_removed(tx, org_id, module)
        indexing.save(tx, known, [(each, _without(module, each, name)) for each in found])
    return len(found) < _AT_ONCE


def _without(module: Module, record: Record, name: str) -> Record:
    left = record.without(name)
    seen = facts(module, left.fields)
    return structs.replace(left, account_id=seen.account_id, contact_id=seen.contact_id)


def _part(tx: Connection) -> bool:
    """Clear some of what led to the first records that are gone, of one module at once; whether there were any."""
    losses = deletions.unsevered(tx, _AT_ONCE)
    if not losses:
        return False
    org_id, module = losses[0].org_id, losses[0].module
    alike = [each for each in losses if (each.org_id, each.module) == (org_id, module)]
    orgs.hold(tx, org_id)
    if sever(tx, org_id, module, [each.record_id for each in alike]):
        deletions.settle(tx, alike)
    return True
